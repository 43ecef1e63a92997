//! `serve`: the webhook service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Exit, connect, now};
use crate::config::{self, Config, Error, Flags, Mode, environment};
use crate::docspace::Priority;
use crate::policy::PolicySet;
use crate::room::counted;
use crate::service::guard::{Guard, Watch};
use crate::service::{
    Admin, Configuration, Policies, Portal, Process, Readiness, Reload, Retention, Service, Sweep,
    policies,
};
use crate::store::{OpenMode, Store};
use crate::telemetry::metrics::Exporter;
use crate::webhook::{Secrets, WebhookState};
use crate::yaml::Sources;

/// Run the webhook service
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The address to listen on [env: ROOMWRIGHT_LISTEN, PORT] [default: 0.0.0.0:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Write nothing to rooms; report what would be done
    #[arg(long)]
    observe: bool,
    /// Accept every delivery, signed or not: only for experiments
    #[arg(long)]
    insecure_skip_signature: bool,
}

impl Serve {
    pub(super) async fn run(&self, flags: &Flags) -> anyhow::Result<Exit> {
        let mut config = Config::load(flags, &environment)?;
        if let Some(listen) = &self.listen {
            config.listen = config::address(listen)?;
        }
        if self.observe {
            config.mode = Mode::Observe;
        }
        let secrets = self.secrets(&config)?;
        config.check_limits()?;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let (sources, set) = match policies_of(&config) {
            Ok(Ok(read)) => read,
            unusable => {
                finish_adoptions(&config).await?;
                return unusable.map(|exit| exit.map_or_else(|exit| exit, |_| Exit::Fine));
            }
        };
        let listener = std::net::TcpListener::bind(config.listen).map_err(|error| {
            anyhow!(
                "cannot listen on `{}`: {error}; set another address with `--listen`",
                config.listen
            )
        })?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        tracing::info!(
            "roomwright {} starts with {} in mode {} and the store `{}`",
            env!("CARGO_PKG_VERSION"),
            counted(set.policies().len(), "policy"),
            config.mode.as_str(),
            config.store
        );
        let stop = stop_on_signals()?;
        let followed = Some((connect::configuration(flags, self.observe), sources));
        let mut service = service(&config, &store, policies(set), secrets, followed)?;
        service.admin = admin(&config)?;
        if let Some(reload) = service.reload.clone() {
            reload_on_hangup(reload)?;
        }
        run(service, listener, stop).await
    }

    fn secrets(&self, config: &Config) -> anyhow::Result<Secrets> {
        match (&config.webhook_secret, self.insecure_skip_signature) {
            (_, true) => {
                tracing::warn!(
                    "signatures are not verified: anyone who reaches this address can make roomwright read rooms"
                );
                config.portal()?;
                Ok(Secrets::InsecureSkip)
            }
            (Some(current), false) => {
                config.check_webhook_secrets()?;
                config.portal()?;
                Ok(Secrets::Required {
                    current: current.clone(),
                    previous: config.webhook_secret_previous.clone(),
                })
            }
            (None, false) => {
                let mut missing = config.missing_for_portal();
                missing.push("no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook");
                Err(Error::Missing(missing).into())
            }
        }
    }
}

/// The policy files and the policies, or the exit code after their errors were printed.
fn policies_of(config: &Config) -> anyhow::Result<Result<(Sources, PolicySet), Exit>> {
    // Before the check: files that change in between are reloaded.
    let sources = crate::policies::read(&config.policies)?;
    Ok(connect::policies(config)?.map(|set| (sources, set)))
}

/// Gives back the rooms of an earlier run: they do not wait until the policies are corrected.
async fn finish_adoptions(config: &Config) -> anyhow::Result<()> {
    let Some(store) = connect::store_if_there(config).await else {
        return Ok(());
    };
    let open = store.adoptions().await?.len();
    if open > 0 {
        tracing::warn!(
            "the policies cannot be used; before the end, {} of an earlier run {} given back",
            counted(open, "adopted room"),
            if open == 1 { "is" } else { "are" }
        );
        let portal = Portal::writing(config, &store, Process::Service, now)?;
        let custodian = portal.custodian(&store);
        let limit = config.retry.after_lost_answer + GIVING_BACK;
        match tokio::time::timeout(limit, custodian.release_until_none()).await {
            Ok(done) => done?,
            Err(_) => tracing::error!(
                "stopped while the adoption of a room is not finished; correct the policies and start again, or run `roomwright release`"
            ),
        }
    }
    store.close().await;
    Ok(())
}

/// How long rooms are given back before a start that fails, beyond the time that a lost answer takes.
const GIVING_BACK: Duration = Duration::from_secs(30);

/// The service as configured, with its store.
pub(super) fn service(
    config: &Config,
    store: &Store,
    policies: Policies,
    secrets: Secrets,
    followed: Option<(Configuration, Sources)>,
) -> anyhow::Result<Service> {
    let portal = Portal::writing(config, store, Process::Service, now)?;
    let at_once = usize::try_from(config.limits.writes_at_once)?;
    let worker = portal.worker(store, policies, at_once.max(1));
    let reload = followed.map(|(configuration, sources)| {
        let (directory, settings) = (config.policies.clone(), config.policy_settings.clone());
        Reload::new(directory, sources, settings, configuration, worker.clone())
    });
    let sweep = Sweep::new(worker.clone(), config.sweep.newest, config.sweep.all);
    let client = worker.client.with_priority(Priority::Sweep);
    let (address, secret) = (config.webhook_url.clone(), config.webhook_secret.clone());
    let guard = Guard::new(&client, address, secret, now).keeping(config.keep.deliveries);
    let watch = Watch::new(guard, worker.clone(), config.sweep.newest);
    let readiness = Readiness {
        store: store.clone(),
        client: worker.client.clone(),
        paused: worker.paused.clone(),
        reload: reload.clone(),
    };
    Ok(Service {
        watch,
        webhook: WebhookState {
            store: store.clone(),
            secrets,
            clock: now,
            readiness: Arc::new({
                let readiness = readiness.clone();
                move || readiness.is_ready()
            }),
        },
        worker,
        sweep,
        reload,
        readiness,
        retention: Retention {
            deliveries: config.keep.deliveries,
            history: config.keep.history,
        },
        admin: None,
    })
}

/// The listener for operators, if configured. It is optional if the default address is already in use.
fn admin(config: &Config) -> anyhow::Result<Option<Admin>> {
    let Some(wanted) = config.admin_listen else {
        return Ok(None);
    };
    let listener = match std::net::TcpListener::bind(wanted) {
        Ok(listener) => listener,
        Err(error) if wanted.to_string() == config::ADMIN => {
            tracing::warn!(
                %error,
                "cannot listen on `{wanted}`, so details and metrics are not available; set `admin_listen` to another address or `none`"
            );
            return Ok(None);
        }
        Err(error) => bail!(
            "cannot listen on `{wanted}`: {error}; set `admin_listen` to another address or `none`"
        ),
    };
    let exporter = Exporter::install().map_err(anyhow::Error::msg)?;
    Ok(Some(Admin { listener, exporter }))
}

/// Runs the service until it is asked to stop.
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

/// A token that SIGTERM and SIGINT cancel.
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
        tracing::info!("stopping: waiting for runs in progress");
        stop.cancel();
    });
    Ok(token)
}

/// Reloads the policies on SIGHUP.
fn reload_on_hangup(reload: Reload) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload.now().await;
        }
    });
    Ok(())
}
