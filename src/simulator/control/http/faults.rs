//! Deliberate faults.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::json;

use super::body::{Answer, Body, JsonBody, Problem, answer};
use super::{Endpoint, endpoint};
use crate::simulator::faults::{Fault, FaultKind};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Endpoint] = &[
    endpoint(
        "GET /faults",
        "The armed faults, and how often each struck",
        "",
    ),
    endpoint(
        "POST /faults",
        "Arms a fault for matching calls",
        Fault::EXAMPLE,
    ),
    endpoint("DELETE /faults", "Disarms all faults", ""),
    endpoint("DELETE /faults/{number}", "Disarms one fault", ""),
    endpoint("POST /release", "Releases all held calls", ""),
    endpoint(
        "POST /pending",
        "Does all deferred work, and returns how much there was",
        "",
    ),
];

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/faults", get(list).post(arm).delete(clear))
        .route("/faults/{number}", delete(disarm))
        .route("/release", post(release))
        .route("/pending", post(pending))
}

impl Body for Fault {
    const EXAMPLE: &'static str = r#"{"method": "POST", "route": "files/folder/{id}", "kind": {"status": {"status": 503, "retryAfter": 7, "body": "later"}}, "times": 2, "after": 1, "probability": 0.5}"#;
}

async fn list(State(portal): State<Portal>) -> Answer {
    answer(json!({ "faults": portal.armed_faults(), "held": portal.held() }))
}

async fn arm(State(portal): State<Portal>, JsonBody(fault): JsonBody<Fault>) -> Answer {
    check(&fault).map_err(Problem::body::<Fault>)?;
    let number = portal.arm_fault(fault);
    let all = portal.armed_faults();
    answer(all.iter().find(|armed| armed.number == number))
}

fn check(fault: &Fault) -> Result<(), &'static str> {
    let status = match fault.kind {
        FaultKind::Status { status, .. }
        | FaultKind::Html(status)
        | FaultKind::DoThenStatus(status)
        | FaultKind::AnswerAndDoLater { status, .. } => status,
        _ => 200,
    };
    if !(200..600).contains(&status) {
        return Err("write a status from 200 to 599");
    }
    if !(0.0..=1.0).contains(&fault.probability) {
        return Err("write a `probability` from 0 to 1");
    }
    match &fault.kind {
        FaultKind::Replace { member, .. } if !member.is_empty() && !member.starts_with('/') => {
            Err("`member` is a JSON pointer into the answer, such as `/response/id`")
        }
        _ => Ok(()),
    }
}

async fn clear(State(portal): State<Portal>) -> Answer {
    portal.clear_faults();
    list(State(portal)).await
}

async fn disarm(State(portal): State<Portal>, Path(number): Path<String>) -> Answer {
    match number.parse() {
        Ok(number) if portal.clear_fault(number) => list(State(portal)).await,
        _ => Err(Problem::missing(format!(
            "there is no fault `{number}`; GET /simulator/faults lists them"
        ))),
    }
}

async fn release(State(portal): State<Portal>) -> Answer {
    let held = portal.held();
    portal.release_held();
    answer(json!({ "released": held }))
}

async fn pending(State(portal): State<Portal>) -> Answer {
    answer(json!({ "done": portal.do_pending().await }))
}
