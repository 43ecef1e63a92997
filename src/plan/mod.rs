//! Desired − observed = ordered actions. A pure function: equal inputs give the equal plan.

mod folders;
mod grants;
mod settings;
mod show;
mod tags;

use std::collections::BTreeSet;

pub(crate) use folders::standing;

use crate::bind::{Bound, Snapshot};
use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{
    Access, DOCSPACE_ADMINS, Item, Observed, Rights, RoomId, Setting, SettingKey, Subject, tag_key,
};

/// The most grants that one call carries (docs/docspace.md, grants).
pub const GRANTS_PER_CALL: usize = 100;

/// A value before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<T> {
    /// What is there.
    pub from: T,
    /// What will be there.
    pub to: T,
}

/// A setting before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// What is there.
    pub from: Setting,
    /// What will be there.
    pub to: Setting,
    /// Who asked for it.
    pub by: Vec<Origin>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make a folder; its parent is there or comes earlier in the plan.
    CreateFolder {
        /// Where.
        path: FolderPath,
        /// Who asked for it or for something in it.
        by: Vec<Origin>,
    },
    /// Change settings, in one call.
    UpdateSettings(Vec<SettingChange>),
    /// Give a role, or raise it.
    Grant {
        /// To whom.
        subject: Subject,
        /// The name of the group or person.
        name: String,
        /// From the role it has, if any.
        role: Change<Option<Access>>,
        /// Who asked for it.
        by: Vec<Origin>,
    },
    /// Add tags, in one call.
    AddTags(Vec<Wanted<String>>),
}

/// When an action is carried out, the first phase first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Indexing, and folders directly in the room.
    First,
    /// Folders in folders: one room at a time in the portal makes them.
    Nested,
    /// Other settings, roles, and tags last.
    Rest,
}

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
        let grants = self
            .actions
            .iter()
            .filter(|action| matches!(action, Action::Grant { .. }))
            .count();
        self.actions.len() - grants + grants.div_ceil(GRANTS_PER_CALL)
    }

    /// Whether our account lacks a right that this takes.
    pub fn needs_more_than(&self, rights: Rights) -> bool {
        self.actions.iter().any(|action| !action.allowed(rights))
    }

    /// What it puts in place.
    pub fn items(&self) -> BTreeSet<Item> {
        self.actions.iter().flat_map(Action::items).collect()
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

impl Action {
    /// What it puts in place.
    pub fn items(&self) -> Vec<Item> {
        match self {
            Action::CreateFolder { path, .. } => vec![Item::Folder(path.folded())],
            Action::UpdateSettings(changes) => changes
                .iter()
                .map(|change| Item::Setting(change.to.key()))
                .collect(),
            Action::Grant { subject, .. } => vec![Item::grant(subject)],
            Action::AddTags(tags) => tags
                .iter()
                .map(|tag| Item::Tag(tag_key(&tag.value)))
                .collect(),
        }
    }

    fn without(&self, items: &BTreeSet<Item>) -> Option<Action> {
        match self {
            Action::AddTags(tags) => {
                let left: Vec<_> = tags
                    .iter()
                    .filter(|tag| !items.contains(&Item::Tag(tag_key(&tag.value))))
                    .cloned()
                    .collect();
                (!left.is_empty()).then_some(Action::AddTags(left))
            }
            Action::UpdateSettings(changes) => {
                let left: Vec<_> = changes
                    .iter()
                    .filter(|change| !items.contains(&Item::Setting(change.to.key())))
                    .cloned()
                    .collect();
                (!left.is_empty()).then_some(Action::UpdateSettings(left))
            }
            other @ (Action::CreateFolder { .. } | Action::Grant { .. }) => {
                (!other.items().iter().any(|item| items.contains(item))).then(|| other.clone())
            }
        }
    }

    /// When it is carried out.
    pub fn phase(&self) -> Phase {
        match self {
            Action::CreateFolder { path, .. } if path.0.len() > 1 => Phase::Nested,
            Action::CreateFolder { .. } => Phase::First,
            Action::UpdateSettings(changes) => {
                let is_first = |change: &SettingChange| change.to.key() == SettingKey::Indexing;
                if changes.iter().all(is_first) {
                    Phase::First
                } else {
                    Phase::Rest
                }
            }
            Action::Grant { .. } | Action::AddTags(_) => Phase::Rest,
        }
    }

    fn allowed(&self, rights: Rights) -> bool {
        match self {
            Action::CreateFolder { .. } => rights.create,
            Action::UpdateSettings(_) => rights.edit_room,
            Action::Grant { .. } => rights.edit_access,
            Action::AddTags(_) => true,
        }
    }
}

/// The grants that no look can see once they are made: they count as made when the portal said so
/// (rooms-api.md E.9).
pub fn unseen_items() -> BTreeSet<Item> {
    [Item::Grant(DOCSPACE_ADMINS.to_owned())].into()
}

/// What has to be done so that the room has what is wanted. Additive: nothing is renamed, moved, lowered or removed.
///
/// The order is part of the answer: indexing before folders, whose order it makes; folders before grants, since each
/// new folder is announced to everyone who can read the room already (docs/docspace.md, notifications); tags last,
/// since they matter least and fail most.
pub fn plan(bound: &Bound, seen: &Observed, directory: &Snapshot) -> Plan {
    let mut plan = Plan {
        room: seen.room.id.clone(),
        actions: Vec::new(),
        notes: Vec::new(),
    };
    let is_first = |key| key == SettingKey::Indexing;
    settings::plan(bound, seen, is_first, &mut plan);
    folders::plan(&bound.folders, seen, &mut plan);
    settings::plan(bound, seen, |key| !is_first(key), &mut plan);
    grants::plan(&bound.grants, seen, directory, &mut plan);
    tags::plan(&bound.tags, seen, &mut plan);
    plan
}
