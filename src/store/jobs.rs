//! Claim, lease, settle: one worker per room at a time, in all processes.

use jiff::Timestamp;

use crate::room::RoomId;

/// Proof that a room was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseId(pub(super) String);

/// A claimed room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomJob {
    /// Which room.
    pub room: RoomId,
    /// Increases with every event.
    pub generation: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The lease.
    pub lease: LeaseId,
    /// When the lease expires unless it is renewed.
    pub leased_until: Timestamp,
    /// Whether an event made it due: new rooms run first.
    pub fresh: bool,
    /// Whether the sweep found it, without an event.
    pub swept: bool,
    /// Since when the room has been queued.
    pub since: Option<Timestamp>,
}

/// What happens to a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing is left to do.
    Done,
    /// It is retried.
    RetryAt {
        /// When.
        at: Timestamp,
        /// Whether this run counts as an attempt.
        attempt_used: bool,
    },
    /// It is not retried automatically: the room is given up.
    GivenUp {
        /// Why.
        reason: String,
    },
}

/// Which rooms to claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Any due room.
    Any,
    /// Only new rooms, which have reserved workers.
    New,
}

/// The result of settling a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As requested.
    Finished,
    /// An event arrived during the run: the room runs again.
    RunsAgain,
    /// Another process has the room; nothing was changed.
    LeaseLost,
}

/// The result of claiming a specific room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It was claimed.
    Got(RoomJob),
    /// Another process works on it.
    Busy {
        /// When its lease expires.
        until: Timestamp,
    },
}
