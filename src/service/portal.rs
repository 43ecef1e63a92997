//! One portal as it is configured: the client with its budget, what is remembered of its directory, and what is made of
//! them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::Error;
use super::account::{Account, Process};
use super::brakes::Brakes;
use super::worker::{Policies, Worker};
use crate::config::{self, Config, Retry};
use crate::decide::Ownership;
use crate::docspace::{self, Budget, Client, Directory, Limits, Reader, Target, Uncounted};
use crate::reconcile::{Custodian, Engine, Journal, Planner, Settings};
use crate::store::Store;

/// How long one call to the portal may take at most, and at least.
const MAX_CALL: Duration = Duration::from_secs(60);
const MIN_CALL: Duration = Duration::from_secs(5);
/// The pause before a room that is gone, or ours, is read again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a run may send calls: as long as a thousand nested folders take, one after another.
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// How long no room is adopted when somebody else uses the account: a minute of the portal.
const NO_ADOPTION_AFTER_429: Duration = Duration::from_secs(60);
/// How long a name in the directory is believed.
const DIRECTORY: Duration = Duration::from_secs(60);

/// One portal as it is configured.
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
    /// For what only reads. Without a store it cannot be known what other processes of the account do: a quarter of
    /// the minute is left then.
    ///
    /// # Errors
    /// The configuration names no portal or no key.
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

    /// With writes that are counted in a store.
    ///
    /// # Errors
    /// The configuration names no portal or no key.
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
            // No call is under way any more when its answer counts as lost: leases rely on it.
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

    /// Calls it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Reads it.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.client)
    }

    /// What is remembered of its people and groups.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Says what would be done to rooms, with calls of this client.
    pub fn planner(&self, client: &Client) -> Planner {
        Planner::new(
            client.clone(),
            self.directory.clone(),
            self.settings,
            self.clock,
        )
    }

    /// Finishes open adoptions.
    pub fn custodian(&self, store: &Store) -> Custodian {
        Custodian::new(&self.client, self.journal(store))
    }

    fn journal(&self, store: &Store) -> Journal {
        Journal::new(store.clone(), self.retry.after_lost_answer, self.clock)
    }

    /// Works on so many rooms at a time.
    pub fn worker(&self, store: &Store, policies: Policies, at_once: usize) -> Worker {
        // One journal: what a run leaves behind wakes the custodian.
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
