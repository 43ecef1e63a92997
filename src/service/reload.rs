//! Policies and `mode`, read again when their files change: whole or not at all. A broken edit keeps the last good
//! ones.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::watch::changed;
use super::worker::Worker;
use crate::config::{self, Followed, Mode, PortalWords, Words};
use crate::docspace::Brake;
use crate::policies;
use crate::policy::{PolicySet, Portal, Value};
use crate::room::escape_control;
use crate::yaml::{Problem, Severity, Sources, render};

/// How often the configuration file is looked at: `mode: observe` stops writing within a second.
const CONFIGURATION: Duration = Duration::from_millis(250);
/// How often the policy files are.
const POLICIES: Duration = Duration::from_secs(1);

/// Policies that cannot be used: the texts, and what is wrong with them.
#[derive(Debug)]
pub struct Broken {
    /// The texts.
    pub sources: Sources,
    /// The errors.
    pub errors: Vec<Problem>,
}

/// What the configuration says, as policies use it.
pub fn portal_of(words: &PortalWords) -> Portal {
    let value = |words: &Words| match words {
        Words::One(text) => Value::One(text.clone()),
        Words::Many(texts) => Value::Many(texts.clone()),
    };
    let starts = words.fiscal_year_starts;
    let vars = words.vars.iter();
    Portal {
        vars: vars
            .map(|(name, words)| (name.clone(), value(words)))
            .collect(),
        fiscal_year_starts: (starts.month, starts.day),
    }
}

/// The policies of a directory, or their errors.
///
/// # Errors
/// The directory cannot be read.
pub fn checked(
    directory: &Path,
    words: &PortalWords,
) -> Result<Result<PolicySet, Broken>, policies::Error> {
    Ok(check(policies::read(directory)?, words))
}

fn check(sources: Sources, words: &PortalWords) -> Result<PolicySet, Broken> {
    let (set, mut problems) = PolicySet::check_for(&sources, &portal_of(words));
    set.ok_or_else(|| {
        problems.retain(|problem| problem.severity == Severity::Error);
        Broken {
            sources,
            errors: problems,
        }
    })
}

/// A configuration file that is followed.
#[derive(Clone)]
pub struct Configuration {
    /// Where it is.
    pub path: PathBuf,
    /// Reads it, with what the command line says about it.
    pub read: Arc<dyn Fn() -> Result<Followed, config::Error> + Send + Sync>,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Configuration").field(&self.path).finish()
    }
}

impl Configuration {
    /// Waits until the file is another one than what is known of it.
    async fn changed(&self, known: Option<&Stamp>) -> Stamp {
        let path = self.path.clone();
        changed(known, CONFIGURATION, move || stamp(&path)).await
    }

    /// Holds writes back as `mode` says; to be dropped when the program ends.
    pub async fn follow_mode(&self, brake: &Brake) {
        let mut known = None;
        loop {
            known = Some(self.changed(known.as_ref()).await);
            match (self.read)() {
                Ok(followed) => apply_mode(brake, followed.mode),
                Err(error) => tracing::error!(
                    "the configuration file cannot be used, `mode` stays as it is:\n{error}"
                ),
            }
        }
    }
}

/// When it was written, and its size; nothing where it is not there.
type Stamp = Result<policies::Stamp, String>;

fn stamp(path: &Path) -> Stamp {
    policies::stamp(path).map_err(|error| error.to_string())
}

fn apply_mode(brake: &Brake, mode: Mode) {
    let has_changed = brake.set(mode == Mode::Observe);
    if !has_changed {
        return;
    }
    match mode {
        Mode::Observe => tracing::warn!(
            "`mode` is `observe` now: nothing is written to the portal, but rooms that are being adopted are given back"
        ),
        Mode::Enforce => tracing::warn!("`mode` is `enforce` now: rooms are written to"),
    }
}

/// What is read again.
#[derive(Debug, Clone)]
pub struct Reload(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    configuration: Configuration,
    worker: Worker,
    in_force: tokio::sync::Mutex<InForce>,
    problems: Mutex<Problems>,
}

/// What was read last and is good.
#[derive(Debug)]
struct InForce {
    words: PortalWords,
    sources: Sources,
}

/// Why what is in force is not what is in the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Problems {
    configuration: Option<String>,
    policies: Option<String>,
}

/// What is done about files whose texts are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// They are read and checked all the same.
    ToRead,
    /// Nothing.
    ToCompare,
}

impl Reload {
    /// For a worker under policies that were read with these words, when the files were these or after that.
    pub fn new(
        directory: PathBuf,
        sources: Sources,
        words: PortalWords,
        configuration: Configuration,
        worker: Worker,
    ) -> Self {
        Self(Arc::new(Inner {
            directory,
            configuration,
            worker,
            in_force: tokio::sync::Mutex::new(InForce { words, sources }),
            problems: Mutex::default(),
        }))
    }

