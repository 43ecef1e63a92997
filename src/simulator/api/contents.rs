//! The contents of a folder and the path to a folder (rooms-api.md C).

use serde_json::{Value, json};

use crate::simulator::api::rooms;
use crate::simulator::api::sorting;
use crate::simulator::dto::folder::Shown;
use crate::simulator::dto::merged;
use crate::simulator::state::collation;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::operations::{Done, OperationKind};
use crate::simulator::state::rooms::{Entry, FolderType, RoomType};
use crate::simulator::state::sorting::{SortBy, SortOrder};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome, Page};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The values of `filterType`.
const FILTER_TYPES: [(&str, i64); 21] = [
    ("None", 0),
    ("FilesOnly", 1),
    ("FoldersOnly", 2),
    ("DocumentsOnly", 3),
    ("PresentationsOnly", 4),
    ("SpreadsheetsOnly", 5),
    ("ImagesOnly", 7),
    ("ByUser", BY_USER),
    ("ByDepartment", 9),
    ("ArchiveOnly", 10),
    ("ByExtension", 11),
    ("MediaOnly", 12),
    ("FillingFormsRooms", 13),
    ("EditingRooms", 14),
    ("CustomRooms", 17),
    ("PublicRooms", 20),
    ("Pdf", 22),
    ("PdfForm", 23),
    ("VirtualDataRooms", 24),
    ("DiagramsOnly", 25),
    ("AiRooms", 26),
];
const BY_USER: i64 = 8;
/// The filters that only files can meet.
const OF_FILES: [i64; 11] = [1, 3, 4, 5, 7, 10, 11, 12, 22, 23, 25];

pub(crate) const SEARCH_AREAS: [(&str, i64); 8] = [
    ("Active", 0),
    ("Archive", 1),
    ("Any", 2),
    ("RecentByLinks", 3),
    ("Templates", 4),
    ("Knowledge", KNOWLEDGE),
    ("ResultStorage", RESULT_STORAGE),
    ("AiAgents", 7),
];
const KNOWLEDGE: i64 = 5;
const RESULT_STORAGE: i64 = 6;

const FILTER_OPTIONS: [(&str, i64); 3] = [("All", 0), ("Files", FILES), ("Folders", 2)];
const FILES: i64 = 1;

const LOCATIONS: [(&str, i64); 3] = [("Room", 1), ("Documents", 2), ("Link", 3)];

/// The parameters of a listing.
struct Parameters {
    page: Page,
    filter: i64,
    text: Option<String>,
    /// A person, or a group with the filter `ByUser`.
    subject: Option<String>,
    excludes_subject: bool,
    /// The room that an entry in the trash comes from; 0 means any.
    room: i64,
    goes_down: bool,
    area: i64,
    order: Option<SortOrder>,
}

impl Parameters {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let filter = call.query_enum("filterType", &FILTER_TYPES)?.unwrap_or(0);
        let subject = call
            .query_guid("userIdOrGroupId")?
            .filter(|guid| guid.contains(|digit| !matches!(digit, '0' | '-')));
        call.query_guid("sharedBy")?;
        let room = call.query_number("roomId")?.unwrap_or(0);
        let excludes_subject = call.query_flag("excludeSubject", false)?;
        let option = call
            .query_enum("applyFilterOption", &FILTER_OPTIONS)?
            .unwrap_or(0);
        let goes_down = call.query_flag("withSubFolders", true)?;
        let area = call.query_enum_or("searchArea", &SEARCH_AREAS, 0)?;
        call.query_enum("location", &LOCATIONS)?;
        let order = sorting::requested(call)?;
        let page = call.page()?;
        let text = call.query("filterValue").map(str::trim);
        // A filter for files leaves the folders unfiltered.
        let is_files = option == FILES;
        Ok(Self {
            page,
            filter: if is_files { 0 } else { filter },
            text: text.filter(|_| !is_files).map(str::to_owned),
            subject,
            excludes_subject,
            room,
            goes_down,
            area,
            order,
        })
    }

    /// Without a filter, only direct children are searched.
    fn is_filtered(&self) -> bool {
        self.filter != 0 || self.text.is_some() || self.subject.is_some()
    }

    fn finds(&self, world: &World, entry: &Entry) -> bool {
        let by_subject = match &self.subject {
            None => true,
            Some(group) if self.filter == BY_USER => world
                .person(&entry.created_by)
                .is_some_and(|person| world.is_in_group(person, group)),
            Some(subject) => (entry.created_by == *subject) != self.excludes_subject,
        };
        let by_text = self
            .text
            .as_ref()
            .is_none_or(|text| collation::contains(&entry.title, text));
        let by_room = || {
            let origin = entry.origin.as_ref().and_then(|id| world.room_of(id));
            origin.is_some_and(|room| room.id == EntryId::Number(self.room))
        };
        let by_filter = !OF_FILES.contains(&self.filter) && (self.room == 0 || by_room());
        by_subject && by_text && by_filter
    }
}

