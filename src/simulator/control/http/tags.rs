//! Tags of rooms.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::put;

use super::body::{Answer, Problem};
use super::{Endpoint, endpoint, room_view};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("PUT /rooms/{room}/tags/{tag}", "Adds a tag to a room", ""),
    endpoint(
        "DELETE /rooms/{room}/tags/{tag}",
        "Removes a tag from a room",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/rooms/{room}/tags/{tag}", put(add).delete(remove))
}

async fn add(State(portal): State<Portal>, Path((room, tag)): Path<(String, String)>) -> Answer {
    let room = portal.find_room(&room)?;
    portal.add_tag("", &room, &tag);
    room_view::room_answer(&portal, &room)
}

async fn remove(State(portal): State<Portal>, Path((room, tag)): Path<(String, String)>) -> Answer {
    let room = portal.find_room(&room)?;
    if !portal.remove_tag(&room, &tag) {
        return Err(Problem::missing("the room does not have this tag"));
    }
    room_view::room_answer(&portal, &room)
}
