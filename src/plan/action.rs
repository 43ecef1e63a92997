//! One thing to do to a room.

use std::collections::BTreeSet;

use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{Access, Item, Person, Rights, Setting, SettingKey, Subject, guest_key, tag_key};

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
        /// Whether the portal tells her.
        notify: bool,
        /// Who asked for it.
        by: Vec<Origin>,
    },
    /// Invite somebody who has no account.
    Invite {
        /// Her e-mail address.
        email: String,
        /// The role.
        access: Access,
        /// Who asked for it.
        by: Vec<Origin>,
    },
    /// Take somebody out of the room.
    Revoke {
        /// Whom.
        subject: Subject,
        /// The name of the group or person.
        name: String,
        /// The role that is taken away.
        was: Access,
        /// Who asked for it.
        by: Vec<Origin>,
    },
    /// Add tags, in one call.
    AddTags(Vec<Wanted<String>>),
    /// Give the room to another account; the former owner stays Room manager.
    ChangeOwner {
        /// The present owner's name.
        from: String,
        /// The new owner.
        to: Box<Person>,
        /// Who asked for it.
        by: Vec<Origin>,
    },
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

impl Action {
    /// What it puts in place.
    pub fn items(&self) -> Vec<Item> {
        match self {
            Action::CreateFolder { path, .. } => vec![Item::Folder(path.folded())],
            Action::UpdateSettings(changes) => changes
                .iter()
                .map(|change| Item::Setting(change.to.key()))
                .collect(),
            Action::Grant { subject, .. } | Action::Revoke { subject, .. } => {
                vec![Item::grant(subject)]
            }
            Action::Invite { email, .. } => vec![Item::Guest(guest_key(email))],
            Action::AddTags(tags) => tags
                .iter()
                .map(|tag| Item::Tag(tag_key(&tag.value)))
                .collect(),
            Action::ChangeOwner { .. } => vec![Item::Owner],
        }
    }

    /// The same, by the names that people know.
    pub fn named(&self) -> Vec<String> {
        match self {
            Action::CreateFolder { path, .. } => vec![format!("folder {path}")],
            Action::UpdateSettings(changes) => changes
                .iter()
                .map(|change| format!("setting {}", change.to.key().as_str()))
                .collect(),
            Action::Grant { name, .. } => vec![format!("grant to {name}")],
            Action::Invite { email, .. } => vec![format!("invitation of {email}")],
            Action::Revoke { name, .. } => vec![format!("removal of {name}")],
            Action::AddTags(tags) => tags
                .iter()
                .map(|tag| format!("tag {}", tag.value))
                .collect(),
            Action::ChangeOwner { to, .. } => vec![format!("owner {}", to.name)],
        }
    }

    /// The same, each with those who ask for it.
    pub(super) fn origins(&self) -> Vec<(Item, Vec<Origin>)> {
        match self {
            Action::AddTags(tags) => tags
                .iter()
                .map(|tag| (Item::Tag(tag_key(&tag.value)), tag.by.clone()))
                .collect(),
            Action::UpdateSettings(changes) => changes
                .iter()
                .map(|change| (Item::Setting(change.to.key()), change.by.clone()))
                .collect(),
            Action::CreateFolder { by, .. }
            | Action::Grant { by, .. }
            | Action::Invite { by, .. }
            | Action::Revoke { by, .. }
            | Action::ChangeOwner { by, .. } => {
                let items = self.items().into_iter();
                items.map(|item| (item, by.clone())).collect()
            }
        }
    }

    /// Whether it takes somebody out of the room.
    pub fn removes(&self) -> bool {
        matches!(self, Action::Revoke { .. })
    }

    /// The name of whom it gives or takes something.
    pub fn subject_name(&self) -> Option<&str> {
        match self {
            Action::Grant { name, .. } | Action::Revoke { name, .. } => Some(name),
            Action::Invite { email, .. } => Some(email),
            Action::ChangeOwner { to, .. } => Some(&to.name),
            Action::CreateFolder { .. } | Action::UpdateSettings(_) | Action::AddTags(_) => None,
        }
    }

    /// Whether somebody has less after it.
    pub fn takes_away(&self) -> bool {
        match self {
            Action::Revoke { .. } => true,
            Action::Grant { role, .. } => role.from > role.to,
            Action::CreateFolder { .. }
            | Action::UpdateSettings(_)
            | Action::Invite { .. }
            | Action::AddTags(_)
            | Action::ChangeOwner { .. } => false,
        }
    }

    /// What of it is for items that fit.
    fn only_items(&self, fits: impl Fn(&Item) -> bool) -> Option<Action> {
        match self {
            Action::AddTags(tags) => {
                let tags = tags.iter();
                let left: Vec<_> = tags
                    .filter(|tag| fits(&Item::Tag(tag_key(&tag.value))))
                    .cloned()
                    .collect();
                (!left.is_empty()).then_some(Action::AddTags(left))
            }
            Action::UpdateSettings(changes) => {
                let changes = changes.iter();
                let left: Vec<_> = changes
                    .filter(|change| fits(&Item::Setting(change.to.key())))
                    .cloned()
                    .collect();
                (!left.is_empty()).then_some(Action::UpdateSettings(left))
            }
            single => single.items().iter().all(fits).then(|| single.clone()),
        }
    }

    pub(super) fn without(&self, items: &BTreeSet<Item>) -> Option<Action> {
        self.only_items(|item| !items.contains(item))
    }

    /// What of it those ask for who fit.
    pub(super) fn part(&self, fits: &impl Fn(&[Origin]) -> bool) -> Option<Action> {
        let items: BTreeSet<Item> = self
            .origins()
            .into_iter()
            .filter(|(_, by)| fits(by))
            .map(|(item, _)| item)
            .collect();
        self.only_items(|item| items.contains(item))
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
            Action::Grant { .. }
            | Action::Invite { .. }
            | Action::Revoke { .. }
            | Action::AddTags(_)
            | Action::ChangeOwner { .. } => Phase::Rest,
        }
    }

    pub(super) fn allowed(&self, rights: Rights) -> bool {
        match self {
            Action::CreateFolder { .. } => rights.create,
            Action::UpdateSettings(_) => rights.edit_room,
            Action::Grant { .. } | Action::Invite { .. } | Action::Revoke { .. } => {
                rights.edit_access
            }
            // A DocSpace admin may in every room.
            Action::AddTags(_) | Action::ChangeOwner { .. } => true,
        }
    }
}
