//! The portal's clock.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::portal::Portal;
use crate::simulator::state::text::times;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /clock", "The time of the portal's clock", ""),
    endpoint(
        "POST /clock",
        "Moves the clock forward; limits follow it, the waits between deliveries do not",
        Advance::EXAMPLE,
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/clock", get(view).post(advance))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(with = "times")]
    advance: Duration,
}

impl Body for Advance {
    const EXAMPLE: &'static str = r#"{"advance": "3d"}"#;
}

async fn view(State(portal): State<Portal>) -> Answer {
    answer(json!({ "now": portal.now().to_string() }))
}

async fn advance(State(portal): State<Portal>, JsonBody(body): JsonBody<Advance>) -> Answer {
    let by = SignedDuration::try_from(body.advance).map_err(Problem::body::<Advance>)?;
    portal.advance(by);
    view(State(portal)).await
}
