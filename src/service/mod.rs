//! Everything between the reconciler and the command line: the configured portal, the workers, the start, the reload of
//! policies, the sweep, the guard of the webhook, and what the processes of an account share. Prints nothing and reads
//! no environment variables.

mod account;
mod admin;
mod brakes;
mod checked;
pub mod guard;
mod key_account;
mod owned;
mod portal;
mod readiness;
mod reload;
mod retention;
pub mod settlement;
mod startup;
mod status;
mod sweep;
mod watch;
pub mod worker;

use std::sync::{Arc, OnceLock};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use account::Process;
pub use admin::Admin;
pub use brakes::{Brakes, Held};
pub use checked::{Broken, check_sources, checked, portal_of, rejected};
pub use owned::{OwnedRoom, owned};
pub use portal::Portal;
pub use readiness::{Check, Readiness};
pub use reload::{Configuration, Reload};
pub use retention::Retention;
pub use status::{BudgetLeft, Running, Status, WebhookSeen};
pub use sweep::{Found, Reach, Sweep, Swept};
pub use worker::{Policies, Worker};

use crate::docspace;
use crate::store::{self, Adoption};
use crate::webhook::{self, WebhookState};

/// Why the service, or a part of it, cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something is missing in the configuration.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// A request to the portal failed.
    #[error(transparent)]
    Portal(#[from] docspace::Error),
    /// The account of the key cannot do the work.
    #[error("{0}")]
    Account(String),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The webhook listener failed.
    #[error("deliveries cannot be received: {0}")]
    Listener(#[from] std::io::Error),
}

/// The webhook and the workers over one store.
#[derive(Debug)]
pub struct Service {
    /// Processes rooms.
    pub worker: Worker,
    /// Receives deliveries.
    pub webhook: WebhookState,
    /// Finds rooms without a delivery.
    pub sweep: Sweep,
    /// Watches the portal's webhook.
    pub watch: guard::Watch,
    /// Reloads changed files, if there are any.
    pub reload: Option<Reload>,
    /// Whether it can process rooms.
    pub readiness: Readiness,
    /// Deletes old data.
    pub retention: Retention,
    /// The listener for operators, if enabled.
    pub admin: Option<Admin>,
}

impl Service {
    /// Runs until `stop`. Returns adoptions that are still open.
    ///
    /// # Errors
    /// The listener or the store failed.
    pub async fn run(
        mut self,
        listener: std::net::TcpListener,
        stop: CancellationToken,
    ) -> Result<Vec<Adoption>, Error> {
        let address = listener.local_addr()?;
        tracing::info!(%address, "listening; the path of the webhook is /docspace/webhook");
        let worker = self.worker.clone();
        let store = worker.store.clone();
        let refused = Arc::<OnceLock<String>>::default();
        let background = self.background(&stop, &refused)?;
        let limits = webhook::Limits::of_process();
        let router = webhook::router_within(self.webhook, &limits);
        let webhook = tokio::spawn({
            let stop = stop.clone();
            async move { webhook::serve_within(listener, router, stop, &limits).await }
        });
        let worked = worker.run(&stop).await;
        stop.cancel();
        drop(background);
        webhook.await.map_err(std::io::Error::other)??;
        let open = store.adoptions().await?;
        for entry in &open {
            tracing::error!(room.id = %entry.room, owner = %entry.owner, "stopped while the adoption of this room is not finished; start again, or run `roomwright release`");
        }
        store.close().await;
        if worked? {
            tracing::info!("stopped; no runs in progress");
        }
        match refused.get() {
            Some(problem) => Err(Error::Account(problem.clone())),
            None => Ok(open),
        }
    }

    /// Starts the background tasks; dropping the set stops them.
    fn background(
        &mut self,
        stop: &CancellationToken,
        refused: &Arc<OnceLock<String>>,
    ) -> Result<JoinSet<()>, Error> {
        let mut background = JoinSet::new();
        let (worker, sweep) = (self.worker.clone(), self.sweep.clone());
        let watch = self.watch.clone();
        let stopped = || stop.clone();
        if let Some(admin) = self.admin.take() {
            let status = Status {
                readiness: self.readiness.clone(),
                worker: worker.clone(),
                sweep: sweep.clone(),
                watch: watch.clone(),
            };
            let served = admin.serve(status, stopped())?;
            background.spawn(async move {
                if let Err(error) = served.await {
                    tracing::error!(%error, "the listener for operators failed");
                }
            });
        }
        if let Some(reload) = self.reload.clone() {
            let stop = stopped();
            background.spawn(async move { reload.run(&stop).await });
        }
        let seen = account::announce_service(worker.store.clone(), worker.clock, stopped());
        background.spawn(seen);
        let (retention, stop_forgetting) = (self.retention, stopped());
        let (store, clock) = (worker.store.clone(), worker.clock);
        background.spawn(async move { retention.run(&store, clock, &stop_forgetting).await });
        // Deliveries are accepted during the startup checks.
        let (stop, refused) = (stopped(), refused.clone());
        background.spawn(async move {
            match startup::run(&worker, &sweep, &watch).await {
                Ok(()) => {
                    tokio::join!(sweep.run(&stop), watch.run(&stop));
                }
                Err(problem) => {
                    let _ = refused.set(problem);
                    stop.cancel();
                }
            }
        });
        Ok(background)
    }
}

/// The active policies, which are replaced as a whole.
pub fn policies(set: crate::policy::PolicySet) -> Policies {
    Arc::new(tokio::sync::RwLock::new(Arc::new(set)))
}
