//! One right of one person on one entry, evaluated in the server's order (rooms-api.md A.1, B.3, K). The evaluation
//! changes the entry's `access`, which responses show.

use super::{Grant, Right, access};
use crate::simulator::state::people::{EmployeeType, Person};
use crate::simulator::state::rooms::{Entry, FolderType, Room, RoomType};
use crate::simulator::state::world::World;

/// The facts that a right depends on.
pub(crate) struct Judge<'world> {
    person: &'world Person,
    entry: &'world Entry,
    /// The room that the entry is or lies in.
    room: Option<&'world Room>,
    root: &'world Entry,
    is_room: bool,
    /// Whether the person owns the room, which gives every right that exists there.
    is_owner: bool,
    /// The record of the person's grant. In lists it is on the entry from the start.
    grant: Option<Grant>,
    has_external_link: bool,
    vectorisation: bool,
    /// The entry's `access` after the evaluation, and the record that was looked at.
    recorded: (i32, Option<Grant>),
}

/// How far the server gets.
enum Step {
    Answer(bool),
    Record,
}

impl World {
    pub(super) fn judge<'world>(
        &'world self,
        person: &'world Person,
        entry: &'world Entry,
        listed: Option<Option<Grant>>,
    ) -> Judge<'world> {
        let owner = self.room_of(&entry.id);
        let root = self.root_of(&entry.id).unwrap_or(entry);
        let found = owner.and_then(|room| self.grant_of(person, &room.id));
        let sees_grants = root.kind != FolderType::RoomTemplates || person.kind.may_own_rooms();
        let grant = listed.unwrap_or(found.filter(|_| sees_grants));
        Judge {
            person,
            entry,
            room: owner.and_then(|owner| owner.room.as_ref()),
            root,
            is_room: entry.room.is_some(),
            is_owner: person.kind.may_own_rooms()
                && owner.is_some_and(|owner| owner.created_by == person.id),
            grant,
            has_external_link: self.has_external_link(&entry.id),
            vectorisation: self.options.vectorisation,
            recorded: match listed {
                Some(grant) => (grant.map_or(access::NONE, |grant| grant.access), grant),
                None => (access::NONE, None),
            },
        }
    }
}

