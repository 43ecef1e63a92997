//! The options of a store besides its file.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{self, Clock};
use super::file::Setup;

/// The options of a store besides its file.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) clock: Clock,
    /// Configures each connection.
    pub(super) setup: Setup,
    /// How long one process waits for the write of another.
    pub(super) busy: Duration,
    /// How long any disk operation may take. A delivery must get a response within the limit of the webhook.
    pub(super) patience: Duration,
    /// How long to wait for a missing file before it is written again.
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
