//! Groups and their members.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /groups", "All groups", ""),
    endpoint("POST /groups", "Adds a group", New::EXAMPLE),
    endpoint("GET /groups/{group}", "One group", ""),
    endpoint("PUT /groups/{group}", "Renames a group", Renamed::EXAMPLE),
    endpoint(
        "DELETE /groups/{group}",
        "Deletes a group and its grants",
        "",
    ),
    endpoint(
        "PUT /groups/{group}/members/{account}",
        "Adds an account to a group",
        "",
    ),
    endpoint(
        "DELETE /groups/{group}/members/{account}",
        "Removes an account from a group",
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
    const EXAMPLE: &'static str =
        r#"{"name": "Finance", "members": ["anna", "ben.costa@example.test"]}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    name: String,
}

impl Body for Renamed {
    const EXAMPLE: &'static str = r#"{"name": "Finance"}"#;
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(portal.groups())
}

async fn one(State(portal): State<Portal>, Path(group): Path<String>) -> Answer {
    answer(portal.group(&portal.find_group(&group)?))
}

async fn add(State(portal): State<Portal>, JsonBody(body): JsonBody<New>) -> Answer {
    let members = body
        .members
        .iter()
        .map(|member| portal.find_account(member).map_err(Problem::body::<New>))
        .collect::<Result<Vec<String>, Problem>>()?;
    let id = portal.add_group(&body.name, &members);
    answer(portal.group(&id))
}

async fn rename(
    State(portal): State<Portal>,
    Path(group): Path<String>,
    JsonBody(body): JsonBody<Renamed>,
) -> Answer {
    let id = portal.find_group(&group)?;
    portal.rename_group(&id, &body.name);
    answer(portal.group(&id))
}

async fn delete(State(portal): State<Portal>, Path(group): Path<String>) -> Answer {
    let id = portal.find_group(&group)?;
    portal.delete_group(&id);
    answer(json!({ "removed": id }))
}

async fn join(
    State(portal): State<Portal>,
    Path((group, account)): Path<(String, String)>,
) -> Answer {
    let (group, account) = (portal.find_group(&group)?, portal.find_account(&account)?);
    if !portal.add_to_group(&group, &account) {
        return Err(Problem::forbidden("guests cannot be members of groups"));
    }
    answer(portal.group(&group))
}

async fn leave(
    State(portal): State<Portal>,
    Path((group, account)): Path<(String, String)>,
) -> Answer {
    let (group, account) = (portal.find_group(&group)?, portal.find_account(&account)?);
    if !portal.remove_from_group(&group, &account) {
        return Err(Problem::missing("the account is not in the group"));
    }
    answer(portal.group(&group))
}