    /// Why what is in force is not what is in the files; nothing when it is.
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

    /// Follows the files until it is told to stop.
    pub async fn run(&self, stop: &CancellationToken) {
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
            // Nothing is new about the file that the program started with.
            if known.is_some() {
                tracing::info!(
                    "`{}` was changed; `mode`, `vars` and `fiscal_year_starts` are read again, all else at the next start",
                    self.0.configuration.path.display()
                );
            }
            known = Some(now);
            if self.configuration().await {
                self.policies(Asked::ToRead).await;
            }
        }
    }

    async fn follow_policies(&self) {
        let mut known: Option<Stamp> = None;
        loop {
            let directory = self.0.directory.clone();
            let now = changed(known.as_ref(), POLICIES, move || stamp(&directory)).await;
            let was_read = self.policies(Asked::ToCompare).await;
            // What cannot be read is tried again; its error is reported once.
            known = was_read.then_some(now);
        }
    }

    /// Reads everything again, because somebody asks for it.
    pub async fn now(&self) {
        self.configuration().await;
        self.policies(Asked::ToRead).await;
    }

    /// Puts `mode` and the words of the file in force; whether the words are new.
    async fn configuration(&self) -> bool {
        let inner = &self.0;
        match (inner.configuration.read)() {
            Ok(followed) => {
                apply_mode(inner.worker.client.brake(), followed.mode);
                if self.problems().configuration.take().is_some() {
                    tracing::info!("the configuration file is good again");
                }
                let mut in_force = inner.in_force.lock().await;
                let is_new = in_force.words != followed.words;
                in_force.words = followed.words;
                is_new
            }
            Err(error) => {
                let path = inner.configuration.path.display();
                let short = format!("`{path}` cannot be used, what it said before stays in force");
                if self.problems().configuration.replace(short).is_none() {
                    tracing::error!(
                        "`{path}` cannot be used, what it said before stays in force:\n{error}"
                    );
                }
                false
            }
        }
    }

    /// Puts the policies of the directory in force; rooms that were refused or partial are looked at again. Whether the
    /// files could be read.
    async fn policies(&self, asked: Asked) -> bool {
        let mut in_force = self.0.in_force.lock().await;
        let (directory, words) = (self.0.directory.clone(), in_force.words.clone());
        let before = in_force.sources.clone();
        // Thousands of files take their time.
        let read = tokio::task::spawn_blocking(move || {
            let sources = policies::read(&directory)?;
            let is_known = before == sources;
            let checked = if is_known && asked == Asked::ToCompare {
                None
            } else {
                Some(check(sources.clone(), &words))
            };
            Ok::<_, policies::Error>((sources, checked))
        });
        let (sources, checked) = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                self.broken(asked, &error.to_string(), &error.to_string());
                return false;
            }
            Err(panicked) => {
                self.broken(asked, &panicked.to_string(), &panicked.to_string());
                return true;
            }
        };
        match checked {
            None => self.good(),
            Some(Err(broken)) => {
                let text = render(&broken.sources, &broken.errors, false);
                self.broken(asked, &first(&broken), &text);
            }
            Some(Ok(set)) => {
                self.good();
                in_force.sources = sources;
                self.put(set).await;
            }
        }
        true
    }

    async fn put(&self, set: PolicySet) {
        let policies = set.policies().len();
        let worker = &self.0.worker;
        *worker.policies.write().await = Arc::new(set);
        tracing::info!(
            policies,
            "the policies were read again: {policies} are in force"
        );
        worker.wake_refused().await;
    }

    fn good(&self) {
        if self.problems().policies.take().is_some() {
            tracing::info!("the policy files are good again");
        }
    }

    /// One alarm for each state of the files, and an answer for whoever asks.
    fn broken(&self, asked: Asked, short: &str, text: &str) {
        let short =
            format!("the policy files cannot be used, the last good ones stay in force: {short}");
        let before = self.problems().policies.replace(short.clone());
        if asked == Asked::ToRead || before != Some(short) {
            tracing::error!(
                "the policies cannot be used, the last good ones stay in force:\n{text}"
            );
        }
    }
}

/// The first of the errors in one line.
fn first(broken: &Broken) -> String {
    let Some(error) = broken.errors.first() else {
        return "they have errors".to_owned();
    };
    let place = broken.sources.place(error.span);
    let more = match broken.errors.len() {
        0 | 1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    format!("{place}: {}{more}", escape_control(&error.message))
}
