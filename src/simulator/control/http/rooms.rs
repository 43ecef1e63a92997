//! Rooms.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::shown::{all, told_of};
use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, members, spoken};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::seed::Word;
use crate::simulator::state::text::times;

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "GET /rooms",
        "All rooms, archived ones and templates too",
        "",
    ),
    spoken(
        "POST /rooms",
        "A new room, told to the webhooks, with what is in it",
        New::WRITE,
    ),
    spoken("GET /rooms/{room}", "One room", ""),
    spoken(
        "PUT /rooms/{room}",
        "Renames a room, archives it or brings it back, gives it to somebody else, makes it older",
        Changed::WRITE,
    ),
    spoken("DELETE /rooms/{room}", "Deletes a room", By::WRITE),
    spoken(
        "POST /rooms/{room}/events",
        "Tells the webhooks of something that did not happen",
        Event::WRITE,
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/rooms", get(list).post(create))
        .route("/rooms/{room}", get(one).put(change).delete(delete))
        .route("/rooms/{room}/events", post(fire))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    title: String,
    owner: String,
    #[serde(rename = "type")]
    kind: Word,
    #[serde(default)]
    folders: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    members: std::collections::BTreeMap<String, Word>,
}

impl Body for New {
    const WRITE: &'static str = r#"{"title": "Team Blue", "owner": "anna", "type": "custom", "folders": ["Plans/2026"], "tags": ["blue"], "members": {"HR": "viewer", "cleo": "editor"}}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    title: Option<String>,
    archived: Option<bool>,
    owner: Option<String>,
    #[serde(default, deserialize_with = "older")]
    older: Option<Duration>,
    by: Option<String>,
}

impl Body for Changed {
    const WRITE: &'static str =
        r#"{"title": "Team Red", "archived": true, "owner": "ben", "older": "3d", "by": "anna"}"#;
}

fn older<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    times::deserialize(from).map(Some)
}

/// Who does it; the room's owner if nobody is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    by: Option<String>,
}

impl Body for By {
    const WRITE: &'static str = r#"{"by": "anna"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    trigger: String,
    by: Option<String>,
}

impl Body for Event {
    const WRITE: &'static str = r#"{"trigger": "room.created", "by": "anna"}"#;
}

/// The account that acts: who was named, or the owner of the room.
pub(super) fn actor<T: Body>(
    portal: &Portal,
    by: Option<&str>,
    room: &EntryId,
) -> Result<String, Wrong> {
    match by {
        Some(by) => portal.find_account(by).map_err(Wrong::body::<T>),
        None => Ok(portal.room(room).map(|room| room.owner).unwrap_or_default()),
    }
}

async fn list(State(portal): State<Portal>) -> Told {
    told(all(&portal))
}

async fn one(State(portal): State<Portal>, Path(room): Path<String>) -> Told {
    told_of(&portal, &portal.find_room(&room)?)
}

async fn create(State(portal): State<Portal>, Written(body): Written<New>) -> Told {
    let owner = portal
        .find_account(&body.owner)
        .map_err(Wrong::body::<New>)?;
    let kind = words::room_type(&body.kind.0).ok_or_else(|| {
        Wrong::body::<New>(format!(
            "`{}` is no type of room; write `custom`, `collaboration`, `public`, `form-filling` or `vdr`",
            body.kind.0
        ))
    })?;
    let granted = body
        .members
        .iter()
        .map(|(who, access)| {
            let subject = portal.find_subject(who).map_err(Wrong::body::<New>)?;
            Ok((subject, members::code::<New>(&access.0)?))
        })
        .collect::<Result<Vec<(String, i32)>, Wrong>>()?;
    let id = portal.create_room(&owner, kind, &body.title);
    for path in &body.folders {
        portal.add_path(&owner, &id, path);
    }
    for tag in &body.tags {
        portal.add_tag(&owner, &id, tag);
    }
    for (subject, code) in granted {
        portal.grant(&id, &subject, code);
    }
    told_of(&portal, &id)
}

async fn change(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    Written(body): Written<Changed>,
) -> Told {
    let id = portal.find_room(&room)?;
    let by = actor::<Changed>(&portal, body.by.as_deref(), &id)?;
    let owner = body
        .owner
        .map(|owner| portal.find_account(&owner).map_err(Wrong::body::<Changed>))
        .transpose()?;
    if let Some(title) = &body.title {
        portal.rename(&by, &id, title);
    }
    if let Some(owner) = &owner
        && !portal.change_owner(&by, &id, owner)
    {
        return Err(Wrong::forbidden(
            "the portal forbids it: an owner is an active RoomAdmin or DocSpaceAdmin, and is made by the owner of an active room or by a DocSpaceAdmin",
        ));
    }
    match body.archived {
        Some(true) => portal.archive(&by, &id),
        Some(false) => portal.unarchive(&by, &id),
        None => true,
    };
    if let Some(by) = body.older {
        let by = SignedDuration::try_from(by).map_err(Wrong::body::<Changed>)?;
        portal.age(&id, by);
    }
    told_of(&portal, &id)
}

async fn delete(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    Written(body): Written<By>,
) -> Told {
    let id = portal.find_room(&room)?;
    let by = actor::<By>(&portal, body.by.as_deref(), &id)?;
    portal.delete_room(&by, &id);
    told(json!({ "removed": id }))
}

async fn fire(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    Written(body): Written<Event>,
) -> Told {
    let id = portal.find_room(&room)?;
    let by = actor::<Event>(&portal, body.by.as_deref(), &id)?;
    let trigger = words::trigger(&body.trigger).map_err(Wrong::body::<Event>)?;
    let before = portal.deliveries().len();
    portal.fire(trigger, &id, &by);
    let made: Vec<i64> = portal
        .deliveries()
        .iter()
        .skip(before)
        .map(|made| made.event)
        .collect();
    told(json!({ "events": made }))
}
