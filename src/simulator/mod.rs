//! A DocSpace portal in memory behind real HTTP, for tests and for the demo.
//!
//! It behaves as docs/docspace.md says the real one does, traps included, and shares no code with the rest of
//! the program: a mistake in our reading of DocSpace must not cancel itself out. Files, links of one's own
//! making and the interface are deliberately absent.

mod access;
mod accounts;
mod actions;
mod api_folders;
mod api_listing;
mod api_people;
mod api_rooms;
mod api_settings;
mod api_webhooks;
mod call;
mod dto;
mod envelope;
mod faults;
mod hooks_api;
mod ids;
mod limits;
mod listener;
mod net_json;
mod people;
mod record;
mod refusal;
mod rights;
mod rooms;
mod routes;
mod sender;
mod server;
mod share;
mod share_listing;
mod state;
mod title;
mod tree;
mod view;
mod webhooks;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use faults::{Fault, FaultKind, Later};
pub use hooks_api::{Delivery, WebhookView};
pub use ids::EntryId;
pub use limits::RateLimits;
pub use people::{DOCSPACE_ADMINS, EVERYONE, EmployeeStatus, EmployeeType};
pub use record::{AtOnce, Recorded};
pub use refusal::Culture;
pub use rooms::{FolderType, RoomType, ThirdParty};
pub use view::{FolderView, LifetimeView, Notice, NoticeKind, RoomState, RoomView};
pub use webhooks::Trigger;

use faults::{Faults, Held};
use limits::Limiter;
use listener::{Connections, CutListener, Wire};
use record::Journal;
use state::World;

/// How the portal is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The portal owner's name, first and last.
    pub owner_name: String,
    /// The portal owner's e-mail address.
    pub owner_email: String,
    /// The time at which the portal's clock stands still, moved by [`Portal::advance`] only. `None`: the real time.
    pub now: Option<Timestamp>,
    /// The offset of the dates in answers, in minutes.
    pub utc_offset_minutes: i32,
    /// Stretches the waits between attempts of a webhook: 1 is the server's 1, 2, 4, 8 and 16 seconds.
    pub retry_scale: f64,
    /// How long an attempt to deliver may take, the answer's body included.
    pub delivery_limit: Duration,
    /// Whether entries of a listing that sort equal come in another order at each request, as a database may have it.
    pub unstable_ties: bool,
    /// Makes other GUIDs and API keys.
    pub seed: u64,
    /// The language of messages.
    pub culture: Culture,
    /// Whether people may be invited by e-mail.
    pub guests_may_be_invited: bool,
    /// Whether the portal has quotas of rooms switched on.
    pub room_quotas: bool,
    /// Whether the portal's tariff has statistics.
    pub statistics: bool,
    /// Bytes for rooms without a quota of their own; -1 is unlimited.
    pub default_room_quota: i64,
    /// The largest quota a room may get, in bytes.
    pub largest_room_quota: Option<i64>,
    /// Whether AI agents take folders into "Knowledge".
    pub vectorisation: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            owner_name: "Olivia Owner".to_owned(),
            owner_email: "owner@example.org".to_owned(),
            now: None,
            utc_offset_minutes: 0,
            retry_scale: 1.0,
            delivery_limit: Duration::from_secs(100),
            unstable_ties: false,
            seed: 0,
            culture: Culture::English,
            guests_may_be_invited: true,
            room_quotas: true,
            statistics: true,
            default_room_quota: -1,
            largest_room_quota: None,
            vectorisation: false,
        }
    }
}

/// A running portal. Clones are handles on the same one.
#[derive(Debug, Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    limiter: Mutex<Limiter>,
    address: SocketAddr,
    http: reqwest::Client,
    runtime: Handle,
    retry_scale: f64,
    /// The number of deliveries being sent.
    under_way: watch::Sender<usize>,
    held: watch::Sender<Held>,
    connections: Connections,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Portal {
    /// Starts a portal with nobody but its owner in it. Needs a tokio runtime, which must outlive the portal.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        // Without a provider building a client panics; whoever came first stays.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // It trusts no authority; reading the machine's takes longer than all the rest.
            .tls_certs_only([])
            .no_proxy()
            .no_gzip()
            .build()
            .map_err(io::Error::other)?;
        let tcp = TcpListener::bind(options.address).await?;
        let connections = Connections::default();
        let portal = Self {
            inner: Arc::new(Inner {
                journal: Mutex::default(),
                faults: Mutex::new(Faults::new(options.seed)),
                limiter: Mutex::default(),
                address: tcp.local_addr()?,
                http,
                runtime: Handle::current(),
                retry_scale: options.retry_scale,
                under_way: watch::Sender::new(0),
                held: watch::Sender::default(),
                connections: connections.clone(),
                server: Mutex::default(),
                world: Mutex::new(World::new(options)),
            }),
        };
        let app = server::router(portal.clone()).into_make_service_with_connect_info::<Wire>();
        let server = axum::serve(CutListener { tcp, connections }, app);
        let running = tokio::spawn(async move { server.await.unwrap_or_default() });
        *portal
            .inner
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(portal)
    }

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

    fn world(&self) -> MutexGuard<'_, World> {
        self.inner
            .world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and sends what the change made known.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let changed = change(&mut self.world());
        self.send_outbox();
        changed
    }
}
