//! Everything that changes the portal.

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::budget::AdoptionPlaces;
use super::client::Client;
use super::error::Error;
use super::members::share;
use super::settings::setting_member;
use super::wire;
use crate::room::{Access, Folder, FolderId, Rights, RoomId, Setting, Subject, UserId};

/// Changes the portal. Only code that holds one can.
#[derive(Debug, Clone)]
pub struct Writer {
    pub(super) client: Client,
}

/// What the response to a change of owner shows about the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerChange {
    /// Who owns the room now.
    pub owner: UserId,
    /// What the service account may do there now.
    pub rights: Rights,
}

impl Writer {
    /// Creates a writer that uses a client.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
        }
    }

    /// Creates a folder. The portal silently creates another one with the same title (docs/docspace.md, folders): read
    /// the folders again before repeating this.
    ///
    /// # Errors
    /// Any failure; [`Error::LostAnswer`] if it may have happened.
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

    /// Adds tags; existing ones stay.
    ///
    /// # Errors
    /// Any failure.
    pub async fn add_tags(&self, room: &RoomId, tags: &[String]) -> Result<(), Error> {
        let path = ["files", "rooms", room.as_str(), "tags"];
        self.client
            .write(Method::PUT, &path, &json!({ "names": tags }))
            .await?;
        self.client.budget().saw_tags(tags);
        Ok(())
    }

    /// Changes settings, in one call. The portal sends an event to every webhook even if nothing differs.
    ///
    /// # Errors
    /// Any failure; some settings may have been written (rooms-api.md H.1).
    pub async fn update_settings(&self, room: &RoomId, settings: &[Setting]) -> Result<(), Error> {
        let members: serde_json::Map<String, serde_json::Value> = settings
            .iter()
            .map(setting_member)
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let path = ["files", "rooms", room.as_str()];
        self.client
            .write(Method::PUT, &path, &members.into())
            .await
            .map(drop)
    }

    /// Grants roles, and returns the roles of these subjects afterwards. Not atomic: after a refusal in the middle the
    /// earlier grants remain (docs/docspace.md, grants). `notify` makes the portal notify the members.
    ///
    /// # Errors
    /// Any failure.
    pub async fn share(
        &self,
        room: &RoomId,
        grants: &[(Subject, Access)],
        notify: bool,
    ) -> Result<Vec<(Subject, Option<Access>)>, Error> {
        // The portal answers 200 to an empty list without checking the room.
        if grants.is_empty() {
            return Ok(Vec::new());
        }
        let invitations: Vec<_> = grants
            .iter()
            .map(|(subject, access)| json!({ "id": subject.guid(), "access": access.code() }))
            .collect();
        let body = json!({ "invitations": invitations, "notify": notify });
        let members = self.put_share(room, &body).await?.members;
        Ok(members
            .iter()
            .filter_map(share)
            .map(|share| (share.subject, share.access))
            .collect())
    }

    /// Removes a member from a room: only a read shows whether it happened. The subject must be a member (rooms-api.md
    /// E.4).
    ///
    /// # Errors
    /// Any failure.
    pub async fn revoke(&self, room: &RoomId, subject: &Subject) -> Result<(), Error> {
        let invitations = [json!({ "id": subject.guid(), "access": 0 })];
        let body = json!({ "invitations": invitations, "notify": false });
        self.put_share(room, &body).await.map(drop)
    }

    /// Invites someone by e-mail. The response does not name them, and the portal sends an e-mail whatever `notify`
    /// says (rooms-api.md E.4, E.7): only a read shows whether it happened.
    ///
    /// # Errors
    /// Any failure; after some of them it may have happened anyway.
    pub async fn invite(&self, room: &RoomId, email: &str, access: Access) -> Result<(), Error> {
        let invitations = [json!({ "email": email, "access": access.code() })];
        let body = json!({ "invitations": invitations, "notify": false });
        self.put_share(room, &body).await.map(drop)
    }

    /// Gives a room to someone else; the former owner becomes Room manager. `None` if the portal skipped the room.
    ///
    /// # Errors
    /// Any failure.
    pub async fn change_owner(
        &self,
        room: &RoomId,
        to: &UserId,
    ) -> Result<Option<OwnerChange>, Error> {
        let (path, body) = owner(room, to);
        changed(self.client.write(Method::POST, &path, &body).await, room)
    }

    async fn put_share(
        &self,
        room: &RoomId,
        body: &serde_json::Value,
    ) -> Result<wire::Members, Error> {
        let path = ["files", "rooms", room.as_str(), "share"];
        let answer = self.client.write(Method::PUT, &path, body).await?;
        serde_json::from_value(answer).map_err(|error| lost("PUT share", &error))
    }

    /// Makes the service account the owner of a room, with the reserved calls of its adoption; `None` if the portal
    /// skipped the room. It is sent at once or not at all, and once per reservation.
    ///
    /// # Errors
    /// Any failure. A response that does not come from DocSpace counts as lost, since the change may or may not have
    /// happened (docs/docspace.md, owner).
    pub async fn take(
        &self,
        room: &RoomId,
        me: &UserId,
        places: &AdoptionPlaces,
    ) -> Result<Option<OwnerChange>, Error> {
        let (path, body) = owner(room, me);
        changed(self.client.take(&path, &body, places).await, room)
    }

    /// Makes another account the owner of a room that the service account owns, with the reserved calls of its
    /// adoption, or, if there are none left, with those that the budget keeps for it. `None` if the portal skipped the
    /// room.
    ///
    /// # Errors
    /// Any failure, as [`Writer::take`].
    pub async fn give_back(
        &self,
        room: &RoomId,
        to: &UserId,
        places: Option<&AdoptionPlaces>,
    ) -> Result<Option<OwnerChange>, Error> {
        let (path, body) = owner(room, to);
        changed(self.client.give_back(&path, &body, places).await, room)
    }
}

fn owner(room: &RoomId, owner: &UserId) -> ([&'static str; 2], serde_json::Value) {
    let body = json!({ "userId": owner.as_str(), "folderIds": [wire::Id::json(room.as_str())] });
    (["files", "owner"], body)
}

/// The portal answers 200 with an empty list if it does not know the room.
fn changed(
    answer: Result<serde_json::Value, Error>,
    room: &RoomId,
) -> Result<Option<OwnerChange>, Error> {
    const CALL: &str = "POST files/owner";
    let answer = answer.map_err(|error| {
        if error.is_final() || error.was_not_sent() || matches!(error, Error::LostAnswer { .. }) {
            error
        } else {
            lost(CALL, &error)
        }
    })?;
    let rooms: Vec<wire::Room> =
        serde_json::from_value(answer).map_err(|error| lost(CALL, &error))?;
    let is_it = |found: &wire::Room| {
        let id = found.id.as_ref();
        id.is_some_and(|id| id.text() == room.as_str())
    };
    let Some(found) = rooms.into_iter().find(is_it) else {
        return Ok(None);
    };
    let author = found
        .created_by
        .ok_or_else(|| lost(CALL, &"the response has no `createdBy`"))?;
    Ok(Some(OwnerChange {
        owner: UserId::new(&author.id),
        rights: found.security.rights(),
    }))
}

pub(super) fn lost(call: &str, error: &impl std::fmt::Display) -> Error {
    Error::LostAnswer {
        call: call.to_owned(),
        reason: error.to_string(),
        // It was sent earlier; waiting a little longer does no harm.
        left: Instant::now(),
    }
}
