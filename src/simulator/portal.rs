//! The handle on a running portal.

use std::net::SocketAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::faults::deferred::Deferred;
use super::faults::limits::Limiter;
use super::faults::listener::Connections;
use super::faults::record::Journal;
use super::faults::{Faults, Held};
use super::state::options::Options;
use super::state::world::World;

/// A running portal. Clones share the same portal.
#[derive(Debug, Clone)]
pub struct Portal {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) world: Mutex<World>,
    /// The options it was started with.
    pub(crate) options: Options,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) deferred: Mutex<Vec<Deferred>>,
    pub(crate) limiter: Mutex<Limiter>,
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) retry_scale: f64,
    /// Rows of the webhook log that the sender has not started to send.
    pub(crate) queue: Mutex<Vec<i64>>,
    pub(crate) queued: Notify,
    /// The number of deliveries that are queued or being sent.
    pub(crate) in_flight: watch::Sender<usize>,
    pub(crate) sender: Mutex<Option<JoinHandle<()>>>,
    pub(crate) held: watch::Sender<Held>,
    /// The number of concurrent listings of members.
    pub(crate) listings: AtomicU32,
    pub(crate) connections: Connections,
    pub(crate) server: Mutex<Option<JoinHandle<()>>>,
}

impl Portal {
    /// The address of the portal, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Takes over the tasks that [`Portal::stop`] ends.
    pub(crate) fn keep_running(&self, server: JoinHandle<()>, sender: JoinHandle<()>) {
        for (place, task) in [(&self.inner.server, server), (&self.inner.sender, sender)] {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        }
    }

    /// Stops answering and sending, and closes all connections. The portal's state can still be read; pending
    /// deliveries are lost.
    pub fn stop(&self) {
        for task in [&self.inner.server, &self.inner.sender] {
            let running = task.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(running) = running {
                running.abort();
            }
        }
        self.inner.in_flight.send_replace(0);
        self.inner.connections.cut_all();
    }

    pub(crate) fn is_sending(&self) -> bool {
        let sender = self.inner.sender.lock();
        sender.unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Vec<i64>> {
        self.inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
