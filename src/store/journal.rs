//! The journal of adoptions: an entry is opened before the service account becomes the owner of a room, and stays open
//! until another owner was read and no change of owner is unanswered.

use jiff::Timestamp;
use serde::Serialize;

use crate::room::{RoomId, UserId};

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adoption {
    /// Its number.
    #[serde(skip)]
    pub id: i64,
    /// Which room.
    pub room: RoomId,
    /// The owner to give it back to.
    pub owner: UserId,
    /// The service account that becomes the owner; empty in records of earlier versions.
    pub account: UserId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when a change of owner without a response may still happen.
    pub unanswered_until: Option<Timestamp>,
    /// Until when another process must not claim it.
    pub leased_until: Timestamp,
    /// How many attempts there were to finish it.
    pub tries: u32,
    /// When the next attempt is due.
    pub due: Timestamp,
    /// Why it needs an administrator, if it does.
    pub blocked: Option<String>,
}

impl Adoption {
    /// The entry with the owner that was read last.
    #[must_use]
    pub fn with_owner(&self, owner: Option<UserId>) -> Self {
        Self {
            owner: owner.unwrap_or_else(|| self.owner.clone()),
            ..self.clone()
        }
    }
}
