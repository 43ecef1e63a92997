//! What is known of rooms and deliveries.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::room::{FolderId, Item, RoomId};

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRecord {
    /// The room's title; empty when it was not read.
    pub title: String,
    /// The outcome's word.
    pub outcome: String,
    /// The outcome in one line.
    pub summary: String,
    /// What happened, in the line of the log; nothing where it is not worth keeping.
    pub line: Option<String>,
    /// The whole report, as JSON.
    pub report: String,
    /// When.
    pub at: Timestamp,
    /// Whether the room is in line with its policies.
    pub in_line: bool,
    /// What is wanted and in place, where the run found out.
    pub present: Option<BTreeSet<Item>>,
    /// The folders that the run made, by their titles as they compare.
    pub made: BTreeMap<Vec<String>, FolderId>,
}

/// What is known of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// It was run, or waits for a run.
    Seen,
    /// It was in line with its policies once.
    Configured,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// When it is due.
    pub due: Timestamp,
    /// How many attempts were used.
    pub attempts: u32,
    /// Until when somebody works on it.
    pub leased_until: Option<Timestamp>,
    /// Why nobody tries it again.
    pub dead: Option<String>,
}

/// A room as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomRow {
    /// Which room.
    pub room: RoomId,
    /// Its title at the last run.
    pub title: String,
    /// The last outcome's word; empty before the first.
    pub outcome: String,
    /// The last outcome in one line.
    pub summary: String,
    /// When the last run ended.
    pub at: Option<Timestamp>,
    /// When it was first in line.
    pub configured_at: Option<Timestamp>,
    /// What was in place once.
    #[serde(skip)]
    pub applied: BTreeSet<Item>,
    /// The folders that runs made, by their titles as they compare.
    #[serde(skip)]
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// The last report, as JSON.
    #[serde(skip)]
    pub report: String,
    /// What is still to be done about it.
    pub job: Option<JobRow>,
}

/// A delivery as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// `event.id`.
    pub id: i64,
    /// `event.trigger`.
    pub trigger: String,
    /// The room.
    pub room: RoomId,
    /// The title in the payload.
    pub title: String,
    /// When it came first.
    pub received_at: Timestamp,
    /// How often it came.
    pub seen: u32,
    /// `waiting`, `running`, `done` or `dead`, as its room's job is.
    pub state: &'static str,
    /// Why it is dead, or the last outcome.
    pub summary: String,
    /// The payload as it came.
    #[serde(skip)]
    pub body: String,
}
