//! Listings: rooms of the portal, contents of a folder.

use serde_json::{Value, json};

use crate::simulator::api::rooms;
use crate::simulator::dto::folder::Shown;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{Entry, FolderType, RoomType};
use crate::simulator::state::world::{
    AGENTS_ROOT, ARCHIVE_ROOT, ROOMS_ROOT, Shuffler, SortBy, SortOrder, TEMPLATES_ROOT, World,
};
use crate::simulator::wire::call::{Answer, Call, Outcome, Page};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const FOLDERS_ONLY: i64 = 2;

/// What `filterType` may be (rooms-api.md C.1).
const FILTER_TYPES: [(&str, i64); 21] = [
    ("None", 0),
    ("FilesOnly", 1),
    ("FoldersOnly", 2),
    ("DocumentsOnly", 3),
    ("PresentationsOnly", 4),
    ("SpreadsheetsOnly", 5),
    ("ImagesOnly", 7),
    ("ByUser", 8),
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

/// `GET files/{id}`: the folders of one level, or with `filterType=2` of the whole tree.
pub(crate) fn contents(world: &mut World, call: &Call) -> Outcome {
    let page = call.page()?;
    let filter = call.query_enum("filterType", &FILTER_TYPES)?.unwrap_or(0);
    let wants_all = call.query_flag("withSubFolders", true)?;
    let text = call
        .query("filterValue")
        .filter(|text| !text.is_empty())
        .map(str::to_lowercase);
    let (order, ties) = (sort_order(world, call)?, world.shuffler());
    let id = call.entry_id();
    let missing = if call.caller.is_some() {
        Refusal::NotFound(Phrase::FolderMissing)
    } else {
        Refusal::Rule(Phrase::FolderMissing)
    };
    let top = world.entries.get(&id).ok_or(missing)?;
    if !world.may_read(call.caller.as_deref(), &id) || world.is_below(&id, FolderType::Trash) {
        return Err(Refusal::Rule(Phrase::NoView));
    }
    let goes_down = wants_all
        && (filter != 0 || text.is_some())
        && top.provider.is_none()
        && top.kind != FolderType::AiRoom;
    let mut found: Vec<&Entry> = if goes_down {
        world.descendants(&id)
    } else {
        world.children(&id).collect()
    };
    if filter != 0 && filter != FOLDERS_ONLY || call.query("applyFilterOption") == Some("1") {
        found.clear();
    }
    if let Some(text) = &text {
        found.retain(|entry| entry.title.to_lowercase().contains(text));
    }
    found.retain(|entry| entry.room.is_none() || world.may_read(call.caller.as_deref(), &entry.id));
    sort(&mut found, order, ties, world, top);
    Ok(listing(world, call, top, found, page))
}

/// `GET files/{id}/subfolders`: one level, all of it, by title.
pub(crate) fn subfolders(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    if !world.entries.contains_key(&id) {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    rooms::readable(world, call, &id)?;
    let mut found: Vec<&Entry> = world.children(&id).collect();
    found.sort_by_key(|entry| entry.title.to_lowercase());
    let kind = world
        .entries
        .get(&id)
        .and_then(|top| kind_of_place(world, top));
    Ok(Answer::streamed(
        found
            .into_iter()
            .map(|entry| world.folder(Some(who), entry, Shown::Child(kind)))
            .collect(),
    ))
}

/// `GET files/rooms`: what the caller may see of one area.
pub(crate) fn rooms(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let page = call.page()?;
    let area = call.query_number("searchArea")?.unwrap_or(0);
    let roots = World::roots_of_area(area)
        .ok_or_else(|| Refusal::validation("searchArea", "The value is not valid."))?;
    let kinds = call
        .query_all("type")
        .map(kind)
        .collect::<Result<Vec<_>, _>>()?;
    let tags = tags(call)?;
    let subject = subject(call)?;
    let owns = call.query_number("subjectFilter")?.unwrap_or(0) == 0;
    let storage = call.query_number("storageFilter")?.unwrap_or(0);
    let text = call
        .query("filterValue")
        .map(str::to_lowercase)
        .unwrap_or_default();
    let (order, ties) = (sort_order(world, call)?, world.shuffler());
    let is_any = area == 2;
    let mut found: Vec<&Entry> = world
        .entries
        .values()
        .filter(|entry| roots.contains(&entry.parent))
        .filter_map(|entry| entry.room.as_ref().map(|room| (entry, room)))
        .filter(|(entry, room)| {
            sees(world, &who, entry, is_any)
                && (kinds.is_empty() || kinds.contains(&room.kind))
                && tags.iter().all(|tag| {
                    world
                        .tags
                        .of(&entry.id)
                        .iter()
                        .any(|own| own.to_lowercase() == *tag)
                })
                && entry.title.to_lowercase().contains(&text)
                && (storage == 0 || (storage == 2) == entry.provider.is_some())
                && subject
                    .as_ref()
                    .is_none_or(|subject| is_of(world, subject, entry, owns))
        })
        .map(|(entry, _)| entry)
        .collect();
    let root = match area {
        1 => ARCHIVE_ROOT,
        4 => TEMPLATES_ROOT,
        7 => AGENTS_ROOT,
        _ => ROOMS_ROOT,
    };
    let top = world
        .entries
        .get(&root)
        .ok_or(Refusal::Unforeseen("no root"))?;
    sort(&mut found, order, ties, world, top);
    let pinned = |entry: &&Entry| {
        !entry
            .room
            .as_ref()
            .is_some_and(|room| room.pinned_by.contains(&who))
    };
    found.sort_by_key(pinned);
    Ok(listing(world, call, top, found, page))
}

/// In the area "any" agents are shown to their members, not to an admin as such.
fn sees(world: &World, who: &str, entry: &Entry, is_any: bool) -> bool {
    let is_member = || {
        world.person(who).is_some_and(|person| {
            world.standing(person, entry) != crate::simulator::rights::Standing::Stranger
        })
    };
    world.may_read(Some(who), &entry.id) && (!is_any || entry.parent != AGENTS_ROOT || is_member())
}

fn is_of(world: &World, subject: &str, entry: &Entry, owns: bool) -> bool {
    let is_member = || {
        world
            .aces
            .get(&entry.id)
            .is_some_and(|aces| aces.iter().any(|ace| ace.subject == subject))
    };
    if owns {
        entry.created_by == subject
    } else {
        is_member()
    }
}

fn kind(text: &str) -> Result<RoomType, Refusal> {
    let by_number = text.parse().ok().and_then(RoomType::from_code);
    by_number
        .or_else(|| RoomType::from_name(text))
        .ok_or_else(|| Refusal::validation("type", format!("The value '{text}' is not valid.")))
}

/// A JSON array in a string; anything else is not foreseen.
fn tags(call: &Call) -> Result<Vec<String>, Refusal> {
    let Some(text) = call.query("tags") else {
        return Ok(Vec::new());
    };
    let tags: Vec<String> = serde_json::from_str(text)
        .map_err(|_| Refusal::Thrown(Exception::Json, "The JSON value could not be converted."))?;
    Ok(tags.iter().map(|tag| tag.to_lowercase()).collect())
}

fn subject(call: &Call) -> Result<Option<String>, Refusal> {
    let parse = |text: &str| {
        crate::simulator::state::ids::parse_guid(text)
            .ok_or(Refusal::Unforeseen("Unrecognized Guid format."))
    };
    call.query("subjectId").map(parse).transpose()
}

/// What `sortBy` and `sortOrder` ask for; asking makes it the caller's own order from now on.
fn sort_order(world: &mut World, call: &Call) -> Result<SortOrder, Refusal> {
    let who = call.caller.clone().unwrap_or_default();
    let saved = world.sort_orders.get(&who).copied().unwrap_or(SortOrder {
        by: SortBy::Updated,
        is_descending: true,
    });
    let Some(text) = call.query("sortBy") else {
        return Ok(saved);
    };
    let by = match text.to_ascii_lowercase().as_str() {
        "az" => SortBy::Title,
        "dateandtimecreation" => SortBy::Created,
        "author" => SortBy::Author,
        "customorder" => SortBy::Custom,
        "dateandtime" | "type" | "size" | "new" | "roomtype" | "tags" | "room" | "lastopened"
        | "usedspace" => SortBy::Updated,
        _ => {
            return Err(Refusal::validation(
                "sortBy",
                format!("The value '{text}' is not valid."),
            ));
        }
    };
    let is_descending = match call
        .query("sortOrder")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("0" | "ascending") => false,
        Some("1" | "descending") => true,
        Some(other) => {
            return Err(Refusal::validation(
                "sortOrder",
                format!("The value '{other}' is not valid."),
            ));
        }
    };
    let order = SortOrder { by, is_descending };
    world.sort_orders.insert(who, order);
    Ok(order)
}

/// Entries with equal keys keep the order of their ids, unless ties are unstable.
fn sort(found: &mut [&Entry], order: SortOrder, ties: Shuffler, world: &World, top: &Entry) {
    let is_indexed_vdr = world
        .room_of(&top.id)
        .and_then(|entry| entry.room.as_ref())
        .is_some_and(|room| room.is_indexed && room.kind == RoomType::VirtualData);
    found.sort_by(|one, other| one.id.cmp(&other.id));
    ties.shuffle(found);
    if is_indexed_vdr {
        found.sort_by_key(|entry| entry.order);
        return;
    }
    match order.by {
        SortBy::Title => found.sort_by_key(|entry| entry.title.to_lowercase()),
        SortBy::Updated => found.sort_by_key(|entry| entry.updated),
        SortBy::Created => found.sort_by_key(|entry| entry.created),
        SortBy::Author => found.sort_by(|one, other| one.created_by.cmp(&other.created_by)),
        SortBy::Custom => found.sort_by_key(|entry| entry.order),
    }
    if order.is_descending {
        found.reverse();
    }
}

/// The type that a listing gives as its place: of the room, or of the root. Nothing in the archive or in a trash.
fn kind_of_place(world: &World, top: &Entry) -> Option<FolderType> {
    let root = world.root_of(&top.id)?.kind;
    let tells = matches!(
        root,
        FolderType::VirtualRooms | FolderType::RoomTemplates | FolderType::AiAgents
    );
    tells.then(|| world.room_of(&top.id).map_or(root, |room| room.kind))
}

fn listing(world: &World, call: &Call, top: &Entry, found: Vec<&Entry>, page: Page) -> Answer {
    let who = call.caller.as_deref();
    let total = found.len();
    let kind = kind_of_place(world, top);
    let child = if top.parent == EntryId::Number(0) {
        Shown::Room(kind)
    } else {
        Shown::Child(kind)
    };
    let folders: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|entry| world.folder(who, entry, child))
        .collect();
    let mut path: Vec<Value> = world
        .lineage(&top.id)
        .into_iter()
        .map(|entry| {
            let kind = entry.room.as_ref().map(|room| room.kind.code());
            json!({ "id": entry.id, "title": entry.title, "roomType": kind, "folderType": entry.kind.code() })
        })
        .collect();
    path.reverse();
    Answer::of(json!({
        "files": [], "count": folders.len(), "folders": folders, "current": world.folder(who, top, Shown::Parent(kind)),
        "pathParts": path, "startIndex": page.start, "total": total, "new": 0,
    }))
}
