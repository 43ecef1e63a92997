//! The queue, the outcomes and the history, for operators.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::room::RoomId;

/// The store in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Rooms that are due and not in progress.
    pub due: u64,
    /// How many of them are new: they have not had a run yet.
    #[serde(default)]
    pub due_new: u64,
    /// Since when the first of them has been due.
    pub due_since: Option<Timestamp>,
    /// Rooms that are due later.
    pub later: u64,
    /// Rooms in progress.
    pub running: u64,
    /// Rooms that failed and are not retried automatically.
    pub given_up: u64,
    /// The number of rooms by last outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Open adoptions.
    pub open_adoptions: u64,
    /// Open adoptions that need an administrator.
    pub blocked_adoptions: u64,
    /// Since when the oldest adoption has been open.
    pub adoption_open_since: Option<Timestamp>,
    /// When the last delivery arrived.
    pub last_delivery: Option<Timestamp>,
}

impl Overview {
    /// The number of rooms that were only observed: they wait for an operator.
    pub fn would_change(&self) -> u64 {
        self.outcomes.get("would-change").copied().unwrap_or(0)
    }
}

/// An event in the history of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// Which room.
    pub room: RoomId,
    /// The name of the outcome.
    pub outcome: String,
    /// The line in the log.
    pub line: String,
}

/// What to delete: everything that is finished and older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoff {
    /// Deliveries that arrived before this time.
    pub deliveries: Timestamp,
    /// History before this time.
    pub history: Timestamp,
}
