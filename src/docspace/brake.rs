//! Writing, stopped by a person while the program runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Holds back every write but those that give a room back. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Pulls or releases it; whether that changed anything.
    pub fn set(&self, is_on: bool) -> bool {
        self.0.swap(is_on, Ordering::Relaxed) != is_on
    }

    /// Whether writes are held back.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
