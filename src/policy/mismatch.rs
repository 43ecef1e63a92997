//! Why a matcher does not match a room.

use std::fmt;

/// The first condition of a matcher that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The title matches none of these globs.
    Title(Vec<String>),
    /// The type matches none of these globs.
    Type(Vec<String>),
    /// Neither the creator's address nor id matches any of these.
    Creator(Vec<String>),
    /// The creator's display name matches none of these globs.
    CreatorName(Vec<String>),
    /// The creator is in none of these groups.
    CreatorGroup(Vec<String>),
    /// The room has none of these tags.
    Tagged(Vec<String>),
    /// The matcher under `except` holds.
    Except,
    /// All other conditions hold, and this one is unknown.
    Undecided(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |globs: &[String]| {
            globs
                .iter()
                .map(|glob| format!("`{glob}`"))
                .collect::<Vec<_>>()
                .join(" or ")
        };
        match self {
            Mismatch::Title(globs) => write!(f, "the title does not match {}", list(globs)),
            Mismatch::Type(globs) => write!(f, "the type does not match {}", list(globs)),
            Mismatch::Creator(globs) => write!(f, "the creator does not match {}", list(globs)),
            Mismatch::CreatorName(globs) => {
                write!(f, "the creator's name does not match {}", list(globs))
            }
            Mismatch::CreatorGroup(groups) => {
                write!(f, "the creator is not in {}", list(groups))
            }
            Mismatch::Tagged(tags) => write!(f, "the room does not have the tag {}", list(tags)),
            Mismatch::Except => f.write_str("its `except` holds"),
            Mismatch::Undecided(reason) => write!(f, "it is unknown whether it matches: {reason}"),
        }
    }
}
