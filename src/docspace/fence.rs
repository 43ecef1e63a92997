//! Until when a run's writes may leave.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The time after which no write of a run leaves any more. Whoever takes the room up when the run's lease has ended
/// relies on it; a run that was held up (a slow disk, a machine that slept) must not go on writing beside its
/// successor.
#[derive(Debug)]
pub struct Fence(Mutex<Instant>);

impl Fence {
    /// A fence that lets writes leave until a time.
    pub fn until(time: Instant) -> Self {
        Self(Mutex::new(time))
    }

    /// Sets the time anew.
    pub fn move_to(&self, time: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Whether writes may leave now.
    pub(super) fn is_open(&self) -> bool {
        Instant::now() < *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
