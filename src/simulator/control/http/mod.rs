//! The control endpoint: what goes over the wire to the functions of `control`, which tests call directly.
//!
//! It lies below `/simulator`, takes and gives JSON, and asks for no credentials (docs/simulator.md).

mod accounts;
mod behaviour;
mod clock;
mod deliveries;
mod faults;
mod folders;
mod groups;
mod keys;
mod members;
mod requests;
mod rooms;
mod shown;
mod tags;
mod webhooks;
mod whole;
mod written;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::simulator::portal::Portal;

/// A call that can be made.
#[derive(Debug, Clone, Copy)]
struct Spoken {
    /// Method, and path below `/simulator`.
    call: &'static str,
    /// What it does.
    what: &'static str,
    /// A body that can be written; empty if there is none.
    write: &'static str,
}

const fn spoken(call: &'static str, what: &'static str, write: &'static str) -> Spoken {
    Spoken { call, what, write }
}

const NOUNS: [&[Spoken]; 14] = [
    whole::CALLS,
    clock::CALLS,
    accounts::CALLS,
    groups::CALLS,
    keys::CALLS,
    rooms::CALLS,
    folders::CALLS,
    members::CALLS,
    tags::CALLS,
    webhooks::CALLS,
    deliveries::CALLS,
    requests::CALLS,
    faults::CALLS,
    behaviour::CALLS,
];

pub(crate) fn router(portal: Portal) -> Router {
    let calls = Router::new()
        .merge(whole::routes())
        .merge(clock::routes())
        .merge(accounts::routes())
        .merge(groups::routes())
        .merge(keys::routes())
        .merge(rooms::routes())
        .merge(folders::routes())
        .merge(members::routes())
        .merge(tags::routes())
        .merge(webhooks::routes())
        .merge(deliveries::routes())
        .merge(requests::routes())
        .merge(faults::routes())
        .merge(behaviour::routes())
        .route("/", axum::routing::get(overview))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown);
    Router::new().nest("/simulator", calls).with_state(portal)
}

/// Everything that can be asked here.
async fn overview(State(portal): State<Portal>) -> Json<Value> {
    let calls: Vec<Value> = NOUNS
        .into_iter()
        .flatten()
        .map(|spoken| {
            let (method, path) = spoken.call.split_once(' ').unwrap_or_default();
            let path = format!("/simulator{}", path.trim_end_matches('/'));
            let mut told = json!({ "call": format!("{method} {path}"), "what": spoken.what });
            if let (Some(told), Some(write)) = (told.as_object_mut(), example(spoken.write)) {
                told.insert("write".to_owned(), write);
            }
            told
        })
        .collect();
    Json(json!({ "base": portal.url(), "calls": calls }))
}

/// An example of a body as JSON.
fn example(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

async fn unknown(request: Request) -> Response {
    let calls: Vec<&str> = NOUNS
        .into_iter()
        .flatten()
        .map(|spoken| spoken.call)
        .collect();
    let asked = format!("{} {}", request.method(), request.uri().path());
    let told = json!({
        "error": format!("there is no `{asked}` below /simulator"), "calls": calls,
    });
    (StatusCode::NOT_FOUND, Json(told)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_json() {
        for spoken in NOUNS.into_iter().flatten() {
            assert!(
                spoken.write.is_empty() || example(spoken.write).is_some(),
                "{}",
                spoken.call
            );
        }
    }
}
