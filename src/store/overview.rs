//! What there is to do, what became of rooms, and what happened, for people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::room::RoomId;

/// The store in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Rooms that are due and that nobody works on.
    pub due: u64,
    /// Since when the one of them that waits longest has been.
    pub due_since: Option<Timestamp>,
    /// Rooms that are looked at again later.
    pub later: u64,
    /// Rooms that somebody works on.
    pub running: u64,
    /// Rooms that were given up.
    pub dead: u64,
    /// How many rooms have which last outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Rooms that are being adopted.
    pub open_adoptions: u64,
    /// Those of them that need a person.
    pub blocked_adoptions: u64,
    /// Since when the oldest of them has been open.
    pub adoption_open_since: Option<Timestamp>,
    /// When the last delivery came.
    pub last_delivery: Option<Timestamp>,
}

/// Something that happened to a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// Which room.
    pub room: RoomId,
    /// The outcome's word.
    pub outcome: String,
    /// The line of the log.
    pub line: String,
}

/// What is forgotten: everything that is over and older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoff {
    /// Deliveries that came before this time.
    pub deliveries: Timestamp,
    /// What happened before this time.
    pub history: Timestamp,
}
