//! The comparison as JSON. The format has a version and does not depend on internal names.

use serde::Serialize;

use super::{Turn, Value, What};

/// The version of this format. A new member does not change it; renaming or removing a member increases it.
pub const VERSION: u32 = 1;

/// What differs between two versions of the policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// [`VERSION`].
    pub version: u32,
    /// How many rooms were compared.
    pub rooms: usize,
    /// How many of them change.
    pub changed: usize,
    /// The rooms that change, grouped by changes.
    pub groups: Vec<Group>,
}

/// Rooms with the same changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Which rooms.
    pub rooms: Vec<Room>,
    /// What changes in each of them.
    pub changes: Vec<Change>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    /// Its id, if known.
    pub room: Option<String>,
    /// Its title.
    pub title: String,
}

/// One difference in what a room gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `policy`, `refusal`, `assumed`, `owner`, `membership`, `protected`, `group`, `user`, `folder`, `order`, `tag`, `setting`, `repair`,
    /// `notify` or `missing`.
    pub what: String,
    /// Its name, with `{name}` instead of captured text. Empty for what a room has only one of.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub turn: String,
    /// The word of the role or the value before, if any.
    pub from: Option<String>,
    /// The word of the role or the value after, if any.
    pub to: Option<String>,
    /// Whether existing rooms keep what they have, so that only new rooms differ.
    pub kept: bool,
}

impl From<&super::Diff> for Diff {
    fn from(diff: &super::Diff) -> Self {
        // No `..`: a new member must be handled here.
        let super::Diff { rooms, groups } = diff;
        Self {
            version: VERSION,
            rooms: *rooms,
            changed: diff.changed(),
            groups: groups.iter().map(Group::from).collect(),
        }
    }
}

impl From<&super::Group> for Group {
    fn from(group: &super::Group) -> Self {
        let super::Group { rooms, changes } = group;
        let rooms = rooms.iter().map(|room| Room {
            room: room.id.clone(),
            title: room.title.clone(),
        });
        Self {
            rooms: rooms.collect(),
            changes: changes.iter().map(Change::from).collect(),
        }
    }
}

impl From<&super::Change> for Change {
    fn from(change: &super::Change) -> Self {
        let super::Change {
            what,
            name,
            turn,
            is_kept,
        } = change;
        let (turn, from, to) = match turn {
            Turn::Added(to) => ("added", None, word(to)),
            Turn::Removed(from) => ("removed", word(from), None),
            Turn::Changed(from, to) => ("changed", word(from), word(to)),
        };
        let what = match what {
            What::Policy => "policy",
            What::Refusal => "refusal",
            What::Assumed => "assumed",
            What::Owner => "owner",
            What::Membership => "membership",
            What::Protected => "protected",
            What::Repair => "repair",
            What::Notice => "notify",
            What::Group => "group",
            What::Person => "user",
            What::Folder => "folder",
            What::Order => "order",
            What::Tag => "tag",
            What::Setting => "setting",
            What::Missing => "missing",
        };
        Self {
            what: what.to_owned(),
            name: name.clone(),
            turn: turn.to_owned(),
            from,
            to,
            kept: *is_kept,
        }
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Text(text) => Some(text.clone()),
        Value::Role(role) => Some(role.as_str().to_owned()),
    }
}
