//! The tests of policy files: what a room is expected to get. Another module runs them.

mod reading;
mod room;
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
    /// Its place.
    pub place: Place,
    /// The room, except the day of its creation.
    pub room: Facts,
    /// The day of its creation, if the test states one.
    pub date: Option<Date>,
    /// What it states about the room; never empty.
    pub parts: Vec<Part>,
    /// The place of `refused: true`, if it states that.
    pub refused: Option<Spanned<bool>>,
}

/// One part of a room that a test states.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which part.
    pub of: PartOf,
    /// Whether it is complete.
    pub extent: Extent,
    /// The stated entries.
    pub stated: Vec<Stated>,
    /// Whether its entries are under `settings`.
    pub in_settings: bool,
    /// The span of the written value.
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
    /// The roles.
    Grants,
    /// The new owner.
    Owner,
    /// Whether grants are additive or exact.
    Membership,
}

impl PartOf {
    /// The word for one entry of this part.
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

    /// Whether it is a single value, which every room has.
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
    /// Some of it; there can be more.
    Some,
}

/// One thing that a test states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Its comparable form.
    pub key: Vec<String>,
    /// Its written form.
    pub name: String,
    /// The role or the setting's value.
    pub value: Option<String>,
    /// Its place.
    pub place: Place,
}

/// The comparable form of a folder's path.
pub fn folder_key<'t>(titles: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    titles.into_iter().map(fold_title).collect()
}

/// The word for no role, if a role is expected.
pub const NO_ROLE: &str = "none";
