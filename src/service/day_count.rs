//! The day's writes, counted in the store, where every process of the account sees them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::docspace::{DayCount, Purpose};
use crate::store::Store;

/// How many writes are set aside ahead by a process that goes on: a kill may lose so many of the day.
const AHEAD: u64 = 20;

/// How many writes a process will make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// More and more, as long as it runs.
    Many,
    /// Those of a few rooms: none is set aside that is not made.
    Few,
}

#[derive(Debug)]
pub(super) struct Counted {
    store: Store,
    writes: Writes,
    clock: fn() -> Timestamp,
    /// The day, and how many of its writes that were set aside for work are left.
    left: tokio::sync::Mutex<(Date, u64)>,
}

impl Counted {
    pub(super) fn new(store: Store, writes: Writes, clock: fn() -> Timestamp) -> Self {
        Self {
            store,
            writes,
            clock,
            left: tokio::sync::Mutex::default(),
        }
    }
}

#[async_trait::async_trait]
impl DayCount for Counted {
    async fn spend(&self, purpose: Purpose, limit: u64) -> bool {
        let today = (self.clock)()
            .to_string()
            .get(..10)
            .and_then(|day| day.parse().ok())
            .unwrap_or_default();
        let mut left = self.left.lock().await;
        if left.0 == today && left.1 > 0 {
            left.1 -= 1;
            return true;
        }
        // What is kept for giving back is not set aside for anything else.
        let most = match (purpose, self.writes) {
            (Purpose::Work, Writes::Many) => AHEAD,
            (Purpose::Work, Writes::Few) | (Purpose::GiveBack, _) => 1,
        };
        match self.store.set_writes_aside(today, most, limit).await {
            Ok(granted) => {
                *left = (today, granted.saturating_sub(1));
                granted > 0
            }
            Err(error) => {
                // The portal counts too; a store that fails stops the run before long.
                tracing::warn!(%error, "writes could not be counted");
                true
            }
        }
    }
}
