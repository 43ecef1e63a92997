//! Webhooks.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /webhooks", "All webhooks, without their secrets", ""),
    spoken(
        "POST /webhooks",
        "Registers a webhook without asking its address first; no triggers are all of them",
        New::WRITE,
    ),
    spoken(
        "PUT /webhooks/{webhook}",
        "Switches a webhook off or on, gives it another secret",
        Changed::WRITE,
    ),
    spoken(
        "DELETE /webhooks/{webhook}",
        "Deletes a webhook and its deliveries",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/webhooks", get(list).post(add))
        .route("/webhooks/{webhook}", put(change).delete(remove))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    url: String,
    secret: String,
    owner: Option<String>,
    #[serde(default)]
    triggers: Vec<String>,
}

impl Body for New {
    const WRITE: &'static str = r#"{"url": "http://127.0.0.1:8130/hook", "secret": "s3cret-of-8-or-more", "triggers": ["room.created"], "owner": "service"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    enabled: Option<bool>,
    secret: Option<String>,
}

impl Body for Changed {
    const WRITE: &'static str = r#"{"enabled": false, "secret": "another-s3cret"}"#;
}

fn shown(portal: &Portal, id: i64) -> Told {
    told(portal.webhooks().iter().find(|webhook| webhook.id == id))
}

fn find(portal: &Portal, word: &str) -> Result<i64, Wrong> {
    let all = portal.webhooks();
    let meant = word.parse().ok();
    all.iter()
        .map(|webhook| webhook.id)
        .find(|id| Some(*id) == meant)
        .ok_or_else(|| {
            let known: Vec<String> = all.iter().map(|webhook| webhook.id.to_string()).collect();
            let known = known.join(", ");
            Wrong::missing(format!("there is no webhook `{word}`; there are {known}"))
        })
}

async fn list(State(portal): State<Portal>) -> Told {
    told(portal.webhooks())
}

async fn add(State(portal): State<Portal>, Written(body): Written<New>) -> Told {
    let owner = match &body.owner {
        Some(owner) => portal.find_account(owner).map_err(Wrong::body::<New>)?,
        None => portal.portal_owner(),
    };
    if !body.url.starts_with("http://") && !body.url.starts_with("https://") {
        let error = format!("`{}` is no address; write http://… or https://…", body.url);
        return Err(Wrong::body::<New>(error));
    }
    let mut mask = 0;
    for word in &body.triggers {
        mask |= words::trigger_bit(word).map_err(Wrong::body::<New>)?;
    }
    let id = portal.add_webhook(&owner, &body.url, &body.secret, mask);
    shown(&portal, id)
}

async fn change(
    State(portal): State<Portal>,
    Path(webhook): Path<String>,
    Written(body): Written<Changed>,
) -> Told {
    let id = find(&portal, &webhook)?;
    if let Some(enabled) = body.enabled {
        portal.set_webhook_enabled(id, enabled);
    }
    if let Some(secret) = &body.secret {
        portal.set_webhook_secret(id, secret);
    }
    shown(&portal, id)
}

async fn remove(State(portal): State<Portal>, Path(webhook): Path<String>) -> Told {
    let id = find(&portal, &webhook)?;
    portal.remove_webhook(id);
    told(json!({ "removed": id }))
}
