//! Everything that changes the portal.

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::client::Client;
use super::error::Error;
use super::rooms::share;
use super::wire;
use crate::room::{Access, Folder, FolderId, RoomId, Subject, UserId};

/// Changes the portal. Only code that holds one can.
#[derive(Debug, Clone)]
pub struct Writer {
    client: Client,
}

impl Writer {
    /// A writer over a client.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
        }
    }

    /// Makes a folder. The portal makes another one of the same title without a word (docs/docspace.md, folders):
    /// look before this is repeated.
    ///
    /// # Errors
    /// Any failure; [`Error::LostAnswer`] when it may have been done.
    pub async fn create_folder(&self, parent: &FolderId, title: &str) -> Result<Folder, Error> {
        let path = ["files", "folder", parent.as_str()];
        let answer = self
            .client
            .write(Method::POST, &path, &json!({ "title": title }))
            .await?;
        let entry: wire::Entry =
            serde_json::from_value(answer).map_err(|error| lost("POST files/folder", &error))?;
        let folder = entry.folder();
        Ok(Folder {
            parent: parent.clone(),
            ..folder
        })
    }

    /// Adds tags; those that are there stay.
    ///
    /// # Errors
    /// Any failure.
    pub async fn add_tags(&self, room: &RoomId, tags: &[String]) -> Result<(), Error> {
        let path = ["files", "rooms", room.as_str(), "tags"];
        self.client
            .write(Method::PUT, &path, &json!({ "names": tags }))
            .await
            .map(drop)
    }

    /// Gives roles, and returns what the named subjects have afterwards. Not atomic: a refusal in the middle leaves
    /// the earlier ones written (docs/docspace.md, grants). Members are not told.
    ///
    /// # Errors
    /// Any failure.
    pub async fn share(
        &self,
        room: &RoomId,
        grants: &[(Subject, Access)],
    ) -> Result<Vec<(Subject, Option<Access>)>, Error> {
        // The portal answers an empty list with 200 and does not even look at the room.
        if grants.is_empty() {
            return Ok(Vec::new());
        }
        let invitations: Vec<_> = grants
            .iter()
            .map(|(subject, access)| json!({ "id": subject.guid(), "access": access.code() }))
            .collect();
        let path = ["files", "rooms", room.as_str(), "share"];
        let body = json!({ "invitations": invitations, "notify": false });
        let answer = self.client.write(Method::PUT, &path, &body).await?;
        let members: wire::Members =
            serde_json::from_value(answer).map_err(|error| lost("PUT share", &error))?;
        Ok(members
            .members
            .iter()
            .filter_map(share)
            .map(|share| (share.subject, share.access))
            .collect())
    }

    /// Makes our account the owner of a room.
    ///
    /// # Errors
    /// Any failure. Whatever the portal or something before it answered counts as a lost answer, since it can come
    /// after a part was done (docs/docspace.md, owner).
    pub async fn take(&self, room: &RoomId, me: &UserId) -> Result<(), Error> {
        let (path, body) = owner(room, me);
        doubted(self.client.write(Method::POST, &path, &body).await)
    }

    /// Makes the former owner the owner again. The day's last writes are kept for this.
    ///
    /// # Errors
    /// Any failure, as [`Writer::take`].
    pub async fn give_back(&self, room: &RoomId, to: &UserId) -> Result<(), Error> {
        let (path, body) = owner(room, to);
        doubted(self.client.give_back(&path, &body).await)
    }
}

fn owner(room: &RoomId, owner: &UserId) -> ([&'static str; 2], serde_json::Value) {
    let body = json!({ "userId": owner.as_str(), "folderIds": [wire::Id::json(room.as_str())] });
    (["files", "owner"], body)
}

fn doubted(answer: Result<serde_json::Value, Error>) -> Result<(), Error> {
    match answer {
        Ok(_) => Ok(()),
        Err(error @ Error::LostAnswer { .. }) => Err(error),
        Err(error) if error.was_not_sent() => Err(error),
        Err(error) => Err(lost("POST files/owner", &error)),
    }
}

fn lost(call: &str, error: &impl std::fmt::Display) -> Error {
    Error::LostAnswer {
        call: call.to_owned(),
        reason: error.to_string(),
        // It left earlier; waiting a little longer does no harm.
        left: Instant::now(),
    }
}
