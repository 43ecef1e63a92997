//! A DocSpace portal in memory behind real HTTP, for tests and for the demo.
//!
//! It behaves as docs/docspace.md describes the real one, traps included, and shares no code with the rest of the
//! program, so that a wrong reading of DocSpace does not cancel itself out. Files and the interface are deliberately
//! absent.
//!
//! Its modules, each of which uses only those before it: `state` (what the portal holds), `wire` (a call and a response
//! as data), `rights`, `dto` (the shapes of responses), `faults` (faults, limits, recorded requests), `portal` (the
//! handle), `webhooks` (publishing and sending), `api` (one file for each part of the interface), `server` (from the
//! socket to the controller), `control` (what tests and people do without the portal's checks).

mod api;
mod control;
mod dto;
mod faults;
mod portal;
mod rights;
mod server;
mod state;
mod webhooks;
mod wire;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

pub use control::find::Unknown;
pub use control::hooks::{Delivery, WebhookView};
pub use control::people::{AccountView, GroupView, KeyView};
pub use control::populate::SeededNames;
pub use control::view::{FolderView, LifetimeView, RoomState, RoomView};
pub use faults::limits::RateLimits;
pub use faults::record::{AtOnce, Recorded};
pub use faults::{Armed, Fault, FaultKind, Later};
pub use portal::Portal;
pub use state::addresses::AddressRange;
pub use state::ids::EntryId;
pub use state::notices::{Notice, NoticeKind};
pub use state::options::{Contention, Culture, Latency, Options, PasswordPolicy};
pub use state::people::{DOCSPACE_ADMINS, EVERYONE, EmployeeStatus, EmployeeType};
pub use state::rooms::{FolderType, RoomType, ThirdParty};
pub use state::seed::{
    Seed, SeedAccount, SeedGroup, SeedKey, SeedPortal, SeedProblem, SeedRoom, Word,
};
pub use state::webhooks::Trigger;

use faults::Faults;
use faults::listener::{Connections, CutListener, Wire};
use portal::Inner;
use state::world::World;

impl Portal {
    /// Starts a portal that contains only its owner. Needs a tokio runtime, which must outlive the portal.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        // Without a provider, building a client panics; an earlier installed one stays.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = webhooks::address::client()
            .build()
            .map_err(io::Error::other)?;
        let tcp = TcpListener::bind(options.address).await?;
        let connections = Connections::default();
        let portal = Self {
            inner: Arc::new(Inner {
                journal: Mutex::default(),
                deferred: Mutex::default(),
                faults: Mutex::new(Faults::new(options.seed)),
                limiter: Mutex::default(),
                address: tcp.local_addr()?,
                http,
                retry_scale: options.retry_scale,
                queue: Mutex::default(),
                queued: Notify::new(),
                in_flight: watch::Sender::new(0),
                sender: Mutex::default(),
                held: watch::Sender::default(),
                listings: AtomicU32::default(),
                connections: connections.clone(),
                server: Mutex::default(),
                options: options.clone(),
                world: Mutex::new(World::new(options)),
            }),
        };
        let app = server::router(portal.clone())
            .merge(control::http::router(portal.clone()))
            .into_make_service_with_connect_info::<Wire>();
        let server = axum::serve(CutListener { tcp, connections }, app);
        portal.keep_running(
            tokio::spawn(async move { server.await.unwrap_or_default() }),
            tokio::spawn(portal.clone().run_sender()),
        );
        Ok(portal)
    }
}
