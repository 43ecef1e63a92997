//! What lies between the reconciler and the command line: the portal as configured, the workers, the start, the reload
//! of policies, the sweep, the guard of the webhook, and what the processes of an account share. Prints nothing and reads
//! no environment.

mod account;
mod admin;
mod brakes;
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
pub use brakes::Brakes;
pub use owned::{OwnedRoom, owned};
pub use portal::Portal;
pub use readiness::{Check, Readiness};
pub use reload::{Broken, Configuration, Reload, checked, portal_of};
pub use retention::Retention;
pub use status::{BudgetLeft, Running, Status, Swept};
pub use sweep::{Found, Reach, Sweep};
pub use worker::{Policies, Worker};

use crate::docspace;
use crate::store::{self, Adoption};
use crate::webhook::{self, WebhookState};

/// Why the service, or what it is made of, cannot be had or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something is missing in the configuration.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// The portal cannot be asked.
    #[error(transparent)]
    Portal(#[from] docspace::Error),
    /// The account of the key cannot do the work.
    #[error("{0}")]
    Account(String),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The door cannot be kept open.
    #[error("deliveries cannot be taken in: {0}")]
    Listener(#[from] std::io::Error),
}

/// A door and workers over one store.
#[derive(Debug)]
pub struct Service {
    /// Works on rooms.
    pub worker: Worker,
    /// Takes deliveries in.
    pub door: WebhookState,
    /// Finds what no delivery told of.
    pub sweep: Sweep,
    /// Watches the portal's webhook.
    pub watch: guard::Watch,
    /// Follows the files, where there are any.
    pub reload: Option<Reload>,
    /// Whether it can work on rooms.
    pub readiness: Readiness,
    /// Forgets what is over.
    pub retention: Retention,
    /// Answers operators, where they may ask.
    pub admin: Option<Admin>,
}

impl Service {
    /// Runs until `stop`; the adoptions that are open all the same.
    ///
    /// # Errors
    /// The listener or the store cannot be used any more.
    pub async fn run(
        mut self,
        listener: std::net::TcpListener,
        stop: CancellationToken,
    ) -> Result<Vec<Adoption>, Error> {
        let address = listener.local_addr()?;
        tracing::info!(%address, "listening; the webhook's address ends in /docspace/webhook");
        let worker = self.worker.clone();
        let store = worker.store.clone();
        let refused = Arc::<OnceLock<String>>::default();
        let beside = self.beside(&stop, &refused)?;
        let limits = webhook::Limits::of_process();
        let router = webhook::router_within(self.door, &limits);
        let door = tokio::spawn({
            let stop = stop.clone();
            async move { webhook::serve_within(listener, router, stop, &limits).await }
        });
        let worked = worker.run(&stop).await;
        stop.cancel();
        drop(beside);
        door.await.map_err(std::io::Error::other)??;
        let open = store.adoptions().await?;
        for entry in &open {
            tracing::error!(room.id = %entry.room, owner = %entry.owner, "ended while the adoption of this room is not finished; start again, or run `roomwright release`");
        }
        store.close().await;
        if worked? {
            tracing::info!("ended; nothing is left claimed");
        }
        match refused.get() {
            Some(problem) => Err(Error::Account(problem.clone())),
            None => Ok(open),
        }
    }

    /// What goes on beside the door and the workers, until it is dropped.
    fn beside(
        &mut self,
        stop: &CancellationToken,
        refused: &Arc<OnceLock<String>>,
    ) -> Result<JoinSet<()>, Error> {
        let mut beside = JoinSet::new();
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
            beside.spawn(async move {
                if let Err(error) = served.await {
                    tracing::error!(%error, "operators cannot be answered any more");
                }
            });
        }
        if let Some(reload) = self.reload.clone() {
            let stop = stopped();
            beside.spawn(async move { reload.run(&stop).await });
        }
        let seen = account::be_seen(worker.store.clone(), worker.clock, stopped());
        beside.spawn(seen);
        let (retention, stop_forgetting) = (self.retention, stopped());
        let (store, clock) = (worker.store.clone(), worker.clock);
        beside.spawn(async move { retention.run(&store, clock, &stop_forgetting).await });
        // Deliveries are taken in while the portal is asked.
        let (stop, refused) = (stopped(), refused.clone());
        beside.spawn(async move {
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
        Ok(beside)
    }
}

/// The policies in force, to be replaced whole.
pub fn policies(set: crate::policy::PolicySet) -> Policies {
    Arc::new(tokio::sync::RwLock::new(Arc::new(set)))
}
