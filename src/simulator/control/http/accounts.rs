//! Accounts.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;
use crate::simulator::state::people::{EmployeeStatus, EmployeeType};

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /accounts", "All accounts", ""),
    endpoint("POST /accounts", "Adds an account", New::EXAMPLE),
    endpoint("GET /accounts/{account}", "One account", ""),
    endpoint(
        "PUT /accounts/{account}",
        "Terminates, reactivates, promotes, demotes or renames an account",
        Changed::EXAMPLE,
    ),
    endpoint(
        "DELETE /accounts/{account}",
        "Removes an account and its grants",
        "",
    ),
    endpoint(
        "POST /accounts/{account}/session",
        "Signs the account in without its password; returns the value of the header `Authorization`",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/accounts", get(list).post(add))
        .route("/accounts/{account}", get(one).put(change).delete(remove))
        .route("/accounts/{account}/session", post(session))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    email: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Body for New {
    const EXAMPLE: &'static str =
        r#"{"name": "Eva Fink", "email": "eva.fink@example.test", "type": "RoomAdmin"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    name: Option<String>,
    email: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
}

impl Body for Changed {
    const EXAMPLE: &'static str = r#"{"status": "terminated", "type": "User", "name": "Eva Fink", "email": "eva@example.test"}"#;
}

fn kind<T: Body>(word: &str) -> Result<EmployeeType, Problem> {
    words::employee_type(word).ok_or_else(|| {
        Problem::body::<T>(format!(
            "`{word}` is not an account type; write `DocSpaceAdmin`, `RoomAdmin`, `User` or `Guest`"
        ))
    })
}

fn status(word: &str) -> Result<EmployeeStatus, Problem> {
    words::status(word).ok_or_else(|| {
        Problem::body::<Changed>(format!(
            "`{word}` is not an account status; write `active`, `pending` or `terminated`"
        ))
    })
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(portal.accounts())
}

async fn one(State(portal): State<Portal>, Path(account): Path<String>) -> Answer {
    answer(portal.account(&portal.find_account(&account)?))
}

async fn add(State(portal): State<Portal>, JsonBody(body): JsonBody<New>) -> Answer {
    let id = portal.add_person(&body.name, &body.email, kind::<New>(&body.kind)?);
    answer(portal.account(&id))
}

async fn change(
    State(portal): State<Portal>,
    Path(account): Path<String>,
    JsonBody(body): JsonBody<Changed>,
) -> Answer {
    let id = portal.find_account(&account)?;
    let kind = body.kind.as_deref().map(kind::<Changed>).transpose()?;
    let status = body.status.as_deref().map(status).transpose()?;
    if let Some(kind) = kind {
        portal.set_type(&id, kind);
    }
    if let Some(status) = status {
        portal.set_status(&id, status);
    }
    if (body.name.is_some() || body.email.is_some())
        && let Some(now) = portal.account(&id)
    {
        let name = format!("{} {}", now.first_name, now.last_name);
        let name = body.name.unwrap_or_else(|| name.trim().to_owned());
        portal.rename_person(&id, &name, &body.email.unwrap_or(now.email));
    }
    answer(portal.account(&id))
}

async fn remove(State(portal): State<Portal>, Path(account): Path<String>) -> Answer {
    let id = portal.find_account(&account)?;
    portal.remove_person(&id);
    answer(json!({ "removed": id }))
}

async fn session(State(portal): State<Portal>, Path(account): Path<String>) -> Answer {
    let token = portal.sign_in_as(&portal.find_account(&account)?);
    answer(json!({ "authorization": token }))
}
