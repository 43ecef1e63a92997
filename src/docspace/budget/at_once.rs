//! Limits how many calls of one kind are in progress at once.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Slots that are reserved for calls that end adoptions, at most a quarter of all.
const KEPT: usize = 3;

#[derive(Debug)]
pub(super) struct AtOnce {
    all: Semaphore,
    /// Calls that do not end an adoption have fewer slots.
    others: Semaphore,
}

/// A call is in progress while this is held.
#[derive(Debug)]
pub(super) struct UnderWay<'b> {
    _all: Option<SemaphorePermit<'b>>,
    _others: Option<SemaphorePermit<'b>>,
}

impl AtOnce {
    pub(super) fn new(places: usize) -> Self {
        let places = places.max(1);
        Self {
            all: Semaphore::new(places),
            others: Semaphore::new(places - KEPT.min(places / 4)),
        }
    }

    pub(super) async fn one(&self, ends_adoption: bool) -> UnderWay<'_> {
        // Neither semaphore is ever closed.
        let others = if ends_adoption {
            None
        } else {
            self.others.acquire().await.ok()
        };
        UnderWay {
            _all: self.all.acquire().await.ok(),
            _others: others,
        }
    }
}
