//! Rooms, folders, tags, owners.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Fail, Outcome};
use super::http::Call;
use super::state::{
    Entry, Person, PersonType, ROOMS_ROOT, RoomKind, State, Status, id_json, id_text, stored,
};
use super::view;

const NO_RIGHT: &str = "Sie haben nicht genügend Rechte";

fn written(at: jiff::Timestamp) -> String {
    format!("{}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S.0000000"))
}

/// A folder or room as the server writes it; what is unset is left out.
fn dto(state: &State, entry: &Entry, who: Option<&Person>) -> Value {
    let author = state.people.get(&entry.creator);
    let mut out = Map::new();
    out.insert("id".to_owned(), id_json(&entry.id));
    out.insert("parentId".to_owned(), id_json(&entry.parent));
    out.insert("title".to_owned(), json!(entry.title));
    out.insert("created".to_owned(), json!(written(entry.created)));
    out.insert(
        "createdBy".to_owned(),
        json!({ "id": entry.creator, "displayName": author.map(|person| person.name.as_str()) }),
    );
    out.insert("fileEntryType".to_owned(), json!(1));
    if entry.kind != 0 {
        out.insert("type".to_owned(), json!(entry.kind));
    }
    let home = state.room_of(&entry.id);
    if let Some(room) = home.and_then(|home| home.room.as_ref()) {
        out.insert("rootFolderType".to_owned(), json!(room.root));
    }
    if let (Some(home), Some(who)) = (home, who) {
        out.insert("security".to_owned(), state.security(home, who));
    }
    if let Some(room) = &entry.room {
        out.insert("roomType".to_owned(), json!(room.kind.number()));
        out.insert("tags".to_owned(), json!(room.tags));
        out.insert("indexing".to_owned(), json!(room.indexing));
        out.insert("private".to_owned(), json!(room.private));
        out.insert("denyDownload".to_owned(), json!(false));
        if let Some(provider) = &room.provider {
            out.insert("providerItem".to_owned(), json!(true));
            out.insert("providerKey".to_owned(), json!(provider));
        }
        // 3 for an admin who is no member: says nothing about rights.
        let access = who.map_or(0, |who| match state.effective(room, &who.id) {
            0 if entry.creator != who.id => 3,
            code => code,
        });
        out.insert("access".to_owned(), json!(access));
    }
    Value::Object(out)
}

pub(super) fn room(call: &Call<'_>, id: &str) -> Outcome {
    let state = call.portal.state();
    let entry = state.entries.get(id).ok_or(Fail::NotFound)?;
    let home = state.room_of(id).ok_or(Fail::NotFound)?;
    match &call.who {
        None => Err(Fail::Anonymous),
        Some(who) if !state.can_read(home, who) => Err(Fail::Rule(NO_RIGHT)),
        who => Ok(Answer::ok(dto(&state, entry, who.as_ref()))),
    }
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let me = call.person()?.clone();
    if !matches!(me.kind, PersonType::Admin | PersonType::RoomAdmin) {
        return Err(Fail::Right);
    }
    let title = call
        .body
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = call
        .body
        .get("roomType")
        .and_then(Value::as_i64)
        .and_then(RoomKind::from_number);
    let Some(kind) = kind else {
        return Ok(Answer::invalid(
            "RoomType",
            "The field RoomType is invalid.",
        ));
    };
    let id = call.portal.create_room(&me.id, kind, title);
    let state = call.portal.state();
    let entry = state.entries.get(&id).ok_or(Fail::Internal)?;
    Ok(Answer::ok(dto(&state, entry, Some(&me))))
}

/// Answers, and publishes `room.updated`, even when nothing changed.
pub(super) fn update(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?.clone();
    let answer = {
        let mut state = call.portal.state();
        let entry = state
            .entries
            .get(id)
            .ok_or(Fail::Rule("Der Ordner wurde nicht gefunden"))?;
        if !state.can_manage(entry, &me) {
            return Err(Fail::Rule(NO_RIGHT));
        }
        if let Some(entry) = state.entries.get_mut(id) {
            if let Some(title) = call
                .body
                .get("title")
                .and_then(Value::as_str)
                .filter(|title| !title.trim().is_empty())
            {
                entry.title = stored(title);
            }
            if let Some(room) = &mut entry.room {
                if let Some(tags) = call.body.get("tags").and_then(Value::as_array) {
                    room.tags = tags
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect();
                }
                if let Some(indexing) = call.body.get("indexing").and_then(Value::as_bool)
                    && room.provider.is_none()
                {
                    room.indexing = indexing;
                }
            }
        }
        let entry = state.entries.get(id).ok_or(Fail::Internal)?;
        Answer::ok(dto(&state, entry, Some(&me)))
    };
    call.portal.publish("room.updated", id, &me.id);
    Ok(answer)
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let me = call.person()?;
    let (count, start) = match (
        call.number("count", 100, 1, 100),
        call.number("startIndex", 0, 0, usize::MAX),
    ) {
        (Ok(count), Ok(start)) => (count, start),
        (Err(answer), _) | (_, Err(answer)) => return Ok(answer),
    };
    let mut state = call.portal.state();
    if let Some(sort) = call.query.get("sortBy") {
        state.saved_sort = Some(sort.clone());
    }
    let root = match call.query.get("searchArea").map(String::as_str) {
        Some("1") => 20,
        Some("4") => 30,
        _ => 14,
    };
    let all: Vec<&Entry> = state
        .order
        .iter()
        .filter_map(|id| state.entries.get(id))
        .filter(|entry| {
            entry.room.as_ref().is_some_and(|room| room.root == root) && state.can_read(entry, me)
        })
        .collect();
    let total = all.len();
    let page: Vec<Value> = all
        .into_iter()
        .skip(start)
        .take(count)
        .map(|entry| dto(&state, entry, Some(me)))
        .collect();
    let (length, start) = (page.len(), start);
    Ok(Answer::ok(
        json!({ "files": [], "folders": page, "startIndex": start, "count": length, "total": total, "new": 0 }),
    ))
}

