//! What the list of rooms shows of each.

use crate::room::{RoomId, RoomType, UserId};

/// A room as the list of rooms shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRoom {
    /// Which room.
    pub id: RoomId,
    /// Its title.
    pub title: String,
    /// Its type, if it is one that we know.
    pub kind: Option<RoomType>,
    /// Its owner.
    pub owner: UserId,
    /// When it was created.
    pub created_at: jiff::Timestamp,
}
