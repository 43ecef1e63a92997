//! What goes wrong on purpose.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::json;

use super::written::{Body, Told, Written, Wrong, told};
use super::{Spoken, spoken};
use crate::simulator::faults::{Fault, FaultKind};
use crate::simulator::portal::Portal;

pub(super) const CALLS: &[Spoken] = &[
    spoken("GET /faults", "The faults, and how often they struck", ""),
    spoken(
        "POST /faults",
        "A fault for the calls that fit",
        Fault::WRITE,
    ),
    spoken("DELETE /faults", "Takes all faults back", ""),
    spoken("DELETE /faults/{number}", "Takes one fault back", ""),
    spoken("POST /release", "Lets go of all calls that are held", ""),
    spoken(
        "POST /pending",
        "Does all work that was put off, and says how much it was",
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
    const WRITE: &'static str = r#"{"method": "POST", "route": "files/folder/{id}", "kind": {"status": {"status": 503, "retryAfter": 7, "body": "later"}}, "times": 2, "after": 1, "probability": 0.5}"#;
}

async fn list(State(portal): State<Portal>) -> Told {
    told(json!({ "faults": portal.armed_faults(), "held": portal.held() }))
}

async fn arm(State(portal): State<Portal>, Written(fault): Written<Fault>) -> Told {
    check(&fault).map_err(Wrong::body::<Fault>)?;
    let number = portal.arm_fault(fault);
    let all = portal.armed_faults();
    told(all.iter().find(|armed| armed.number == number))
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
        return Err("a status is a number from 200 to 599");
    }
    if !(0.0..=1.0).contains(&fault.probability) {
        return Err("`probability` is a number from 0 to 1");
    }
    match &fault.kind {
        FaultKind::Replace { member, .. } if !member.is_empty() && !member.starts_with('/') => {
            Err("`member` is a JSON pointer into the answer, such as `/response/id`")
        }
        _ => Ok(()),
    }
}

async fn clear(State(portal): State<Portal>) -> Told {
    portal.clear_faults();
    list(State(portal)).await
}

async fn disarm(State(portal): State<Portal>, Path(number): Path<String>) -> Told {
    match number.parse() {
        Ok(number) if portal.clear_fault(number) => list(State(portal)).await,
        _ => Err(Wrong::missing(format!(
            "there is no fault `{number}`; GET /simulator/faults lists them"
        ))),
    }
}

async fn release(State(portal): State<Portal>) -> Told {
    let held = portal.held();
    portal.release_held();
    told(json!({ "released": held }))
}

async fn pending(State(portal): State<Portal>) -> Told {
    told(json!({ "done": portal.do_pending().await }))
}
