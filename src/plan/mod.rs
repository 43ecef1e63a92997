//! Desired − observed = ordered actions. A pure function: equal inputs give the equal plan.

mod folders;
mod grants;
mod guard;
mod show;

use serde::{Deserialize, Serialize};

pub(crate) use folders::find;
pub use guard::{Ownership, Refusal, cannot_own, refusals};

use crate::bind::{Bound, Snapshot};
use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{
    Access, DOCSPACE_ADMINS, GroupId, Observed, Rights, RoomId, Subject, UserId, fold,
};

/// The most grants that one call carries (docs/docspace.md, grants).
pub const GRANTS_PER_CALL: usize = 100;

/// A value before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// What is there.
    pub from: T,
    /// What will be there.
    pub to: T,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Become the room's owner, since a right is missing.
    TakeRoom {
        /// Who owns it.
        from: UserId,
        /// The owner's name.
        name: String,
    },
    /// Make a folder; its parent is there or comes earlier in the plan.
    CreateFolder {
        /// Where.
        path: FolderPath,
        /// Who asked for it or for something in it.
        by: Vec<Origin>,
    },
    /// Add tags, in one call.
    AddTags(Vec<Wanted<String>>),
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
    /// Make the former owner the owner again.
    GiveBack {
        /// Who.
        to: UserId,
        /// The owner's name.
        name: String,
    },
}

/// Something worth knowing that needs no action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Several folders have this path; the first of these counts.
    FolderTwice {
        /// Which path.
        path: FolderPath,
        /// Their ids.
        ids: Vec<String>,
    },
}

/// What has to be done to a room, in order; nothing when it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

    /// How many writes (POST, PUT) it takes, owner changes included.
    pub fn writes(&self) -> usize {
        let grants = self
            .actions
            .iter()
            .filter(|action| matches!(action, Action::Grant { .. }))
            .count();
        self.actions.len() - grants + grants.div_ceil(GRANTS_PER_CALL)
    }

    /// Whether the room has to change hands.
    pub fn takes_room(&self) -> bool {
        matches!(self.actions.first(), Some(Action::TakeRoom { .. }))
    }

    /// The plan without what `landed` names: those things were in place once, and people may have undone them.
    pub fn without(&self, landed: &std::collections::BTreeSet<String>, rights: Rights) -> Plan {
        let actions = self
            .actions
            .iter()
            .filter(|action| !matches!(action, Action::TakeRoom { .. } | Action::GiveBack { .. }))
            .filter_map(|action| action.without(landed))
            .collect();
        let (owner, name) = self
            .actions
            .iter()
            .find_map(|action| match action {
                Action::TakeRoom { from, name } => Some((from.clone(), name.clone())),
                _ => None,
            })
            .unzip();
        let mut plan = Plan {
            room: self.room.clone(),
            actions,
            notes: self.notes.clone(),
        };
        if let (Some(owner), Some(name)) = (owner, name) {
            plan.take_if_needed(rights, &owner, &name);
        }
        plan
    }

    fn take_if_needed(&mut self, rights: Rights, owner: &UserId, name: &str) {
        if self.actions.iter().any(|action| !action.allowed(rights)) {
            self.actions.insert(
                0,
                Action::TakeRoom {
                    from: owner.clone(),
                    name: name.to_owned(),
                },
            );
            self.actions.push(Action::GiveBack {
                to: owner.clone(),
                name: name.to_owned(),
            });
        }
    }
}

impl Action {
    /// Names of the things that it puts in place, stable over runs.
    pub fn keys(&self) -> Vec<String> {
        match self {
            Action::CreateFolder { path, .. } => vec![folder_key(path)],
            Action::AddTags(tags) => tags.iter().map(|tag| tag_key(&tag.value)).collect(),
            Action::Grant { subject, .. } => vec![grant_key(subject)],
            Action::TakeRoom { .. } | Action::GiveBack { .. } => Vec::new(),
        }
    }

    /// The name of a folder among these.
    pub fn folder_key(path: &FolderPath) -> String {
        folder_key(path)
    }

    fn without(&self, landed: &std::collections::BTreeSet<String>) -> Option<Action> {
        match self {
            Action::AddTags(tags) => {
                let left: Vec<_> = tags
                    .iter()
                    .filter(|tag| !landed.contains(&tag_key(&tag.value)))
                    .cloned()
                    .collect();
                (!left.is_empty()).then_some(Action::AddTags(left))
            }
            other => (!other.keys().iter().any(|key| landed.contains(key))).then(|| other.clone()),
        }
    }

    fn allowed(&self, rights: Rights) -> bool {
        match self {
            Action::CreateFolder { .. } => rights.create,
            Action::Grant { .. } => rights.edit_access,
            Action::AddTags(_) | Action::TakeRoom { .. } | Action::GiveBack { .. } => true,
        }
    }
}

fn folder_key(path: &FolderPath) -> String {
    format!("folder {}", path.folded().join("/"))
}

fn tag_key(tag: &str) -> String {
    format!("tag {}", fold(tag.trim()))
}

fn grant_key(subject: &Subject) -> String {
    format!("grant {}", subject.guid())
}

/// The keys of grants that no look can see once they are made: they count as made when the portal said so.
pub fn unseen_keys() -> std::collections::BTreeSet<String> {
    let admins = Subject::Group(GroupId::new(DOCSPACE_ADMINS));
    [grant_key(&admins)].into()
}

/// The keys of everything that a bound state asks for, as [`Action::keys`] names them.
pub fn wanted_keys(bound: &Bound) -> std::collections::BTreeSet<String> {
    let folders = bound.folders.iter().flat_map(|wanted| {
        (1..=wanted.value.0.len()).filter_map(|depth| {
            Some(folder_key(&FolderPath(
                wanted.value.0.get(..depth)?.to_vec(),
            )))
        })
    });
    folders
        .chain(bound.tags.iter().map(|tag| tag_key(&tag.value)))
        .chain(bound.grants.iter().map(|grant| grant_key(&grant.subject)))
        .collect()
}

/// What has to be done so that the room has what is wanted. Additive: nothing is renamed, moved, lowered or removed.
///
/// The order is part of the answer: folders come before grants, since each new folder is announced to everyone who
/// can read the room already (docs/docspace.md, notifications).
pub fn plan(bound: &Bound, seen: &Observed, directory: &Snapshot) -> Plan {
    let mut plan = Plan {
        room: seen.room.id.clone(),
        actions: Vec::new(),
        notes: Vec::new(),
    };
    folders::plan(&bound.folders, seen, &mut plan);
    tags(&bound.tags, seen, &mut plan);
    grants::plan(&bound.grants, seen, directory, &mut plan);
    let (owner, name) = (seen.owner.id.clone(), seen.owner.name.clone());
    plan.take_if_needed(seen.room.rights, &owner, &name);
    plan
}

fn tags(wanted: &[Wanted<String>], seen: &Observed, plan: &mut Plan) {
    let there: Vec<String> = seen.room.tags.iter().map(|tag| fold(tag.trim())).collect();
    let missing: Vec<Wanted<String>> = wanted
        .iter()
        .filter(|tag| !there.contains(&fold(tag.value.trim())))
        .cloned()
        .collect();
    if !missing.is_empty() {
        plan.actions.push(Action::AddTags(missing));
    }
}
