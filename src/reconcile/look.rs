//! Looking: the room, its contents, and everybody whom the policies name.

use std::collections::BTreeSet;

use jiff::Timestamp;

use futures::future::{try_join, try_join_all};

use super::{Look, Stop, governed};
use crate::bind::Snapshot;
use crate::docspace::{self, Directory, Reader};
use crate::resolve::{Desired, SubjectName};
use crate::room::{Creator, Facts, Observed, Person, Room, Skip, Subject, UserId};

/// A room that was read, with the account that owns it (while we hold the room: that owned it before).
pub(super) struct Looked {
    room: Room,
    owner: Option<Person>,
}

impl Looked {
    pub(super) fn created_at(&self) -> Timestamp {
        self.room.created_at
    }
}

impl Look<'_> {
    /// Reads the room itself and what policies may match on.
    pub(super) async fn look(&mut self) -> Result<(Looked, Facts), Stop> {
        let room = self
            .reader
            .room(self.room)
            .await?
            .ok_or(Stop::Skipped(Skip::Gone))?;
        self.same_owner(&room.owner)?;
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
        if self.held.is_some() {
            in_our_hands(&seen)?;
            if let Some(owner) = looked.owner {
                seen.owner = owner;
            }
        }
        Ok(seen)
    }

    /// Looks again at a room that was looked at in this run.
    pub(super) async fn again(&self) -> Result<Observed, Stop> {
        let me = self.reader.whoami().await?;
        let seen = self.reader.again(self.room, &me).await?;
        let seen = seen.ok_or(Stop::Skipped(Skip::Gone))?;
        self.same_owner(&seen.room.owner)?;
        let mut seen = one_owner(seen)?;
        governed(seen.room.standing)?;
        if let Some(held) = &self.held {
            in_our_hands(&seen)?;
            seen.owner = held.owner.clone();
        }
        Ok(seen)
    }

    /// While a room may become ours late, every owner that is read must be on record: it is given back to the last.
    fn same_owner(&self, owner: &UserId) -> Result<(), Stop> {
        match &self.watched {
            Some(watched) if watched != owner => Err(Stop::OwnerChanged),
            _ => Ok(()),
        }
    }
}

/// A room that we hold must be ours: its owner must not be taken for somebody else's.
fn in_our_hands(seen: &Observed) -> Result<(), Stop> {
    if seen.room.owner == seen.me {
        return Ok(());
    }
    Err(Stop::Failed(
        "the room is not in our hands: the portal did not make our account its owner, or somebody else gave it away".to_owned(),
    ))
}

/// The room and its members are read in two calls: both must know the same owner.
fn one_owner(seen: Observed) -> Result<Observed, Stop> {
    if seen.owner.id == seen.room.owner {
        Ok(seen)
    } else {
        Err(Stop::OwnerChanged)
    }
}

/// Asks the directory for every name that the desired state needs, and for the groups of people whose rights depend
/// on them; all at once, since the budget keeps the number of calls within its limits.
pub(super) async fn snapshot(
    directory: &Directory,
    reader: &Reader,
    desired: &Desired,
    seen: &Observed,
) -> Result<Snapshot, docspace::Error> {
    let names: BTreeSet<&SubjectName> = desired.claims.iter().map(|claim| &claim.to).collect();
    let groups = names.iter().filter_map(|name| match name {
        SubjectName::Group(name) => Some(name),
        SubjectName::User(_) => None,
    });
    let people = names.iter().filter_map(|name| match name {
        SubjectName::User(name) => Some(name.as_str()),
        SubjectName::Group(_) => None,
    });
    // A personal grant may keep a group's grant from working: only then do these people's groups matter.
    let has_groups = groups.clone().next().is_some();
    let members = seen.shares.iter().filter_map(|share| match &share.subject {
        Subject::User(id) if has_groups => Some(id.as_str()),
        Subject::User(_) | Subject::Group(_) => None,
    });
    let groups = groups.map(async |name| {
        let found = directory.groups_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let people = people.chain(members).map(async |name| {
        let found = directory.person_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let (groups, people) = try_join(try_join_all(groups), try_join_all(people)).await?;
    let mut snapshot = Snapshot::default();
    for (name, found) in groups {
        snapshot.add_group(name, found);
    }
    for (name, found) in people {
        snapshot.add_person(name, found);
    }
    Ok(snapshot)
}
