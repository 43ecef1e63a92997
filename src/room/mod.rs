//! Rooms: identity, terms, and observed state. Plain data without I/O.

mod access;
mod counted;
mod escape;
mod item;
mod sameness;
mod seen;
mod setting;
mod tag;
mod title;
mod within;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use access::{Access, PersonKind, RoomType, SubjectKind};
pub use counted::counted;
pub use escape::{escape_control, with_unseen, without_password};
pub use item::{Item, NotAnItem, guest_key};
pub use sameness::{FoldMode, Folded, fold, fold_title, is_ignorable};
pub(crate) use sameness::{Letter, expansions, kin, with_kin};
pub use seen::{
    Creator, CreatorFact, Facts, Folder, Observed, Person, PersonStatus, Rights, Room, Share, Skip,
    Standing, Unresolved, effective_access,
};
pub use setting::{Lifetime, LifetimeUnit, Quota, Setting, SettingKey, Watermark};
pub use tag::{MAX_TAG_UNITS, no_tag, tag_key};
pub use title::{
    MAX_ROOM_TITLE_UNITS, MAX_TITLE_UNITS, stored_characters, stored_title, title_units,
};
pub use within::find_in_title;

/// A room's id. The portal's own rooms have numbers, third-party rooms strings (docs/docspace.md, identifiers);
/// both are kept as text, as in addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomId(String);

/// A folder's id, as text like [`RoomId`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderId(String);

/// The GUID of a person, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

/// The GUID of a group, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(String);

/// A subject that can be granted access to a room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A group, by id.
    Group(GroupId),
    /// A person, by id.
    User(UserId),
}

impl Subject {
    /// The column of the role matrix that applies.
    pub fn kind(&self) -> SubjectKind {
        match self {
            Subject::Group(_) => SubjectKind::Group,
            Subject::User(_) => SubjectKind::User,
        }
    }

    /// The GUID alone, as the portal expects it.
    pub fn guid(&self) -> &str {
        match self {
            Subject::Group(id) => id.as_str(),
            Subject::User(id) => id.as_str(),
        }
    }
}

impl RoomId {
    /// An id from the portal or the command line. `085` and `85` are the same room, as in the portal.
    pub fn new(id: impl Into<String>) -> Self {
        let id: String = id.into();
        match id.trim().parse::<i64>() {
            Ok(number) => Self(number.to_string()),
            Err(_) => Self(id),
        }
    }

    /// Third-party rooms have an id that is not a number.
    pub fn is_third_party(&self) -> bool {
        self.0.parse::<i64>().is_err()
    }
}

impl FolderId {
    /// An id from the portal.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// A sort key: portal ids in the order of creation, then text ids.
    pub fn age(&self) -> (u64, &str) {
        (self.0.parse().unwrap_or(u64::MAX), &self.0)
    }
}

impl PartialOrd for FolderId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FolderId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.age().cmp(&other.age())
    }
}

impl UserId {
    /// A person's GUID; case makes no difference.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().to_ascii_lowercase())
    }
}

impl GroupId {
    /// A group's GUID; case makes no difference.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().to_ascii_lowercase())
    }
}

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text_id!(RoomId, FolderId, UserId, GroupId);

/// The group of all DocSpace admins, which works in a room although no listing of the room's members contains it
/// (docs/docspace.md, grants).
pub const DOCSPACE_ADMINS: &str = "cd84e66b-b803-40fc-99f9-b2969a54a1de";

/// The system groups that work in a room (docs/docspace.md, grants) but that no search finds.
pub const SYSTEM_GROUPS: [(&str, &str); 2] = [
    ("Everyone", "c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e"),
    ("DocSpace admins", DOCSPACE_ADMINS),
];

/// Whether a name means a system group.
pub fn is_system_group(name: &str) -> bool {
    let name = fold(name.trim());
    SYSTEM_GROUPS.iter().any(|(own, _)| fold(own) == name)
}

/// Whether an id belongs to a system group.
pub fn is_system(group: &GroupId) -> bool {
    SYSTEM_GROUPS.iter().any(|(_, id)| *id == group.as_str())
}

/// Whether a text has the form of a GUID (8-4-4-4-12 hexadecimal digits).
pub fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(part, len)| part.len() == len && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a text can name an account: an e-mail address as the portal accepts it (docs/docspace.md, people), or an id.
pub fn is_account(text: &str) -> bool {
    let text = text.trim();
    let is_address = text
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    is_guid(text) || is_address && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_one_id_in_every_spelling() {
        for text in ["85", "085", "+85", " 85 "] {
            assert_eq!(RoomId::new(text), RoomId::new("85"), "{text}");
        }
        assert_eq!(RoomId::new("sbox-3-07").as_str(), "sbox-3-07");
    }
}
