//! What was sent to webhooks.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::json;

use super::written::{Told, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "GET /deliveries",
        "All events on their way to webhooks, or arrived",
        "",
    ),
    spoken(
        "POST /deliveries/settle",
        "The same, as soon as nothing is under way and no retry is due",
        "",
    ),
    spoken(
        "POST /deliveries/{event}/retry",
        "A manual retry: the same event under a new id",
        "",
    ),
    spoken(
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

fn unknown(event: &str) -> Wrong {
    Wrong::missing(format!(
        "there is no event `{event}`; GET /simulator/deliveries lists them"
    ))
}

async fn list(State(portal): State<Portal>) -> Told {
    told(portal.deliveries())
}

async fn settle(State(portal): State<Portal>) -> Told {
    portal.wait_deliveries_settled().await;
    told(portal.deliveries())
}

async fn retry(State(portal): State<Portal>, Path(event): Path<String>) -> Told {
    let again = event.parse().ok().and_then(|event| portal.redeliver(event));
    told(json!({ "event": again.ok_or_else(|| unknown(&event))? }))
}

async fn repeat(State(portal): State<Portal>, Path(event): Path<String>) -> Told {
    match event.parse() {
        Ok(number) if portal.deliver_again(number) => told(json!({ "event": number })),
        _ => Err(unknown(&event)),
    }
}
