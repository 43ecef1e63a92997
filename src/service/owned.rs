//! The rooms that our account owns and no adoption explains: a lost store, or an answer later than our patience.

use serde::Serialize;

use super::Error;
use crate::docspace::Reader;
use crate::room::{Access, RoomId};
use crate::store::Store;

/// A room that our account owns without an open adoption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnedRoom {
    /// Which room.
    pub room: RoomId,
    /// Its title.
    pub title: String,
    /// The names of its Room managers, who are likely owners.
    pub room_managers: Vec<String>,
}

/// All of them.
///
/// # Errors
/// The portal cannot be asked, or the store cannot be used.
pub async fn owned(store: &Store, reader: &Reader) -> Result<Vec<OwnedRoom>, Error> {
    let me = reader.whoami().await?;
    let rooms = reader.rooms().await?;
    // Read afterwards: a room that is adopted meanwhile is on record by then.
    let open = store.adoptions().await?;
    let mut owned = Vec::new();
    for listed in rooms {
        let (room, title) = (listed.id, listed.title);
        if listed.owner != me || open.iter().any(|entry| entry.room == room) {
            continue;
        }
        // It may have been in the middle of an adoption that is over by now.
        match reader.room(&room).await? {
            Some(found) if found.owner == me => {}
            _ => continue,
        }
        let (_, shares) = reader.shares(&room).await?;
        let room_managers = shares
            .into_iter()
            .filter(|share| share.access == Some(Access::RoomManager))
            .map(|share| share.name)
            .collect();
        owned.push(OwnedRoom {
            room,
            title,
            room_managers,
        });
    }
    Ok(owned)
}
