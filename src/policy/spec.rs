//! The entries of a template, checked, with everything that it extends.

use std::collections::BTreeMap;

use super::file::{Membership, OnMissing};
use super::guests::GuestLimits;
use super::role::RoleByType;
use super::settings::SettingSpec;
use super::text::{Text, Value};
use crate::room::{Access, RoomType, SettingKey, SubjectKind};
use crate::yaml::Place;

/// The entries of a template, with everything that it extends. What is absent is not managed.
#[derive(Debug, Clone, Default)]
pub struct TemplateSpec {
    /// Folders, the extended template's first, then as written.
    pub folders: Vec<Entry<Vec<Text>>>,
    /// Grants.
    pub grants: Vec<Entry<Grant>>,
    /// Tags.
    pub tags: Vec<Entry<Text>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, Entry<SettingSpec>>,
    /// Whether grants are additive or exact.
    pub membership: Option<Entry<Membership>>,
    /// The subjects that `membership: exact` leaves unchanged.
    pub protect: Vec<Entry<SubjectRef>>,
    /// The desired owner of the room.
    pub owner: Option<Entry<Text>>,
    /// The limits of invitations.
    pub guests: GuestLimits,
    /// Values for variables.
    pub vars: BTreeMap<String, Value>,
}

impl TemplateSpec {
    /// All texts in which variables are expanded.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let folders = self.folders.iter().flat_map(|entry| &entry.value);
        let grants = self.grants.iter().map(|entry| entry.value.to.text());
        let protect = self.protect.iter().map(|entry| entry.value.text());
        let tags = self.tags.iter().map(|entry| &entry.value);
        let settings = self.settings.values();
        let settings = settings.filter_map(|entry| entry.value.text());
        let owner = self.owner.iter().map(|entry| &entry.value);
        folders
            .chain(grants)
            .chain(protect)
            .chain(tags)
            .chain(settings)
            .chain(owner)
    }

    /// The places of all entries.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let folders = self.folders.iter().map(|entry| &entry.place);
        let grants = self.grants.iter().map(|entry| &entry.place);
        let tags = self.tags.iter().map(|entry| &entry.place);
        let settings = self.settings.values().map(|entry| &entry.place);
        let owner = self.owner.iter().map(|entry| &entry.place);
        let membership = self.membership.iter().map(|entry| &entry.place);
        folders
            .chain(grants)
            .chain(tags)
            .chain(settings)
            .chain(owner)
            .chain(membership)
    }
}

/// One entry of a template, with its place.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// The entry.
    pub value: T,
    /// The template that contains it.
    pub template: String,
    /// The number of `extends` between the policy's template and that one; the nearer entry wins.
    pub distance: usize,
    /// Its place.
    pub place: Place,
}

/// A grant in a template.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The subject.
    pub to: SubjectRef,
    /// The role's name, as written.
    pub role: String,
    /// The meaning of that name in its template.
    pub meaning: RoleByType,
    /// Whether it is `role: none`, which cancels what a policy of lower priority grants.
    pub takes_back: bool,
    /// What to do if nobody has that name.
    pub on_missing: OnMissing,
    /// Whether a person without an account is invited.
    pub invites: bool,
}

impl Grant {
    /// The role in rooms of this type: `Some(None)` for the word `none`; `None` if its role name means `none` there, so that
    /// it has no effect.
    pub fn says(&self, kind: RoomType) -> Option<Option<Access>> {
        let access = self.meaning.in_room(kind);
        (access.is_some() || self.takes_back).then_some(access)
    }
}

/// A group or a person by a written name, which can contain variables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectRef {
    /// A group by name or id.
    Group(Text),
    /// A person by e-mail address or id.
    User(Text),
}

impl SubjectRef {
    /// Whether it is a group or a person.
    pub fn kind(&self) -> SubjectKind {
        match self {
            SubjectRef::Group(_) => SubjectKind::Group,
            SubjectRef::User(_) => SubjectKind::User,
        }
    }

    /// The written name.
    pub fn text(&self) -> &Text {
        match self {
            SubjectRef::Group(text) | SubjectRef::User(text) => text,
        }
    }
}
