//! Reloads policies and `mode` when their files change, as a whole or not at all. A broken edit keeps the last good
//! ones.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::checked::{check_sources, warn_of_rejected};
use super::watch::changed;
use super::worker::Worker;
use crate::config::{self, Followed, Mode, PolicySettings};
use crate::docspace::Brake;
use crate::policies;
use crate::policy::PolicySet;
use crate::room::counted;
use crate::yaml::Sources;

/// How often the configuration file is checked: `mode: observe` stops writing within a second.
const CONFIGURATION: Duration = Duration::from_millis(250);
/// How often the policy files are checked.
const POLICIES: Duration = Duration::from_secs(1);
/// How many errors a line of the log shows.
const SHOWN: usize = 10;

/// A configuration file that is watched.
#[derive(Clone)]
pub struct Configuration {
    /// Where it is.
    pub path: PathBuf,
    /// Reads it, with the overrides of the command line.
    pub read: Arc<dyn Fn() -> Result<Followed, config::Error> + Send + Sync>,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Configuration").field(&self.path).finish()
    }
}

impl Configuration {
    /// Waits until the file changes.
    async fn changed(&self, known: Option<&Stamp>) -> Stamp {
        let path = self.path.clone();
        changed(known, CONFIGURATION, move || stamp(&path)).await
    }

    /// Turns the brake on and off as `mode` changes; runs until it is dropped.
    pub async fn follow_mode(&self, brake: &Brake) {
        let mut known = None;
        loop {
            known = Some(self.changed(known.as_ref()).await);
            match (self.read)() {
                Ok(followed) => apply_mode(brake, followed.mode, 0),
                Err(error) => tracing::error!(
                    "the configuration file cannot be used, `mode` stays unchanged: {}",
                    error.in_one_line()
                ),
            }
        }
    }
}

/// When the file was written, and its size; an error if it does not exist.
type Stamp = Result<policies::Stamp, String>;

fn stamp(path: &Path) -> Stamp {
    policies::stamp(path).map_err(|error| error.to_string())
}

/// Turns the brake on or off, and says so. So many rooms were only observed and wait for an operator.
fn apply_mode(brake: &Brake, mode: Mode, observed: u64) {
    let has_changed = brake.set(mode == Mode::Observe);
    if !has_changed {
        return;
    }
    match mode {
        Mode::Observe => tracing::warn!(
            "`mode` is `observe` now: nothing is written to the portal, except that rooms that are being adopted are given back"
        ),
        Mode::Enforce if observed == 0 => {
            tracing::warn!("`mode` is `enforce` now: rooms are configured");
        }
        Mode::Enforce => tracing::warn!(
            rooms = observed,
            "`mode` is `enforce` now: rooms are configured; what was only observed ({}) waits for `roomwright apply --all`, and `roomwright plan --all` shows it",
            counted(observed, "room")
        ),
    }
}

/// Reloads files.
#[derive(Debug, Clone)]
pub struct Reload(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    configuration: Configuration,
    worker: Worker,
    active: tokio::sync::Mutex<Active>,
    problems: Mutex<Problems>,
}

/// The last good files.
#[derive(Debug)]
struct Active {
    settings: PolicySettings,
    sources: Sources,
}

/// Why the active policies are not those of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Problems {
    configuration: Option<String>,
    policies: Option<String>,
}

/// What to do about unchanged files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unchanged {
    /// Check them anyway.
    Check,
    /// Nothing.
    Skip,
}

impl Reload {
    /// Creates a reload for a worker whose policies were read from these sources with these values.
    pub fn new(
        directory: PathBuf,
        sources: Sources,
        settings: PolicySettings,
        configuration: Configuration,
        worker: Worker,
    ) -> Self {
        Self(Arc::new(Inner {
            directory,
            configuration,
            worker,
            active: tokio::sync::Mutex::new(Active { settings, sources }),
            problems: Mutex::default(),
        }))
    }

    /// Why the active policies are not those of the files; `None` if they are.
    pub fn problem(&self) -> Option<String> {
        let problems = self.problems();
        let Problems {
            configuration,
            policies,
        } = &*problems;
        configuration.clone().or_else(|| policies.clone())
    }

