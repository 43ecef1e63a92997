//! Limits, latency and contention.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::faults::limits::RateLimits;
use crate::simulator::portal::Portal;
use crate::simulator::state::options::{Contention, Latency};

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "GET /behaviour",
        "The current limits, latency and contention",
        "",
    ),
    endpoint(
        "PUT /limits",
        "Switches the limits on; limits that are left out have the server's values",
        RateLimits::EXAMPLE,
    ),
    endpoint("DELETE /limits", "Switches the limits off", ""),
    endpoint(
        "PUT /latency",
        "Sets how long each answer takes",
        Slow::EXAMPLE,
    ),
    endpoint("DELETE /latency", "Makes answers come at once", ""),
    endpoint(
        "PUT /contention",
        "Sets how likely overlapping folder creations fail",
        Contention::EXAMPLE,
    ),
    endpoint("DELETE /contention", "Switches contention off", ""),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/behaviour", get(view))
        .route("/limits", put(limit).delete(unlimit))
        .route("/latency", put(slow).delete(quick))
        .route("/contention", put(contend).delete(calm))
}

impl Body for RateLimits {
    const EXAMPLE: &'static str = r#"{"perMinute": 1500, "readsAtOnce": 50, "writesAtOnce": 15, "writesPerDay": 10000, "sensitive": 5, "mailsPerDay": 100, "tellsWhen": false}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slow {
    latency: String,
}

impl Body for Slow {
    const EXAMPLE: &'static str = r#"{"latency": "40ms..120ms"}"#;
}

impl Body for Contention {
    const EXAMPLE: &'static str =
        r#"{"nested": 0.9, "firstLevel": 0.036, "tags": 0.045, "grants": 0.1}"#;
}

async fn view(State(portal): State<Portal>) -> Answer {
    let options = portal.world().options.clone();
    let latency = options.latency.map(|latency| latency.to_string());
    answer(json!({
        "limits": portal.rate_limits(), "latency": latency, "contention": options.contention,
    }))
}

async fn limit(State(portal): State<Portal>, JsonBody(limits): JsonBody<RateLimits>) -> Answer {
    portal.set_rate_limits(Some(limits));
    view(State(portal)).await
}

async fn unlimit(State(portal): State<Portal>) -> Answer {
    portal.set_rate_limits(None);
    view(State(portal)).await
}

async fn slow(State(portal): State<Portal>, JsonBody(body): JsonBody<Slow>) -> Answer {
    let latency: Latency = body.latency.parse().map_err(Problem::body::<Slow>)?;
    portal.set_latency(Some(latency));
    view(State(portal)).await
}

async fn quick(State(portal): State<Portal>) -> Answer {
    portal.set_latency(None);
    view(State(portal)).await
}

async fn contend(State(portal): State<Portal>, JsonBody(body): JsonBody<Contention>) -> Answer {
    if ![body.nested, body.first_level, body.tags, body.grants]
        .iter()
        .all(|likely| (0.0..=1.0).contains(likely))
    {
        return Err(Problem::body::<Contention>("write numbers from 0 to 1"));
    }
    portal.set_contention(body);
    view(State(portal)).await
}

async fn calm(State(portal): State<Portal>) -> Answer {
    portal.set_contention(Contention::default());
    view(State(portal)).await
}
