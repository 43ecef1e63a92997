//! What a store depends on beside its file.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{self, Clock};
use super::file::Setup;

/// What a store depends on beside its file.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) clock: Clock,
    /// What is done to each connection.
    pub(super) setup: Setup,
    /// How long one process waits for another's write.
    pub(super) busy: Duration,
    /// How long the disk may take over anything. A delivery must be answered within the door's limit.
    pub(super) patience: Duration,
    /// How long a file that is gone is waited for before it is written anew.
    pub(super) absent: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: clock::system(),
            setup: Arc::new(|_| Ok(())),
            busy: Duration::from_secs(4),
            patience: Duration::from_secs(8),
            absent: Duration::from_secs(10),
        }
    }
}
