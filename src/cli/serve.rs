//! `serve`: the webhook service.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{RwLock, watch};
use tokio_util::sync::CancellationToken;

use super::release::owned;
use super::{Exit, connect, now};
use crate::config::{Config, Error, Flags, environment};
use crate::docspace::Reader;
use crate::policy::PolicySet;
use crate::reconcile::Custodian;
use crate::room::shown;
use crate::store::{OpenMode, Store};
use crate::webhook::{self, Door, Secrets};
use crate::worker::{Policies, Worker};
use crate::yaml::render;

/// Run the webhook service
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Where to listen [env: `ROOMWRIGHT_LISTEN`, PORT] [default: 0.0.0.0:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Write nothing, report what would be done
    #[arg(long)]
    observe: bool,
    /// Believe every delivery, signed or not: for trying things out only
    #[arg(long)]
    insecure_skip_signature: bool,
}

impl Serve {
    pub(super) async fn run(&self, flags: &Flags) -> anyhow::Result<Exit> {
        let mut config = Config::load(flags, &environment)?;
        if let Some(listen) = &self.listen {
            config.listen = crate::config::address(listen)?;
        }
        if self.observe {
            config.mode = crate::config::Mode::Observe;
        }
        let secrets = self.secrets(&config)?;
        config.portal()?;
        let policies = match connect::policies(&config)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        let listener = std::net::TcpListener::bind(config.listen)
            .with_context(|| format!("`{}` cannot be listened on", config.listen))?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let stop = stop_on_signals()?;
        let service = Service::new(&config, store, policies, secrets)?;
        reload_on_hangup(
            config,
            service.worker.policies.clone(),
            service.worker.store.clone(),
        )?;
        service.run(listener, stop).await
    }

    fn secrets(&self, config: &Config) -> anyhow::Result<Secrets> {
        match (&config.webhook_secret, self.insecure_skip_signature) {
            (_, true) => {
                tracing::warn!(
                    "signatures are not verified: anybody who reaches this address can make us look at rooms"
                );
                Ok(Secrets::InsecureSkip)
            }
            (Some(current), false) => Ok(Secrets::Required {
                current: current.clone(),
                previous: config.webhook_secret_previous.clone(),
            }),
            (None, false) => Err(Error::Missing(
                "no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook",
            )
            .into()),
        }
    }
}

/// The service: a door and a worker over one store.
pub(super) struct Service {
    pub(super) worker: Worker,
    door: Door,
}

impl Service {
    pub(super) fn new(
        config: &Config,
        store: Store,
        policies: PolicySet,
        secrets: Secrets,
    ) -> anyhow::Result<Self> {
        let client = connect::counted_client(config, &store, connect::Writes::Many)?;
        let paused = Arc::new(watch::Sender::new(None));
        let holder = connect::holder();
        let journal = connect::journal(config, &store, &holder);
        let worker = Worker {
            engine: connect::engine(config, &client, &store, journal.clone()),
            custodian: Custodian::new(&client, journal),
            store: store.clone(),
            client,
            policies: Arc::new(RwLock::new(Arc::new(policies))),
            retry: config.retry,
            at_once: usize::try_from(config.limits.writes_at_once)
                .unwrap_or(1)
                .max(1),
            holder,
            clock: now,
            paused: paused.clone(),
        };
        let stored = store.clone();
        let readiness: webhook::Readiness = Arc::new(move || {
            let trouble = stored.trouble();
            let trouble = trouble.map(|reason| format!("the store cannot be written: {reason}"));
            trouble.or_else(|| paused.borrow().clone())
        });
        Ok(Self {
            worker,
            door: Door {
                store,
                secrets,
                clock: now,
                readiness,
            },
        })
    }

    pub(super) async fn run(
        self,
        listener: std::net::TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<Exit> {
        let address = listener.local_addr()?;
        tracing::info!(%address, "listening; the webhook's address ends in /docspace/webhook");
        let router = webhook::router(self.door);
        let store = self.worker.store.clone();
        let door = tokio::spawn(webhook::serve(listener, router, stop.clone()));
        // Deliveries are taken in while the portal is asked.
        let begun = tokio::spawn(at_start(self.worker.clone()));
        let worked = self.worker.run(&stop).await;
        stop.cancel();
        begun.abort();
        door.await??;
        let open = store.adoptions().await?;
        for entry in &open {
            tracing::error!(room.id = %entry.room, owner = %entry.owner, "ended while the adoption of this room is not finished; start again, or run `roomwright release`");
        }
        store.close().await;
        if worked? {
            tracing::info!("ended; nothing is left claimed");
        }
        Ok(if open.is_empty() {
            Exit::Fine
        } else {
            Exit::Failed
        })
    }
}

/// Open adoptions are told, and finished by the custodian; a key that does not work is told at once.
async fn at_start(worker: Worker) {
    for entry in worker.store.adoptions().await.unwrap_or_default() {
        tracing::warn!(room.id = %entry.room, owner = %entry.owner, "the adoption of this room was not finished by an earlier run; it is finished before all else");
    }
    // The policies may have been mended since the last run.
    if let Err(error) = wake_refused(&worker.store).await {
        tracing::error!(%error, "refused rooms could not be woken");
    }
    let reader = Reader::new(&worker.client);
    let key = match reader.key().await {
        Ok(key) => key,
        Err(error) => return worker.pause(&error.to_string()),
    };
    if let Some(trouble) = key.trouble() {
        return worker.pause(&trouble);
    }
    match owned(&worker.store, &worker.client).await {
        Ok(rooms) => {
            for (room, title, managers) in rooms {
                tracing::warn!(
                    room.id = %room, title = %shown(&title), managers = %shown(&managers.join(", ")),
                    "our account owns this room, and no adoption is open; `roomwright release {room} --to E-MAIL` gives it to its owner"
                );
            }
        }
        Err(error) => tracing::warn!("the rooms of our account could not be listed: {error:#}"),
    }
    tracing::info!(account = %key.owner, "the portal serves us");
}

async fn wake_refused(store: &Store) -> Result<usize, crate::store::Error> {
    store.wake_outcomes(&["refused", "partial"], now()).await
}

/// Cancelled by SIGTERM and SIGINT.
pub(super) fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to end; finishing what runs");
        stop.cancel();
    });
    Ok(token)
}

/// A broken edit keeps the last good set; after a good one refused and partial rooms are looked at again.
fn reload_on_hangup(config: Config, policies: Policies, store: Store) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match reload(&config) {
                Ok(set) => {
                    tracing::info!(
                        policies = set.policies().len(),
                        "the policies were read again"
                    );
                    *policies.write().await = Arc::new(set);
                    if let Err(error) = wake_refused(&store).await {
                        tracing::error!(%error, "refused rooms could not be woken");
                    }
                }
                Err(reason) => tracing::error!(
                    "the policies cannot be used, the last good ones stay in force:\n{reason}"
                ),
            }
        }
    });
    Ok(())
}

fn reload(config: &Config) -> Result<PolicySet, String> {
    let checked = connect::checked(&config.policies).map_err(|error| format!("{error:#}"))?;
    checked.map_err(|(sources, errors)| render(&sources, &errors, false))
}
