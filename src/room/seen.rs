//! What a look at a room saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{
    Access, FolderId, GroupId, PersonKind, RoomId, RoomType, Setting, SettingKey, Subject, UserId,
    is_guid,
};
use jiff::civil::Date;

/// What the portal says of the room itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its title, as stored.
    pub title: String,
    /// Whether it is ours to govern.
    pub standing: Standing,
    /// The owner's id: `createdBy`.
    pub owner: UserId,
    /// The owner's display name.
    pub owner_name: String,
    /// The calendar date as written in `created`, in the portal's time zone.
    pub created: Date,
    /// The instant of creation, for the question whether a template may still be copied into the room.
    pub created_at: jiff::Timestamp,
    /// Its tags, as stored.
    pub tags: Vec<String>,
    /// Its settings as far as our look shows them; one that is not here is unknown.
    pub settings: BTreeMap<SettingKey, Setting>,
    /// What our account may do in it.
    pub rights: Rights,
}

/// Whether a room is governed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// An active room of a governed type.
    Active(RoomType),
    /// Something that policies do not govern.
    Not(Skip),
}

/// Why a room was left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The portal has no such room (deleted, or never there).
    Gone,
    /// A folder that is not a room.
    NotARoom,
    /// A room template.
    Template,
    /// An archived room.
    Archived,
    /// An AI agent.
    AiAgent,
    /// A room on a third-party storage.
    ThirdParty,
    /// A private (encrypted) room.
    Private,
    /// No policy matches.
    NoPolicy,
}

impl Rights {
    /// Of a Room manager, who may do whatever a plan orders.
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
    /// The word for what is stored and printed as JSON.
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
            Skip::ThirdParty => "it is on a third-party storage",
            Skip::Private => "it is a private room",
            Skip::NoPolicy => "no policy matches it",
        })
    }
}

/// The rights of our account in a room, from `security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// May create folders (`Create`).
    pub create: bool,
    /// May grant access (`EditAccess`).
    pub edit_access: bool,
    /// May change the room's settings (`EditRoom`).
    pub edit_room: bool,
}

/// A person, as the portal describes an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account's id.
    pub id: UserId,
    /// The display name.
    pub name: String,
    /// The e-mail address; empty when the portal did not say.
    pub email: String,
    /// What kind of account it is.
    pub kind: PersonKind,
    /// Whether it works.
    pub status: PersonStatus,
}

impl Person {
    /// Why the account cannot be given a room (docs/docspace.md, owner).
    pub fn cannot_own_rooms(&self) -> Option<String> {
        if self.status != PersonStatus::Active {
            Some("the account is not active".to_owned())
        } else if !self.kind.can_own_rooms() {
            Some(format!(
                "the account is a {}, and rooms belong to Room admins and DocSpace admins",
                self.kind.name()
            ))
        } else {
            None
        }
    }
}

/// Whether an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStatus {
    /// Active (1).
    Active,
    /// Invited, not yet activated (4); granted like an active one.
    Pending,
    /// Dismissed (2); grants to it are dropped by the portal without a word.
    Terminated,
}

/// A folder somewhere in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// The folder or room above it.
    pub parent: FolderId,
    /// Its title, as stored.
    pub title: String,
    /// Made by the portal itself (`type` 25, 26, 27, 28, 32, 33): neither a candidate nor a parent.
    pub system: bool,
}

/// One grant that the room has; the owner is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Who has it.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// A person's e-mail address; empty when the portal did not say.
    pub email: String,
    /// The role; `None` for a number outside the seven roles.
    pub access: Option<Access>,
}

/// Everything one look sees.
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
    /// Our own account.
    pub me: UserId,
}

/// The right a person really has: her personal grant if there is one, even a lower one, else the best of her
/// groups' grants (docs/docspace.md, effective rights).
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

/// What policies may match on and speak of.
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
    /// What policies match on and the portal does not know.
    pub unresolved: Unresolved,
}

impl Facts {
    /// What a list of rooms shows of one, as far as it is needed before the room is read.
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

/// Names in policies that mean nothing, or several things, as they compare, and why: whether a policy matches that asks
/// for one of them cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unresolved {
    /// Groups.
    pub groups: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
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
    /// The groups that she belongs to, by those names and ids that policies ask for, as they compare.
    pub groups: BTreeSet<String>,
}

impl Creator {
    /// Somebody by her e-mail address or id, with her display name and the groups that she belongs to.
    pub fn of(account: &str, name: String, groups: BTreeSet<String>) -> Self {
        let account = account.trim().to_owned();
        let (id, email) = if is_guid(&account) {
            (account, String::new())
        } else {
            (String::new(), account)
        };
        Self {
            id,
            name,
            email,
            groups,
        }
    }
}
