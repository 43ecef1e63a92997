//! What people do in the portal, and what they see there: for tests and the demo, past HTTP and its rights.

use std::collections::{BTreeMap, BTreeSet};

use super::Portal;
use super::state::{
    ARCHIVE_ROOT, Entry, Group, Key, PersonType, ROOMS_ROOT, Room, RoomKind, Status,
    TEMPLATES_ROOT, stored,
};

/// A room as somebody sees it who may see everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// Its id.
    pub id: String,
    /// Its title, as stored.
    pub title: String,
    /// Its owner's id.
    pub owner: String,
    /// Its type.
    pub kind: RoomKind,
    /// All folders, in the order in which they were made.
    pub folders: Vec<FolderView>,
    /// Who has which code, by id; the owner has none.
    pub access: BTreeMap<String, i64>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A folder, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderView {
    /// Its id.
    pub id: String,
    /// The titles from the room down.
    pub path: String,
}

impl RoomView {
    /// The paths of all folders, sorted.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self
            .folders
            .iter()
            .map(|folder| folder.path.as_str())
            .collect();
        paths.sort_unstable();
        paths
    }

    /// Paths that are there more than once.
    pub fn twice(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.paths()
            .into_iter()
            .filter(|path| !seen.insert(*path))
            .collect()
    }
}

impl Portal {
    /// Adds an account; its id.
    pub fn add_person(&self, name: &str, email: &str, kind: PersonType) -> String {
        self.state().add_person(name, email, kind)
    }

    /// The portal owner's id.
    pub fn owner(&self) -> String {
        let state = self.state();
        state
            .people
            .values()
            .find(|person| person.portal_owner)
            .map(|person| person.id.clone())
            .unwrap_or_default()
    }

    /// A person's display name, or a group's name.
    pub fn name_of(&self, id: &str) -> String {
        let state = self.state();
        let person = state.people.get(id).map(|person| person.name.clone());
        person
            .or_else(|| state.groups.get(id).map(|group| group.name.clone()))
            .unwrap_or_else(|| id.to_owned())
    }

    /// Dismisses somebody, or takes her back.
    pub fn set_status(&self, person: &str, status: Status) {
        if let Some(person) = self.state().people.get_mut(person) {
            person.status = status;
        }
    }

    /// Makes an account another kind of account.
    pub fn set_type(&self, person: &str, kind: PersonType) {
        if let Some(person) = self.state().people.get_mut(person) {
            person.kind = kind;
        }
    }

    /// Adds a group; names are not unique. Its id.
    pub fn add_group(&self, name: &str, members: &[&str]) -> String {
        let mut state = self.state();
        let id = state.guid();
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        state.groups.insert(
            id.clone(),
            Group {
                name: name.to_owned(),
                members,
            },
        );
        id
    }

    /// Deletes a group, and its grants with it.
    pub fn delete_group(&self, id: &str) {
        let mut state = self.state();
        state.groups.remove(id);
        for entry in state.entries.values_mut() {
            if let Some(room) = &mut entry.room {
                room.aces.remove(id);
            }
        }
    }

    /// Makes an API key that acts as somebody; no scopes means all.
    pub fn add_key(&self, owner: &str, scopes: &[&str]) -> String {
        let mut state = self.state();
        let key = format!("sk-{:064x}", state.keys.len() + 0x5eed);
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        state.keys.insert(
            key.clone(),
            Key {
                owner: owner.to_owned(),
                scopes,
                active: true,
            },
        );
        key
    }

    /// Revokes a key, or makes it work again.
    pub fn set_key_active(&self, key: &str, active: bool) {
        if let Some(key) = self.state().keys.get_mut(key) {
            key.active = active;
        }
    }

    /// Makes a room as somebody, and publishes `room.created`.
    pub fn create_room(&self, owner: &str, kind: RoomKind, title: &str) -> String {
        let id = {
            let mut state = self.state();
            let id = state.id().to_string();
            let root = if kind == RoomKind::Ai { 34 } else { 14 };
            state.add_entry(entry(&id, ROOMS_ROOT, title, owner, Some(room(kind, root))));
            id
        };
        if kind != RoomKind::Ai {
            self.publish("room.created", &id, owner);
        }
        id
    }

    /// Makes a room on a third-party storage, whose id is a text, and publishes `room.created`.
    pub fn create_third_party_room(&self, owner: &str, title: &str) -> String {
        let id = {
            let mut state = self.state();
            let id = format!("sbox-{}-L1Byb2plY3QgWA", state.id());
            let room = Room {
                provider: Some("WebDav".to_owned()),
                ..room(RoomKind::Custom, 14)
            };
            state.add_entry(entry(&id, ROOMS_ROOT, title, owner, Some(room)));
            id
        };
        self.publish("room.created", &id, owner);
        id
    }

    /// Saves a room as a template, which publishes `room.created` as well.
    pub fn create_template(&self, owner: &str, kind: RoomKind, title: &str) -> String {
        let id = {
            let mut state = self.state();
            let id = state.id().to_string();
            state.add_entry(entry(
                &id,
                TEMPLATES_ROOT,
                title,
                owner,
                Some(room(kind, 30)),
            ));
            id
        };
        self.publish("room.created", &id, owner);
        id
    }

