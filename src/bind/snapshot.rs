//! The directory's answers, collected before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::room::{GroupId, Person, UserId, fold};

/// A group in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A person in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// The account.
    pub person: Person,
    /// The groups of which they are a member, system groups included.
    pub groups: BTreeSet<GroupId>,
}

/// The directory's answer to every name that one room needs, collected before anything is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    groups: BTreeMap<String, Vec<GroupEntry>>,
    people: BTreeMap<String, Option<PersonEntry>>,
}

impl Snapshot {
    /// Records which groups have a name or an id.
    pub fn add_group(&mut self, name: &str, found: Vec<GroupEntry>) {
        self.groups.insert(fold(name.trim()), found);
    }

    /// Records who has an e-mail address or an id.
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

    /// The person with this id, whatever name was looked up.
    pub fn person_by_id(&self, id: &UserId) -> Option<&PersonEntry> {
        self.people
            .values()
            .flatten()
            .find(|entry| entry.person.id == *id)
    }
}
