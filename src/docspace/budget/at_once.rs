//! Calls of one kind that are under way at one time.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Places that are kept for what ends adoptions, at most a quarter of all.
const KEPT: usize = 3;

#[derive(Debug)]
pub(super) struct AtOnce {
    all: Semaphore,
    /// What does not end an adoption has fewer places.
    others: Semaphore,
}

/// A call is under way for as long as this is held.
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
        // Neither is ever closed.
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
