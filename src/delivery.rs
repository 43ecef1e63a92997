//! What a webhook delivers, as data: which room, never what to do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::room::RoomId;

/// One delivery, read from a verified body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `event.id`: the same for automatic retries, new for a manual one (docs/docspace.md, deliveries). Negative if the
    /// event has none.
    pub id: i64,
    /// `event.trigger`, such as `room.created`.
    pub trigger: String,
    /// The room; `None` for triggers other than the creation of a room.
    pub room: Option<RoomId>,
    /// The title in the payload, only for lists; nothing is decided on it.
    pub title: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// What the webhook did with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// Stored, and its room queued.
    New,
    /// Already known; its room is queued again.
    Seen,
    /// Without a room; not stored.
    Irrelevant,
}

impl Accepted {
    /// Its name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Seen => "seen",
            Self::Irrelevant => "irrelevant",
        }
    }
}
