//! Folders of rooms.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{post, put};
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint, room_view, rooms};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "POST /rooms/{room}/folders",
        "Creates a folder and the missing folders above it",
        New::EXAMPLE,
    ),
    endpoint(
        "PUT /folders/{folder}",
        "Renames a folder",
        Renamed::EXAMPLE,
    ),
    endpoint(
        "DELETE /folders/{folder}",
        "Deletes a folder with its contents",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/rooms/{room}/folders", post(create))
        .route("/folders/{folder}", put(rename).delete(delete))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    path: String,
    by: Option<String>,
}

impl Body for New {
    const EXAMPLE: &'static str = r#"{"path": "Plans/2026", "by": "anna"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    title: String,
    by: Option<String>,
}

impl Body for Renamed {
    const EXAMPLE: &'static str = r#"{"title": "Plans", "by": "anna"}"#;
}

async fn create(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    JsonBody(body): JsonBody<New>,
) -> Answer {
    let room = portal.find_room(&room)?;
    let by = rooms::actor::<New>(&portal, body.by.as_deref(), &room)?;
    let Some(id) = portal.add_path(&by, &room, &body.path) else {
        return Err(Problem::body::<New>("`path` names no folder"));
    };
    let folders = portal.room(&room).map(|room| room.folders);
    let made = folders.and_then(|folders| folders.into_iter().find(|folder| folder.id == id));
    answer(made)
}

async fn rename(
    State(portal): State<Portal>,
    Path(folder): Path<String>,
    JsonBody(body): JsonBody<Renamed>,
) -> Answer {
    let id = portal.find_folder(&folder)?;
    let room = portal.room_around(&id).unwrap_or_else(|| id.clone());
    let by = rooms::actor::<Renamed>(&portal, body.by.as_deref(), &room)?;
    portal.rename(&by, &id, &body.title);
    room_view::room_answer(&portal, &room)
}

async fn delete(State(portal): State<Portal>, Path(folder): Path<String>) -> Answer {
    let id = portal.find_folder(&folder)?;
    portal.delete_folder(&id);
    answer(json!({ "removed": id }))
}
