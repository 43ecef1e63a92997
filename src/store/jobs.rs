//! Claim, lease, settle: one worker per room at a time, in all processes.

use jiff::Timestamp;

use crate::room::RoomId;

/// Proof that a room was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseId(pub(super) String);

/// A room that is ours to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomJob {
    /// Which room.
    pub room: RoomId,
    /// Grows with every event.
    pub generation: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Our lease.
    pub lease: LeaseId,
    /// Until when it lasts unless it is renewed.
    pub leased_until: Timestamp,
    /// Whether an event asked for it: new rooms go before everything else.
    pub fresh: bool,
    /// Whether the list of rooms showed it, and no event.
    pub swept: bool,
    /// Since when the room has had something to do.
    pub since: Option<Timestamp>,
}

/// What becomes of a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing is left to do.
    Done,
    /// It is tried again.
    RetryAt {
        /// When.
        at: Timestamp,
        /// Whether this run counts as an attempt.
        attempt_used: bool,
    },
    /// Nobody tries it again by itself: a dead letter.
    Dead {
        /// Why.
        reason: String,
    },
}

/// Which rooms are claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Any that is due.
    Any,
    /// Only new rooms: places are kept for them.
    New,
}

/// What settling did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As was said.
    Finished,
    /// An event came during the run: the room runs once more.
    RunsAgain,
    /// Somebody else has the room; nothing was changed.
    LeaseLost,
}

/// An attempt to claim one certain room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Got(RoomJob),
    /// Somebody works on it.
    Busy {
        /// Until when at the latest.
        until: Timestamp,
    },
}
