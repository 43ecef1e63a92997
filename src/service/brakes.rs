//! Limits on what the service removes or restores: reaching one is logged as an error, once an hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::metrics;

const AGAIN: Duration = Duration::from_secs(60 * 60);

/// When each limit was last reported.
#[derive(Debug, Clone, Default)]
pub struct Brakes(Arc<Mutex<BTreeMap<&'static str, Instant>>>);

impl Brakes {
    /// Reports that a limit stopped a run.
    pub(super) fn held(&self, limit: &'static str, now: Instant) {
        metrics::braked(limit);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last
            .get(limit)
            .is_none_or(|at| now.duration_since(*at) >= AGAIN);
        if is_due {
            last.insert(limit, now);
            tracing::error!(
                limit,
                "a limit stops what policies would remove or restore; find out why so many changes are due, then raise the limit or run `roomwright apply`"
            );
        }
    }
}
