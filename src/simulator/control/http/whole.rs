//! The portal as a whole: its whole state, and the reset to the seed.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::json;

use super::body::{Answer, answer};
use super::{Endpoint, endpoint, room_view};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /", "This overview", ""),
    endpoint(
        "GET /state",
        "The whole state of the portal, without secrets",
        "",
    ),
    endpoint(
        "POST /reset",
        "Resets the portal to the seed: same ids, same credentials, no webhooks, no faults, no recorded requests",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/state", get(state))
        .route("/reset", post(reset))
}

async fn state(State(portal): State<Portal>) -> Answer {
    answer(json!({
        "now": portal.now().to_string(),
        "accounts": portal.accounts(),
        "groups": portal.groups(),
        "keys": portal.keys(),
        "rooms": room_view::all(&portal),
        "webhooks": portal.webhooks(),
        "deliveries": portal.deliveries(),
        "requests": portal.requests(),
        "faults": portal.armed_faults(),
        "held": portal.held(),
    }))
}

async fn reset(State(portal): State<Portal>) -> Answer {
    answer(portal.reset().await)
}
