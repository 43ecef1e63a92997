//! Views of the portal's state for tests and the demo, without HTTP.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::simulator::portal::Portal;
use crate::simulator::rights::Standing;
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::notices::Notice;
use crate::simulator::state::people::Person;
use crate::simulator::state::rooms::{Entry, FolderType, RoomType};
use crate::simulator::state::world::World;

/// The state of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RoomState {
    /// Active.
    Active,
    /// In the archive.
    Archived,
    /// A template.
    Template,
    /// Below the root of AI agents.
    Agent,
}

/// A folder of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderView {
    /// Its id.
    pub id: EntryId,
    /// The folder or room it lies in.
    pub parent: EntryId,
    /// The stored title.
    pub title: String,
    /// The titles from below the room down to this folder, joined by `/`, which no title contains.
    pub path: String,
    /// Its folder type.
    #[serde(rename = "type")]
    pub kind: FolderType,
    /// Its number among its siblings in an indexed room, else 0.
    pub order: u32,
}

/// The lifetime of a room's documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LifetimeView {
    /// Whether documents bypass the trash.
    pub deletes_permanently: bool,
    /// 0 for days, 1 for months, 2 for years.
    pub period: i64,
    /// The number of periods.
    pub value: i64,
    /// When the lifetime started: each write restarts it. RFC 3339.
    pub start: String,
}

/// A room, read from the portal's memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Its id.
    pub id: EntryId,
    /// The stored title.
    pub title: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: RoomType,
    /// The id of the owner.
    pub owner: String,
    /// Its state.
    pub state: RoomState,
    /// Its folders at all depths, sorted by path and id.
    pub folders: Vec<FolderView>,
    /// Subject id → access code; without the owner, unless somebody granted the owner access.
    pub access: BTreeMap<String, i32>,
    /// The tags in the portal's spelling.
    pub tags: Vec<String>,
    /// In bytes; -1 means unlimited, -2 the portal's default.
    pub quota: i64,
    /// Whether entries are numbered.
    pub indexing: bool,
    /// Whether viewers may not download.
    pub deny_download: bool,
    /// The lifetime of documents, if limited.
    pub lifetime: Option<LifetimeView>,
    /// The watermark as responses show it.
    pub watermark: Option<Value>,
    /// How often a watermark was written.
    pub watermark_writes: u32,
    /// Six hexadecimal digits.
    pub color: String,
    /// The cover's id.
    pub cover: Option<String>,
}

impl RoomView {
    /// The paths of all folders, sorted; the path of two folders is listed twice.
    pub fn paths(&self) -> Vec<&str> {
        self.folders
            .iter()
            .map(|folder| folder.path.as_str())
            .collect()
    }

    /// The paths that more than one folder has.
    pub fn doubled(&self) -> Vec<&str> {
        let paths = self.paths();
        let mut doubled: Vec<&str> = paths
            .windows(2)
            .filter_map(|pair| match pair {
                [one, other] if one == other => Some(*one),
                _ => None,
            })
            .collect();
        doubled.dedup();
        doubled
    }
}

impl Portal {
    /// The current state of the room with this id.
    pub fn room(&self, id: &EntryId) -> Option<RoomView> {
        let world = self.world();
        let (entry, _) = world.room(id)?;
        world.room_view(entry)
    }

    /// The owner of a room.
    pub fn owner_of(&self, room: &EntryId) -> Option<String> {
        let world = self.world();
        let (entry, _) = world.room(room)?;
        Some(entry.created_by.clone())
    }

    /// The room that the folder is or lies in.
    pub fn room_around(&self, folder: &EntryId) -> Option<EntryId> {
        self.world().room_of(folder).map(|room| room.id.clone())
    }

    /// All rooms, templates and agents, by id.
    pub fn rooms(&self) -> Vec<RoomView> {
        let world = self.world();
        world
            .entries
            .values()
            .filter_map(|entry| world.room_view(entry))
            .collect()
    }

    /// The person's access in the room: 1 for the owner, else the code of the effective grant, 0 without one.
    pub fn effective_access(&self, room: &EntryId, person: &str) -> i32 {
        let world = self.world();
        let found = world.person(person).zip(world.entries.get(room));
        found.map_or(access::NONE, |(person, room)| {
            match world.standing(person, room) {
                Standing::Owner => access::READ_WRITE,
                Standing::Member(code) => code,
                Standing::Stranger => access::NONE,
            }
        })
    }

    /// The display name of a person, the name of a group, or the id itself.
    pub fn name_of(&self, subject: &str) -> String {
        self.world().name(subject)
    }

    /// The notices that people got so far, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.world().notices.clone()
    }
}

impl World {
    pub(crate) fn name(&self, subject: &str) -> String {
        let person = self.people.get(subject).map(Person::display_name);
        let group = || self.groups.get(subject).map(|group| group.name.clone());
        person.or_else(group).unwrap_or_else(|| subject.to_owned())
    }

    fn room_view(&self, entry: &Entry) -> Option<RoomView> {
        let room = entry.room.as_ref()?;
        let root = self.root_of(&entry.id).map(|root| root.kind);
        let mut folders: Vec<FolderView> = self
            .descendants(&entry.id)
            .into_iter()
            .map(|folder| FolderView {
                id: folder.id.clone(),
                parent: folder.parent.clone(),
                title: folder.title.clone(),
                path: self.path(folder),
                kind: folder.kind,
                order: folder.order,
            })
            .collect();
        folders.sort_by(|one, other| (&one.path, &one.id).cmp(&(&other.path, &other.id)));
        let aces = self
            .aces
            .get(&entry.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        Some(RoomView {
            id: entry.id.clone(),
            title: entry.title.clone(),
            kind: room.kind,
            owner: entry.created_by.clone(),
            state: match root {
                Some(FolderType::Archive) => RoomState::Archived,
                Some(FolderType::RoomTemplates) => RoomState::Template,
                Some(FolderType::AiAgents) => RoomState::Agent,
                _ => RoomState::Active,
            },
            folders,
            access: aces
                .iter()
                .map(|ace| (ace.subject.clone(), ace.access))
                .collect(),
            tags: self
                .tags
                .of(&entry.id)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            quota: room.quota,
            indexing: room.is_indexed,
            deny_download: room.denies_download,
            lifetime: room.lifetime.as_ref().map(|lifetime| LifetimeView {
                deletes_permanently: lifetime.deletes_permanently,
                period: lifetime.period,
                value: lifetime.value,
                start: lifetime.start.to_string(),
            }),
            watermark: room.watermark.clone(),
            watermark_writes: room.watermark_writes,
            color: room.color.clone(),
            cover: room.cover.clone(),
        })
    }

    fn path(&self, folder: &Entry) -> String {
        let mut titles: Vec<&str> = self
            .lineage(&folder.id)
            .into_iter()
            .take_while(|entry| entry.room.is_none())
            .map(|entry| entry.title.as_str())
            .collect();
        titles.reverse();
        titles.join("/")
    }
}
