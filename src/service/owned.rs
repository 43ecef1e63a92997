//! Rooms that the service account owns without an open adoption: after a lost store, or after a change of owner that
//! happened too late.

use serde::Serialize;

use super::Error;
use crate::docspace::{ListedRoom, Reader};
use crate::room::RoomId;
use crate::store::Store;

/// A room that the service account owns without an open adoption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnedRoom {
    /// Which room.
    pub room: RoomId,
    /// Its title.
    pub title: String,
    /// The names of its Room managers, the likely owners.
    pub room_managers: Vec<String>,
}

/// All of them.
///
/// # Errors
/// A request to the portal failed, or the store cannot be used.
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

/// Whether the service account still owns a listed room, without an open adoption.
pub(super) async fn is_unexplained(
    store: &Store,
    reader: &Reader,
    listed: &ListedRoom,
) -> Result<bool, Error> {
    // Read after the list: an adoption that started in the meantime is recorded by then.
    let open = store.adoptions().await?;
    if open.iter().any(|entry| entry.room == listed.id) {
        return Ok(false);
    }
    // The list may have been read during an adoption that has ended since.
    let found = reader.room(&listed.id).await?;
    Ok(found.is_some_and(|found| found.owner == listed.owner))
}
