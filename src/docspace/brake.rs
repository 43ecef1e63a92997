//! Stops all writing while the program runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Blocks every write except those that give a room back. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Turns the brake on or off. Returns whether that changed anything.
    pub fn set(&self, is_on: bool) -> bool {
        self.0.swap(is_on, Ordering::Relaxed) != is_on
    }

    /// Whether writes are blocked.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
