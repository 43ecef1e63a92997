//! The journal of adoptions: a room is on record before our account becomes its owner, and stays there until another
//! owner was seen and no change of owner is unanswered.

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
    /// Whose it is.
    pub owner: UserId,
    /// The account of ours that becomes the owner; empty in records of earlier versions.
    pub account: UserId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when a change of owner without an answer may still be carried out.
    pub unanswered_until: Option<Timestamp>,
    /// Until when the process that holds it must not be disturbed.
    pub leased_until: Timestamp,
    /// How often somebody tried to finish it.
    pub tries: u32,
    /// When it is tried next.
    pub due: Timestamp,
    /// Why it cannot be finished without a person.
    pub blocked: Option<String>,
}

impl Adoption {
    /// The entry, with who was seen as the room's owner last.
    #[must_use]
    pub fn with_owner(&self, owner: Option<UserId>) -> Self {
        Self {
            owner: owner.unwrap_or_else(|| self.owner.clone()),
            ..self.clone()
        }
    }
}
