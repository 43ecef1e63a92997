//! The portal's log of a webhook: what of it never arrived, and taking that in.

use std::time::Duration;

use jiff::Timestamp;

use super::Error;
use crate::delivery::{Accepted, Delivery};
use crate::docspace::{LoggedEvent, Reader};
use crate::room::RoomId;
use crate::service::sweep::Reach;
use crate::store::Store;
use crate::webhook::{self, LoggedDelivery};

/// An event without an answer that is younger may still be on its way.
const UNDER_WAY: Duration = Duration::from_secs(5 * 60);
/// Older events are left to the sweep: the store does not keep deliveries for ever.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// An event of the portal's log that never arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedEvent {
    /// What it would have said.
    pub delivery: Delivery,
    /// The room that was created.
    pub room: RoomId,
    /// When it was.
    pub created_at: Timestamp,
    /// Its body, as the portal has stored it.
    body: String,
}

/// What of the log is ours to take in.
struct Bounds {
    /// Older events are not: the store was made later.
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

    /// Whether the portal may still be about to send it.
    fn is_under_way(&self, row: &LoggedEvent, created_at: Timestamp) -> bool {
        let age = Duration::try_from(self.now.duration_since(created_at));
        row.status == 0 && age.unwrap_or_default() < UNDER_WAY
    }

    /// An event about a room, if its time to arrive is over.
    fn event(&self, row: LoggedEvent, logged: LoggedDelivery) -> Option<MissedEvent> {
        let created_at = logged.created_at?;
        let room = logged.delivery.room.clone()?;
        if self.is_too_old(&logged) || self.is_under_way(&row, created_at) {
            return None;
        }
        Some(MissedEvent {
            delivery: logged.delivery,
            room,
            created_at,
            body: row.payload,
        })
    }
}

/// All of them; within [`Reach::Newest`] from the newest event to a page that arrived whole.
pub(super) async fn missed(
    reader: &Reader,
    store: &Store,
    webhook: i64,
    reach: Reach,
    keep: Duration,
    now: Timestamp,
) -> Result<Vec<MissedEvent>, Error> {
    let made_at = store.made_at().await?;
    let bounds = Bounds {
        oldest: now
            .checked_sub(MAX_AGE.min(keep))
            .unwrap_or(made_at)
            .max(made_at),
        now,
    };
    let mut missed = Vec::new();
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
        let ids = events.iter().map(|event| event.delivery.id).collect();
        let arrived = store.arrived(ids).await?;
        events.retain(|event| !arrived.contains(&event.delivery.id));
        let has_news = !events.is_empty();
        missed.extend(events);
        next = following.filter(|_| !are_too_old && (reach == Reach::All || has_news));
    }
    Ok(missed)
}

/// The oldest first, as they would have come.
pub(super) async fn replay(missed: &[MissedEvent], store: &Store) -> Result<usize, Error> {
    let mut taken_in = 0;
    for event in missed.iter().rev() {
        if store.accept(&event.delivery, &event.body).await? == Accepted::New {
            taken_in += 1;
        }
    }
    Ok(taken_in)
}
