//! Who has access to a room.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::put;
use serde::Deserialize;

use super::written::{Body, Told, Written, Wrong};
use super::{Spoken, shown, spoken};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::seed::Word;

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "PUT /rooms/{room}/members/{who}",
        "Gives an account or a group this access, whatever the rules of the portal say",
        Access::WRITE,
    ),
    spoken(
        "DELETE /rooms/{room}/members/{who}",
        "Takes an account's or a group's access away",
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
    const WRITE: &'static str = r#"{"access": "editor"}"#;
}

/// The code of an access that was written.
pub(super) fn code<T: Body>(word: &str) -> Result<i32, Wrong> {
    words::access(word).ok_or_else(|| {
        Wrong::body::<T>(format!(
            "`{word}` is no access; write `room-manager`, `content-creator`, `editor`, `form-filler`, `reviewer`, `commenter` or `viewer`"
        ))
    })
}

async fn grant(
    State(portal): State<Portal>,
    Path((room, who)): Path<(String, String)>,
    Written(body): Written<Access>,
) -> Told {
    let (room, who) = (portal.find_room(&room)?, portal.find_subject(&who)?);
    portal.grant(&room, &who, code::<Access>(&body.access.0)?);
    shown::told_of(&portal, &room)
}

async fn revoke(State(portal): State<Portal>, Path((room, who)): Path<(String, String)>) -> Told {
    let room = portal.find_room(&room)?;
    // An id that means nobody may have been granted something all the same.
    let who = portal.find_subject(&who).unwrap_or(who);
    portal.revoke(&room, &who);
    shown::told_of(&portal, &room)
}
