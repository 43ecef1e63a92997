//! Desired − observed = ordered actions. A pure function: equal inputs give equal plans.

mod action;
mod exact;
mod folders;
mod grants;
mod invitations;
mod owner;
mod settings;
mod show;
mod tags;

use std::collections::BTreeSet;

pub use action::{Action, Change, Phase, SettingChange};
pub(crate) use folders::Tree;

use crate::bind::{Bound, Snapshot};
use crate::resolve::{FolderPath, Origin};
use crate::room::{Access, DOCSPACE_ADMINS, Item, Observed, Rights, RoomId, SettingKey};

/// The largest number of grants in one call (docs/docspace.md, grants).
pub const GRANTS_PER_CALL: usize = 100;

/// Information that needs no action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The room's owner needs no grant.
    IsOwner {
        /// The owner's display name.
        name: String,
    },
    /// A grant to the service account itself is never sent.
    IsUs,
    /// The subject has more access than the policy asks for.
    HasMore {
        /// The name of the group or person.
        name: String,
        /// The present role.
        has: Access,
        /// The group that gives the role, if it is not a personal grant.
        through: Option<String>,
    },
    /// A personal grant that makes a group's higher grant ineffective.
    PersonalIsLower {
        /// The person's name.
        name: String,
        /// The personal grant.
        own: Access,
        /// The group.
        group: String,
        /// The group's role.
        theirs: Access,
    },
    /// A grant whose number is not one of the seven roles stays unchanged.
    UnknownRole {
        /// The name of the subject.
        name: String,
    },
    /// The portal has the tag in another spelling, and keeps that.
    TagSpelling {
        /// The tag as the policy writes it.
        asked: String,
        /// The tag as the portal has it.
        there: String,
    },
    /// The response does not contain this setting: it is neither compared nor sent.
    UnknownSetting {
        /// The setting.
        key: SettingKey,
    },
    /// A folder that an earlier run created now has another title or another parent.
    Renamed {
        /// The path under which it was created.
        path: FolderPath,
        /// Its present title.
        there: String,
    },
    /// A Room manager whom no grant names, in a room whose owner a policy changed: possibly the former owner.
    FormerOwner {
        /// Their name.
        name: String,
    },
    /// A member whom no grant names stays: a name in the policy was not found, and may mean them.
    NotRemoved {
        /// The member's name.
        name: String,
        /// The name that was not found.
        unknown: String,
    },
    /// Several folders have this path; the first of these ids counts.
    FolderTwice {
        /// The path.
        path: FolderPath,
        /// Their ids.
        ids: Vec<String>,
    },
}

/// What to do to a room, in order; empty if the room is as desired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The room's id.
    pub room: RoomId,
    /// The changes, in order.
    pub actions: Vec<Action>,
    /// Information that needs no action.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The number of writes (POST, PUT) that the plan needs.
    pub fn writes(&self) -> usize {
        let calls = |notifies: bool| {
            let grants = self.actions.iter().filter(
                |action| matches!(action, Action::Grant { notify, .. } if *notify == notifies),
            );
            grants.count().div_ceil(GRANTS_PER_CALL)
        };
        let single = self
            .actions
            .iter()
            .filter(|action| !matches!(action, Action::Grant { .. }));
        single.count() + calls(true) + calls(false)
    }

    /// The number of groups and people that lose access.
    pub fn removals(&self) -> usize {
        let actions = self.actions.iter();
        actions.filter(|action| action.takes_away()).count()
    }

    /// Whether nobody is left to remove, of those whom `counts` names.
    pub fn is_exact(&self, counts: impl Fn(&Item) -> bool) -> bool {
        let is_left = |action: &Action| action.removes() && action.items().iter().any(&counts);
        let stays = |note: &Note| matches!(note, Note::NotRemoved { .. });
        !self.actions.iter().any(is_left) && !self.notes.iter().any(stays)
    }

    /// The part that some policies ask for.
    #[must_use]
    pub fn asked_by(&self, policies: &BTreeSet<String>) -> Plan {
        let asked = |by: &[Origin]| by.iter().any(|by| policies.contains(&by.policy));
        let actions = self.actions.iter();
        Plan {
            actions: actions.filter_map(|action| action.part(&asked)).collect(),
            ..self.clone()
        }
    }

    /// Whether the plan needs a right that the service account does not have.
    pub fn needs_more_than(&self, rights: Rights) -> bool {
        self.actions.iter().any(|action| !action.allowed(rights))
    }

    /// The items that the plan provides.
    pub fn items(&self) -> BTreeSet<Item> {
        self.actions.iter().flat_map(Action::items).collect()
    }

    /// The items that the plan provides or removes, with the policy lines that ask for them.
    pub fn origins(&self) -> Vec<(Item, Vec<Origin>)> {
        self.actions.iter().flat_map(Action::origins).collect()
    }

    /// The part of the plan whose actions satisfy a condition.
    #[must_use]
    pub fn only(&self, fits: impl Fn(&Action) -> bool) -> Plan {
        Plan {
            actions: self
                .actions
                .iter()
                .filter(|action| fits(action))
                .cloned()
                .collect(),
            ..self.clone()
        }
    }

    /// The plan without some items.
    #[must_use]
    pub fn without(&self, items: &BTreeSet<Item>) -> Plan {
        Plan {
            room: self.room.clone(),
            actions: self
                .actions
                .iter()
                .filter_map(|action| action.without(items))
                .collect(),
            notes: self.notes.clone(),
        }
    }
}

/// The grants that DocSpace does not list once they exist: they count as present if the portal confirmed them
/// (rooms-api.md E.9).
pub fn unseen_items() -> BTreeSet<Item> {
    [Item::Grant(DOCSPACE_ADMINS.to_owned())].into()
}

/// The changes that bring a room to its desired state. Additive unless the membership is exact: nothing is renamed,
/// moved, lowered or removed.
///
/// The order is part of the answer: indexing before folders, because the order of creation becomes their order;
/// folders before grants, because DocSpace announces each new folder to everyone who can read the room
/// (docs/docspace.md, notifications); removals after grants; tags late, because they matter least and fail most; the
/// owner last, because the service account has its rights through the present one.
pub fn plan(bound: &Bound, seen: &Observed, directory: &Snapshot) -> Plan {
    let mut plan = Plan {
        room: seen.room.id.clone(),
        actions: Vec::new(),
        notes: Vec::new(),
    };
    let is_first = |key| key == SettingKey::Indexing;
    settings::plan(bound, seen, is_first, &mut plan);
    folders::plan(bound, seen, &mut plan);
    settings::plan(bound, seen, |key| !is_first(key), &mut plan);
    match &bound.exact {
        None => grants::plan(&bound.grants, seen, directory, &mut plan),
        Some(_) => exact::grants(bound, seen, &mut plan),
    }
    invitations::plan(&bound.invitations, seen, &mut plan);
    exact::removals(bound, seen, &mut plan);
    tags::plan(&bound.tags, seen, &mut plan);
    owner::plan(bound.owner.as_ref(), seen, &mut plan);
    plan
}
