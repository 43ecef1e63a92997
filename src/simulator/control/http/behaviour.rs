//! Limits, latency and contention.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::faults::limits::RateLimits;
use crate::simulator::portal::Portal;
use crate::simulator::state::options::{Contention, Latency};

pub(super) const CALLS: &[Spoken] = &[
    spoken(
        "GET /behaviour",
        "Limits, latency and contention as they are",
        "",
    ),
    spoken(
        "PUT /limits",
        "Switches the limits on; what is not named is as on the server",
        RateLimits::WRITE,
    ),
    spoken("DELETE /limits", "Switches the limits off", ""),
    spoken("PUT /latency", "How long each answer takes", Slow::WRITE),
    spoken("DELETE /latency", "Answers come at once", ""),
    spoken(
        "PUT /contention",
        "How likely folder creations that overlap fail",
        Contention::WRITE,
    ),
    spoken("DELETE /contention", "They never fail", ""),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/behaviour", get(shown))
        .route("/limits", put(limit).delete(unlimit))
        .route("/latency", put(slow).delete(quick))
        .route("/contention", put(contend).delete(calm))
}

impl Body for RateLimits {
    const WRITE: &'static str = r#"{"perMinute": 1500, "readsAtOnce": 50, "writesAtOnce": 15, "writesPerDay": 10000, "sensitive": 5, "mailsPerDay": 100, "tellsWhen": false}"#;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slow {
    latency: String,
}

impl Body for Slow {
    const WRITE: &'static str = r#"{"latency": "40ms..120ms"}"#;
}

impl Body for Contention {
    const WRITE: &'static str =
        r#"{"nested": 0.9, "firstLevel": 0.036, "tags": 0.045, "grants": 0.1}"#;
}

async fn shown(State(portal): State<Portal>) -> Told {
    let options = portal.world().options.clone();
    let latency = options.latency.map(|latency| latency.to_string());
    told(json!({
        "limits": portal.rate_limits(), "latency": latency, "contention": options.contention,
    }))
}

async fn limit(State(portal): State<Portal>, Written(limits): Written<RateLimits>) -> Told {
    portal.set_rate_limits(Some(limits));
    shown(State(portal)).await
}

async fn unlimit(State(portal): State<Portal>) -> Told {
    portal.set_rate_limits(None);
    shown(State(portal)).await
}

async fn slow(State(portal): State<Portal>, Written(body): Written<Slow>) -> Told {
    let latency: Latency = body.latency.parse().map_err(Wrong::body::<Slow>)?;
    portal.set_latency(Some(latency));
    shown(State(portal)).await
}

async fn quick(State(portal): State<Portal>) -> Told {
    portal.set_latency(None);
    shown(State(portal)).await
}

async fn contend(State(portal): State<Portal>, Written(body): Written<Contention>) -> Told {
    if ![body.nested, body.first_level, body.tags, body.grants]
        .iter()
        .all(|likely| (0.0..=1.0).contains(likely))
    {
        return Err(Wrong::body::<Contention>("write numbers from 0 to 1"));
    }
    portal.set_contention(body);
    shown(State(portal)).await
}

async fn calm(State(portal): State<Portal>) -> Told {
    portal.set_contention(Contention::default());
    shown(State(portal)).await
}
