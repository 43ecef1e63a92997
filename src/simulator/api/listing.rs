//! The list of rooms (rooms-api.md I).

use crate::simulator::api::contents;
use crate::simulator::api::sorting;
use crate::simulator::state::rooms::{Entry, RoomType};
use crate::simulator::state::world::{
    AGENTS_ROOT, ARCHIVE_ROOT, ROOMS_ROOT, TEMPLATES_ROOT, World,
};
use crate::simulator::wire::call::{Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Refusal};

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
    let asked = sorting::asked(call)?;
    let (order, ties) = (world.order_of(Some(&who), asked), world.shuffler());
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
    let total = found.len();
    sorting::sort(&mut found, order, ties);
    let pinned = |entry: &&Entry| {
        !entry
            .room
            .as_ref()
            .is_some_and(|room| room.pinned_by.contains(&who))
    };
    found.sort_by_key(pinned);
    Ok(contents::listing(world, call, top, found, total, page))
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
