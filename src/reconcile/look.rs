//! Looking: the room, its contents, and everybody whom the policies name.

use std::collections::BTreeSet;

use super::{Look, Stop, governed};
use crate::bind::{GroupEntry, PersonEntry, Snapshot};
use crate::docspace::{self, Directory, Reader};
use crate::resolve::{Desired, SubjectName};
use crate::room::{Creator, Facts, Observed, Person, Room, Skip, Subject, is_guid};

/// A room that was read, with the account that owns it (while we hold the room: that owned it before).
pub(super) struct Looked {
    room: Room,
    owner: Option<Person>,
}

impl Look<'_> {
    /// Reads the room itself and what policies may match on.
    pub(super) async fn look(&mut self) -> Result<(Looked, Facts), Stop> {
        let room = self
            .reader
            .room(self.room)
            .await?
            .ok_or(Stop::Skipped(Skip::Gone))?;
        self.report.title.clone_from(&room.title);
        self.report.owner.clone_from(&room.owner_name);
        let kind = governed(room.standing)?;
        self.report.kind = Some(kind);
        let owner = match &self.held {
            Some(held) => Some(held.owner.clone()),
            None => self
                .planner
                .directory
                .person(&self.reader, &room.owner)
                .await?
                .map(|entry| entry.person),
        };
        let creator = owner.as_ref().map_or_else(
            || Creator {
                id: room.owner.to_string(),
                name: room.owner_name.clone(),
                email: String::new(),
            },
            |owner| Creator {
                id: owner.id.to_string(),
                name: owner.name.clone(),
                email: owner.email.clone(),
            },
        );
        self.report.owner.clone_from(&creator.name);
        let facts = Facts {
            title: room.title.clone(),
            kind,
            creator,
            created: room.created,
        };
        Ok((Looked { room, owner }, facts))
    }

    /// Reads all folders and all shares.
    pub(super) async fn contents(&self, looked: Looked) -> Result<Observed, Stop> {
        let me = self.reader.whoami().await?;
        let mut seen = one_owner(self.reader.contents(&looked.room, &me).await?)?;
        if self.held.is_some()
            && let Some(owner) = looked.owner
        {
            seen.owner = owner;
        }
        Ok(seen)
    }

    /// Looks again at a room that was looked at in this run.
    pub(super) async fn again(&self) -> Result<Observed, Stop> {
        let me = self.reader.whoami().await?;
        let seen = self.reader.again(self.room, &me).await?;
        let mut seen = one_owner(seen.ok_or(Stop::Skipped(Skip::Gone))?)?;
        governed(seen.room.standing)?;
        if let Some(held) = &self.held {
            seen.owner = held.owner.clone();
        }
        Ok(seen)
    }
}

/// The room and its members are read in two calls: both must know the same owner.
fn one_owner(seen: Observed) -> Result<Observed, Stop> {
    if seen.owner.id == seen.room.owner {
        Ok(seen)
    } else {
        Err(Stop::Failed(
            "the owner of the room changed while we were looking".to_owned(),
        ))
    }
}

/// Asks the directory for every name that the desired state needs, and for the groups of people whose rights depend
/// on them.
pub(super) async fn snapshot(
    directory: &Directory,
    reader: &Reader,
    desired: &Desired,
    seen: &Observed,
) -> Result<Snapshot, docspace::Error> {
    let mut snapshot = Snapshot::default();
    let names: BTreeSet<&SubjectName> = desired.claims.iter().map(|claim| &claim.to).collect();
    let mut has_groups = false;
    for name in names {
        match name {
            SubjectName::Group(name) => {
                has_groups = true;
                snapshot.add_group(name, groups(directory, reader, name).await?);
            }
            SubjectName::User(name) => {
                snapshot.add_person(name, person(directory, reader, name).await?);
            }
        }
    }
    // A personal grant may keep a group's grant from working: only then do these people's groups matter.
    if has_groups {
        for share in &seen.shares {
            if let Subject::User(id) = &share.subject {
                snapshot.add_person(id.as_str(), directory.person(reader, id).await?);
            }
        }
    }
    Ok(snapshot)
}

async fn groups(
    directory: &Directory,
    reader: &Reader,
    name: &str,
) -> Result<Vec<GroupEntry>, docspace::Error> {
    if is_guid(name.trim()) {
        return Ok(directory
            .group(reader, &crate::room::GroupId::new(name.trim()))
            .await?
            .into_iter()
            .collect());
    }
    directory.groups_named(reader, name).await
}

async fn person(
    directory: &Directory,
    reader: &Reader,
    name: &str,
) -> Result<Option<PersonEntry>, docspace::Error> {
    if is_guid(name.trim()) {
        return directory
            .person(reader, &crate::room::UserId::new(name.trim()))
            .await;
    }
    directory.person_by_email(reader, name.trim()).await
}
