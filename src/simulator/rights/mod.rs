//! Who may do what with a room or a folder (docs/docspace.md, rights).

pub(crate) mod access;

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Person};
use crate::simulator::state::rooms::{Entry, FolderType, Room, RoomType};
use crate::simulator::state::world::World;

/// What can be done with an entry: the keys of the `security` map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    Create,
    Delete,
    EditRoom,
    Rename,
    CopyTo,
    MoveTo,
    Copy,
    Move,
    Pin,
    Mute,
    EditAccess,
    Duplicate,
    Download,
    CopySharedLink,
    Reconnect,
    CreateRoomFrom,
    CopyLink,
    Embed,
    ChangeOwner,
    IndexExport,
    UseChat,
    UpdateXlsx,
    AnalyzeResponses,
}

impl Right {
    pub(crate) const ALL: [Self; 24] = [
        Self::Read,
        Self::Create,
        Self::Delete,
        Self::EditRoom,
        Self::Rename,
        Self::CopyTo,
        Self::MoveTo,
        Self::Copy,
        Self::Move,
        Self::Pin,
        Self::Mute,
        Self::EditAccess,
        Self::Duplicate,
        Self::Download,
        Self::CopySharedLink,
        Self::Reconnect,
        Self::CreateRoomFrom,
        Self::CopyLink,
        Self::Embed,
        Self::ChangeOwner,
        Self::IndexExport,
        Self::UseChat,
        Self::UpdateXlsx,
        Self::AnalyzeResponses,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    fn survives_archiving(self) -> bool {
        matches!(
            self,
            Self::Read
                | Self::Delete
                | Self::Copy
                | Self::Move
                | Self::Download
                | Self::IndexExport
        )
    }

    /// What a DocSpace admin may do with a room which is not his.
    fn is_an_admins(self, is_room: bool, is_archived: bool) -> bool {
        match self {
            Self::Read | Self::Download | Self::CopySharedLink | Self::Copy | Self::Duplicate => {
                true
            }
            Self::Move | Self::Pin | Self::ChangeOwner | Self::IndexExport => is_room,
            Self::Delete => is_archived,
            Self::Create
            | Self::EditRoom
            | Self::Rename
            | Self::CopyTo
            | Self::MoveTo
            | Self::Mute
            | Self::EditAccess
            | Self::Reconnect
            | Self::CreateRoomFrom
            | Self::CopyLink
            | Self::Embed
            | Self::UseChat
            | Self::UpdateXlsx
            | Self::AnalyzeResponses => false,
        }
    }
}

/// How a person stands to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Owner,
    Member(i32),
    Stranger,
}

impl World {
    /// The access a person's own grant gives, else the best of the grants to her groups.
    pub(crate) fn granted(&self, person: &Person, room: &EntryId) -> Option<i32> {
        let aces = self.aces.get(room).map(Vec::as_slice).unwrap_or_default();
        let own = aces
            .iter()
            .find(|ace| !ace.is_group && ace.subject == person.id)
            .map(|ace| ace.access);
        own.or_else(|| {
            let through_groups = aces
                .iter()
                .filter(|ace| ace.is_group && self.is_in_group(person, &ace.subject))
                .map(|ace| ace.access);
            access::best(through_groups, self.is_below(room, FolderType::AiAgents))
        })
    }

    /// Users and guests have no full access even to rooms that are theirs.
    pub(crate) fn standing(&self, person: &Person, room: &Entry) -> Standing {
        if room.created_by == person.id && person.kind.may_own_rooms() {
            return Standing::Owner;
        }
        self.granted(person, &room.id)
            .map_or(Standing::Stranger, Standing::Member)
    }

    /// Whether the person (`None` is nobody known) has this right on the entry.
    pub(crate) fn may(&self, who: Option<&str>, right: Right, id: &EntryId) -> bool {
        let Some(entry) = self.entries.get(id) else {
            return false;
        };
        let person = who
            .and_then(|id| self.person(id))
            .filter(|person| person.status != EmployeeStatus::Terminated);
        let Some((owner_entry, room)) = self.room_of(id).and_then(|found| self.room(&found.id))
        else {
            return right == Right::Read && person.is_some() && entry.kind != FolderType::Trash;
        };
        let Some(person) = person else {
            return right == Right::Read
                && room.kind == RoomType::Public
                && !self.is_below(id, FolderType::Archive);
        };
        let root = self
            .root_of(id)
            .map_or(FolderType::Default, |root| root.kind);
        if root == FolderType::Archive && !right.survives_archiving() {
            return false;
        }
        let place = Place { entry, room, root };
        let is_room = entry.room.is_some();
        let admin = person.is_docspace_admin()
            && matches!(
                root,
                FolderType::VirtualRooms | FolderType::Archive | FolderType::AiAgents
            )
            && right.is_an_admins(is_room, root == FolderType::Archive);
        admin
            || match self.standing(person, owner_entry) {
                Standing::Owner => place.allows_owner(right, self.options.vectorisation),
                Standing::Member(code) => {
                    place.allows_member(right, code, person, self.options.vectorisation)
                }
                Standing::Stranger => false,
            }
    }

