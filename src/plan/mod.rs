//! Desired − observed = ordered actions. A pure function: equal inputs give the equal plan.

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

/// The most grants that one call carries (docs/docspace.md, grants).
pub const GRANTS_PER_CALL: usize = 100;

/// Something worth knowing that needs no action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A grant to the room's owner is satisfied by owning it.
    IsOwner {
        /// The owner's name.
        name: String,
    },
    /// A grant to our own account is never sent.
    IsUs,
    /// The subject has more than the policy asks for.
    HasMore {
        /// Who.
        name: String,
        /// What she has.
        has: Access,
        /// The group through which, if not by her own grant.
        through: Option<String>,
    },
    /// A personal grant that keeps a group's higher grant from working.
    PersonalIsLower {
        /// Who.
        name: String,
        /// Her own grant.
        own: Access,
        /// The group.
        group: String,
        /// What the group has.
        theirs: Access,
    },
    /// A grant with a number that is none of the seven roles is left alone.
    UnknownRole {
        /// Who has it.
        name: String,
    },
    /// The portal has the tag in another spelling, which it keeps.
    TagSpelling {
        /// As the policy writes it.
        asked: String,
        /// As the portal has it.
        there: String,
    },
    /// Our look does not show this setting: it is neither compared nor sent.
    UnknownSetting {
        /// Which one.
        key: SettingKey,
    },
    /// A folder that an earlier run made is there under another title, or elsewhere in the room.
    Renamed {
        /// Which path.
        path: FolderPath,
        /// Its title now.
        there: String,
    },
    /// A Room manager whom no grant names, in a room that a policy gave to its owner: she may be the former owner.
    FormerOwner {
        /// Her name.
        name: String,
    },
    /// A member whom no grant names stays, since a name of the policy means nobody and she may be meant.
    NotRemoved {
        /// The member's name.
        name: String,
        /// The name that means nobody.
        unknown: String,
    },
    /// Several folders have this path; the first of these counts.
    FolderTwice {
        /// Which path.
        path: FolderPath,
        /// Their ids.
        ids: Vec<String>,
    },
}

/// What has to be done to a room, in order; nothing when it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Which room.
    pub room: RoomId,
    /// What to do.
    pub actions: Vec<Action>,
    /// What is worth knowing.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// How many writes (POST, PUT) it takes.
    pub fn writes(&self) -> usize {
        let calls = |told: bool| {
            let grants = self
                .actions
                .iter()
                .filter(|action| matches!(action, Action::Grant { notify, .. } if *notify == told));
            grants.count().div_ceil(GRANTS_PER_CALL)
        };
        let single = self
            .actions
            .iter()
            .filter(|action| !matches!(action, Action::Grant { .. }));
        single.count() + calls(true) + calls(false)
    }

    /// From how many groups and people it takes something.
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

    /// Whether our account lacks a right that this takes.
    pub fn needs_more_than(&self, rights: Rights) -> bool {
        self.actions.iter().any(|action| !action.allowed(rights))
    }

    /// What it puts in place.
    pub fn items(&self) -> BTreeSet<Item> {
        self.actions.iter().flat_map(Action::items).collect()
    }

    /// What it puts in place or takes away, and who asks for it.
    pub fn origins(&self) -> Vec<(Item, Vec<Origin>)> {
        self.actions.iter().flat_map(Action::origins).collect()
    }

    /// The part of the plan whose actions fit.
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

/// The grants that no look can see once they are made: they count as made when the portal said so
/// (rooms-api.md E.9).
pub fn unseen_items() -> BTreeSet<Item> {
    [Item::Grant(DOCSPACE_ADMINS.to_owned())].into()
}

/// What has to be done so that the room has what is wanted. Additive, unless the membership is exact: nothing is
/// renamed, moved, lowered or removed.
///
/// The order is part of the answer: indexing before folders, whose order it makes; folders before grants, since each
/// new folder is announced to everyone who can read the room already (docs/docspace.md, notifications); who is removed
/// after who is added; tags late, since they matter least and fail most; the owner last, since our account has its
/// rights through the present one.
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
