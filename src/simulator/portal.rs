//! The handle on a running portal.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::faults::limits::Limiter;
use super::faults::listener::Connections;
use super::faults::record::Journal;
use super::faults::undone::Undone;
use super::faults::{Faults, Held};
use super::state::world::World;

/// A running portal. Clones are handles on the same one.
#[derive(Debug, Clone)]
pub struct Portal {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) world: Mutex<World>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) undone: Mutex<Vec<Undone>>,
    pub(crate) limiter: Mutex<Limiter>,
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) runtime: Handle,
    pub(crate) retry_scale: f64,
    /// The number of deliveries being sent.
    pub(crate) under_way: watch::Sender<usize>,
    pub(crate) held: watch::Sender<Held>,
    pub(crate) connections: Connections,
    pub(crate) server: Mutex<Option<JoinHandle<()>>>,
}

impl Portal {
    /// Where the portal is, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Stops answering and cuts all connections. What the portal knows can still be looked at.
    pub fn stop(&self) {
        if let Some(server) = self
            .inner
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            server.abort();
        }
        self.inner.connections.cut_all();
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.inner
            .world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.inner
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.inner
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.inner
            .limiter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
