//! Personal settings of a room, pinning and muting (rooms-api.md H.5), and reordering an indexed one.

use serde_json::{Value, json};

use crate::simulator::api::settings;
use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::RoomType;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The maximum number of pinned rooms, and of pinned agents.
const MAX_PINS: usize = 10;

/// `PUT files/rooms/{id}/pin`.
pub(crate) fn pin(world: &mut World, call: &Call) -> Outcome {
    set(world, call, true)
}

/// `PUT files/rooms/{id}/unpin`.
pub(crate) fn unpin(world: &mut World, call: &Call) -> Outcome {
    set(world, call, false)
}

fn set(world: &mut World, call: &Call, is_pinned: bool) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    if !world.entries.contains_key(&id) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    if !world.may(Some(&who), Right::Pin, &id) {
        return Err(Refusal::Rule(Phrase::NoPin));
    }
    if is_pinned && world.pins_beside(&who, &id) >= MAX_PINS {
        return Err(Refusal::Rule(Phrase::NoPin));
    }
    if let Some(room) = world.room_mut(&id) {
        if is_pinned {
            room.pinned_by.insert(who.clone());
        } else {
            room.pinned_by.remove(&who);
        }
    }
    let mut answer = settings::shown(world, &who, &id)?;
    if let Some(Value::Object(folder)) = &mut answer.response {
        folder.insert("pinned".to_owned(), is_pinned.into());
    }
    Ok(answer)
}

/// `PUT files/rooms/{id}/reorder`: renumbers without gaps.
pub(crate) fn reorder(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    if !world.entries.contains_key(&id) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    if !world.may(Some(&who), Right::EditRoom, &id) {
        return Err(Refusal::Rule(Phrase::AccessDenied));
    }
    let mut children: Vec<(u32, EntryId)> = world
        .children(&id)
        .map(|child| (child.order, child.id.clone()))
        .collect();
    children.sort();
    for (order, (_, child)) in (1..).zip(children) {
        if let Some(entry) = world.entries.get_mut(&child) {
            entry.order = order;
        }
    }
    settings::shown(world, &who, &id)
}

/// `GET settings/notification/rooms`: the rooms that the caller has muted.
pub(crate) fn muted(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let rooms = world.muted.get(who).cloned().unwrap_or_default();
    Ok(Answer::of(json!({ "disabledRooms": rooms })))
}

/// `POST settings/notification/rooms`: accepts any id.
pub(crate) fn mute(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let is_muted = body.plain_flag("mute")?;
    let id = match body.value("roomsId") {
        None | Some(Value::Null) => return Err(settings::NO_OBJECT),
        Some(Value::String(id)) => id.clone(),
        Some(id) => id.to_string(),
    };
    let rooms = world.muted.entry(who).or_default();
    rooms.retain(|known| *known != id || is_muted);
    if is_muted && !rooms.contains(&id) {
        rooms.push(id);
    }
    muted(world, call)
}

impl World {
    /// How many rooms the person has pinned; agents are counted separately.
    fn pins_beside(&self, who: &str, id: &EntryId) -> usize {
        let is_agent = |id: &EntryId| {
            self.room(id)
                .is_some_and(|(_, room)| room.kind == RoomType::Ai)
        };
        let among_agents = is_agent(id);
        let pinned = self.entries.values().filter(|entry| {
            let room = entry.room.as_ref();
            room.is_some_and(|room| room.pinned_by.contains(who))
        });
        pinned
            .filter(|entry| is_agent(&entry.id) == among_agents)
            .count()
    }
}
