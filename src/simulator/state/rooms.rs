//! Rooms and folders, as the portal stores them (rooms-api.md A).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::simulator::state::ids::{self, EntryId};

/// The room types (docs/docspace.md, room types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomType {
    /// Form filling room, 1.
    FillingForms,
    /// Collaboration room, 2.
    Editing,
    /// Custom room, 5.
    Custom,
    /// Public room, 6.
    Public,
    /// Virtual data room, 8.
    VirtualData,
    /// AI agent, 9.
    Ai,
}

impl RoomType {
    const ALL: [(Self, i64, &'static str); 6] = [
        (Self::FillingForms, 1, "FillingFormsRoom"),
        (Self::Editing, 2, "EditingRoom"),
        (Self::Custom, 5, "CustomRoom"),
        (Self::Public, 6, "PublicRoom"),
        (Self::VirtualData, 8, "VirtualDataRoom"),
        (Self::Ai, 9, "AiRoom"),
    ];

    /// DocSpace's number of this type.
    pub fn code(self) -> i64 {
        Self::ALL
            .iter()
            .find(|(kind, _, _)| *kind == self)
            .map_or(0, |(_, code, _)| *code)
    }

    /// The type with this number: 3, 4 and 7 do not exist.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, number, _)| *number == code)
            .map(|(kind, _, _)| *kind)
    }

    /// DocSpace's name of this type, such as `CustomRoom`.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _, _)| *kind == self)
            .map_or("", |(_, _, name)| *name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, _, known)| known.eq_ignore_ascii_case(name))
            .map(|(kind, _, _)| *kind)
    }

    pub(crate) fn folder_type(self) -> FolderType {
        match self {
            Self::FillingForms => FolderType::FillingFormsRoom,
            Self::Editing => FolderType::EditingRoom,
            Self::Custom => FolderType::CustomRoom,
            Self::Public => FolderType::PublicRoom,
            Self::VirtualData => FolderType::VirtualDataRoom,
            Self::Ai => FolderType::AiRoom,
        }
    }
}

impl Serialize for RoomType {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// The folder types (docs/docspace.md, folder types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderType {
    /// An ordinary folder, 0.
    Default,
    /// The trash, 3.
    Trash,
    /// The root of rooms, 14.
    VirtualRooms,
    /// A form filling room, 15.
    FillingFormsRoom,
    /// A collaboration room, 16.
    EditingRoom,
    /// A custom room, 19.
    CustomRoom,
    /// The root of archived rooms, 20.
    Archive,
    /// A public room, 22.
    PublicRoom,
    /// "Complete" in a form filling room, 25.
    ReadyForm,
    /// "In process" in a form filling room, 26.
    InProcessForm,
    /// A form's folder below "Complete", 27.
    FormFillingDone,
    /// A form's folder below "In process", 28.
    FormFillingInProgress,
    /// A virtual data room, 29.
    VirtualDataRoom,
    /// The root of templates, 30.
    RoomTemplates,
    /// An AI agent, 31.
    AiRoom,
    /// "Knowledge" of an AI agent, 32.
    Knowledge,
    /// "Result Storage" of an AI agent, 33.
    ResultStorage,
    /// The root of AI agents, 34.
    AiAgents,
}

impl FolderType {
    /// DocSpace's number of this type.
    pub fn code(self) -> i64 {
        match self {
            Self::Default => 0,
            Self::Trash => 3,
            Self::VirtualRooms => 14,
            Self::FillingFormsRoom => 15,
            Self::EditingRoom => 16,
            Self::CustomRoom => 19,
            Self::Archive => 20,
            Self::PublicRoom => 22,
            Self::ReadyForm => 25,
            Self::InProcessForm => 26,
            Self::FormFillingDone => 27,
            Self::FormFillingInProgress => 28,
            Self::VirtualDataRoom => 29,
            Self::RoomTemplates => 30,
            Self::AiRoom => 31,
            Self::Knowledge => 32,
            Self::ResultStorage => 33,
            Self::AiAgents => 34,
        }
    }

