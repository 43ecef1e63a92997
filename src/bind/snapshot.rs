//! What the directory answered, before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::room::{GroupId, Person, UserId, fold};

/// A group as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A person as the directory knows her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// The account.
    pub person: Person,
    /// The groups that she belongs to, system groups included.
    pub groups: BTreeSet<GroupId>,
}

/// What the directory answered to every name that one room needs, read before anything is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    groups: BTreeMap<String, Vec<GroupEntry>>,
    people: BTreeMap<String, Option<PersonEntry>>,
}

impl Snapshot {
    /// Notes which groups bear a name or an id.
    pub fn add_group(&mut self, name: &str, found: Vec<GroupEntry>) {
        self.groups.insert(fold(name.trim()), found);
    }

    /// Notes who has an e-mail address or an id.
    pub fn add_person(&mut self, name: &str, found: Option<PersonEntry>) {
        self.people.insert(fold(name.trim()), found);
    }

    pub(super) fn group(&self, name: &str) -> &[GroupEntry] {
        self.groups
            .get(&fold(name.trim()))
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn person(&self, name: &str) -> Option<&PersonEntry> {
        self.people.get(&fold(name.trim()))?.as_ref()
    }

    /// The person with this id, whatever name she was asked for by.
    pub fn person_by_id(&self, id: &UserId) -> Option<&PersonEntry> {
        self.people
            .values()
            .flatten()
            .find(|entry| entry.person.id == *id)
    }
}
