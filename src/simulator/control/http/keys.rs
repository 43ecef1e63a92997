//! API keys.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /keys", "All keys, without their secrets", ""),
    spoken(
        "POST /keys",
        "A new key: the value of the header `Authorization`. No scopes are every right",
        New::WRITE,
    ),
    spoken("GET /keys/{key}", "One key, without its secret", ""),
    spoken(
        "PUT /keys/{key}",
        "Revokes or restores a key, gives it other scopes or an end",
        Changed::WRITE,
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
    const WRITE: &'static str = r#"{"of": "service", "scopes": ["rooms:write", "files:write"]}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    active: Option<bool>,
    scopes: Option<Vec<String>>,
    expires: Option<String>,
}

impl Body for Changed {
    const WRITE: &'static str =
        r#"{"active": false, "scopes": ["rooms:read"], "expires": "2030-01-01T00:00:00Z"}"#;
}

fn words(scopes: &[String]) -> Vec<&str> {
    scopes.iter().map(String::as_str).collect()
}

fn end(text: &str) -> Result<Timestamp, Wrong> {
    text.parse().map_err(|_| {
        Wrong::body::<Changed>(format!(
            "`{text}` is no time; write one such as `2030-01-01T00:00:00Z`"
        ))
    })
}

/// The key of this id, without its secret.
fn shown(portal: &Portal, id: &str) -> Told {
    told(portal.keys().iter().find(|key| key.id == id))
}

async fn list(State(portal): State<Portal>) -> Told {
    told(portal.keys())
}

async fn one(State(portal): State<Portal>, Path(key): Path<String>) -> Told {
    shown(&portal, &portal.find_key(&key)?)
}

async fn add(State(portal): State<Portal>, Written(body): Written<New>) -> Told {
    let of = portal.find_account(&body.of).map_err(Wrong::body::<New>)?;
    let token = portal.add_key(&of, &words(&body.scopes));
    let made = portal.keys().pop();
    told(json!({ "authorization": format!("Bearer {token}"), "key": made }))
}

async fn change(
    State(portal): State<Portal>,
    Path(key): Path<String>,
    Written(body): Written<Changed>,
) -> Told {
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
    shown(&portal, &id)
}
