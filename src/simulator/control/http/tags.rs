//! Tags of rooms.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::put;

use super::written::{Told, Wrong};
use super::{Spoken, shown, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("PUT /rooms/{room}/tags/{tag}", "Adds a tag to a room", ""),
    spoken(
        "DELETE /rooms/{room}/tags/{tag}",
        "Removes a tag from a room",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/rooms/{room}/tags/{tag}", put(add).delete(remove))
}

async fn add(State(portal): State<Portal>, Path((room, tag)): Path<(String, String)>) -> Told {
    let room = portal.find_room(&room)?;
    portal.add_tag("", &room, &tag);
    shown::told_of(&portal, &room)
}

async fn remove(State(portal): State<Portal>, Path((room, tag)): Path<(String, String)>) -> Told {
    let room = portal.find_room(&room)?;
    if !portal.remove_tag(&room, &tag) {
        return Err(Wrong::missing("the room does not have this tag"));
    }
    shown::told_of(&portal, &room)
}
