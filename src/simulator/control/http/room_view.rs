//! A room as the control endpoint shows it: with the names of its members.

use serde_json::{Value, json};

use super::body::{Answer, answer};
use crate::simulator::control::view::RoomView;
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;

fn view(portal: &Portal, room: &RoomView) -> Value {
    let mut answer = json!(room);
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("access");
        answer.insert("members".to_owned(), members(portal, room));
    }
    answer
}

pub(super) fn all(portal: &Portal) -> Vec<Value> {
    let rooms = portal.rooms();
    rooms.iter().map(|room| view(portal, room)).collect()
}

pub(super) fn room_answer(portal: &Portal, id: &EntryId) -> Answer {
    answer(portal.room(id).map(|room| view(portal, &room)))
}

fn members(portal: &Portal, room: &RoomView) -> Value {
    let member = |(id, code): (&String, &i32)| {
        json!({
            "id": id, "name": portal.name_of(id), "code": code,
            "access": words::access_name(*code),
        })
    };
    room.access.iter().map(member).collect()
}
