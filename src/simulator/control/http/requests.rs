//! The recorded requests.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::json;

use super::body::{Answer, answer};
use super::{Endpoint, endpoint};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "GET /requests",
        "All received requests in order, except those to the control endpoint",
        "",
    ),
    endpoint("DELETE /requests", "Forgets the recorded requests", ""),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/requests", get(list).delete(clear))
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(json!({ "requests": portal.requests(), "mostAtOnce": portal.most_at_once() }))
}

async fn clear(State(portal): State<Portal>) -> Answer {
    portal.clear_requests();
    list(State(portal)).await
}
