//! The webhook: verifies the raw bytes, stores the delivery durably, and responds. A request never calls the portal.

mod connections;
mod lenient;
mod limits;
mod payload;
mod places;
mod refused;
mod signature;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use axum::http::{Method, StatusCode};
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
/// Deliveries of DocSpace are far smaller than this many bytes; larger bodies share a few slots.
const COMMON_BODY: usize = 64 * 1024;
/// How many characters of a wrong path are logged.
const MAX_PATH: usize = 80;
/// The largest head of a request, in bytes; also the size of the read buffer.
const MAX_HEAD: usize = 16 * 1024;
/// How long requests in progress may take after `stop`.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Whether the service can process rooms. Only the listener for operators shows why not.
pub type Readiness = Arc<dyn Fn() -> bool + Send + Sync>;

/// What the webhook needs.
#[derive(Clone)]
pub struct WebhookState {
    /// Where deliveries go.
    pub store: Store,
    /// The secrets that must sign them.
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
pub fn router(state: WebhookState) -> Router {
    router_within(state, &Limits::default())
}

/// As [`router`], with given limits.
pub fn router_within(state: WebhookState, limits: &Limits) -> Router {
    let bodies = Bodies {
        large: Arc::new(Semaphore::new(limits.large_bodies)),
        turn: limits.turn,
    };
    let refusals = Arc::<Refusals>::default();
    let elsewhere = refusals.clone();
    Router::new()
        .route(
            "/docspace/webhook",
            get(ok).post(move |state, request| deliver(state, bodies, refusals, request)),
        )
        .route("/healthz", get(ok))
        .route("/readyz", get(ready))
        .fallback(async move |request: Request| wrong_path(&elsewhere, &request))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.request,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(visit))
        .with_state(state)
}

/// Serves until `stop`, then lets requests in progress end.
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

/// As [`serve`], with given limits.
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
    // DocSpace uses HTTP/1.1. With both versions enabled, a silent connection would never be closed.
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

/// Slots for bodies that are larger than any delivery. A body is in memory before its signature is verified, so
/// strangers could fill the memory; bodies of usual size are bounded by the number of connections.
#[derive(Debug, Clone)]
struct Bodies {
    large: Arc<Semaphore>,
    turn: Duration,
}

/// Released with the body.
type Place = Option<OwnedSemaphorePermit>;

impl Bodies {
    /// The body with its slot, or the response to one that cannot be read.
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

/// The client of the connection, if connections have slots.
fn visitor(request: &Request) -> Option<Arc<Visitor>> {
    let info = request.extensions().get::<ConnectInfo<Peer>>()?;
    Some(info.0.visitor().clone())
}

/// Tells the client to close the connection after its last request, and aborts when another connection gets its slot.
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

/// DocSpace sends `HEAD` to the address before it accepts it.
async fn ok() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn ready(State(state): State<WebhookState>) -> Response {
    if (state.readiness)() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    let answer = Json(json!({ "status": "not ready" }));
    (StatusCode::SERVICE_UNAVAILABLE, answer).into_response()
}

/// A `POST` to another path is probably a delivery of a webhook with a wrong address.
fn wrong_path(refusals: &Refusals, request: &Request) -> StatusCode {
    if request.method() == Method::POST {
        let path: String = request.uri().path().chars().take(MAX_PATH).collect();
        let reason = format!(
            "it was sent to `{}`: correct the webhook's address in DocSpace, its path is `/docspace/webhook`",
            escape_control(&path)
        );
        refusals.add(peer(request), request.headers(), &reason);
    }
    StatusCode::NOT_FOUND
}

/// The address of the connection.
fn peer(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    peer.map(|ConnectInfo(peer)| peer.ip())
}

async fn deliver(
    State(state): State<WebhookState>,
    bodies: Bodies,
    refusals: Arc<Refusals>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let visitor = visitor(&request);
    let peer = peer(&request);
    // The slot is held as long as the body.
    let (body, _place) = match bodies.read(request).await {
        Ok(read) => read,
        Err(answer) => {
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                metrics::delivery(Became::Busy);
            }
            return answer;
        }
    };
    let body = match verify(&headers, body, &state.secrets) {
        Ok(body) => body,
        Err(reason) => {
            metrics::delivery(Became::BadSignature);
            refusals.add(peer, &headers, &reason.to_string());
            return refuse(StatusCode::UNAUTHORIZED, "bad-signature");
        }
    };
    if let Some(visitor) = visitor {
        visitor.mark_known();
    }
    let delivery = match parse(&body, (state.clock)()) {
        Ok(delivery) => delivery,
        Err(reason) => {
            metrics::delivery(Became::Unreadable);
            let reason = format!("it is signed but cannot be read: {reason}");
            refusals.add(peer, &headers, &escape_control(&reason));
            return refuse(StatusCode::BAD_REQUEST, "not-a-delivery");
        }
    };
    match state.store.accept(&delivery, body.text()).await {
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
            tracing::info!(delivery.id = delivery.id, trigger = %delivery.trigger, room.id = %room, result = accepted.as_str(), "delivery accepted");
            ok().await
        }
        Err(error) => {
            metrics::delivery(Became::NotStored);
            // The store logs the error, once.
            tracing::debug!(%error, delivery.id = delivery.id, "a delivery could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable")
        }
    }
}

/// Never 410: DocSpace would delete the webhook (docs/docspace.md, deliveries).
fn refuse(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "status": "error", "code": code }))).into_response()
}