pub(super) fn copy_status(call: &Call<'_>) -> Outcome {
    call.person()?;
    let copy = call.portal.state().template_copy;
    Ok(Answer::ok(copy.map_or(Value::Null, |(room, done)| {
        json!({ "roomId": room, "progress": if done { 100 } else { 40 }, "error": "", "isCompleted": done })
    })))
}

/// The right is checked before the tags are read; a DocSpace admin may tag every room.
pub(super) fn tags(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?.clone();
    let Some(names) = call.body.get("names").and_then(Value::as_array) else {
        return Ok(Answer::invalid("Names", "The Names field is required."));
    };
    let names: Vec<String> = names
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let mut state = call.portal.state();
    let entry = state.entries.get(id).ok_or(Fail::NotFound)?;
    let archived = entry.room.as_ref().is_none_or(|room| room.root == 20);
    if archived || !(me.kind == PersonType::Admin || state.can_manage(entry, &me)) {
        return Err(Fail::Right);
    }
    // The collation knows no case: a tag comes back as it was first written.
    let known: Vec<String> = names
        .iter()
        .map(|name| {
            let there = state
                .portal_tags
                .iter()
                .find(|tag| tag.to_lowercase() == name.to_lowercase())
                .cloned();
            there.unwrap_or_else(|| {
                state.portal_tags.push(name.clone());
                name.clone()
            })
        })
        .collect();
    if let Some(room) = state
        .entries
        .get_mut(id)
        .and_then(|entry| entry.room.as_mut())
    {
        for tag in known {
            if call.method == "DELETE" {
                room.tags
                    .retain(|own| own.to_lowercase() != tag.to_lowercase());
            } else if !room
                .tags
                .iter()
                .any(|own| own.to_lowercase() == tag.to_lowercase())
            {
                room.tags.push(tag);
            }
        }
    }
    let entry = state.entries.get(id).ok_or(Fail::Internal)?;
    Ok(Answer::ok(dto(&state, entry, Some(&me))))
}

/// The old owner becomes room manager; the new one's grant goes.
pub(super) fn change_owner(state: &mut State, id: &str, owner: &str) {
    let Some(entry) = state.entries.get_mut(id) else {
        return;
    };
    let former = std::mem::replace(&mut entry.creator, owner.to_owned());
    let terminated = state
        .people
        .get(&former)
        .is_none_or(|person| person.status == Status::Terminated);
    if let Some(room) = &mut entry.room {
        room.aces.remove(owner);
        if !terminated && former != owner {
            room.aces.insert(former, 9);
        }
    }
}

