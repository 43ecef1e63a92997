//! Webhook deliveries.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::json;

use super::body::{Answer, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint("GET /deliveries", "All deliveries, pending and done", ""),
    endpoint(
        "POST /deliveries/settle",
        "All deliveries, once nothing is being sent and no retry is due",
        "",
    ),
    endpoint(
        "POST /deliveries/{event}/retry",
        "A manual retry: the same event under a new id",
        "",
    ),
    endpoint(
        "POST /deliveries/{event}/repeat",
        "The same delivery once more, under its own id",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/deliveries", get(list))
        .route("/deliveries/settle", post(settle))
        .route("/deliveries/{event}/retry", post(retry))
        .route("/deliveries/{event}/repeat", post(repeat))
}

fn unknown(event: &str) -> Problem {
    Problem::missing(format!(
        "there is no event `{event}`; GET /simulator/deliveries lists them"
    ))
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(portal.deliveries())
}

async fn settle(State(portal): State<Portal>) -> Answer {
    portal.wait_deliveries_settled().await;
    answer(portal.deliveries())
}

async fn retry(State(portal): State<Portal>, Path(event): Path<String>) -> Answer {
    let again = event.parse().ok().and_then(|event| portal.redeliver(event));
    answer(json!({ "event": again.ok_or_else(|| unknown(&event))? }))
}

async fn repeat(State(portal): State<Portal>, Path(event): Path<String>) -> Answer {
    match event.parse() {
        Ok(number) if portal.deliver_again(number) => answer(json!({ "event": number })),
        _ => Err(unknown(&event)),
    }
}
