//! A receiver of webhooks that keeps its senders waiting.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

use super::deliveries::serve;

const LIMIT: Duration = Duration::from_secs(20);

/// Answers HEAD at once, and deliveries once it is open.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    got: Arc<Mutex<Vec<(Value, Instant)>>>,
    open: Arc<watch::Sender<bool>>,
}

impl Gate {
    pub(super) async fn start() -> (Self, String) {
        let gate = Self {
            got: Arc::default(),
            open: Arc::new(watch::Sender::new(false)),
        };
        let url = serve(Router::new().fallback(receive).with_state(gate.clone())).await;
        (gate, url)
    }

    /// Opens it and returns the time.
    pub(super) fn open(&self) -> Instant {
        let now = Instant::now();
        self.open.send_replace(true);
        now
    }

    /// The received deliveries, and when each arrived.
    pub(super) fn got(&self) -> Vec<(Value, Instant)> {
        self.got.lock().unwrap().clone()
    }

    pub(super) async fn until(&self, number: usize) {
        until("enough arrived", || self.got().len() >= number).await;
    }
}

async fn receive(State(gate): State<Gate>, method: Method, body: Bytes) -> StatusCode {
    if method == Method::POST {
        let body = serde_json::from_slice(&body).unwrap();
        gate.got.lock().unwrap().push((body, Instant::now()));
        let mut opened = gate.open.subscribe();
        opened.wait_for(|open| *open).await.unwrap();
    }
    StatusCode::OK
}

/// Waits until the condition holds, with a limit.
pub(super) async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "waited for: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
