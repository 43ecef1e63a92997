//! The door: verify over the raw bytes, store durably, answer. Nothing of the portal is called inside a request.

mod connections;
mod lenient;
mod limits;
mod payload;
mod places;
mod refused;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use hyper_util::rt::TokioTimer;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use connections::{Listener, Peer};
use places::{Places, Visitor};

pub use limits::Limits;
pub use payload::{Error, LoggedDelivery, parse, parse_logged};
pub use signature::{Secrets, Unverified, VerifiedBody, verify};

use self::refused::Refusals;
use crate::delivery::Accepted;
use crate::room::escape_control;
use crate::store::Store;
use crate::telemetry::metrics::{self, Delivery as Became};

/// The largest body, in bytes.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// Every delivery of DocSpace is far below this many bytes; larger bodies share a few places.
const COMMON_BODY: usize = 64 * 1024;
/// The largest head of a request, in bytes; also how far a connection is read ahead.
const MAX_HEAD: usize = 16 * 1024;
/// How long requests under way are given at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Whether the service can work on rooms. Why not is said where only operators ask.
pub type Readiness = Arc<dyn Fn() -> bool + Send + Sync>;

/// What the door needs.
#[derive(Clone)]
pub struct WebhookState {
    /// Where deliveries go.
    pub store: Store,
    /// What they must be signed with.
    pub secrets: Secrets,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// For `readyz`.
    pub readiness: Readiness,
}

impl std::fmt::Debug for WebhookState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookState")
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// The routes: `POST`, `GET` and `HEAD /docspace/webhook`, `GET /healthz`, `GET /readyz`.
pub fn router(door: WebhookState) -> Router {
    router_within(door, &Limits::default())
}

/// As [`router`], with limits of its own.
pub fn router_within(door: WebhookState, limits: &Limits) -> Router {
    let bodies = Bodies {
        large: Arc::new(Semaphore::new(limits.large_bodies)),
        turn: limits.turn,
    };
    let refusals = Arc::<Refusals>::default();
    Router::new()
        .route(
            "/docspace/webhook",
            get(ok).post(move |door, request| deliver(door, bodies, refusals, request)),
        )
        .route("/healthz", get(ok))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.request,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(visit))
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
    serve_within(listener, router, stop, &Limits::default()).await
}

/// As [`serve`], with limits of its own.
///
/// # Errors
/// The listener cannot be used.
pub async fn serve_within(
    listener: std::net::TcpListener,
    router: Router,
    stop: CancellationToken,
    limits: &Limits,
) -> std::io::Result<()> {
    let listener = Listener::new(listener, Places::new(*limits), limits.unread)?;
    let handle = axum_server::Handle::<Peer>::new();
    // DocSpace speaks HTTP/1.1. Where both versions are served, a connection that says nothing is never closed.
    let mut server = axum_server::Server::<Peer>::from_listener(listener)
        .http1_only()
        .handle(handle.clone());
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD);
    tokio::spawn(async move {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(SHUTDOWN_GRACE));
    });
    let service = router.into_make_service_with_connect_info::<Peer>();
    server.serve(service).await
}

/// Places for bodies that are larger than any delivery is. A body is kept before anybody knows whose it is, so that
/// strangers could fill the memory; common ones are bounded by the number of connections.
#[derive(Debug, Clone)]
struct Bodies {
    large: Arc<Semaphore>,
    turn: Duration,
}

/// Given back when the body is.
type Place = Option<OwnedSemaphorePermit>;

impl Bodies {
    /// The body with its place, or the answer to one that cannot be read.
    async fn read(self, request: Request) -> Result<(Bytes, Place), Response> {
        let length = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let place = match length {
            Some(length) if length <= COMMON_BODY => None,
            _ => match tokio::time::timeout(self.turn, self.large.acquire_owned()).await {
                Ok(Ok(place)) => Some(place),
                _ => return Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "busy")),
            },
        };
        match Bytes::from_request(request, &()).await {
            Ok(body) => Ok((body, place)),
            Err(rejected) => Err(rejected.into_response()),
        }
    }
}

/// Who is at the other end, where connections have places.
fn visitor(request: &Request) -> Option<Arc<Visitor>> {
    let info = request.extensions().get::<ConnectInfo<Peer>>()?;
    Some(info.0.visitor().clone())
}

/// A connection is told when it has brought its last request, and left when its place is given to another.
async fn visit(request: Request, next: Next) -> Response {
    let Some(visitor) = visitor(&request) else {
        return next.run(request).await;
    };
    visitor.begins();
    let mut response = tokio::select! {
        response = next.run(request) => response,
        () = visitor.closing.cancelled() => refuse(StatusCode::SERVICE_UNAVAILABLE, "busy"),
    };
    if visitor.ends() || visitor.closing.is_cancelled() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// DocSpace probes the address with `HEAD` before it takes it.
async fn ok() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn ready(State(door): State<WebhookState>) -> Response {
    if (door.readiness)() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    let answer = Json(json!({ "status": "not ready" }));
    (StatusCode::SERVICE_UNAVAILABLE, answer).into_response()
}

async fn deliver(
    State(door): State<WebhookState>,
    bodies: Bodies,
    refusals: Arc<Refusals>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let visitor = visitor(&request);
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip());
    // The place is kept as long as the body is.
    let (body, _place) = match bodies.read(request).await {
        Ok(read) => read,
        Err(answer) => {
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                metrics::delivery(Became::Busy);
            }
            return answer;
        }
    };
    let body = match verify(&headers, body, &door.secrets) {
        Ok(body) => body,
        Err(reason) => {
            metrics::delivery(Became::BadSignature);
            refusals.add(peer, &headers, &reason.to_string());
            return refuse(StatusCode::UNAUTHORIZED, "bad-signature");
        }
    };
    if let Some(visitor) = visitor {
        visitor.is_known_now();
    }
    let delivery = match parse(&body, (door.clock)()) {
        Ok(delivery) => delivery,
        Err(reason) => {
            metrics::delivery(Became::Unreadable);
            let reason = format!("it is signed and cannot be read: {reason}");
            refusals.add(peer, &headers, &escape_control(&reason));
            return refuse(StatusCode::BAD_REQUEST, "not-a-delivery");
        }
    };
    match door.store.accept(&delivery, body.text()).await {
        Ok(accepted) => {
            metrics::delivery(match accepted {
                Accepted::New => Became::Stored,
                Accepted::Seen => Became::Known,
                Accepted::Irrelevant => Became::Irrelevant,
            });
            let room = delivery
                .room
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::info!(delivery.id = delivery.id, trigger = %delivery.trigger, room.id = %room, ?accepted, "delivery accepted");
            ok().await
        }
        Err(error) => {
            metrics::delivery(Became::NotStored);
            // The store gives the alarm, once.
            tracing::debug!(%error, delivery.id = delivery.id, "a delivery could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable")
        }
    }
}

/// Never 410: DocSpace would delete the webhook (docs/docspace.md, deliveries).
fn refuse(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "status": "error", "code": code }))).into_response()
}
