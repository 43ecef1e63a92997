//! Webhooks.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::control::words;
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /webhooks", "All webhooks, without their secrets", ""),
    endpoint(
        "POST /webhooks",
        "Registers a webhook without probing its address; no triggers means every trigger",
        New::EXAMPLE,
    ),
    endpoint(
        "PUT /webhooks/{webhook}",
        "Switches a webhook off or on, or changes its secret",
        Changed::EXAMPLE,
    ),
    endpoint(
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
    const EXAMPLE: &'static str = r#"{"url": "http://127.0.0.1:8130/hook", "secret": "s3cret-of-8-or-more", "triggers": ["room.created"], "owner": "service"}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    enabled: Option<bool>,
    secret: Option<String>,
}

impl Body for Changed {
    const EXAMPLE: &'static str = r#"{"enabled": false, "secret": "another-s3cret"}"#;
}

fn view(portal: &Portal, id: i64) -> Answer {
    answer(portal.webhooks().iter().find(|webhook| webhook.id == id))
}

fn find(portal: &Portal, word: &str) -> Result<i64, Problem> {
    let all = portal.webhooks();
    let meant = word.parse().ok();
    all.iter()
        .map(|webhook| webhook.id)
        .find(|id| Some(*id) == meant)
        .ok_or_else(|| {
            let known: Vec<String> = all.iter().map(|webhook| webhook.id.to_string()).collect();
            let known = known.join(", ");
            Problem::missing(format!(
                "there is no webhook `{word}`; the webhooks are {known}"
            ))
        })
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(portal.webhooks())
}

async fn add(State(portal): State<Portal>, JsonBody(body): JsonBody<New>) -> Answer {
    let owner = match &body.owner {
        Some(owner) => portal.find_account(owner).map_err(Problem::body::<New>)?,
        None => portal.portal_owner(),
    };
    if !body.url.starts_with("http://") && !body.url.starts_with("https://") {
        let error = format!(
            "`{}` is not an address; write http://… or https://…",
            body.url
        );
        return Err(Problem::body::<New>(error));
    }
    let mut mask = 0;
    for word in &body.triggers {
        mask |= words::trigger_bit(word).map_err(Problem::body::<New>)?;
    }
    let id = portal.add_webhook(&owner, &body.url, &body.secret, mask);
    view(&portal, id)
}

async fn change(
    State(portal): State<Portal>,
    Path(webhook): Path<String>,
    JsonBody(body): JsonBody<Changed>,
) -> Answer {
    let id = find(&portal, &webhook)?;
    if let Some(enabled) = body.enabled {
        portal.set_webhook_enabled(id, enabled);
    }
    if let Some(secret) = &body.secret {
        portal.set_webhook_secret(id, secret);
    }
    view(&portal, id)
}

async fn remove(State(portal): State<Portal>, Path(webhook): Path<String>) -> Answer {
    let id = find(&portal, &webhook)?;
    portal.remove_webhook(id);
    answer(json!({ "removed": id }))
}
