//! The tests of policy files: what a room is expected to get. Running them is the work of another module.

mod reading;
mod rooms;
pub(super) mod shape;

use jiff::civil::Date;

use crate::room::{Facts, fold_title};
use crate::yaml::{Place, Span, Spanned};
pub(super) use reading::read;
pub use rooms::{Listed, rooms};

/// A test of a policy file, checked.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The room, but for the day of its creation.
    pub room: Facts,
    /// That day, where the test says one.
    pub date: Option<Date>,
    /// What it says of the room; never empty.
    pub parts: Vec<Part>,
    /// Whether it says that the room is refused, and where.
    pub refused: Option<Spanned<bool>>,
}

/// One part of a room of which a test speaks.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which.
    pub of: PartOf,
    /// Whether that is all.
    pub extent: Extent,
    /// What it says.
    pub stated: Vec<Stated>,
    /// Whether its entries stand under `settings`.
    pub in_settings: bool,
    /// The value as it is written.
    pub span: Span,
}

/// The parts of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartOf {
    /// The policies that apply to it.
    Policies,
    /// Its folders.
    Folders,
    /// Its tags.
    Tags,
    /// Its settings.
    Settings,
    /// Who has which role.
    Grants,
    /// Whose it is to be.
    Owner,
    /// How its grants relate to those that people give.
    Membership,
}

impl PartOf {
    /// One thing of this part.
    pub fn word(self) -> &'static str {
        match self {
            PartOf::Policies => "policy",
            PartOf::Folders => "folder",
            PartOf::Tags => "tag",
            PartOf::Settings => "setting",
            PartOf::Grants => "grant",
            PartOf::Owner => "owner",
            PartOf::Membership => "membership",
        }
    }

    /// Whether it is one value, which every room has.
    pub fn is_single(self) -> bool {
        matches!(self, PartOf::Owner | PartOf::Membership)
    }

    /// The key under which a test states it.
    pub fn key(self) -> &'static str {
        match self {
            PartOf::Policies => "policies",
            PartOf::Folders => "folders",
            PartOf::Tags => "tags",
            PartOf::Settings => "settings",
            PartOf::Grants => "grants",
            PartOf::Owner => "owner",
            PartOf::Membership => "membership",
        }
    }
}

/// How much of a part a test states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    All,
    /// Some of it; there may be more.
    Some,
}

/// One thing that a test states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// As it compares.
    pub key: Vec<String>,
    /// As it is written.
    pub name: String,
    /// The role or the setting's value.
    pub value: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// The form in which a folder's titles compare.
pub fn folder_key<'t>(titles: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    titles.into_iter().map(fold_title).collect()
}

/// What the word `none` stands for where a role is expected.
pub const NO_ROLE: &str = "none";