/// `GET files/{id}`: the folders of one level, or of the whole tree with `filterType=2`.
pub(crate) fn contents(world: &mut World, call: &Call) -> Outcome {
    let mut requested = Parameters::read(call)?;
    let who = call.caller.as_deref();
    let id = world.redirected(call, &mut requested)?;
    if !world.may_read(who, &id) || world.is_in_trash_below_root(&id) {
        return Err(Refusal::Rule(Phrase::NoView));
    }
    let (order, ties) = (world.order_of(who, requested.order), world.shuffler());
    let top = world.existing(&id)?;
    let mut found = world.found(who, top, &requested);
    let total = found.len();
    let order = if world.is_indexed_data_room(top) {
        SortOrder {
            by: SortBy::CustomOrder,
            is_descending: false,
        }
    } else {
        order
    };
    sorting::sort(&mut found, order, ties);
    Ok(listing(world, call, top, found, total, requested.page))
}

impl World {
    /// The folder to list: for an agent, possibly one of its two own folders.
    fn redirected(&self, call: &Call, requested: &mut Parameters) -> Result<EntryId, Refusal> {
        let id = call.entry_id();
        let missing = if call.caller.is_some() {
            Refusal::NotFound(Phrase::FolderMissing)
        } else {
            Refusal::Right
        };
        let entry = self.entries.get(&id).ok_or(missing)?;
        if entry.kind != FolderType::AiRoom {
            return Ok(id);
        }
        requested.goes_down = false;
        let kind = match requested.area {
            KNOWLEDGE => FolderType::Knowledge,
            RESULT_STORAGE => FolderType::ResultStorage,
            _ => return Ok(id),
        };
        self.children(&id)
            .find(|child| child.kind == kind)
            .map(|child| child.id.clone())
            .ok_or(Refusal::Unforeseen("the agent has no such folder"))
    }

    /// Whether the entry lies in a trash. The trash itself can be listed.
    fn is_in_trash_below_root(&self, id: &EntryId) -> bool {
        self.root_of(id)
            .is_some_and(|root| root.kind == FolderType::Trash && root.id != *id)
    }

    /// Active data rooms with an index always use their own order and ignore the requested one.
    fn is_indexed_data_room(&self, top: &Entry) -> bool {
        let is_active = self.root_of(&top.id).is_some_and(|root| {
            matches!(
                root.kind,
                FolderType::VirtualRooms | FolderType::RoomTemplates
            )
        });
        let room = self.room_of(&top.id).and_then(|room| room.room.as_ref());
        is_active && room.is_some_and(|room| room.is_indexed && room.kind == RoomType::VirtualData)
    }

    fn found(&self, who: Option<&str>, top: &Entry, requested: &Parameters) -> Vec<&Entry> {
        let goes_down = requested.goes_down
            && requested.is_filtered()
            && top.provider.is_none()
            && top.kind != FolderType::Trash;
        let mut found: Vec<&Entry> = if goes_down {
            self.descendants(&top.id)
        } else {
            self.children(&top.id).collect()
        };
        found.retain(|entry| requested.finds(self, entry));
        found.retain(|entry| entry.room.is_none() || self.may_read(who, &entry.id));
        found
    }
}

