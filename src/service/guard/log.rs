//! The portal's log of a webhook: finds events that never arrived, and replays them.

use std::time::Duration;

use jiff::Timestamp;

use super::Error;
use crate::delivery::{Accepted, Delivery};
use crate::docspace::{LoggedEvent, Reader};
use crate::room::RoomId;
use crate::service::sweep::Reach;
use crate::store::Store;
use crate::webhook::{self, LoggedDelivery};

/// A more recent event without a response may still be delivered.
const UNDER_WAY: Duration = Duration::from_secs(5 * 60);
/// The sweep handles older events: the store does not keep deliveries forever.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// An event in the portal's log that never arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedEvent {
    /// The delivery, as it would have arrived.
    pub delivery: Delivery,
    /// The room that was created.
    pub room: RoomId,
    /// When the event happened.
    pub created_at: Timestamp,
    /// Its body, as the portal stored it.
    body: String,
}

/// What never arrived from the portal's log, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Events that do not arrive any more.
    pub events: Vec<MissedEvent>,
    /// Events of the last minutes, which the portal may still send.
    pub under_way: Vec<MissedEvent>,
    /// Older events are not considered.
    pub since: Timestamp,
}

/// Which events of the log to replay.
struct Bounds {
    /// Older events are not replayed: the store was created later.
    oldest: Timestamp,
    now: Timestamp,
}

impl Bounds {
    fn is_too_old(&self, event: &LoggedDelivery) -> bool {
        // The portal's times have whole seconds.
        event
            .created_at
            .is_some_and(|at| at.as_second() < self.oldest.as_second())
    }

    /// Whether the portal may still send it.
    fn is_under_way(&self, row: &LoggedEvent, created_at: Timestamp) -> bool {
        let age = Duration::try_from(self.now.duration_since(created_at));
        row.status == 0 && age.unwrap_or_default() < UNDER_WAY
    }

    /// The event, if it is about a room, and whether it may still arrive.
    fn event(&self, row: LoggedEvent, logged: LoggedDelivery) -> Option<(MissedEvent, bool)> {
        let created_at = logged.created_at?;
        let room = logged.delivery.room.clone()?;
        if self.is_too_old(&logged) {
            return None;
        }
        let is_under_way = self.is_under_way(&row, created_at);
        let event = MissedEvent {
            delivery: logged.delivery,
            room,
            created_at,
            body: row.payload,
        };
        Some((event, is_under_way))
    }
}

/// The events that never arrived: all, or with [`Reach::Newest`] from the newest event to the first page without any.
pub(super) async fn missed(
    reader: &Reader,
    store: &Store,
    webhook: i64,
    reach: Reach,
    keep: Duration,
    now: Timestamp,
) -> Result<Missed, Error> {
    let made_at = store.made_at().await?;
    let bounds = Bounds {
        oldest: now
            .checked_sub(MAX_AGE.min(keep))
            .unwrap_or(made_at)
            .max(made_at),
        now,
    };
    let mut missed = Missed {
        events: Vec::new(),
        under_way: Vec::new(),
        since: bounds.oldest,
    };
    let mut next = Some(0);
    while let Some(start) = next {
        let (rows, following) = reader.webhook_log(webhook, start).await?;
        let read = rows.into_iter().filter_map(|row| {
            let logged = webhook::parse_logged(&row.payload, row.id, now).ok()?;
            Some((row, logged))
        });
        let read: Vec<_> = read.collect();
        let are_too_old = read.iter().all(|(_, logged)| bounds.is_too_old(logged));
        let events = read.into_iter();
        let mut events: Vec<_> = events
            .filter_map(|(row, logged)| bounds.event(row, logged))
            .collect();
        let ids = events.iter().map(|(event, _)| event.delivery.id).collect();
        let arrived = store.arrived(ids).await?;
        events.retain(|(event, _)| !arrived.contains(&event.delivery.id));
        let (under_way, events): (Vec<_>, Vec<_>) = events
            .into_iter()
            .partition(|(_, is_under_way)| *is_under_way);
        let has_missed = !events.is_empty();
        missed
            .events
            .extend(events.into_iter().map(|(event, _)| event));
        missed
            .under_way
            .extend(under_way.into_iter().map(|(event, _)| event));
        next = following.filter(|_| !are_too_old && (reach == Reach::All || has_missed));
    }
    Ok(missed)
}

/// Stores the events, oldest first, as they would have arrived. Returns how many are new.
pub(super) async fn replay(missed: &[MissedEvent], store: &Store) -> Result<usize, Error> {
    let mut replayed = 0;
    for event in missed.iter().rev() {
        if store.accept(&event.delivery, &event.body).await? == Accepted::New {
            replayed += 1;
        }
    }
    Ok(replayed)
}