    pub(crate) fn may_read(&self, who: Option<&str>, id: &EntryId) -> bool {
        self.may(who, Right::Read, id)
    }
}

struct Place<'world> {
    entry: &'world Entry,
    room: &'world Room,
    root: FolderType,
}

impl Place<'_> {
    /// Some folders take no folders, whoever asks.
    fn takes_folders(&self, vectorisation: bool) -> bool {
        match self.entry.kind {
            FolderType::AiRoom | FolderType::ReadyForm | FolderType::InProcessForm => false,
            FolderType::Knowledge => vectorisation,
            FolderType::Default
            | FolderType::Trash
            | FolderType::VirtualRooms
            | FolderType::FillingFormsRoom
            | FolderType::EditingRoom
            | FolderType::CustomRoom
            | FolderType::Archive
            | FolderType::PublicRoom
            | FolderType::FormFillingDone
            | FolderType::FormFillingInProgress
            | FolderType::VirtualDataRoom
            | FolderType::RoomTemplates
            | FolderType::ResultStorage
            | FolderType::AiAgents => true,
        }
    }

    fn exists_here(&self, right: Right, vectorisation: bool) -> bool {
        let is_room = self.entry.room.is_some();
        match right {
            Right::Create => self.takes_folders(vectorisation),
            Right::Reconnect => self.entry.provider.is_some(),
            Right::CreateRoomFrom => is_room && self.root == FolderType::RoomTemplates,
            Right::UseChat => self.room.kind == RoomType::Ai,
            Right::UpdateXlsx | Right::AnalyzeResponses => {
                self.room.kind == RoomType::FillingForms && !is_room
            }
            Right::EditRoom
            | Right::EditAccess
            | Right::ChangeOwner
            | Right::Pin
            | Right::Mute
            | Right::IndexExport => is_room,
            Right::Duplicate => is_room && self.root != FolderType::RoomTemplates,
            Right::Delete | Right::Move | Right::Rename => !self.entry.kind.is_system(),
            Right::Read
            | Right::CopyTo
            | Right::MoveTo
            | Right::Copy
            | Right::Download
            | Right::CopySharedLink
            | Right::CopyLink
            | Right::Embed => true,
        }
    }

    fn allows_owner(&self, right: Right, vectorisation: bool) -> bool {
        self.exists_here(right, vectorisation)
    }

    fn allows_member(&self, right: Right, code: i32, person: &Person, vectorisation: bool) -> bool {
        if !self.exists_here(right, vectorisation) {
            return false;
        }
        let is_room = self.entry.room.is_some();
        let manages = code == access::ROOM_MANAGER;
        let creates = manages || code == access::CONTENT_CREATOR;
        let made_it = code == access::CONTENT_CREATOR && self.entry.created_by == person.id;
        match right {
            Right::Read => readable(code),
            Right::Create | Right::CopyTo | Right::MoveTo => creates,
            Right::Rename | Right::Delete | Right::Move if !is_room => manages || made_it,
            Right::Rename | Right::EditRoom | Right::IndexExport => manages,
            Right::EditAccess => manages && person.kind != EmployeeType::Guest,
            Right::Delete | Right::Move | Right::ChangeOwner => false,
            Right::Copy | Right::Download => {
                readable(code) && (creates || !self.room.denies_download)
            }
            Right::Duplicate => manages && person.kind.may_own_rooms(),
            Right::CreateRoomFrom => person.kind.may_own_rooms(),
            Right::CopySharedLink
            | Right::Embed
            | Right::Reconnect
            | Right::UpdateXlsx
            | Right::AnalyzeResponses => manages,
            Right::Pin | Right::Mute | Right::CopyLink | Right::UseChat => readable(code),
        }
    }
}

fn readable(code: i32) -> bool {
    code != access::NONE && code != access::RESTRICT
}
