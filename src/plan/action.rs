//! One change to a room.

use std::collections::BTreeSet;

use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{Access, Item, Person, Rights, Setting, SettingKey, Subject, guest_key, tag_key};

/// A value before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<T> {
    /// The present value.
    pub from: T,
    /// The value after the change.
    pub to: T,
}

/// A setting before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// The present value.
    pub from: Setting,
    /// The value after the change.
    pub to: Setting,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

/// One change to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create a folder; its parent exists or comes earlier in the plan.
    CreateFolder {
        /// The folder's path.
        path: FolderPath,
        /// The policy lines that ask for it, or for something in it.
        by: Vec<Origin>,
    },
    /// Change settings, in one call.
    UpdateSettings(Vec<SettingChange>),
    /// Grant a role, or raise it.
    Grant {
        /// The subject.
        subject: Subject,
        /// The name of the group or person.
        name: String,
        /// The role before, if any, and after.
        role: Change<Option<Access>>,
        /// Whether DocSpace notifies them.
        notify: bool,
        /// The policy lines that ask for it.
        by: Vec<Origin>,
    },
    /// Invite someone who has no account.
    Invite {
        /// The e-mail address.
        email: String,
        /// The role.
        access: Access,
        /// The policy lines that ask for it.
        by: Vec<Origin>,
    },
    /// Remove a member from the room.
    Revoke {
        /// The subject.
        subject: Subject,
        /// The name of the group or person.
        name: String,
        /// The role that is taken away.
        was: Access,
        /// The policy lines that ask for it.
        by: Vec<Origin>,
    },
    /// Add tags, in one call.
    AddTags(Vec<Wanted<String>>),
    /// Give the room to another account; the former owner stays Room manager.
    ChangeOwner {
        /// The present owner's display name.
        from: String,
        /// The new owner.
        to: Box<Person>,
        /// The policy lines that ask for it.
        by: Vec<Origin>,
    },
}

/// When an action is applied; the first phase comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Indexing, and folders directly in the room.
    First,
    /// Nested folders: the portal creates those of only one room at a time.
    Nested,
    /// Other settings, roles, and tags last.
    Rest,
}

impl Action {
    /// The items that the action provides.
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

    /// The same, by name for display.
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

    /// The same, each with the policy lines that ask for it.
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

    /// Whether the action removes a member from the room.
    pub fn removes(&self) -> bool {
        matches!(self, Action::Revoke { .. })
    }

    /// The name of the subject that gains or loses something.
    pub fn subject_name(&self) -> Option<&str> {
        match self {
            Action::Grant { name, .. } | Action::Revoke { name, .. } => Some(name),
            Action::Invite { email, .. } => Some(email),
            Action::ChangeOwner { to, .. } => Some(&to.name),
            Action::CreateFolder { .. } | Action::UpdateSettings(_) | Action::AddTags(_) => None,
        }
    }

    /// Whether someone has less access after it.
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

    /// The part of the action whose items satisfy a condition.
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

    /// The part of the action for which the origins satisfy a condition.
    pub(super) fn part(&self, fits: &impl Fn(&[Origin]) -> bool) -> Option<Action> {
        let items: BTreeSet<Item> = self
            .origins()
            .into_iter()
            .filter(|(_, by)| fits(by))
            .map(|(item, _)| item)
            .collect();
        self.only_items(|item| items.contains(item))
    }

    /// The phase in which the action is applied.
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
            // A DocSpace admin has this right in every room.
            Action::AddTags(_) | Action::ChangeOwner { .. } => true,
        }
    }
}
