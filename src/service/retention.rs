//! What is over is forgotten in time: deliveries, and what happened to rooms. What a room depends on stays.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::store::{self, Cutoff, Store};

/// How often it is done.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// How many rows of a kind are taken at a time, so that deliveries wait for no longer than that takes.
const AT_A_TIME: u32 = 500;
/// The pause between two times.
const PAUSE: Duration = Duration::from_millis(20);

/// How long what is over is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Deliveries.
    pub deliveries: Duration,
    /// What happened to rooms.
    pub history: Duration,
}

impl Retention {
    /// Forgets until it is told to stop.
    pub(super) async fn run(
        &self,
        store: &Store,
        clock: fn() -> Timestamp,
        stop: &CancellationToken,
    ) {
        loop {
            match self.pass(store, clock()).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "forgot what was over long ago"),
                // The store gives the alarm.
                Err(error) => tracing::debug!(%error, "nothing could be forgotten"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Forgets once; how many rows there were.
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
