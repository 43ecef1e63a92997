//! What the portal holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fault::Fault;
use super::hooks::{DeliveryLog, Hook};

/// The four kinds of account; the portal's owner is a DocSpace admin too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonType {
    /// DocSpace admin.
    Admin,
    /// Room admin.
    RoomAdmin,
    /// User.
    User,
    /// Guest.
    Guest,
}

/// Whether an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 1.
    Active,
    /// 2.
    Terminated,
    /// 4.
    Pending,
}

/// The types of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomKind {
    /// 1.
    FillingForms,
    /// 2.
    Editing,
    /// 5.
    Custom,
    /// 6.
    Public,
    /// 8.
    VirtualData,
    /// 9.
    Ai,
}

impl RoomKind {
    pub(super) fn number(self) -> i64 {
        match self {
            RoomKind::FillingForms => 1,
            RoomKind::Editing => 2,
            RoomKind::Custom => 5,
            RoomKind::Public => 6,
            RoomKind::VirtualData => 8,
            RoomKind::Ai => 9,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        [
            Self::FillingForms,
            Self::Editing,
            Self::Custom,
            Self::Public,
            Self::VirtualData,
            Self::Ai,
        ]
        .into_iter()
        .find(|kind| kind.number() == number)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) kind: PersonType,
    pub(super) status: Status,
    pub(super) portal_owner: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) members: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) owner: String,
    pub(super) scopes: Vec<String>,
    pub(super) active: bool,
}

/// A folder, or a room, which is a folder with more to it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) title: String,
    pub(super) kind: i64,
    pub(super) creator: String,
    pub(super) created: jiff::Timestamp,
    pub(super) room: Option<Room>,
}

#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) kind: RoomKind,
    /// 14 rooms, 20 archive, 30 templates, 34 AI agents.
    pub(super) root: i64,
    pub(super) aces: BTreeMap<String, i64>,
    pub(super) tags: Vec<String>,
    pub(super) indexing: bool,
    pub(super) private: bool,
    pub(super) provider: Option<String>,
}

/// One call as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// The account, if any.
    pub user: Option<String>,
    /// The method.
    pub method: String,
    /// The path below `/api/2.0/`, decoded.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The body, `null` when it is none.
    pub body: Value,
    /// The status that was answered; 0 when no answer was given.
    pub status: u16,
    /// Whether the server has such a route.
    pub known: bool,
    /// How many calls were under way, this one included.
    pub at_once: usize,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) people: BTreeMap<String, Person>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) order: Vec<String>,
    pub(super) portal_tags: Vec<String>,
    pub(super) hooks: Vec<Hook>,
    pub(super) log: Vec<DeliveryLog>,
    pub(super) requests: Vec<Request>,
    pub(super) faults: Vec<Fault>,
    /// Work whose answer was dropped and that is done later.
    pub(super) later: Vec<(String, String, Vec<String>, Value)>,
    pub(super) under_way: usize,
    pub(super) template_copy: Option<(i64, bool)>,
    pub(super) saved_sort: Option<String>,
    next_id: i64,
    next_guid: u64,
}

pub(super) const ROOMS_ROOT: &str = "4";
pub(super) const ARCHIVE_ROOT: &str = "5";
pub(super) const TEMPLATES_ROOT: &str = "6";
pub(super) const EVERYONE: &str = "c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e";
pub(super) const ADMINS: &str = "cd84e66b-b803-40fc-99f9-b2969a54a1de";
/// Whom the server shows for an id that nobody has.
pub(super) const LOST_USER: &str = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3";

impl State {
    pub(super) fn new() -> Self {
        let mut state = Self {
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            keys: BTreeMap::new(),
            entries: BTreeMap::new(),
            order: Vec::new(),
            portal_tags: Vec::new(),
            hooks: Vec::new(),
            log: Vec::new(),
            requests: Vec::new(),
            faults: Vec::new(),
            later: Vec::new(),
            under_way: 0,
            template_copy: None,
            saved_sort: None,
            next_id: 57,
            next_guid: 1,
        };
        let owner = state.add_person("Portal Owner", "owner@example.org", PersonType::Admin);
        if let Some(person) = state.people.get_mut(&owner) {
            person.portal_owner = true;
        }
        state
    }

    pub(super) fn id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn guid(&mut self) -> String {
        self.next_guid += 1;
        let n = self.next_guid;
        format!("66faa6e4-f133-11ea-b126-{n:012x}")
    }

    pub(super) fn add_person(&mut self, name: &str, email: &str, kind: PersonType) -> String {
        let id = self.guid();
        let person = Person {
            id: id.clone(),
            name: name.to_owned(),
            email: email.to_owned(),
            kind,
            status: Status::Active,
            portal_owner: false,
        };
        self.people.insert(id.clone(), person);
        id
    }

    pub(super) fn add_entry(&mut self, entry: Entry) {
        self.order.push(entry.id.clone());
        self.entries.insert(entry.id.clone(), entry);
    }

    /// The room in which an entry is, itself included.
    pub(super) fn room_of(&self, id: &str) -> Option<&Entry> {
        let mut here = self.entries.get(id)?;
        while here.room.is_none() {
            here = self.entries.get(&here.parent)?;
        }
        Some(here)
    }

    /// All entries below one, at every depth, in the order in which they were made.
    pub(super) fn below(&self, id: &str) -> Vec<&Entry> {
        self.order
            .iter()
            .filter_map(|other| self.entries.get(other))
            .filter(|entry| entry.id != id && self.is_below(entry, id))
            .collect()
    }

    fn is_below(&self, entry: &Entry, id: &str) -> bool {
        let mut here = entry;
        loop {
            if here.parent == id {
                return true;
            }
            match self.entries.get(&here.parent) {
                Some(parent) => here = parent,
                None => return false,
            }
        }
    }
}

/// A title as it is stored: trimmed, cut to 170 units, forbidden characters and surrogate halves to `_`.
pub(super) fn stored(title: &str) -> String {
    let units: Vec<u16> = title.trim().encode_utf16().take(170).collect();
    units
        .into_iter()
        .map(|unit| match char::from_u32(u32::from(unit)) {
            Some(c) if !"\t*+:\"<>?|\\/".contains(c) => c,
            _ => '_',
        })
        .collect()
}

/// An id as the server writes it: a number for its own entries.
pub(super) fn id_json(id: &str) -> Value {
    id.parse::<i64>()
        .map_or_else(|_| Value::from(id), Value::from)
}

/// The text of an id that came as a number or as text.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}
