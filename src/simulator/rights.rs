//! Who may do what in which room.

use serde_json::{Value, json};

use super::state::{ADMINS, EVERYONE, Entry, Person, PersonType, Room, RoomKind, State};

/// From high to low among groups: 9, 11, 10, 7, 5, 6, 2.
fn rank(code: i64) -> usize {
    [2, 6, 5, 7, 10, 11, 9]
        .iter()
        .position(|own| *own == code)
        .map_or(0, |at| at + 1)
}

impl Room {
    /// The codes that this type has for people or groups.
    pub(super) fn codes(&self, group: bool) -> Vec<i64> {
        let all: &[i64] = match self.kind {
            _ if self.root == 30 => &[2],
            RoomKind::Custom => &[9, 11, 10, 5, 6, 2],
            RoomKind::Public => &[9, 11],
            RoomKind::FillingForms => &[9, 11, 7],
            RoomKind::Editing => &[9, 11, 10, 2],
            RoomKind::VirtualData => &[9, 11, 10, 2, 7],
            RoomKind::Ai => &[9, 11, 2],
        };
        all.iter()
            .copied()
            .filter(|code| !(group && *code == 9))
            .collect()
    }
}

impl State {
    pub(super) fn groups_of(&self, person: &str) -> Vec<String> {
        let mut groups: Vec<String> = self
            .groups
            .iter()
            .filter(|(_, group)| group.members.contains(person))
            .map(|(id, _)| id.clone())
            .collect();
        groups.push(EVERYONE.to_owned());
        if self
            .people
            .get(person)
            .is_some_and(|person| person.kind == PersonType::Admin)
        {
            groups.push(ADMINS.to_owned());
        }
        groups
    }

    /// A personal entry counts alone, even a lower one; else the best of the groups.
    pub(super) fn effective(&self, room: &Room, person: &str) -> i64 {
        if let Some(code) = room.aces.get(person) {
            return *code;
        }
        let groups = self.groups_of(person);
        groups
            .iter()
            .filter_map(|group| room.aces.get(group).copied())
            .max_by_key(|code| rank(*code))
            .unwrap_or(0)
    }

    fn is_owner(entry: &Entry, person: &Person) -> bool {
        entry.creator == person.id
            && matches!(person.kind, PersonType::Admin | PersonType::RoomAdmin)
    }

    pub(super) fn can_read(&self, entry: &Entry, person: &Person) -> bool {
        let Some(room) = &entry.room else {
            return false;
        };
        entry.creator == person.id
            || (person.kind == PersonType::Admin && room.root != 30)
            || !matches!(self.effective(room, &person.id), 0 | 3)
    }

    pub(super) fn can_create(&self, entry: &Entry, person: &Person) -> bool {
        let Some(room) = &entry.room else {
            return false;
        };
        let code = self.effective(room, &person.id);
        room.root != 20
            && (Self::is_owner(entry, person)
                || code == 11
                || (code == 9 && person.kind != PersonType::Guest))
    }

    /// Manage: grants, and settings of the room.
    pub(super) fn can_manage(&self, entry: &Entry, person: &Person) -> bool {
        let Some(room) = &entry.room else {
            return false;
        };
        room.root != 20
            && (Self::is_owner(entry, person)
                || (self.effective(room, &person.id) == 9 && person.kind != PersonType::Guest))
    }

    pub(super) fn security(&self, entry: &Entry, person: &Person) -> Value {
        let (read, manage) = (self.can_read(entry, person), self.can_manage(entry, person));
        let admin = person.kind == PersonType::Admin;
        json!({
            "Read": read, "Create": self.can_create(entry, person), "Delete": Self::is_owner(entry, person),
            "EditRoom": manage, "Rename": manage, "EditAccess": manage, "Pin": read, "Download": read,
            "ChangeOwner": admin || Self::is_owner(entry, person), "Move": admin || Self::is_owner(entry, person),
        })
    }
}
