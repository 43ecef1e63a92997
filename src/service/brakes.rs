//! Limits on what the service removes or restores: reaching one is logged as an error, once an hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::room::RoomId;
use crate::telemetry::metrics;

const AGAIN: Duration = Duration::from_secs(60 * 60);
/// How long a limit that stopped something is shown.
const SHOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits that stopped something.
#[derive(Debug, Clone, Default)]
pub struct Brakes(Arc<Mutex<BTreeMap<&'static str, Last>>>);

/// When a limit last stopped a run.
#[derive(Debug)]
struct Last {
    reported: Instant,
    at: Instant,
    room: RoomId,
}

/// A limit that stopped something within the last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its name under `limits`.
    pub limit: String,
    /// The room of the last run that it stopped.
    pub room: RoomId,
    /// Seconds since then.
    pub ago_s: u64,
}

impl Brakes {
    fn last(&self) -> MutexGuard<'_, BTreeMap<&'static str, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports that a limit stopped the run over a room.
    pub(super) fn held(&self, limit: &'static str, room: &RoomId, now: Instant) {
        metrics::braked(limit);
        let mut all = self.last();
        let before = all.get(limit).map(|last| last.reported);
        let is_due = before.is_none_or(|reported| now.duration_since(reported) >= AGAIN);
        let last = Last {
            reported: before.filter(|_| !is_due).unwrap_or(now),
            at: now,
            room: room.clone(),
        };
        all.insert(limit, last);
        if is_due {
            tracing::error!(
                limit, room.id = %room,
                "a limit stops what policies would remove or restore; find out why so many changes are due, then raise the limit or run `roomwright apply`"
            );
        }
    }

    /// The limits that stopped something within the last day.
    pub(super) fn all_held(&self) -> Vec<Held> {
        let all = self.last();
        let recent = all.iter().filter(|(_, last)| last.at.elapsed() < SHOWN);
        recent
            .map(|(limit, last)| Held {
                limit: (*limit).to_owned(),
                room: last.room.clone(),
                ago_s: last.at.elapsed().as_secs(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_stopped_a_run_is_shown_with_its_latest_room() {
        let brakes = Brakes::default();
        for room in ["62", "63"] {
            brakes.held("removals_per_day", &RoomId::new(room), Instant::now());
        }
        let expected = Held {
            limit: "removals_per_day".to_owned(),
            room: RoomId::new("63"),
            ago_s: 0,
        };
        assert_eq!(brakes.all_held(), [expected]);
    }
}
