//! The observed state of a room.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{
    Access, FolderId, GroupId, PersonKind, RoomId, RoomType, Setting, SettingKey, Subject, UserId,
    is_guid,
};
use jiff::civil::Date;

/// What the portal reports about the room itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its title, as stored.
    pub title: String,
    /// Whether policies apply to it.
    pub standing: Standing,
    /// The owner's id: `createdBy`.
    pub owner: UserId,
    /// The owner's display name.
    pub owner_name: String,
    /// The calendar date as written in `created`, in the portal's time zone.
    pub created: Date,
    /// When the room was created: a template may still be copied into a new room.
    pub created_at: jiff::Timestamp,
    /// Its tags, as stored.
    pub tags: Vec<String>,
    /// Its settings, as far as the response contains them; a setting that is absent is unknown.
    pub settings: BTreeMap<SettingKey, Setting>,
    /// What the service account may do in it.
    pub rights: Rights,
}

/// Whether policies apply to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// An active room of a governed type.
    Active(RoomType),
    /// Something to which policies do not apply.
    Not(Skip),
}

/// Why a room was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The portal has no such room: deleted, or it never existed.
    Gone,
    /// A folder that is not a room.
    NotARoom,
    /// A room template.
    Template,
    /// An archived room.
    Archived,
    /// An AI agent.
    AiAgent,
    /// A room on third-party storage.
    ThirdParty,
    /// A private (encrypted) room.
    Private,
    /// No policy matches.
    NoPolicy,
}

impl Rights {
    /// The rights of a Room manager, who may do everything that a plan contains.
    pub const ALL: Self = Self {
        create: true,
        edit_access: true,
        edit_room: true,
    };
}

impl Room {
    /// Whether entries are numbered, so that the order of creation is the order on the screen.
    pub fn is_indexed(&self) -> bool {
        self.settings.get(&SettingKey::Indexing) == Some(&Setting::Indexing(true))
    }
}

impl Skip {
    /// The word for storage and for JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Skip::Gone => "gone",
            Skip::NotARoom => "not-a-room",
            Skip::Template => "template",
            Skip::Archived => "archived",
            Skip::AiAgent => "ai-agent",
            Skip::ThirdParty => "third-party",
            Skip::Private => "private",
            Skip::NoPolicy => "no-policy",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Skip::Gone => "the portal has no such room",
            Skip::NotARoom => "it is a folder, not a room",
            Skip::Template => "it is a room template",
            Skip::Archived => "it is archived",
            Skip::AiAgent => "it is an AI agent",
            Skip::ThirdParty => "it is on third-party storage",
            Skip::Private => "it is a private room",
            Skip::NoPolicy => "no policy matches it",
        })
    }
}

/// The rights of the service account in a room, from `security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// It may create folders (`Create`).
    pub create: bool,
    /// It may grant access (`EditAccess`).
    pub edit_access: bool,
    /// It may change the room's settings (`EditRoom`).
    pub edit_room: bool,
}

/// A person, as the portal describes their account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account's id.
    pub id: UserId,
    /// The display name.
    pub name: String,
    /// The e-mail address; empty if the response has none.
    pub email: String,
    /// What kind of account it is.
    pub kind: PersonKind,
    /// The account's status.
    pub status: PersonStatus,
}

impl Person {
    /// Why the account cannot own rooms (docs/docspace.md, owner); `None` if it can.
    pub fn cannot_own_rooms(&self) -> Option<String> {
        if self.status != PersonStatus::Active {
            Some("the account is not active".to_owned())
        } else if !self.kind.can_own_rooms() {
            Some(format!(
                "the account is a {}, but only Room admins and DocSpace admins can own rooms",
                self.kind.name()
            ))
        } else {
            None
        }
    }
}

/// The status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStatus {
    /// Active (1).
    Active,
    /// Invited, not yet activated (4); granted like an active one.
    Pending,
    /// Dismissed (2); the portal drops grants to it without a message.
    Terminated,
}