    /// Whether the portal itself creates such folders and shows their type in listings.
    pub fn is_system(self) -> bool {
        matches!(self.code(), 25..=28 | 32 | 33)
    }
}

impl Serialize for FolderType {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(self.code())
    }
}

/// The supported kinds of connected storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThirdParty {
    /// A `WebDAV` account; ids such as `sbox-3-L1Byb2plY3QgWA`.
    WebDav,
    /// A Google Drive account; ids such as `drive-7-|1a2b`.
    GoogleDrive,
}

#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) kind: ThirdParty,
    pub(crate) account: i64,
    /// The person who owns the storage account.
    pub(crate) owner: String,
    pub(crate) path: String,
}

impl Provider {
    pub(crate) fn key(&self) -> &'static str {
        match self.kind {
            ThirdParty::WebDav => "WebDav",
            ThirdParty::GoogleDrive => "GoogleDrive",
        }
    }

    /// The id of the account's root.
    pub(crate) fn root(&self) -> String {
        match self.kind {
            ThirdParty::WebDav => format!("sbox-{}", self.account),
            ThirdParty::GoogleDrive => format!("drive-{}", self.account),
        }
    }

    pub(crate) fn entry_id(&self) -> EntryId {
        EntryId::Text(match self.kind {
            ThirdParty::WebDav => format!("{}-{}", self.root(), ids::base64url(&self.path)),
            ThirdParty::GoogleDrive => format!("{}-|{}", self.root(), ids::base64url(&self.path)),
        })
    }
}

/// The lifetime of a room's documents.
#[derive(Debug, Clone)]
pub(crate) struct Lifetime {
    pub(crate) deletes_permanently: bool,
    pub(crate) period: i64,
    pub(crate) value: i64,
    pub(crate) start: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) kind: RoomType,
    /// In bytes; -1 means unlimited, -2 the portal's default.
    pub(crate) quota: i64,
    pub(crate) is_indexed: bool,
    pub(crate) denies_download: bool,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) watermark: Option<Value>,
    /// How often the watermark was written: each request counts, changed or not.
    pub(crate) watermark_writes: u32,
    pub(crate) color: String,
    pub(crate) cover: Option<String>,
    /// Whether an uploaded picture replaces cover and colour.
    pub(crate) has_logo: bool,
    /// Whether filled forms are saved as a table, and whether they go to an external database.
    pub(crate) saves_forms: bool,
    pub(crate) sends_forms: bool,
    pub(crate) is_private: bool,
    /// People with a role in a form that is being filled in.
    pub(crate) form_roles: BTreeSet<String>,
    /// The people who have pinned the room.
    pub(crate) pinned_by: BTreeSet<String>,
}

impl Room {
    pub(crate) fn new(kind: RoomType) -> Self {
        Self {
            kind,
            quota: -2,
            is_indexed: false,
            denies_download: false,
            lifetime: None,
            watermark: None,
            watermark_writes: 0,
            color: "FF6680".to_owned(),
            cover: None,
            has_logo: false,
            saves_forms: kind == RoomType::FillingForms,
            sends_forms: false,
            is_private: false,
            form_roles: BTreeSet::new(),
            pinned_by: BTreeSet::new(),
        }
    }
}

/// A folder, which may be a room.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) parent: EntryId,
    pub(crate) title: String,
    pub(crate) kind: FolderType,
    pub(crate) created_by: String,
    pub(crate) created: Timestamp,
    pub(crate) updated_by: String,
    pub(crate) updated: Timestamp,
    pub(crate) order: u32,
    /// The earlier parent of an entry in the trash.
    pub(crate) origin: Option<EntryId>,
    pub(crate) room: Option<Room>,
    pub(crate) provider: Option<Provider>,
}

/// A grant: one subject, one access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ace {
    pub(crate) subject: String,
    pub(crate) is_group: bool,
    pub(crate) access: i32,
}
