//! Until when the writes of a run may be sent.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The time after which a run sends no more writes. The next run, which starts when this run's lease has expired,
/// relies on it: a delayed run (a slow disk, a suspended machine) must not write concurrently with its successor.
#[derive(Debug)]
pub struct Fence(Mutex<Instant>);

impl Fence {
    /// Creates a fence that is open until a time.
    pub fn until(time: Instant) -> Self {
        Self(Mutex::new(time))
    }

    /// Changes the time.
    pub fn move_to(&self, time: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Whether writes may be sent now.
    pub(super) fn is_open(&self) -> bool {
        Instant::now() < *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
