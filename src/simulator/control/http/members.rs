//! Members of a room.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::put;
use serde::Deserialize;

use super::body::{Answer, Body, JsonBody, Problem};
use super::{Endpoint, endpoint, room_view};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::seed::Word;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "PUT /rooms/{room}/members/{who}",
        "Gives an account or a group this access, without checking the portal's rules",
        Access::EXAMPLE,
    ),
    endpoint(
        "DELETE /rooms/{room}/members/{who}",
        "Removes an account's or a group's access",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/rooms/{room}/members/{who}", put(grant).delete(revoke))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Access {
    access: Word,
}

impl Body for Access {
    const EXAMPLE: &'static str = r#"{"access": "editor"}"#;
}

/// Parses an access and returns its code.
pub(super) fn code<T: Body>(word: &str) -> Result<i32, Problem> {
    words::access(word).ok_or_else(|| {
        Problem::body::<T>(format!(
            "`{word}` is not an access right; write `room-manager`, `content-creator`, `editor`, `form-filler`, `reviewer`, `commenter` or `viewer`"
        ))
    })
}

async fn grant(
    State(portal): State<Portal>,
    Path((room, who)): Path<(String, String)>,
    JsonBody(body): JsonBody<Access>,
) -> Answer {
    let (room, who) = (portal.find_room(&room)?, portal.find_subject(&who)?);
    portal.grant(&room, &who, code::<Access>(&body.access.0)?);
    room_view::room_answer(&portal, &room)
}

async fn revoke(State(portal): State<Portal>, Path((room, who)): Path<(String, String)>) -> Answer {
    let room = portal.find_room(&room)?;
    // An id that names nobody may have a grant all the same.
    let who = portal.find_subject(&who).unwrap_or(who);
    portal.revoke(&room, &who);
    room_view::room_answer(&portal, &room)
}