    fn problems(&self) -> std::sync::MutexGuard<'_, Problems> {
        let problems = self.0.problems.lock();
        problems.unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches the files until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        {
            let active = self.0.active.lock().await;
            warn_of_rejected(active.sources.clone(), active.settings.clone());
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow_configuration() => {}
            () = self.follow_policies() => {}
        }
    }

    async fn follow_configuration(&self) {
        let mut known = None;
        loop {
            let now = self.0.configuration.changed(known.as_ref()).await;
            // The file that the program started with has not changed.
            if known.is_some() {
                tracing::info!(
                    "`{}` was changed; `mode`, `vars` and `fiscal_year_starts` are reloaded, everything else at the next start",
                    self.0.configuration.path.display()
                );
            }
            known = Some(now);
            if self.configuration().await {
                self.policies(Unchanged::Check).await;
            }
        }
    }

    async fn follow_policies(&self) {
        let mut known: Option<Stamp> = None;
        loop {
            let directory = self.0.directory.clone();
            let now = changed(known.as_ref(), POLICIES, move || stamp(&directory)).await;
            let was_read = self.policies(Unchanged::Skip).await;
            // Unreadable files are retried; their error is reported once.
            known = was_read.then_some(now);
        }
    }

    /// Reloads everything now.
    pub async fn now(&self) {
        self.configuration().await;
        self.policies(Unchanged::Check).await;
    }

    /// Activates `mode` and the values of the file. Returns whether the values changed.
    async fn configuration(&self) -> bool {
        let inner = &self.0;
        match (inner.configuration.read)() {
            Ok(followed) => {
                let observed = self.observed().await;
                apply_mode(inner.worker.client.brake(), followed.mode, observed);
                if self.problems().configuration.take().is_some() {
                    tracing::info!("the configuration file is valid again");
                }
                let mut active = inner.active.lock().await;
                let is_new = active.settings != followed.policy_settings;
                active.settings = followed.policy_settings;
                is_new
            }
            Err(error) => {
                let path = inner.configuration.path.display();
                let short = format!("`{path}` cannot be used, the previous settings stay active");
                if self.problems().configuration.replace(short).is_none() {
                    tracing::error!(
                        "`{path}` cannot be used, the previous settings stay active: {}",
                        error.in_one_line()
                    );
                }
                false
            }
        }
    }

    /// How many rooms were only observed.
    async fn observed(&self) -> u64 {
        let worker = &self.0.worker;
        if !worker.client.brake().is_on() {
            return 0;
        }
        let overview = worker.store.overview((worker.clock)()).await;
        overview.map_or(0, |overview| overview.would_change())
    }

    /// Activates the policies of the directory, and retries rooms that were refused or partial. Returns whether the
    /// files could be read.
    async fn policies(&self, unchanged: Unchanged) -> bool {
        let mut active = self.0.active.lock().await;
        let (directory, settings) = (self.0.directory.clone(), active.settings.clone());
        let before = active.sources.clone();
        // Thousands of files take time.
        let read = tokio::task::spawn_blocking(move || {
            let sources = policies::read(&directory)?;
            let is_known = before == sources;
            let checked = if is_known && unchanged == Unchanged::Skip {
                None
            } else {
                Some(check_sources(sources.clone(), &settings))
            };
            Ok::<_, policies::Error>((sources, checked))
        });
        let (sources, checked) = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                self.broken(unchanged, &error.to_string(), &error.to_string());
                return false;
            }
            Err(panicked) => {
                self.broken(unchanged, &panicked.to_string(), &panicked.to_string());
                return true;
            }
        };
        match checked {
            None => self.good(),
            Some(Err(broken)) => {
                let text = broken.in_one_line(SHOWN);
                self.broken(unchanged, &broken.in_one_line(1), &text);
            }
            Some(Ok(set)) => {
                self.good();
                active.sources = sources;
                self.put(set).await;
                warn_of_rejected(active.sources.clone(), active.settings.clone());
            }
        }
        true
    }

    async fn put(&self, set: PolicySet) {
        let policies = set.policies().len();
        let worker = &self.0.worker;
        *worker.policies.write().await = Arc::new(set);
        tracing::info!(policies, "reloaded the policies: {policies} are active");
        worker.wake_refused().await;
    }

    fn good(&self) {
        if self.problems().policies.take().is_some() {
            tracing::info!("the policy files are valid again");
        }
    }

    /// Logs one error for each state of the files, and records it for the health check.
    fn broken(&self, unchanged: Unchanged, short: &str, text: &str) {
        let short =
            format!("the policy files cannot be used, the last good ones stay active: {short}");
        let before = self.problems().policies.replace(short.clone());
        if unchanged == Unchanged::Check || before != Some(short) {
            tracing::error!(
                "the policies cannot be used, the last good ones stay active; `roomwright validate` shows each line: {text}"
            );
        }
    }
}
