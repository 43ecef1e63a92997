//! Rooms.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::room_view::{all, room_answer};
use super::{Endpoint, endpoint, members};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::seed::Word;
use crate::simulator::state::text::times;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "GET /rooms",
        "All rooms, including archived ones and templates",
        "",
    ),
    endpoint(
        "POST /rooms",
        "Creates a room with its contents and notifies the webhooks",
        New::EXAMPLE,
    ),
    endpoint("GET /rooms/{room}", "One room", ""),
    endpoint(
        "PUT /rooms/{room}",
        "Renames a room, archives or restores it, changes its owner, moves its dates into the past",
        Changed::EXAMPLE,
    ),
    endpoint("DELETE /rooms/{room}", "Deletes a room", By::EXAMPLE),
    endpoint(
        "POST /rooms/{room}/events",
        "Publishes an event although nothing happened",
        Event::EXAMPLE,
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
    const EXAMPLE: &'static str = r#"{"title": "Team Blue", "owner": "anna", "type": "custom", "folders": ["Plans/2026"], "tags": ["blue"], "members": {"HR": "viewer", "cleo": "editor"}}"#;
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
    const EXAMPLE: &'static str =
        r#"{"title": "Team Red", "archived": true, "owner": "ben", "older": "3d", "by": "anna"}"#;
}

fn older<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    times::deserialize(from).map(Some)
}

/// The account that acts; the room's owner if it is left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    by: Option<String>,
}

impl Body for By {
    const EXAMPLE: &'static str = r#"{"by": "anna"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    trigger: String,
    by: Option<String>,
}

impl Body for Event {
    const EXAMPLE: &'static str = r#"{"trigger": "room.created", "by": "anna"}"#;
}

/// The account that acts: the named one, or the owner of the room.
pub(super) fn actor<T: Body>(
    portal: &Portal,
    by: Option<&str>,
    room: &EntryId,
) -> Result<String, Problem> {
    match by {
        Some(by) => portal.find_account(by).map_err(Problem::body::<T>),
        None => Ok(portal.room(room).map(|room| room.owner).unwrap_or_default()),
    }
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(all(&portal))
}

async fn one(State(portal): State<Portal>, Path(room): Path<String>) -> Answer {
    room_answer(&portal, &portal.find_room(&room)?)
}

async fn create(State(portal): State<Portal>, JsonBody(body): JsonBody<New>) -> Answer {
    let owner = portal
        .find_account(&body.owner)
        .map_err(Problem::body::<New>)?;
    let kind = words::room_type(&body.kind.0).ok_or_else(|| {
        Problem::body::<New>(format!(
            "`{}` is not a room type; write `custom`, `collaboration`, `public`, `form-filling` or `vdr`",
            body.kind.0
        ))
    })?;
    let granted = body
        .members
        .iter()
        .map(|(who, access)| {
            let subject = portal.find_subject(who).map_err(Problem::body::<New>)?;
            Ok((subject, members::code::<New>(&access.0)?))
        })
        .collect::<Result<Vec<(String, i32)>, Problem>>()?;
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
    room_answer(&portal, &id)
}

async fn change(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    JsonBody(body): JsonBody<Changed>,
) -> Answer {
    let id = portal.find_room(&room)?;
    let by = actor::<Changed>(&portal, body.by.as_deref(), &id)?;
    let owner = body
        .owner
        .map(|owner| {
            portal
                .find_account(&owner)
                .map_err(Problem::body::<Changed>)
        })
        .transpose()?;
    if let Some(title) = &body.title {
        portal.rename(&by, &id, title);
    }
    if let Some(owner) = &owner
        && !portal.change_owner(&by, &id, owner)
    {
        return Err(Problem::forbidden(
            "the portal forbids it: the new owner must be an active RoomAdmin or DocSpaceAdmin, and only the owner of an active room or a DocSpaceAdmin can make the change",
        ));
    }
    match body.archived {
        Some(true) => portal.archive(&by, &id),
        Some(false) => portal.unarchive(&by, &id),
        None => true,
    };
    if let Some(by) = body.older {
        let by = SignedDuration::try_from(by).map_err(Problem::body::<Changed>)?;
        portal.age(&id, by);
    }
    room_answer(&portal, &id)
}

async fn delete(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    JsonBody(body): JsonBody<By>,
) -> Answer {
    let id = portal.find_room(&room)?;
    let by = actor::<By>(&portal, body.by.as_deref(), &id)?;
    portal.delete_room(&by, &id);
    answer(json!({ "removed": id }))
}

async fn fire(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    JsonBody(body): JsonBody<Event>,
) -> Answer {
    let id = portal.find_room(&room)?;
    let by = actor::<Event>(&portal, body.by.as_deref(), &id)?;
    let trigger = words::trigger(&body.trigger).map_err(Problem::body::<Event>)?;
    let before = portal.deliveries().len();
    portal.fire(trigger, &id, &by);
    let made: Vec<i64> = portal
        .deliveries()
        .iter()
        .skip(before)
        .map(|made| made.event)
        .collect();
    answer(json!({ "events": made }))
}
