//! Compares two versions of the policies over rooms: which rooms change, and who gains or loses what.

pub mod dto;
mod gets;
mod markdown;

use std::collections::{BTreeMap, BTreeSet};

use gets::{Gets, Key, gets};

use crate::policy::{Membership, PolicySet};
use crate::room::{Access, Facts, Unresolved};

pub use gets::What;

/// A room for which the versions are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id, if known.
    pub id: Option<String>,
    /// What policies match on.
    pub facts: Facts,
    /// Groups and tags of which it is not known whether they exist, and why. They are assumed to.
    pub assumed: Unresolved,
}

/// What differs between two versions of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// How many rooms were compared.
    pub rooms: usize,
    /// The rooms that change, grouped by changes, the largest group first.
    pub groups: Vec<Group>,
}

/// Rooms with the same changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which rooms, by title.
    pub rooms: Vec<Named>,
    /// What changes in each of them.
    pub changes: Vec<Change>,
}

/// The title and id of a room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its title.
    pub title: String,
    /// Its id, if known.
    pub id: Option<String>,
}

/// One difference in what a room gets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The kind of item.
    pub what: What,
    /// Its name, with `{name}` instead of captured text.
    pub name: String,
    /// How it changes.
    pub turn: Turn,
    /// Whether existing rooms keep what they have, so that only new rooms differ.
    pub is_kept: bool,
}

/// How something changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Only the new version asks for it.
    Added(Value),
    /// Only the old version asks for it.
    Removed(Value),
    /// The new version asks for another value.
    Changed(Value, Value),
}

/// The value of something that a room gets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// It has none.
    None,
    /// A text.
    Text(String),
    /// A role.
    Role(Access),
}

impl Diff {
    /// How many rooms change.
    pub fn changed(&self) -> usize {
        self.groups.iter().map(|group| group.rooms.len()).sum()
    }
}

/// Compares two versions for these rooms.
pub fn diff(old: &PolicySet, new: &PolicySet, rooms: &[Room]) -> Diff {
    let mut groups: BTreeMap<Vec<Change>, Vec<Named>> = BTreeMap::new();
    for room in rooms {
        let changes = changes(&gets(old, room), &gets(new, room));
        if !changes.is_empty() {
            groups.entry(changes).or_default().push(Named {
                title: room.facts.title.clone(),
                id: room.id.clone(),
            });
        }
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(changes, mut rooms)| {
            rooms.sort();
            Group { rooms, changes }
        })
        .collect();
    groups.sort_by(|a, b| {
        let by_size = b.rooms.len().cmp(&a.rooms.len());
        by_size.then_with(|| a.rooms.cmp(&b.rooms))
    });
    Diff {
        rooms: rooms.len(),
        groups,
    }
}

fn changes(old: &Gets, new: &Gets) -> Vec<Change> {
    let is_refused = old.is_refused || new.is_refused;
    let keys: BTreeSet<&Key> = old.things.keys().chain(new.things.keys()).collect();
    let change = |key: &&Key| {
        // A refused room gets nothing, so there is nothing to compare.
        if is_refused && !key.what.applies_to_refused() {
            return None;
        }
        let (before, after) = (old.things.get(key), new.things.get(key));
        let (name, turn) = match (before, after) {
            (None, None) => return None,
            (Some(gone), None) => (&gone.name, Turn::Removed(gone.value.clone())),
            (None, Some(come)) => (&come.name, Turn::Added(come.value.clone())),
            (Some(before), Some(after)) if before.value == after.value => return None,
            (Some(before), Some(after)) => {
                let turn = Turn::Changed(before.value.clone(), after.value.clone());
                (&after.name, turn)
            }
        };
        Some(Change {
            what: key.what,
            name: name.clone(),
            is_kept: is_kept(key.what, &turn, new.membership),
            turn,
        })
    };
    let mut changes: Vec<Change> = keys.iter().filter_map(change).collect();
    if !is_refused && is_reordered(old, new) {
        changes.push(Change {
            what: What::Order,
            name: String::new(),
            turn: Turn::Added(Value::None),
            is_kept: true,
        });
    }
    changes.sort();
    changes
}

/// Whether folders of both versions change places in the index that people see.
fn is_reordered(old: &Gets, new: &Gets) -> bool {
    let (Some(before), Some(after)) = (&old.indexed, &new.indexed) else {
        return false;
    };
    let before = before.iter().filter(|folder| after.contains(folder));
    let after = after
        .iter()
        .filter(|folder| old.indexed.iter().flatten().any(|other| other == *folder));
    !before.eq(after)
}

/// Additive membership never lowers a role, and nothing else is ever removed.
fn is_kept(what: What, turn: &Turn, membership: Membership) -> bool {
    let is_less = match turn {
        Turn::Added(_) => false,
        Turn::Removed(_) => true,
        Turn::Changed(from, to) => what.is_role() && to < from,
    };
    is_less && what.stays_in_rooms() && (!what.is_role() || membership == Membership::Additive)
}

#[cfg(test)]
mod tests;
