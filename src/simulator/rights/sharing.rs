//! The rights to give access, to see links and to change them (rooms-api.md E.3 step 7, F, G).

use super::{Right, Standing, access};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{FolderType, RoomType};
use crate::simulator::state::world::World;

/// What a caller may change of the grants and links of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Editing {
    pub(crate) access: bool,
    /// Whether the caller may change that a link requires signing in.
    pub(crate) internal: bool,
    pub(crate) expiration: bool,
}

impl World {
    pub(crate) fn editing(&self, who: &str, entry: &EntryId) -> Editing {
        let access = self.may(Some(who), Right::EditAccess, entry);
        let kind = self.kind_of_room_around(entry);
        let is_settled = matches!(kind, Some(RoomType::VirtualData | RoomType::Public));
        Editing {
            access,
            internal: access && !is_settled,
            expiration: access && kind != Some(RoomType::FillingForms),
        }
    }

    /// Guests cannot give access, and in the archive only the access of the room itself can change.
    pub(crate) fn may_set_access(&self, who: &str, entry: &EntryId) -> bool {
        let is_guest = self
            .person(who)
            .is_none_or(|person| person.kind == EmployeeType::Guest);
        let is_kept = self.is_below(entry, FolderType::Archive) && self.room(entry).is_none();
        !is_guest && !is_kept && self.may(Some(who), Right::EditAccess, entry)
    }

    /// The owner and managers see links, also those of archived rooms.
    pub(crate) fn may_read_links(&self, who: &str, entry: &EntryId) -> bool {
        let Some((person, room)) = self.person(who).zip(self.room_of(entry)) else {
            return false;
        };
        matches!(
            self.standing(person, room),
            Standing::Owner | Standing::Member(access::ROOM_MANAGER)
        )
    }

    pub(crate) fn kind_of_room_around(&self, entry: &EntryId) -> Option<RoomType> {
        let room = self.room_of(entry)?.room.as_ref()?;
        Some(room.kind)
    }
}
