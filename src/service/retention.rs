//! Deletes old data: deliveries, and the history of rooms. What a room depends on stays.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::store::{self, Cutoff, Store};

/// How often old data is deleted.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// How many rows of a kind are deleted at once, so that deliveries do not wait long.
const AT_A_TIME: u32 = 500;
/// The pause between two batches.
const PAUSE: Duration = Duration::from_millis(20);

/// How long old data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Deliveries.
    pub deliveries: Duration,
    /// The history of rooms.
    pub history: Duration,
}

impl Retention {
    /// Deletes old data until `stop`.
    pub(super) async fn run(
        &self,
        store: &Store,
        clock: fn() -> Timestamp,
        stop: &CancellationToken,
    ) {
        loop {
            match self.pass(store, clock()).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "deleted old data"),
                // The store logs the error.
                Err(error) => tracing::debug!(%error, "old data could not be deleted"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Deletes old data once; returns the number of rows.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn pass(&self, store: &Store, now: Timestamp) -> Result<usize, store::Error> {
        let before = |age: Duration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let cutoff = Cutoff {
            deliveries: before(self.deliveries),
            history: before(self.history),
        };
        let mut all = 0;
        loop {
            let rows = store.forget(cutoff, AT_A_TIME).await?;
            if rows == 0 {
                return Ok(all);
            }
            all += rows;
            tokio::time::sleep(PAUSE).await;
        }
    }
}
