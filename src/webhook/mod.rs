//! The door: verify over the raw bytes, store durably, answer. Nothing of the portal is called inside a request.

mod lenient;
mod payload;
mod signature;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use hyper_util::rt::TokioTimer;
use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

pub use payload::{Error, parse};
pub use signature::{Secrets, Unverified, VerifiedBody, verify};

use crate::store::Store;

/// The largest body, in bytes.
const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// How long a client may take over its headers.
const HEADERS: Duration = Duration::from_secs(5);
/// How long a client may take over its body, and we over the answer.
const BODY: Duration = Duration::from_secs(10);
/// How long requests under way are given at the end.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// Why the service is not ready; nothing when it is.
pub type Readiness = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// Where deliveries go.
    pub store: Store,
    /// What they must be signed with.
    pub secrets: Secrets,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// For `readyz`.
    pub readiness: Readiness,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// The routes: `POST`, `GET` and `HEAD /docspace/webhook`, `GET /healthz`, `GET /readyz`.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/docspace/webhook", get(fine).post(deliver))
        .route("/healthz", get(fine))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            BODY,
        ))
        .layer(CatchPanicLayer::new())
        .with_state(door)
}

/// Serves until it is told to stop, then lets requests under way end.
///
/// # Errors
/// The listener cannot be used.
pub async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = axum_server::Handle::<SocketAddr>::new();
    let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS);
    tokio::spawn(async move {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(LAST_ORDERS));
    });
    server.serve(router.into_make_service()).await
}

/// DocSpace probes the address with `HEAD` before it takes it.
async fn fine() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn ready(State(door): State<Door>) -> Response {
    match (door.readiness)() {
        None => Json(json!({ "status": "ready" })).into_response(),
        Some(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "not ready", "reason": reason })),
        )
            .into_response(),
    }
}

async fn deliver(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let body = match verify(&headers, body, &door.secrets) {
        Ok(body) => body,
        Err(reason) => {
            tracing::warn!(%reason, "a delivery was turned away");
            return refuse(StatusCode::UNAUTHORIZED, "bad-signature");
        }
    };
    let delivery = match parse(&body, (door.clock)()) {
        Ok(delivery) => delivery,
        Err(reason) => {
            tracing::warn!(%reason, "a signed delivery cannot be read");
            return refuse(StatusCode::BAD_REQUEST, "not-a-delivery");
        }
    };
    match door.store.accept(&delivery, body.text()).await {
        Ok(accepted) => {
            let room = delivery
                .room
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::info!(delivery.id = delivery.id, trigger = %delivery.trigger, room.id = %room, ?accepted, "delivery accepted");
            fine().await
        }
        Err(error) => {
            tracing::error!(%error, delivery.id = delivery.id, "a delivery could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable")
        }
    }
}

/// Never 410: DocSpace would delete the webhook (docs/docspace.md, deliveries).
fn refuse(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "status": "error", "code": code }))).into_response()
}
