//! The portal's clock.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::portal::Portal;
use crate::simulator::state::text::times;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /clock", "What the portal's clock shows", ""),
    spoken(
        "POST /clock",
        "Moves the clock forward; limits follow it, waits between deliveries do not",
        Advance::WRITE,
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/clock", get(shown).post(advance))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(with = "times")]
    advance: Duration,
}

impl Body for Advance {
    const WRITE: &'static str = r#"{"advance": "3d"}"#;
}

async fn shown(State(portal): State<Portal>) -> Told {
    told(json!({ "now": portal.now().to_string() }))
}

async fn advance(State(portal): State<Portal>, Written(body): Written<Advance>) -> Told {
    let by = SignedDuration::try_from(body.advance).map_err(Wrong::body::<Advance>)?;
    portal.advance(by);
    shown(State(portal)).await
}
