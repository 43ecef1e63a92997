//! What the portal can do only one at a time, or few at a time (docs/docspace.md, concurrency).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many rooms are written at once.
const ROOMS_WRITTEN: usize = 12;
/// How many tags are remembered. Beyond that, all are forgotten and collected again.
const MAX_TAGS: usize = 20_000;

/// A turn, which lasts while this is held.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub(super) struct Turns {
    share_listings: Arc<Semaphore>,
    nested_folders: Arc<Semaphore>,
    new_tags: Arc<Semaphore>,
    rooms: Arc<Semaphore>,
    tags_seen: Mutex<BTreeSet<String>>,
}

impl Default for Turns {
    fn default() -> Self {
        let of = |places| Arc::new(Semaphore::new(places));
        Self {
            share_listings: of(1),
            nested_folders: of(1),
            new_tags: of(1),
            rooms: of(ROOMS_WRITTEN),
            tags_seen: Mutex::default(),
        }
    }
}

async fn acquire(of: &Arc<Semaphore>) -> Turn {
    Turn {
        // No semaphore is ever closed.
        _permit: of.clone().acquire_owned().await.ok(),
    }
}

impl Turns {
    pub(super) async fn share_listing(&self) -> Turn {
        acquire(&self.share_listings).await
    }

    pub(super) async fn nested_folders(&self) -> Turn {
        acquire(&self.nested_folders).await
    }

    pub(super) async fn room(&self) -> Turn {
        acquire(&self.rooms).await
    }

    pub(super) async fn new_tags(&self, tags: &[String]) -> Option<Turn> {
        if self.has_seen(tags) {
            None
        } else {
            Some(acquire(&self.new_tags).await)
        }
    }

    fn has_seen(&self, tags: &[String]) -> bool {
        let seen = self
            .tags_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tags.iter().all(|tag| seen.contains(tag))
    }

    pub(super) fn saw_tags(&self, tags: &[String]) {
        let mut seen = self
            .tags_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if seen.len() > MAX_TAGS {
            seen.clear();
        }
        seen.extend(tags.iter().cloned());
    }
}
