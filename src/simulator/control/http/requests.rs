//! What the portal was asked.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::json;

use super::written::{Told, told};
use super::{Spoken, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "GET /requests",
        "All requests that were received, in order, but those to the control endpoint",
        "",
    ),
    spoken("DELETE /requests", "Forgets them", ""),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/requests", get(list).delete(clear))
}

async fn list(State(portal): State<Portal>) -> Told {
    told(json!({ "requests": portal.requests(), "mostAtOnce": portal.most_at_once() }))
}

async fn clear(State(portal): State<Portal>) -> Told {
    portal.clear_requests();
    list(State(portal)).await
}
