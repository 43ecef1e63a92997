//! `serve`: the webhook service.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Exit, connect, now};
use crate::config::{Config, Error, Flags, environment};
use crate::service::{Policies, Portal, Process, Reload, Service, Sweep, policies};
use crate::store::{OpenMode, Store};
use crate::webhook::{self, Secrets, WebhookState};

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
        let set = match connect::policies(&config)? {
            Ok(set) => set,
            Err(exit) => return Ok(exit),
        };
        let listener = std::net::TcpListener::bind(config.listen)
            .with_context(|| format!("`{}` cannot be listened on", config.listen))?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let stop = stop_on_signals()?;
        let service = service(&config, &store, policies(set), secrets)?;
        reload_on_hangup(Reload {
            directory: config.policies,
            words: config.words,
            worker: service.worker.clone(),
        })?;
        run(service, listener, stop).await
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

/// A service over a store, as it is configured.
pub(super) fn service(
    config: &Config,
    store: &Store,
    policies: Policies,
    secrets: Secrets,
) -> anyhow::Result<Service> {
    let portal = Portal::writing(config, store, Process::Service, now)?;
    let at_once = usize::try_from(config.limits.writes_at_once)?;
    let worker = portal.worker(store, policies, at_once.max(1));
    let (paused, stored) = (worker.paused.clone(), store.clone());
    let readiness: webhook::Readiness = Arc::new(move || {
        let trouble = stored.problem();
        let trouble = trouble.map(|reason| format!("the store cannot be written: {reason}"));
        trouble.or_else(|| paused.borrow().clone())
    });
    let sweep = Sweep::new(worker.clone(), config.sweep.newest, config.sweep.all);
    Ok(Service {
        worker,
        sweep,
        door: WebhookState {
            store: store.clone(),
            secrets,
            clock: now,
            readiness,
        },
    })
}

/// Runs a service until it is asked to end.
pub(super) async fn run(
    service: Service,
    listener: std::net::TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<Exit> {
    let open = service.run(listener, stop).await?;
    Ok(if open.is_empty() {
        Exit::Fine
    } else {
        Exit::Failed
    })
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

/// SIGHUP reads the policies again.
fn reload_on_hangup(reload: Reload) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload.run().await;
        }
    });
    Ok(())
}
