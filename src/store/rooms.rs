//! What the store knows about rooms and deliveries.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::room::{FolderId, Item, RoomId};

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRecord {
    /// The title of the room; empty if it was not read.
    pub title: String,
    /// The name of the outcome.
    pub outcome: String,
    /// The outcome in one line.
    pub summary: String,
    /// The line in the log; `None` if it is not worth keeping.
    pub line: Option<String>,
    /// The whole report, as JSON.
    pub report: String,
    /// When.
    pub at: Timestamp,
    /// Whether the room is in sync with its policies.
    pub in_line: bool,
    /// The desired items that are present, if the run determined them.
    pub present: Option<BTreeSet<Item>>,
    /// The folders that the run created, by paths of folded titles.
    pub made: BTreeMap<Vec<String>, FolderId>,
}

/// What is known about a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// It ran, or is queued.
    Seen,
    /// It was once in sync with its policies.
    Configured,
}

/// The current state of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// When it is due.
    pub due: Timestamp,
    /// How many attempts were used.
    pub attempts: u32,
    /// Until when it is leased.
    pub leased_until: Option<Timestamp>,
    /// Why it is not retried.
    pub given_up: Option<String>,
}

/// What the store knows about a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomRow {
    /// Which room.
    pub room: RoomId,
    /// Its title at the last run.
    pub title: String,
    /// The name of the last outcome; empty before the first run.
    pub outcome: String,
    /// The last outcome in one line.
    pub summary: String,
    /// When the last run ended.
    pub at: Option<Timestamp>,
    /// When it was first in sync.
    pub configured_at: Option<Timestamp>,
    /// The items that were once present.
    #[serde(skip)]
    pub applied: BTreeSet<Item>,
    /// The folders that runs created, by paths of folded titles.
    #[serde(skip)]
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// The last report, as JSON.
    #[serde(skip)]
    pub report: String,
    /// Its job, if it is queued.
    pub job: Option<JobRow>,
}

/// What the store knows about a delivery.
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
    /// When it first arrived.
    pub received_at: Timestamp,
    /// How often it arrived.
    pub seen: u32,
    /// The state of its room's job: `waiting`, `running`, `done` or `given-up`.
    pub state: &'static str,
    /// Why it was given up, or the last outcome.
    pub summary: String,
    /// The payload as received.
    #[serde(skip)]
    pub body: String,
}