pub(super) fn owner(call: &Call<'_>) -> Outcome {
    let me = call.person()?.clone();
    let to = call
        .body
        .get("userId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_lowercase();
    let ids: Vec<String> = call
        .body
        .get("folderIds")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(id_text)
        .collect();
    let mut changed = Vec::new();
    {
        let mut state = call.portal.state();
        let fit = state.people.get(&to).is_some_and(|person| {
            person.status == Status::Active
                && matches!(person.kind, PersonType::Admin | PersonType::RoomAdmin)
        });
        if !fit {
            return Err(Fail::Rule("Dieser Benutzer kann nicht ausgewählt werden"));
        }
        for id in &ids {
            let entry = state.entries.get(id).ok_or(Fail::NotFound)?;
            let archived = entry.room.as_ref().is_none_or(|room| room.root == 20);
            if archived || !(me.kind == PersonType::Admin || entry.creator == me.id) {
                return Err(Fail::Right);
            }
            change_owner(&mut state, id, &to);
            changed.push(id.clone());
        }
    }
    for id in &changed {
        call.portal.publish("folder.updated", id, &me.id);
    }
    let state = call.portal.state();
    let all: Vec<Value> = changed
        .iter()
        .filter_map(|id| state.entries.get(id))
        .map(|entry| dto(&state, entry, Some(&me)))
        .collect();
    Ok(Answer::ok(json!(all)))
}

/// Each call makes another folder, whatever its title. A missing parent is 403.
pub(super) fn create_folder(call: &Call<'_>, parent: &str) -> Outcome {
    let me = call.person()?.clone();
    let title = match call.body.get("title").and_then(Value::as_str) {
        None => {
            return Ok(Answer::invalid(
                "$",
                "JSON deserialization was missing required properties including: 'title'.",
            ));
        }
        Some(title) if title.encode_utf16().count() > 165 => {
            return Ok(Answer::invalid(
                "Folder.Title",
                "The field Title must be a string with a maximum length of 165.",
            ));
        }
        Some(title) if title.trim().is_empty() => return Err(Fail::Argument("Der Titel ist leer")),
        Some(title) => title.to_owned(),
    };
    let (id, answer) = {
        let mut state = call.portal.state();
        let kind = state.entries.get(parent).map(|entry| entry.kind);
        let Some(home) = state.room_of(parent).filter(|_| parent != ROOMS_ROOT) else {
            return Err(Fail::Rule("Der Ordner wurde nicht gefunden"));
        };
        let agent = home
            .room
            .as_ref()
            .is_some_and(|room| room.kind == RoomKind::Ai)
            && home.id == parent;
        if !state.can_create(home, &me) || agent || matches!(kind, Some(25 | 26)) {
            return Err(Fail::Rule("Sie haben keine Berechtigung zum Erstellen"));
        }
        let id = state.id().to_string();
        let entry = view::entry(&id, parent, &title, &me.id, None);
        let answer = Answer::ok(dto(&state, &entry, Some(&me)));
        state.add_entry(entry);
        (id, answer)
    };
    call.portal.publish("folder.created", &id, &me.id);
    Ok(answer)
}

pub(super) fn rename(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?.clone();
    let title = call
        .body
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let mut state = call.portal.state();
    let home = state.room_of(id).ok_or(Fail::NotFound)?;
    if !state.can_manage(home, &me) {
        return Err(Fail::Rule(NO_RIGHT));
    }
    if let Some(entry) = state.entries.get_mut(id) {
        entry.title = stored(&title);
    }
    let entry = state.entries.get(id).ok_or(Fail::Internal)?;
    Ok(Answer::ok(dto(&state, entry, Some(&me))))
}

pub(super) fn subfolders(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?;
    let state = call.portal.state();
    let home = state.room_of(id).ok_or(Fail::NotFound)?;
    if !state.can_read(home, me) {
        return Err(Fail::Rule(NO_RIGHT));
    }
    let all: Vec<Value> = state
        .below(id)
        .into_iter()
        .filter(|entry| entry.parent == id)
        .map(|entry| dto(&state, entry, Some(me)))
        .collect();
    Ok(Answer::ok(json!(all)))
}

/// Direct children; with `filterType=2` all folders below, at every depth, 100 a page.
pub(super) fn listing(call: &Call<'_>, id: &str) -> Outcome {
    let (count, start) = match (
        call.number("count", 100, 1, 100),
        call.number("startIndex", 0, 0, usize::MAX),
    ) {
        (Ok(count), Ok(start)) => (count, start),
        (Err(answer), _) | (_, Err(answer)) => return Ok(answer),
    };
    let mut state = call.portal.state();
    if let Some(sort) = call.query.get("sortBy") {
        state.saved_sort = Some(sort.clone());
    }
    let home = state.room_of(id).ok_or(Fail::NotFound)?;
    let me = match &call.who {
        Some(me) if state.can_read(home, me) => me,
        _ => return Err(Fail::Rule(NO_RIGHT)),
    };
    let third_party = home
        .room
        .as_ref()
        .is_some_and(|room| room.provider.is_some());
    let deep = call.query.get("filterType").is_some_and(|kind| kind == "2")
        && call
            .query
            .get("withSubFolders")
            .is_none_or(|deep| deep != "false")
        && !third_party;
    let all: Vec<&Entry> = state
        .below(id)
        .into_iter()
        .filter(|entry| deep || entry.parent == id)
        .collect();
    let total = all.len();
    let page: Vec<Value> = all
        .into_iter()
        .skip(start)
        .take(count)
        .map(|entry| dto(&state, entry, Some(me)))
        .collect();
    let length = page.len();
    let current = state
        .entries
        .get(id)
        .map(|entry| dto(&state, entry, Some(me)));
    Ok(Answer::ok(json!({
        "files": [], "folders": page, "current": current, "pathParts": [],
        "startIndex": start, "count": length, "total": total, "new": 0,
    })))
}