    /// Says that a template is being copied: into which room (-1 while that is not known), and whether it is done.
    pub fn set_template_copy(&self, copy: Option<(i64, bool)>) {
        self.state().template_copy = copy;
    }

    /// Changes a room as its people do in its settings.
    pub fn set_indexing(&self, room: &str, indexing: bool) {
        self.room_mut(room, |room| room.indexing = indexing);
    }

    /// Makes a room private.
    pub fn set_private(&self, room: &str) {
        self.room_mut(room, |room| room.private = true);
    }

    fn room_mut(&self, id: &str, change: impl FnOnce(&mut Room)) {
        if let Some(room) = self
            .state()
            .entries
            .get_mut(id)
            .and_then(|entry| entry.room.as_mut())
        {
            change(room);
        }
    }

    /// Makes a folder as people do.
    pub fn add_folder(&self, parent: &str, title: &str) -> String {
        self.add_folder_of_type(parent, title, 0)
    }

    /// Makes a folder of a system type (25, 26, 27, 28, 32, 33).
    pub fn add_folder_of_type(&self, parent: &str, title: &str, kind: i64) -> String {
        let mut state = self.state();
        let id = state.id().to_string();
        let creator = state
            .room_of(parent)
            .map(|room| room.creator.clone())
            .unwrap_or_default();
        state.add_entry(Entry {
            kind,
            ..entry(&id, parent, title, &creator, None)
        });
        id
    }

    /// Renames a folder or room as people do.
    pub fn rename(&self, id: &str, title: &str) {
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.title = stored(title);
        }
    }

    /// Deletes a folder or room with everything in it.
    pub fn delete(&self, id: &str) {
        let mut state = self.state();
        let gone: Vec<String> = state
            .below(id)
            .into_iter()
            .map(|entry| entry.id.clone())
            .chain([id.to_owned()])
            .collect();
        for id in gone {
            state.entries.remove(&id);
            state.order.retain(|other| *other != id);
        }
    }

    /// Gives somebody a code as people do; 0 takes it away.
    pub fn grant(&self, room: &str, subject: &str, code: i64) {
        self.room_mut(room, |room| {
            if code == 0 {
                room.aces.remove(subject);
            } else {
                room.aces.insert(subject.to_owned(), code);
            }
        });
    }

    /// Adds a tag as people do.
    pub fn add_tag(&self, room: &str, tag: &str) {
        self.room_mut(room, |room| room.tags.push(tag.to_owned()));
    }

    /// Archives a room.
    pub fn archive(&self, id: &str) {
        self.room_mut(id, |room| room.root = 20);
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.parent = ARCHIVE_ROOT.to_owned();
        }
    }

    /// Gives a room to another owner as a DocSpace admin does.
    pub fn change_owner(&self, id: &str, owner: &str) {
        super::rooms::change_owner(&mut self.state(), id, owner);
    }

    /// A room as it is; `None` when it is gone.
    pub fn room(&self, id: &str) -> Option<RoomView> {
        let state = self.state();
        let entry = state.entries.get(id)?;
        let room = entry.room.as_ref()?;
        let folders = state
            .below(id)
            .into_iter()
            .map(|folder| {
                let mut path = vec![folder.title.clone()];
                let mut here = folder;
                while let Some(parent) = state
                    .entries
                    .get(&here.parent)
                    .filter(|parent| parent.id != id)
                {
                    path.insert(0, parent.title.clone());
                    here = parent;
                }
                FolderView {
                    id: folder.id.clone(),
                    path: path.join("/"),
                }
            })
            .collect();
        Some(RoomView {
            id: entry.id.clone(),
            title: entry.title.clone(),
            owner: entry.creator.clone(),
            kind: room.kind,
            folders,
            access: room.aces.clone(),
            tags: room.tags.clone(),
        })
    }

    /// What somebody can really do in a room, as a code.
    pub fn effective(&self, room: &str, person: &str) -> i64 {
        let state = self.state();
        state
            .entries
            .get(room)
            .and_then(|entry| entry.room.as_ref())
            .map_or(0, |room| state.effective(room, person))
    }
}

pub(super) fn room(kind: RoomKind, root: i64) -> Room {
    Room {
        kind,
        root,
        aces: BTreeMap::new(),
        tags: Vec::new(),
        indexing: kind == RoomKind::VirtualData,
        private: false,
        provider: None,
    }
}

pub(super) fn entry(
    id: &str,
    parent: &str,
    title: &str,
    creator: &str,
    room: Option<Room>,
) -> Entry {
    Entry {
        id: id.to_owned(),
        parent: parent.to_owned(),
        title: stored(title),
        kind: 0,
        creator: creator.to_owned(),
        created: now(),
        room,
    }
}

/// The portal has a clock like any server.
pub(super) fn now() -> jiff::Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the portal has a clock of its own"
    )]
    jiff::Timestamp::now()
}
