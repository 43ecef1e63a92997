//! The same client with another priority, patience or permission.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use crate::docspace::budget::{Priority, Reservation};
use crate::docspace::fence::Fence;

/// How long a read is repeated after a 429 if a person waits for it.
const PATIENCE_OF_PEOPLE: Duration = Duration::from_secs(5);

impl Client {
    /// The same client with counters of its own.
    #[must_use]
    pub fn counting(&self) -> Self {
        Self {
            calls: Arc::default(),
            ..self.clone()
        }
    }

    /// The same client with another priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self {
            priority,
            ..self.clone()
        }
    }

    /// The same client; its calls use a reservation while it has any left.
    #[must_use]
    pub fn within(&self, reservation: &Arc<Reservation>) -> Self {
        Self {
            reservation: Some(reservation.clone()),
            ..self.clone()
        }
    }

    /// The same client; its writes are sent only while a fence is open.
    #[must_use]
    pub fn behind(&self, fence: &Arc<Fence>) -> Self {
        Self {
            fence: Some(fence.clone()),
            ..self.clone()
        }
    }

    /// The same client; its calls are sent only until a deadline.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self.clone()
        }
    }

    /// The same client for finishing an operation: with a shorter timeout, and without fence and deadline.
    #[must_use]
    pub fn hurried(&self, patience: Duration) -> Self {
        Self {
            fence: None,
            deadline: None,
            patience: Some(patience),
            ..self.clone()
        }
    }

    /// The same client for a person who waits: a read that gets a 429 soon fails.
    #[must_use]
    pub fn impatient(&self) -> Self {
        Self {
            busy: PATIENCE_OF_PEOPLE,
            ..self.clone()
        }
    }
}
