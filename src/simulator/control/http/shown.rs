//! How the control endpoint shows a room: with the names of its members.

use serde_json::{Value, json};

use super::written::{Told, told};
use crate::simulator::control::view::RoomView;
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;

fn shown(portal: &Portal, room: &RoomView) -> Value {
    let mut told = json!(room);
    if let Some(told) = told.as_object_mut() {
        told.remove("access");
        told.insert("members".to_owned(), members(portal, room));
    }
    told
}

pub(super) fn all(portal: &Portal) -> Vec<Value> {
    let rooms = portal.rooms();
    rooms.iter().map(|room| shown(portal, room)).collect()
}

pub(super) fn told_of(portal: &Portal, id: &EntryId) -> Told {
    told(portal.room(id).map(|room| shown(portal, &room)))
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
