//! The listener for operators: health with its reasons, and metrics. It has a separate address, since it shows more
//! than the public needs to know.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::status::Status;
use crate::telemetry::metrics::Exporter;

/// The listener for operators.
#[derive(Debug)]
pub struct Admin {
    /// Where it listens.
    pub listener: std::net::TcpListener,
    /// Renders the metrics.
    pub exporter: Exporter,
}

#[derive(Debug, Clone)]
struct Asked {
    status: Status,
    exporter: Exporter,
}

impl Admin {
    /// Logs the address; the returned future serves until `stop`.
    ///
    /// # Errors
    /// The listener cannot be used.
    pub(super) fn serve(
        self,
        status: Status,
        stop: CancellationToken,
    ) -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
        let admin = self.listener.local_addr()?;
        tracing::info!("health is at http://{admin}/readyz, metrics at http://{admin}/metrics");
        self.listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let router = Router::new()
            .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Asked {
                status,
                exporter: self.exporter,
            });
        // Open connections do not keep the service from stopping.
        Ok(async move {
            tokio::select! {
                served = async { axum::serve(listener, router).await } => served,
                () = stop.cancelled() => Ok(()),
            }
        })
    }
}

async fn ready(State(asked): State<Asked>) -> Response {
    let running = asked.status.now().await;
    let status = if running.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(running)).into_response()
}

async fn metrics(State(asked): State<Asked>) -> Response {
    asked.status.measure().await;
    let kind = (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    ([kind], asked.exporter.render()).into_response()
}
