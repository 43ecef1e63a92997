//! Limits on what the service takes away or restores: reaching one is an alarm, once an hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::metrics;

const AGAIN: Duration = Duration::from_secs(60 * 60);

/// When each limit gave its alarm last.
#[derive(Debug, Clone, Default)]
pub struct Brakes(Arc<Mutex<BTreeMap<&'static str, Instant>>>);

impl Brakes {
    /// A run was kept from something by this limit.
    pub(super) fn held(&self, limit: &'static str, now: Instant) {
        metrics::braked(limit);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = last
            .get(limit)
            .is_none_or(|at| now.duration_since(*at) >= AGAIN);
        if is_news {
            last.insert(limit, now);
            tracing::error!(
                limit,
                "a limit holds back what policies would remove or restore; find out why so much is to change, then raise the limit or run `roomwright apply`"
            );
        }
    }
}
