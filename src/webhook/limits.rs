//! The limits of clients.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The maximum number of connections, for any limit of open files: each may use the memory of a head.
const MAX_CONNECTIONS: usize = 4096;
const MIN_CONNECTIONS: usize = 16;
/// Files that are not connections of clients: calls to the portal, the store, the log, other listeners.
const RESERVE: usize = 192;

/// The limits of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a connection may send nothing, or only a part of a head, also between two requests.
    pub head: Duration,
    /// How long the client may take to send a body, and the service to respond.
    pub request: Duration,
    /// How long a client may leave responses unread.
    pub unread: Duration,
    /// How many connections are open at once. When the limit is reached, an idle one is closed for the next.
    pub connections: usize,
    /// How many of these have not sent a delivery with a valid signature. The oldest is closed for the next.
    pub strangers: usize,
    /// How many requests a connection may send.
    pub requests: u32,
    /// How long a connection may send requests.
    pub age: Duration,
    /// How many unusually large bodies are read at once.
    pub large_bodies: usize,
    /// How long a large body waits for its turn.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::within(1024 + RESERVE)
    }
}

impl Limits {
    /// The limits for this process. Raises its limit of open files to the hard limit.
    pub fn of_process() -> Self {
        Self::within(raised_file_limit())
    }

    /// The limits for a process that may open this many files.
    fn within(files: usize) -> Self {
        let left = files.saturating_sub(RESERVE);
        let connections = left.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS);
        Self {
            head: Duration::from_secs(10),
            request: Duration::from_secs(10),
            unread: Duration::from_secs(10),
            connections,
            strangers: connections - connections / 4,
            requests: 10_000,
            age: Duration::from_secs(10 * 60),
            large_bodies: 16,
            turn: Duration::from_secs(3),
        }
    }
}

/// Raises the limit of open files, and returns it.
fn raised_file_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let files = getrlimit(Resource::Nofile).current;
    files.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_use_the_open_files_minus_a_reserve_within_bounds() {
        for (files, connections) in [
            (64, MIN_CONNECTIONS),
            (256, 256 - RESERVE),
            (1024, 1024 - RESERVE),
            (1 << 20, MAX_CONNECTIONS),
            (usize::MAX, MAX_CONNECTIONS),
        ] {
            let limits = Limits::within(files);
            assert_eq!(limits.connections, connections, "{files}");
            assert!(limits.strangers < connections);
        }
    }
}
