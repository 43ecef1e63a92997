//! Rights of people on rooms and folders (rooms-api.md A.1 `security`, B.3, K).

pub(crate) mod access;
mod judge;
pub(crate) mod sharing;

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::{EmployeeStatus, Person};
use crate::simulator::state::rooms::{Entry, FolderType};
use crate::simulator::state::world::World;

/// The rights on an entry: the keys of the `security` map, in the order in which the server evaluates them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    Create,
    Delete,
    EditRoom,
    Rename,
    CopyTo,
    Copy,
    MoveTo,
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
        Self::Copy,
        Self::MoveTo,
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
}

/// The relation of a person to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Owner,
    Member(i32),
    Stranger,
}

/// All rights of one caller on one entry, and what their evaluation left in the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Security {
    pub(crate) rights: Vec<(Right, bool)>,
    /// The number that the entry's `access` shows: the record that was looked at last, 0 for an owner.
    pub(crate) access: i32,
    /// Whether a record of a grant was found; responses then name the owner of the root.
    pub(crate) has_record: bool,
    /// Whether that record belongs to a group.
    pub(crate) is_by_group: bool,
}

impl Security {
    pub(crate) fn allows(&self, right: Right) -> bool {
        self.rights.contains(&(right, true))
    }
}

/// The effective grant of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) access: i32,
    pub(crate) is_by_group: bool,
}

impl World {
    /// A person's own grant, else the best grant of their groups.
    pub(crate) fn grant_of(&self, person: &Person, room: &EntryId) -> Option<Grant> {
        let aces = self.aces.get(room).map(Vec::as_slice).unwrap_or_default();
        let own = aces
            .iter()
            .find(|ace| !ace.is_group && ace.subject == person.id)
            .map(|ace| Grant {
                access: ace.access,
                is_by_group: false,
            });
        own.or_else(|| {
            let through_groups = aces
                .iter()
                .filter(|ace| ace.is_group && self.is_in_group(person, &ace.subject))
                .map(|ace| ace.access);
            let best = access::best(through_groups, self.is_below(room, FolderType::AiAgents));
            best.map(|access| Grant {
                access,
                is_by_group: true,
            })
        })
    }

    /// The person's relation to the room. Users and guests have no full access even to rooms that they own.
    pub(crate) fn standing(&self, person: &Person, room: &Entry) -> Standing {
        if room.created_by == person.id && person.kind.may_own_rooms() {
            return Standing::Owner;
        }
        self.grant_of(person, &room.id)
            .map_or(Standing::Stranger, |grant| Standing::Member(grant.access))
    }

    /// Whether the person has this right on the entry; `None` is an unknown person.
    pub(crate) fn may(&self, who: Option<&str>, right: Right, id: &EntryId) -> bool {
        let person = who.and_then(|who| self.active_person(who));
        self.entries
            .get(id)
            .zip(person)
            .is_some_and(|(entry, person)| self.judge(person, entry, None).may(right))
    }

    pub(crate) fn may_read(&self, who: Option<&str>, id: &EntryId) -> bool {
        self.may(who, Right::Read, id)
    }

    /// All rights. In the list of rooms, a DocSpace admin who is not a member has a record without access.
    pub(crate) fn security(&self, who: Option<&str>, entry: &Entry, in_list: bool) -> Security {
        let Some(person) = who.and_then(|who| self.active_person(who)) else {
            return Security {
                rights: Right::ALL.map(|right| (right, false)).to_vec(),
                access: access::NONE,
                has_record: false,
                is_by_group: false,
            };
        };
        let listed = in_list.then(|| {
            let none = Grant {
                access: access::NONE,
                is_by_group: false,
            };
            let found = self.grant_of(person, &entry.id);
            if person.is_docspace_admin() {
                Some(found.unwrap_or(none))
            } else {
                found
            }
        });
        let mut judge = self.judge(person, entry, listed);
        let rights = Right::ALL
            .map(|right| (right, judge.may_and_record(right)))
            .to_vec();
        let left = judge.recorded_access();
        Security {
            rights,
            access: left.0,
            has_record: left.1.is_some(),
            is_by_group: left.1.is_some_and(|grant| grant.is_by_group),
        }
    }

    /// Whether a person's webhook gets events of an entry, and the number that the evaluation leaves in its `access`.
    /// Disabled accounts are evaluated like active ones (webhooks.md §1.4, §7).
    pub(crate) fn receives_events(&self, owner: &str, entry: &Entry) -> (bool, i32) {
        self.person(owner).map_or((false, access::NONE), |person| {
            let mut judge = self.judge(person, entry, None);
            let reads = judge.may_and_record(Right::Read);
            (reads, judge.recorded_access().0)
        })
    }

    fn active_person(&self, id: &str) -> Option<&Person> {
        self.person(id)
            .filter(|person| person.status != EmployeeStatus::Terminated)
    }
}