/// A folder somewhere in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// The parent folder or room.
    pub parent: FolderId,
    /// Its title, as stored.
    pub title: String,
    /// Created by the portal itself (`type` 25, 26, 27, 28, 32, 33): neither a candidate nor a parent.
    pub system: bool,
}

/// One grant in the room; the owner is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The subject.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// A person's e-mail address; empty if the response has none.
    pub email: String,
    /// The role; `None` for a number outside the seven roles.
    pub access: Option<Access>,
}

/// The observed state of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The room itself.
    pub room: Room,
    /// The owner's account.
    pub owner: Person,
    /// All folders at every depth.
    pub folders: Vec<Folder>,
    /// All grants to people and groups, without the owner.
    pub shares: Vec<Share>,
    /// The service account.
    pub me: UserId,
}

/// The access that a person really has: the personal grant if there is one, even a lower one, otherwise the highest
/// grant of their groups (docs/docspace.md, effective rights).
pub fn effective_access(
    grants: &BTreeMap<Subject, Access>,
    person: &UserId,
    groups: &BTreeSet<GroupId>,
) -> Option<Access> {
    if let Some(own) = grants.get(&Subject::User(person.clone())) {
        return Some(*own);
    }
    groups
        .iter()
        .filter_map(|group| grants.get(&Subject::Group(group.clone())).copied())
        .max()
}

/// The facts that policies can match on and use in texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The title, as stored.
    pub title: String,
    /// The type.
    pub kind: RoomType,
    /// The room's owner: DocSpace keeps no other creator.
    pub creator: Creator,
    /// The calendar date as written in the room's `created`.
    pub created: Date,
    /// Its tags, as stored.
    pub tags: Vec<String>,
    /// The names in policies that could not be resolved.
    pub unresolved: Unresolved,
}

impl Facts {
    /// The facts that a list of rooms contains, which is enough to decide whether to read the room.
    pub fn of_list(title: &str, kind: RoomType) -> Self {
        Self {
            title: title.to_owned(),
            kind,
            creator: Creator::default(),
            created: Date::default(),
            tags: Vec::new(),
            unresolved: Unresolved::default(),
        }
    }
}

/// Names in policies that were not found or are ambiguous, in comparable form, and why: whether a policy that matches
/// on one of them applies is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unresolved {
    /// Groups.
    pub groups: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What a description of the room leaves out; a live room has everything.
    pub creator: BTreeSet<CreatorFact>,
}

/// A fact about a creator that a description of a room can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreatorFact {
    /// The e-mail address.
    Email,
    /// The id.
    Id,
    /// The display name.
    Name,
    /// The groups.
    Groups,
}

impl CreatorFact {
    /// For display.
    pub fn as_str(self) -> &'static str {
        match self {
            CreatorFact::Email => "e-mail address",
            CreatorFact::Id => "id",
            CreatorFact::Name => "display name",
            CreatorFact::Groups => "groups",
        }
    }
}

/// The names by which a creator is matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Creator {
    /// The account's id.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Those groups of the creator on which policies match, by name or id in comparable form.
    pub groups: BTreeSet<String>,
}

impl Creator {
    /// A creator by e-mail address, id or both, with their display name and groups.
    pub fn of(accounts: &[&str], name: String, groups: BTreeSet<String>) -> Self {
        let mut creator = Self {
            name,
            groups,
            ..Self::default()
        };
        for account in accounts {
            let account = account.trim().to_owned();
            if is_guid(&account) {
                creator.id = account;
            } else {
                creator.email = account;
            }
        }
        creator
    }

    /// The texts that it does not have.
    pub fn missing(&self) -> BTreeSet<CreatorFact> {
        let texts = [
            (CreatorFact::Email, &self.email),
            (CreatorFact::Id, &self.id),
            (CreatorFact::Name, &self.name),
        ];
        let missing = texts.into_iter().filter(|(_, text)| text.is_empty());
        missing.map(|(fact, _)| fact).collect()
    }
}
