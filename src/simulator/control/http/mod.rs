//! The control endpoint: HTTP access to the functions of `control`, which tests call directly.
//!
//! Its base path is `/simulator`. It accepts and returns JSON, and needs no credentials (docs/simulator.md).

mod accounts;
mod behaviour;
mod body;
mod clock;
mod deliveries;
mod faults;
mod folders;
mod groups;
mod keys;
mod members;
mod requests;
mod room_view;
mod rooms;
mod tags;
mod webhooks;
mod whole;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::simulator::portal::Portal;

/// A call of the control endpoint.
#[derive(Debug, Clone, Copy)]
struct Endpoint {
    /// The method, and the path below `/simulator`.
    call: &'static str,
    /// What it does.
    what: &'static str,
    /// An example of its body; empty if it has none.
    write: &'static str,
}

const fn endpoint(call: &'static str, what: &'static str, write: &'static str) -> Endpoint {
    Endpoint { call, what, write }
}

const NOUNS: [&[Endpoint]; 14] = [
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

/// All calls of the control endpoint.
async fn overview(State(portal): State<Portal>) -> Json<Value> {
    let calls: Vec<Value> = NOUNS
        .into_iter()
        .flatten()
        .map(|endpoint| {
            let (method, path) = endpoint.call.split_once(' ').unwrap_or_default();
            let path = format!("/simulator{}", path.trim_end_matches('/'));
            let mut answer = json!({ "call": format!("{method} {path}"), "what": endpoint.what });
            if let (Some(answer), Some(write)) = (answer.as_object_mut(), example(endpoint.write)) {
                answer.insert("write".to_owned(), write);
            }
            answer
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
        .map(|endpoint| endpoint.call)
        .collect();
    let requested = format!("{} {}", request.method(), request.uri().path());
    let answer = json!({
        "error": format!("there is no `{requested}` below /simulator"), "calls": calls,
    });
    (StatusCode::NOT_FOUND, Json(answer)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_json() {
        for endpoint in NOUNS.into_iter().flatten() {
            assert!(
                endpoint.write.is_empty() || example(endpoint.write).is_some(),
                "{}",
                endpoint.call
            );
        }
    }
}
