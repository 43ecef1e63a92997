//! What a webhook told us, as data: which room, never what to do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::room::RoomId;

/// One delivery, read from a verified body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `event.id`: the same for automatic retries, new for a manual one (docs/docspace.md, deliveries). Below zero
    /// where the event gave none.
    pub id: i64,
    /// `event.trigger`, such as `room.created`.
    pub trigger: String,
    /// The room to look at; `None` for triggers that are not about a room's making.
    pub room: Option<RoomId>,
    /// The title the payload gave, for people who read the list; never decided upon.
    pub title: String,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// What became of a delivery at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// Stored, and its room woken.
    New,
    /// Known already; its room is woken all the same.
    Seen,
    /// Stored for the record; no room to look at.
    Irrelevant,
}
