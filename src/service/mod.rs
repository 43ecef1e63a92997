//! What lies between the reconciler and the command line: the portal as configured, the workers, the start, the reload
//! of policies, the sweep, and what the processes of an account share. Prints nothing and reads no environment.

mod account;
mod owned;
mod portal;
mod reload;
mod startup;
mod sweep;
pub mod worker;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use account::Process;
pub use owned::{OwnedRoom, owned};
pub use portal::Portal;
pub use reload::{Broken, Reload, checked, portal_of};
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
}

impl Service {
    /// Runs until `stop`; the adoptions that are open all the same.
    ///
    /// # Errors
    /// The listener or the store cannot be used any more.
    pub async fn run(
        self,
        listener: std::net::TcpListener,
        stop: CancellationToken,
    ) -> Result<Vec<Adoption>, Error> {
        let address = listener.local_addr()?;
        tracing::info!(%address, "listening; the webhook's address ends in /docspace/webhook");
        let router = webhook::router(self.door);
        let store = self.worker.store.clone();
        let door = tokio::spawn(webhook::serve(listener, router, stop.clone()));
        // Deliveries are taken in while the portal is asked.
        let begun = tokio::spawn({
            let (sweep, stop) = (self.sweep, stop.clone());
            let worker = self.worker.clone();
            async move {
                startup::run(&worker, &sweep).await;
                sweep.run(&stop).await;
            }
        });
        let seen = account::be_seen(store.clone(), self.worker.clock, stop.clone());
        let seen = tokio::spawn(seen);
        let worked = self.worker.run(&stop).await;
        stop.cancel();
        begun.abort();
        seen.abort();
        door.await.map_err(std::io::Error::other)??;
        let open = store.adoptions().await?;
        for entry in &open {
            tracing::error!(room.id = %entry.room, owner = %entry.owner, "ended while the adoption of this room is not finished; start again, or run `roomwright release`");
        }
        store.close().await;
        if worked? {
            tracing::info!("ended; nothing is left claimed");
        }
        Ok(open)
    }
}

/// The policies in force, to be replaced whole.
pub fn policies(set: crate::policy::PolicySet) -> Policies {
    Arc::new(tokio::sync::RwLock::new(Arc::new(set)))
}
