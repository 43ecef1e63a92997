//! Room types, roles, and which role exists where (docs/docspace.md, roles).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fold;

/// The types of room that policies govern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoomType {
    /// Form filling room (1).
    FormFilling,
    /// Collaboration room (2).
    Collaboration,
    /// Custom room (5).
    Custom,
    /// Public room (6).
    Public,
    /// Virtual data room (8).
    Vdr,
}

impl RoomType {
    /// All governed types, in the order of their codes.
    pub const ALL: [RoomType; 5] = [
        RoomType::FormFilling,
        RoomType::Collaboration,
        RoomType::Custom,
        RoomType::Public,
        RoomType::Vdr,
    ];

    /// The type with this number in DocSpace; `None` for AI agents (9) and numbers that do not exist.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The number in DocSpace.
    pub fn code(self) -> i64 {
        match self {
            RoomType::FormFilling => 1,
            RoomType::Collaboration => 2,
            RoomType::Custom => 5,
            RoomType::Public => 6,
            RoomType::Vdr => 8,
        }
    }

    /// The word in the policy language.
    pub fn as_str(self) -> &'static str {
        match self {
            RoomType::FormFilling => "form-filling",
            RoomType::Collaboration => "collaboration",
            RoomType::Custom => "custom",
            RoomType::Public => "public",
            RoomType::Vdr => "vdr",
        }
    }

    /// The type for a word of the policy language or of the interface, compared like all texts.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = fold(word);
        Self::ALL.into_iter().find(|kind| {
            [kind.as_str(), kind.name(), kind.full_name()]
                .iter()
                .any(|own| fold(own) == word)
        })
    }

    /// The long name, which the interface shows if there is space for it.
    pub fn full_name(self) -> &'static str {
        match self {
            RoomType::Vdr => "Virtual Data Room",
            RoomType::FormFilling
            | RoomType::Collaboration
            | RoomType::Custom
            | RoomType::Public => self.name(),
        }
    }

    /// The name that the interface shows.
    pub fn name(self) -> &'static str {
        match self {
            RoomType::FormFilling => "Form filling room",
            RoomType::Collaboration => "Collaboration room",
            RoomType::Custom => "Custom room",
            RoomType::Public => "Public room",
            RoomType::Vdr => "VDR",
        }
    }

    /// The roles that a person or a group can have in a room of this type, from high to low.
    pub fn roles(self, subject: SubjectKind) -> Vec<Access> {
        use Access::{
            Commenter, ContentCreator, Editor, FormFiller, Reviewer, RoomManager, Viewer,
        };
        let people: &[Access] = match self {
            RoomType::Custom => &[
                RoomManager,
                ContentCreator,
                Editor,
                Reviewer,
                Commenter,
                Viewer,
            ],
            RoomType::Public => &[RoomManager, ContentCreator],
            RoomType::FormFilling => &[RoomManager, ContentCreator, FormFiller],
            RoomType::Collaboration => &[RoomManager, ContentCreator, Editor, Viewer],
            RoomType::Vdr => &[RoomManager, ContentCreator, Editor, FormFiller, Viewer],
        };
        people
            .iter()
            .copied()
            .filter(|&access| subject == SubjectKind::User || access != RoomManager)
            .collect()
    }

    /// Whether the portal accepts this role for this kind of subject in a room of this type.
    pub fn allows(self, subject: SubjectKind, access: Access) -> bool {
        self.roles(subject).contains(&access)
    }
}

impl fmt::Display for RoomType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role in a room, from low to high: the order decides which of several group grants counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Viewer (2).
    Viewer,
    /// Commenter (6).
    Commenter,
    /// Reviewer (5).
    Reviewer,
    /// Form filler (7).
    FormFiller,
    /// Editor (10).
    Editor,
    /// Content creator (11).
    ContentCreator,
    /// Room manager (9).
    RoomManager,
}

impl Access {
    /// All roles, from high to low.
    pub const ALL: [Access; 7] = [
        Access::RoomManager,
        Access::ContentCreator,
        Access::Editor,
        Access::FormFiller,
        Access::Reviewer,
        Access::Commenter,
        Access::Viewer,
    ];

    /// The role with this number in DocSpace.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.code() == code)
    }

    /// The number in DocSpace.
    pub fn code(self) -> i64 {
        match self {
            Access::RoomManager => 9,
            Access::ContentCreator => 11,
            Access::Editor => 10,
            Access::FormFiller => 7,
            Access::Reviewer => 5,
            Access::Commenter => 6,
            Access::Viewer => 2,
        }
    }

    /// The word in the policy language.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::RoomManager => "room-manager",
            Access::ContentCreator => "content-creator",
            Access::Editor => "editor",
            Access::FormFiller => "form-filler",
            Access::Reviewer => "reviewer",
            Access::Commenter => "commenter",
            Access::Viewer => "viewer",
        }
    }

    /// The role for a word of the policy language or of the interface; case makes no difference.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| {
            [access.as_str(), access.name()]
                .iter()
                .any(|own| own.eq_ignore_ascii_case(word))
        })
    }

    /// The name that the interface shows.
    pub fn name(self) -> &'static str {
        match self {
            Access::RoomManager => "Room manager",
            Access::ContentCreator => "Content creator",
            Access::Editor => "Editor",
            Access::FormFiller => "Form filler",
            Access::Reviewer => "Reviewer",
            Access::Commenter => "Commenter",
            Access::Viewer => "Viewer",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a subject is a person or a group: they have different roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A person.
    User,
    /// A group.
    Group,
}

impl SubjectKind {
    /// The word for several of them.
    pub fn plural(self) -> &'static str {
        match self {
            SubjectKind::User => "people",
            SubjectKind::Group => "groups",
        }
    }
}

/// What kind of account a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonKind {
    /// The owner of the portal or a DocSpace admin.
    DocSpaceAdmin,
    /// A room admin.
    RoomAdmin,
    /// A user.
    User,
    /// A guest.
    Guest,
}

impl PersonKind {
    /// Whether the portal accepts this role for such a person, regardless of the room type.
    pub fn allows(self, access: Access) -> bool {
        self.can_own_rooms() || access != Access::RoomManager
    }

    /// Whether such a person can own rooms.
    pub fn can_own_rooms(self) -> bool {
        matches!(self, PersonKind::DocSpaceAdmin | PersonKind::RoomAdmin)
    }

    /// The name that the interface shows.
    pub fn name(self) -> &'static str {
        match self {
            PersonKind::DocSpaceAdmin => "DocSpace admin",
            PersonKind::RoomAdmin => "Room admin",
            PersonKind::User => "User",
            PersonKind::Guest => "Guest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_room_has_no_viewer_and_a_group_is_never_room_manager() {
        assert_eq!(
            RoomType::Public.roles(SubjectKind::Group),
            [Access::ContentCreator]
        );
        for kind in RoomType::ALL {
            assert!(!kind.allows(SubjectKind::Group, Access::RoomManager));
            assert!(kind.allows(SubjectKind::User, Access::RoomManager));
        }
    }

    #[test]
    fn words_codes_and_order_agree() {
        for access in Access::ALL {
            assert_eq!(Access::from_code(access.code()), Some(access));
            assert_eq!(
                Access::from_word(&access.as_str().to_uppercase()),
                Some(access)
            );
        }
        let mut from_low = Access::ALL;
        from_low.reverse();
        assert!(from_low.is_sorted());
        for kind in RoomType::ALL {
            assert_eq!(RoomType::from_code(kind.code()), Some(kind));
        }
        assert_eq!(RoomType::from_code(9), None);
    }
}
