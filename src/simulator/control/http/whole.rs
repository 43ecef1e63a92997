//! The portal as a whole: back to the seed, and everything that it holds.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::json;

use super::written::{Told, told};
use super::{Spoken, shown, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /", "This overview", ""),
    spoken(
        "GET /state",
        "Everything that the portal holds, without secrets",
        "",
    ),
    spoken(
        "POST /reset",
        "Back to the seed: same ids, same credentials, no webhooks, no faults, no record",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/state", get(state))
        .route("/reset", post(reset))
}

async fn state(State(portal): State<Portal>) -> Told {
    told(json!({
        "now": portal.now().to_string(),
        "accounts": portal.accounts(),
        "groups": portal.groups(),
        "keys": portal.keys(),
        "rooms": shown::all(&portal),
        "webhooks": portal.webhooks(),
        "deliveries": portal.deliveries(),
        "requests": portal.requests(),
        "faults": portal.armed_faults(),
        "held": portal.held(),
    }))
}

async fn reset(State(portal): State<Portal>) -> Told {
    told(portal.reset().await)
}