impl Judge<'_> {
    pub(crate) fn may(&self, right: Right) -> bool {
        match self.before_record(right) {
            Step::Answer(answer) => answer,
            Step::Record => self.by_record(right),
        }
    }

    /// As [`Judge::may`], and keeps the record that was looked at in the entry's `access`.
    pub(crate) fn may_and_record(&mut self, right: Right) -> bool {
        match self.before_record(right) {
            Step::Answer(answer) => answer,
            Step::Record => {
                let allowed = self.by_record(right);
                let is_own = self.entry.created_by == self.person.id;
                let shown = if is_own && !allowed {
                    access::NONE
                } else {
                    self.access()
                };
                self.recorded = (shown, self.grant);
                allowed
            }
        }
    }

    pub(crate) fn recorded_access(&self) -> (i32, Option<Grant>) {
        self.recorded
    }

    /// The access of the grant; none without a grant.
    fn access(&self) -> i32 {
        self.grant.map_or(access::RESTRICT, |grant| grant.access)
    }

    fn is_admin(&self) -> bool {
        self.person.kind == EmployeeType::DocSpaceAdmin
    }

    fn denies_download(&self) -> bool {
        self.room.is_some_and(|room| room.denies_download)
    }

    /// The rights that depend on the kind of entry, its root and the type of account.
    fn before_record(&self, right: Right) -> Step {
        if let Some(answer) = self.by_kind(right).or_else(|| self.by_root(right)) {
            return Step::Answer(answer);
        }
        let answer = match self.root.kind {
            FolderType::Trash => Some(
                matches!(right, Right::Read | Right::Delete | Right::Move)
                    && self.root.created_by == self.person.id
                    && !(right == Right::Delete && self.entry.id == self.root.id),
            ),
            FolderType::RoomTemplates if right == Right::EditAccess && !self.is_room => Some(false),
            FolderType::VirtualRooms | FolderType::AiAgents => {
                (self.is_admin() && self.active_gives_admin(right)).then_some(true)
            }
            FolderType::Archive => self.archived(right),
            _ => None,
        };
        match answer {
            Some(answer) => Step::Answer(answer),
            None if self.is_owner => Step::Answer(true),
            None => Step::Record,
        }
    }

    /// The rights that a kind of entry does not have.
    fn by_kind(&self, right: Right) -> Option<bool> {
        use Right as R;
        let kind = self.entry.kind;
        let is_form_folder = matches!(
            kind,
            FolderType::ReadyForm
                | FolderType::InProcessForm
                | FolderType::FormFillingDone
                | FolderType::FormFillingInProgress
        );
        let fills_in_data_room = !self.is_room
            && !self.is_owner
            && self
                .room
                .is_some_and(|room| room.kind == RoomType::VirtualData)
            && self
                .grant
                .is_some_and(|grant| grant.access == access::FILL_FORMS);
        let is_out = match right {
            // There are no files here, so no folder contains a form.
            _ if fills_in_data_room => true,
            R::UpdateXlsx | R::AnalyzeResponses | R::CreateRoomFrom => true,
            R::UseChat if kind != FolderType::AiRoom => true,
            R::Create | R::Copy | R::CopyTo | R::Move | R::MoveTo | R::Duplicate
                if kind == FolderType::AiRoom =>
            {
                true
            }
            R::IndexExport => !self.is_room || !self.room.is_some_and(|room| room.is_indexed),
            R::Embed => {
                self.root.kind != FolderType::VirtualRooms
                    || !self.is_room
                    || !self.has_external_link
            }
            R::Reconnect => {
                let connects = self.is_room
                    && self.entry.provider.is_some()
                    && self.entry.created_by == self.person.id;
                return Some(connects);
            }
            _ if kind == FolderType::Knowledge => match right {
                R::Read | R::Download => false,
                R::CopyTo | R::MoveTo | R::Create => !self.vectorisation,
                _ => true,
            },
            R::Rename | R::Delete | R::Copy | R::Move | R::Duplicate
                if kind == FolderType::ResultStorage =>
            {
                true
            }
            R::Delete => matches!(kind, FolderType::ReadyForm | FolderType::InProcessForm),
            R::Duplicate
            | R::EditAccess
            | R::Move
            | R::MoveTo
            | R::Rename
            | R::Create
            | R::CopyLink
                if is_form_folder =>
            {
                true
            }
            R::Pin | R::Mute | R::ChangeOwner => !self.is_room,
            R::Copy | R::Duplicate => self.is_room && self.entry.provider.is_some(),
            _ => false,
        };
        is_out.then_some(false)
    }

    /// The rights on the roots themselves: who may create rooms there.
    fn by_root(&self, right: Right) -> Option<bool> {
        if self.entry.id != self.root.id || self.is_room {
            return None;
        }
        let kind = self.entry.kind;
        let is_rooms_root = matches!(
            kind,
            FolderType::VirtualRooms
                | FolderType::AiAgents
                | FolderType::Archive
                | FolderType::RoomTemplates
        );
        if right == Right::Read {
            return is_rooms_root.then_some(true);
        }
        if self.person.kind == EmployeeType::Guest {
            return None;
        }
        let is_user = self.person.kind == EmployeeType::User;
        match kind {
            FolderType::Archive if right == Right::MoveTo => Some(true),
            FolderType::VirtualRooms | FolderType::AiAgents if !is_user => {
                Some(matches!(right, Right::Create | Right::MoveTo))
            }
            FolderType::RoomTemplates if !is_user => Some(right == Right::MoveTo),
            FolderType::Trash => Some(right == Right::MoveTo),
            _ => None,
        }
    }

    /// The rights of a DocSpace admin on any active room.
    fn active_gives_admin(&self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Download => self.entry.provider.is_some() || !self.denies_download(),
            Right::Duplicate | Right::Copy => self.is_room && !self.denies_download(),
            Right::CopySharedLink => self.has_external_link,
            Right::Move | Right::Pin | Right::ChangeOwner | Right::IndexExport => self.is_room,
            _ => false,
        }
    }

    fn archived(&self, right: Right) -> Option<bool> {
        let survives = matches!(
            right,
            Right::Read
                | Right::Delete
                | Right::Copy
                | Right::Move
                | Right::Download
                | Right::IndexExport
        );
        if !survives || (matches!(right, Right::Delete | Right::Move) && !self.is_room) {
            return Some(false);
        }
        let gives_admin = match right {
            Right::Download => self.entry.provider.is_some() || !self.denies_download(),
            Right::Read | Right::Copy => true,
            _ => self.is_room,
        };
        (self.is_admin() && gives_admin).then_some(true)
    }

    /// The rights that the person's grant gives.
    fn by_record(&self, right: Right) -> bool {
        use Right as R;
        let code = self.access();
        let is_own = self.entry.created_by == self.person.id;
        let manages = code == access::ROOM_MANAGER;
        let creates = manages || code == access::CONTENT_CREATOR;
        let manages_it = manages || (code == access::CONTENT_CREATOR && is_own);
        let only_reads = matches!(code, access::READ | access::NONE);
        let allowed = match right {
            R::Read if self.entry.kind == FolderType::Knowledge && only_reads => false,
            R::Read | R::Pin | R::Mute | R::CopyLink => code != access::RESTRICT,
            R::Create | R::CopyTo | R::MoveTo | R::UseChat => creates,
            R::Delete => {
                let is_plain = matches!(
                    self.entry.kind,
                    FolderType::Default
                        | FolderType::FormFillingDone
                        | FolderType::FormFillingInProgress
                );
                manages_it && self.root.kind == FolderType::VirtualRooms && is_plain
            }
            R::EditRoom | R::EditAccess | R::CopySharedLink | R::Embed | R::IndexExport => manages,
            R::Rename => manages_it,
            R::Move => manages_it && !self.is_room,
            R::Copy => code != access::RESTRICT && (!only_reads || !self.denies_download()),
            R::Download => {
                code != access::RESTRICT
                    && (!only_reads
                        || self.root.kind == FolderType::RoomTemplates
                        || !self.denies_download())
            }
            R::Duplicate => {
                let as_admin = self.is_admin()
                    && self.is_room
                    && (!self.denies_download() || !(only_reads || code == access::RESTRICT));
                manages_it || as_admin
            }
            R::Reconnect
            | R::CreateRoomFrom
            | R::ChangeOwner
            | R::UpdateXlsx
            | R::AnalyzeResponses => false,
        };
        let is_makers = code != access::RESTRICT
            && is_own
            && !matches!(
                self.root.kind,
                FolderType::Archive | FolderType::RoomTemplates | FolderType::VirtualRooms
            );
        // Reading and similar rights depend on the grant alone.
        let is_final = matches!(
            right,
            R::Read | R::Pin | R::Mute | R::CopyLink | R::Copy | R::Download
        );
        allowed || (is_makers && !is_final)
    }
}
