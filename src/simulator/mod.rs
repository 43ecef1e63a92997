//! A DocSpace portal in memory behind real HTTP: what `demo` and the tests talk to.
//!
//! It shares no code with the client and follows the server's behaviour as `docs/docspace.md` tells it, quirks
//! included. It records every call, so that a test can say what was asked and how often. What it does not know
//! is answered 404 and marked as unknown in the record.

mod answer;
mod fault;
mod hooks;
mod http;
mod people;
mod rights;
mod rooms;
mod share;
mod state;
mod view;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use fault::{Fault, Kind};
pub use hooks::DeliveryLog;
pub use state::{PersonType, Request, RoomKind, Status};
pub use view::{FolderView, RoomView};

use state::State;

/// How the portal is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What the waits of the webhook sender (1, 2, 4, 8, 16 s) are multiplied by.
    pub retry_scale: f64,
    /// How long every call takes.
    pub latency: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            retry_scale: 0.01,
            latency: Duration::ZERO,
        }
    }
}

/// A running portal. Clones are the same portal.
#[derive(Debug, Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    url: String,
    options: Options,
    stop: CancellationToken,
    hooks: reqwest::Client,
}

impl Portal {
    /// Starts a portal with its owner, `owner@example.org`.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        // The first caller installs it; without one reqwest cannot build a client.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind(options.address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let hooks = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(100))
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        let stop = CancellationToken::new();
        let inner = Inner {
            state: Mutex::new(State::new()),
            url,
            options,
            stop: stop.clone(),
            hooks,
        };
        let portal = Self {
            inner: Arc::new(inner),
        };
        let router = http::router(portal.clone());
        tokio::spawn(async move {
            let served = axum::serve(listener, router)
                .with_graceful_shutdown(async move { stop.cancelled().await });
            if let Err(error) = served.await {
                tracing::error!(%error, "the simulated portal ended");
            }
        });
        Ok(portal)
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Ends it.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Every call since the start or the last [`Portal::clear_requests`].
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Forgets the calls so far.
    pub fn clear_requests(&self) {
        self.state().requests.clear();
    }

    /// The calls that may have changed something.
    pub fn writes(&self) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(|request| request.method != "GET")
            .collect()
    }

    /// Adds a fault to the end of the list; the first that fits a call is applied.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.state().faults.clear();
    }
}
