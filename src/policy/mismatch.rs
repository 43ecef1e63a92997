//! Why a matcher does not match a room.

use std::fmt;

use super::matcher::{Candidate, Matcher};

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
    /// The matcher under `except` holds, because of these conditions.
    Except(Vec<String>),
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
            Mismatch::Except(conditions) if conditions.is_empty() => {
                f.write_str("its `except` holds")
            }
            Mismatch::Except(conditions) => {
                write!(f, "its `except` holds: {}", conditions.join(" and "))
            }
            Mismatch::Undecided(reason) => write!(f, "it is unknown whether it matches: {reason}"),
        }
    }
}

impl Matcher {
    /// What a room has in common with the conditions, if all of them hold.
    pub(super) fn conditions_of(&self, room: &Candidate<'_>) -> Vec<String> {
        let title = self.title.iter().flatten();
        let title = title.filter(|glob| glob.captured_in(room.title()).is_some());
        let name = self.creator_name.iter().flatten();
        let name = name.filter(|glob| glob.captured_in(room.creator_name()).is_some());
        let account = self.creator.iter().flatten();
        let account = account.filter(|account| room.is(account));
        let group = self.creator_group.iter().flatten();
        let group = group.filter(|word| room.groups().0.contains(&word.key));
        let tag = self.tagged.iter().flatten();
        let tag = tag.filter(|word| room.tags().0.contains(&word.key));
        let kind = self.kind.as_ref().map(|asked| asked.written.join("` or `"));
        let said = |what: &'static str| move |text: &str| format!("{what} `{text}`");
        let said = [
            title
                .map(|glob| glob.as_str())
                .next()
                .map(said("the title matches")),
            kind.as_deref().map(said("the type matches")),
            account
                .map(|account| account.as_str())
                .next()
                .map(said("the creator matches")),
            name.map(|glob| glob.as_str())
                .next()
                .map(said("the creator's name matches")),
            group
                .map(|word| word.written.as_str())
                .next()
                .map(said("the creator is in")),
            tag.map(|word| word.written.as_str())
                .next()
                .map(said("the room has the tag")),
        ];
        said.into_iter().flatten().collect()
    }
}
