//! Groups and who is in them.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /groups", "All groups", ""),
    spoken("POST /groups", "A new group", New::WRITE),
    spoken("GET /groups/{group}", "One group", ""),
    spoken("PUT /groups/{group}", "Renames a group", Renamed::WRITE),
    spoken(
        "DELETE /groups/{group}",
        "Deletes a group and its grants",
        "",
    ),
    spoken(
        "PUT /groups/{group}/members/{account}",
        "Puts an account into a group",
        "",
    ),
    spoken(
        "DELETE /groups/{group}/members/{account}",
        "Takes an account out of a group",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/groups", get(list).post(add))
        .route("/groups/{group}", get(one).put(rename).delete(delete))
        .route("/groups/{group}/members/{account}", put(join).delete(leave))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

impl Body for New {
    const WRITE: &'static str =
        r#"{"name": "Finance", "members": ["anna", "ben.costa@example.test"]}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    name: String,
}

impl Body for Renamed {
    const WRITE: &'static str = r#"{"name": "Finance"}"#;
}

async fn list(State(portal): State<Portal>) -> Told {
    told(portal.groups())
}

async fn one(State(portal): State<Portal>, Path(group): Path<String>) -> Told {
    told(portal.group(&portal.find_group(&group)?))
}

async fn add(State(portal): State<Portal>, Written(body): Written<New>) -> Told {
    let members = body
        .members
        .iter()
        .map(|member| portal.find_account(member).map_err(Wrong::body::<New>))
        .collect::<Result<Vec<String>, Wrong>>()?;
    let id = portal.add_group(&body.name, &members);
    told(portal.group(&id))
}

async fn rename(
    State(portal): State<Portal>,
    Path(group): Path<String>,
    Written(body): Written<Renamed>,
) -> Told {
    let id = portal.find_group(&group)?;
    portal.rename_group(&id, &body.name);
    told(portal.group(&id))
}

async fn delete(State(portal): State<Portal>, Path(group): Path<String>) -> Told {
    let id = portal.find_group(&group)?;
    portal.delete_group(&id);
    told(json!({ "removed": id }))
}

async fn join(
    State(portal): State<Portal>,
    Path((group, account)): Path<(String, String)>,
) -> Told {
    let (group, account) = (portal.find_group(&group)?, portal.find_account(&account)?);
    if !portal.add_to_group(&group, &account) {
        return Err(Wrong::forbidden("guests cannot be members of groups"));
    }
    told(portal.group(&group))
}

async fn leave(
    State(portal): State<Portal>,
    Path((group, account)): Path<(String, String)>,
) -> Told {
    let (group, account) = (portal.find_group(&group)?, portal.find_account(&account)?);
    if !portal.remove_from_group(&group, &account) {
        return Err(Wrong::missing("the account is not in the group"));
    }
    told(portal.group(&group))
}
