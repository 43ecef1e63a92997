//! The rooms that our account owns and no adoption explains: a lost store, or an answer later than our patience.

use serde::Serialize;

use super::Error;
use crate::docspace::{ListedRoom, Reader};
use crate::room::RoomId;
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
    let mut owned = Vec::new();
    for listed in reader.rooms().await? {
        if listed.owner == me && is_unexplained(store, reader, &listed).await? {
            owned.push(OwnedRoom {
                room_managers: reader.room_managers(&listed.id).await?,
                room: listed.id,
                title: listed.title,
            });
        }
    }
    Ok(owned)
}

/// Whether a room that the list shows as ours is so still, and no adoption is open.
pub(super) async fn is_unexplained(
    store: &Store,
    reader: &Reader,
    listed: &ListedRoom,
) -> Result<bool, Error> {
    // Read after the list: a room that is adopted meanwhile is on record by then.
    let open = store.adoptions().await?;
    if open.iter().any(|entry| entry.room == listed.id) {
        return Ok(false);
    }
    // It may have been in the middle of an adoption that is over by now.
    let found = reader.room(&listed.id).await?;
    Ok(found.is_some_and(|found| found.owner == listed.owner))
}