/// `GET files/{id}/subfolders`: all folders of one level, by title.
pub(crate) fn subfolders(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    let ties = world.shuffler();
    let top = world.existing(&id)?;
    rooms::readable(world, call, &id)?;
    let mut found: Vec<&Entry> = world.children(&id).collect();
    let by = if world.is_indexed_data_room(top) {
        SortBy::CustomOrder
    } else {
        SortBy::Az
    };
    let order = SortOrder {
        by,
        is_descending: false,
    };
    sorting::sort(&mut found, order, ties);
    let shown = |entry: &Entry| world.folder(Some(who), entry, Shown::Changed);
    Ok(Answer::streamed(found.into_iter().map(shown).collect()))
}

/// `GET files/folder/{id}/path`: the path from the root to the folder.
pub(crate) fn path(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    world.existing(&id)?;
    rooms::readable(world, call, &id)?;
    let way = world.readable_path(Some(who), &id);
    // This response does not look up grants and links.
    let unshared = json!({
        "shared": false, "sharedForUser": false, "sharedExternal": false, "parentShared": false,
    });
    let shown = |entry: &Entry| {
        let folder = world.folder(Some(who), entry, Shown::Changed);
        merged(folder, unshared.clone())
    };
    Ok(Answer::streamed(way.into_iter().map(shown).collect()))
}

/// `GET files/{id}/news`: always empty, because there are no files. Marks the folder as read.
pub(crate) fn news(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    world.existing(&id)?;
    if !world.may_read(Some(who), &id) || world.is_in_trash_below_root(&id) {
        return Err(Refusal::Right);
    }
    let done = Done {
        is_held: true,
        processed: 1,
        folders: vec![id],
        ..Done::default()
    };
    world.start_operation(who, OperationKind::MarkAsRead, done);
    Ok(Answer::streamed(Vec::new()))
}

impl World {
    /// The entries from the root down to this one that the caller may read.
    fn readable_path(&self, who: Option<&str>, id: &EntryId) -> Vec<&Entry> {
        let mut way = self.lineage(id);
        way.reverse();
        way.retain(|entry| self.may_read(who, &entry.id));
        way
    }

    /// The type that a listing reports as its parent: that of the room, or of the root. None in the archive or in a
    /// trash.
    fn parent_kind(&self, top: &Entry) -> Option<FolderType> {
        let root = self.root_of(&top.id)?.kind;
        let is_shown = matches!(
            root,
            FolderType::VirtualRooms | FolderType::RoomTemplates | FolderType::AiAgents
        );
        is_shown.then(|| self.room_of(&top.id).map_or(root, |room| room.kind))
    }

    /// Where a folder in the trash came from.
    fn origin(&self, entry: &Entry) -> Value {
        let origin = entry.origin.as_ref().and_then(|id| self.entries.get(id));
        let room = origin.and_then(|origin| self.room_of(&origin.id));
        json!({
            "originId": origin.map(|origin| &origin.id), "originTitle": origin.map(|origin| &origin.title),
            "originRoomId": room.map(|room| &room.id), "originRoomTitle": room.map(|room| &room.title),
        })
    }
}

/// One page of a listing, with the listed entry and the path to it.
pub(crate) fn listing(
    world: &World,
    call: &Call,
    top: &Entry,
    found: Vec<&Entry>,
    total: usize,
    page: Page,
) -> Answer {
    let who = call.caller.as_deref();
    let kind = world.parent_kind(top);
    let shown = if top.parent == EntryId::Number(0) && top.kind != FolderType::Trash {
        Shown::Room(kind)
    } else {
        Shown::Child(kind)
    };
    let child = |entry: &Entry| match top.kind {
        FolderType::Trash => merged(world.folder(who, entry, shown), world.origin(entry)),
        _ => world.folder(who, entry, shown),
    };
    let folders: Vec<Value> = page.of(found).into_iter().map(child).collect();
    let part = |entry: &Entry| {
        let kind = entry.room.as_ref().map(|room| room.kind.code());
        json!({ "id": entry.id, "title": entry.title, "roomType": kind, "folderType": entry.kind.code() })
    };
    let parts: Vec<Value> = world
        .readable_path(who, &top.id)
        .into_iter()
        .map(part)
        .collect();
    Answer::of(json!({
        "files": [], "count": folders.len(), "folders": folders, "current": world.folder(who, top, Shown::Parent(kind)),
        "pathParts": parts, "startIndex": page.start, "total": total, "new": 0,
    }))
}
