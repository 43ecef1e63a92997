//! Folders of rooms.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{post, put};
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, rooms, shown, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "POST /rooms/{room}/folders",
        "Makes a folder, and what lies above it where it is missing",
        New::WRITE,
    ),
    spoken("PUT /folders/{folder}", "Renames a folder", Renamed::WRITE),
    spoken(
        "DELETE /folders/{folder}",
        "Deletes a folder with all in it",
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
    const WRITE: &'static str = r#"{"path": "Plans/2026", "by": "anna"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    title: String,
    by: Option<String>,
}

impl Body for Renamed {
    const WRITE: &'static str = r#"{"title": "Plans", "by": "anna"}"#;
}

async fn create(
    State(portal): State<Portal>,
    Path(room): Path<String>,
    Written(body): Written<New>,
) -> Told {
    let room = portal.find_room(&room)?;
    let by = rooms::actor::<New>(&portal, body.by.as_deref(), &room)?;
    let Some(id) = portal.add_path(&by, &room, &body.path) else {
        return Err(Wrong::body::<New>("`path` names no folder"));
    };
    let folders = portal.room(&room).map(|room| room.folders);
    let made = folders.and_then(|folders| folders.into_iter().find(|folder| folder.id == id));
    told(made)
}

async fn rename(
    State(portal): State<Portal>,
    Path(folder): Path<String>,
    Written(body): Written<Renamed>,
) -> Told {
    let id = portal.find_folder(&folder)?;
    let room = portal.room_around(&id).unwrap_or_else(|| id.clone());
    let by = rooms::actor::<Renamed>(&portal, body.by.as_deref(), &room)?;
    portal.rename(&by, &id, &body.title);
    shown::told_of(&portal, &room)
}

async fn delete(State(portal): State<Portal>, Path(folder): Path<String>) -> Told {
    let id = portal.find_folder(&folder)?;
    portal.delete_folder(&id);
    told(json!({ "removed": id }))
}
