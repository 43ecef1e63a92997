//! The configured portal: the client with its budget, the cached directory, and what is built from them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::Error;
use super::account::{Account, Process};
use super::brakes::Brakes;
use super::key_account;
use super::worker::{Policies, Worker};
use crate::config::{self, Config, Retry};
use crate::decide::Ownership;
use crate::docspace::{self, Budget, Client, Directory, Limits, Reader, Target, Uncounted};
use crate::reconcile::{Custodian, Engine, Journal, Planner, Settings};
use crate::store::Store;

/// The maximum and minimum timeout of one call to the portal.
const MAX_CALL: Duration = Duration::from_secs(60);
const MIN_CALL: Duration = Duration::from_secs(5);
/// The pause before a room that is missing, or owned by the service account, is read again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a run may send calls: enough for a thousand nested folders, one after another.
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// How long no room is adopted when someone else uses the account: the window of the portal's rate limit.
const NO_ADOPTION_AFTER_429: Duration = Duration::from_secs(60);
/// How long names are cached.
const DIRECTORY: Duration = Duration::from_secs(60);

/// The configured portal.
#[derive(Debug, Clone)]
pub struct Portal {
    client: Client,
    directory: Directory,
    settings: Settings,
    retry: Retry,
    /// Names this process in leases.
    holder: String,
    clock: fn() -> Timestamp,
}

impl Portal {
    /// For commands that only read. Without a store, the calls of other processes are unknown, so a quarter of the
    /// limit is used.
    ///
    /// # Errors
    /// The configuration has no portal or no key.
    pub fn reading(
        config: &Config,
        store: Option<&Store>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        if let Some(store) = store {
            return Self::writing(config, store, Process::Command, clock);
        }
        let mut config = config.clone();
        config.limits.requests_per_minute = (config.limits.requests_per_minute / 4).max(1);
        Self::new(&config, Arc::new(Uncounted), clock)
    }

    /// For commands that write; the store counts the writes.
    ///
    /// # Errors
    /// The configuration has no portal or no key.
    pub fn writing(
        config: &Config,
        store: &Store,
        process: Process,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let account = Account::new(store.clone(), process, clock);
        Self::new(config, Arc::new(account), clock)
    }

    fn new(
        config: &Config,
        account: Arc<dyn docspace::Account>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let (host, key) = config.portal()?;
        let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let limits = Limits {
            requests_per_minute: size(config.limits.requests_per_minute),
            writes_at_once: size(config.limits.writes_at_once),
            reads_at_once: size(config.limits.reads_at_once),
            writes_per_day: config.limits.writes_per_day,
            no_adoption_after_429: NO_ADOPTION_AFTER_429,
        };
        let target = Target {
            host: host.to_owned(),
            key: key.clone(),
            // Calls time out before their responses count as lost: leases rely on it.
            timeout: config.retry.after_lost_answer.clamp(MIN_CALL, MAX_CALL),
        };
        let client = Client::new(target, Arc::new(Budget::new(limits, account)))?;
        client.brake().set(config.mode == config::Mode::Observe);
        Ok(Self {
            client,
            directory: Directory::new(DIRECTORY),
            settings: settings(config),
            retry: config.retry,
            holder: format!("{}-{:08x}", std::process::id(), fastrand::u32(..)),
            clock,
        })
    }

    /// The same portal for a person who waits: a read that gets a 429 soon fails.
    #[must_use]
    pub fn impatient(self) -> Self {
        Self {
            client: self.client.impatient(),
            ..self
        }
    }

    /// The client of the portal.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A reader of the portal.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.client)
    }

    /// Why the key, or its account, cannot do the work, if so.
    ///
    /// # Errors
    /// A request to the portal failed.
    pub async fn account_problem(&self) -> Result<Option<String>, docspace::Error> {
        key_account::problem(&self.reader()).await
    }

    /// The cached people and groups.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A planner that uses this client.
    pub fn planner(&self, client: &Client) -> Planner {
        Planner::new(
            client.clone(),
            self.directory.clone(),
            self.settings,
            self.clock,
        )
    }

    /// A custodian of open adoptions.
    pub fn custodian(&self, store: &Store) -> Custodian {
        Custodian::new(&self.client, self.journal(store))
    }

    fn journal(&self, store: &Store) -> Journal {
        Journal::new(store.clone(), self.retry.after_lost_answer, self.clock)
    }

    /// A worker that processes this many rooms at once.
    pub fn worker(&self, store: &Store, policies: Policies, at_once: usize) -> Worker {
        // One shared journal: a run that leaves an open adoption wakes the custodian.
        let journal = self.journal(store);
        Worker {
            engine: Engine::new(
                self.client.clone(),
                self.directory.clone(),
                store.clone(),
                journal.clone(),
                self.settings,
                self.clock,
            ),
            custodian: Custodian::new(&self.client, journal),
            store: store.clone(),
            client: self.client.clone(),
            policies,
            retry: self.retry,
            at_once,
            holder: self.holder.clone(),
            clock: self.clock,
            paused: Arc::new(watch::Sender::new(None)),
            brakes: Brakes::default(),
        }
    }
}

fn settings(config: &Config) -> Settings {
    Settings {
        ownership: match config.ownership {
            config::Ownership::Adopt => Ownership::Adopt,
            config::Ownership::Never => Ownership::Never,
        },
        removals: usize::try_from(config.limits.removals).unwrap_or(usize::MAX),
        removals_per_day: config.limits.removals_per_day.into(),
        repaired_rooms_per_hour: config.limits.repaired_rooms_per_hour,
        after_lost_answer: config.retry.after_lost_answer,
        pause: PAUSE,
        deadline: DEADLINE,
    }
}
