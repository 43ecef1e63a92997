//! The facts that policies match on, from a room that was read or listed.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Engine;
use crate::bind::{self, PersonEntry};
use crate::docspace::{self, Directory, ListedRoom, Reader};
use crate::policy::PolicySet;
use crate::resolve::resolve;
use crate::room::{Creator, Facts, RoomType, Unresolved, tag_key};

/// The properties of a room that facts are based on.
pub(super) struct Shown<'r> {
    pub(super) title: &'r str,
    pub(super) kind: RoomType,
    pub(super) owner: &'r PersonEntry,
    pub(super) created: Date,
    pub(super) tags: &'r [String],
}

/// The facts that policies match on. Groups and tags are requested only if a policy that may match uses them.
pub(super) async fn facts(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    room: Shown<'_>,
) -> Result<Facts, docspace::Error> {
    let Shown {
        title,
        kind,
        owner,
        created,
        tags,
    } = room;
    let mut facts = Facts {
        title: title.to_owned(),
        kind,
        creator: Creator {
            id: owner.person.id.to_string(),
            name: owner.person.name.clone(),
            email: owner.person.email.clone(),
            groups: BTreeSet::new(),
        },
        created,
        tags: tags.to_vec(),
        unresolved: Unresolved::default(),
    };
    let asked = policies.asked(&facts);
    for word in asked.groups {
        let found = directory.groups_written(reader, &word.written).await?;
        match bind::one_group(&word.written, &found) {
            Ok(group) if owner.groups.contains(&group.id) => {
                facts.creator.groups.insert(word.key.clone());
            }
            Ok(_) => {}
            Err(reason) => {
                facts.unresolved.groups.insert(word.key.clone(), reason);
            }
        }
    }
    let has = |key: &String| tags.iter().any(|tag| tag_key(tag) == *key);
    for word in asked.tags {
        if !has(&word.key) && !directory.has_tag(reader, &word.written).await? {
            let reason = format!("the portal has no tag `{}`", word.written);
            facts.unresolved.tags.insert(word.key.clone(), reason);
        }
    }
    Ok(facts)
}

/// The policies that match a listed room, as far as the list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Speaking {
    /// Their names.
    pub policies: BTreeSet<String>,
    /// Whether some cannot be decided.
    pub is_undecided: bool,
}

impl Speaking {
    /// Whether no policy matches.
    pub fn is_none(&self) -> bool {
        self.policies.is_empty() && !self.is_undecided
    }
}

impl Engine {
    /// The policies that match a listed room with this owner.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn speaking(
        &self,
        policies: &PolicySet,
        reader: &Reader,
        (room, kind): (&ListedRoom, RoomType),
        owner: &PersonEntry,
    ) -> Result<Speaking, docspace::Error> {
        let shown = Shown {
            title: &room.title,
            kind,
            owner,
            created: room.created,
            tags: &room.tags,
        };
        let facts = facts(policies, &self.planner.directory, reader, shown).await?;
        let resolution = resolve(policies, &facts);
        Ok(Speaking {
            is_undecided: !resolution.undecided.is_empty(),
            policies: resolution
                .matched
                .into_iter()
                .map(|matched| matched.policy)
                .collect(),
        })
    }
}
