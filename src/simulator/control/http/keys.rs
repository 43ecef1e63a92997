//! API keys.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /keys", "All keys, without their secrets", ""),
    endpoint(
        "POST /keys",
        "Adds a key; returns the value of the header `Authorization`. No scopes means every right",
        New::EXAMPLE,
    ),
    endpoint("GET /keys/{key}", "One key, without its secret", ""),
    endpoint(
        "PUT /keys/{key}",
        "Revokes or restores a key, or changes its scopes or its expiry",
        Changed::EXAMPLE,
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/keys", get(list).post(add))
        .route("/keys/{key}", get(one).put(change))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    of: String,
    #[serde(default)]
    scopes: Vec<String>,
}

impl Body for New {
    const EXAMPLE: &'static str = r#"{"of": "service", "scopes": ["rooms:write", "files:write"]}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    active: Option<bool>,
    scopes: Option<Vec<String>>,
    expires: Option<String>,
}

impl Body for Changed {
    const EXAMPLE: &'static str =
        r#"{"active": false, "scopes": ["rooms:read"], "expires": "2030-01-01T00:00:00Z"}"#;
}

fn words(scopes: &[String]) -> Vec<&str> {
    scopes.iter().map(String::as_str).collect()
}

fn end(text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| {
        Problem::body::<Changed>(format!(
            "`{text}` is not a time; write one such as `2030-01-01T00:00:00Z`"
        ))
    })
}

/// The key with this id, without its secret.
fn view(portal: &Portal, id: &str) -> Answer {
    answer(portal.keys().iter().find(|key| key.id == id))
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(portal.keys())
}

async fn one(State(portal): State<Portal>, Path(key): Path<String>) -> Answer {
    view(&portal, &portal.find_key(&key)?)
}

async fn add(State(portal): State<Portal>, JsonBody(body): JsonBody<New>) -> Answer {
    let of = portal
        .find_account(&body.of)
        .map_err(Problem::body::<New>)?;
    let token = portal.add_key(&of, &words(&body.scopes));
    let made = portal.keys().pop();
    answer(json!({ "authorization": format!("Bearer {token}"), "key": made }))
}

async fn change(
    State(portal): State<Portal>,
    Path(key): Path<String>,
    JsonBody(body): JsonBody<Changed>,
) -> Answer {
    let id = portal.find_key(&key)?;
    let expires = body.expires.as_deref().map(end).transpose()?;
    let token = portal.key_token(&id).unwrap_or_default();
    match body.active {
        Some(true) => portal.restore_key(&token),
        Some(false) => portal.revoke_key(&token),
        None => true,
    };
    if let Some(scopes) = &body.scopes {
        portal.set_scopes(&token, &words(scopes));
    }
    if let Some(at) = expires {
        portal.expire_key(&token, at);
    }
    view(&portal, &id)
}
