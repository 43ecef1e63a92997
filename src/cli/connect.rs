//! From a configuration to the parts that commands work with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::civil::Date;

use super::{Exit, now};
use crate::config::Config;
use crate::decide::{Mode, Ownership};
use crate::docspace::{Budget, Client, DayCount, Directory, Limits, Purpose, Target};
use crate::policy::PolicySet;
use crate::reconcile::{Engine, Journal, Settings};
use crate::store::Store;
use crate::yaml::{Problem, Severity, Sources, render};

/// How long one call to the portal may take at most, and at least.
const LONGEST_CALL: Duration = Duration::from_secs(60);
const SHORTEST_CALL: Duration = Duration::from_secs(5);
/// The pause before a room that is gone, or ours, is read again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long no room is taken when somebody else uses the account: a minute of the portal.
const NO_ADOPTION_AFTER_429: Duration = Duration::from_secs(60);
/// How long a name in the directory is believed.
const DIRECTORY: Duration = Duration::from_secs(60);

/// How many writes are set aside ahead by a process that goes on: a kill may lose so many of the day.
const AHEAD: u64 = 20;

/// Counts the day's writes in the store, where every process of the account sees them.
#[derive(Debug)]
struct Counted {
    store: Store,
    writes: Writes,
    /// The day, and how many of its writes that were set aside for work are left.
    left: tokio::sync::Mutex<(Date, u64)>,
}

#[async_trait::async_trait]
impl DayCount for Counted {
    async fn spend(&self, purpose: Purpose, limit: u64) -> bool {
        let today = now()
            .to_string()
            .get(..10)
            .and_then(|day| day.parse().ok())
            .unwrap_or_default();
        let mut left = self.left.lock().await;
        if left.0 == today && left.1 > 0 {
            left.1 -= 1;
            return true;
        }
        // What is kept for giving back is not set aside for anything else.
        let most = match (purpose, self.writes) {
            (Purpose::Work, Writes::Many) => AHEAD,
            (Purpose::Work, Writes::Few) | (Purpose::GiveBack, _) => 1,
        };
        match self.store.set_writes_aside(today, most, limit).await {
            Ok(granted) => {
                *left = (today, granted.saturating_sub(1));
                granted > 0
            }
            Err(error) => {
                // The portal counts too; a store that fails stops the run before long.
                tracing::warn!(%error, "writes could not be counted");
                true
            }
        }
    }
}

/// For commands that never write.
#[derive(Debug)]
pub(super) struct Uncounted;

#[async_trait::async_trait]
impl DayCount for Uncounted {
    async fn spend(&self, _purpose: Purpose, _limit: u64) -> bool {
        true
    }
}

/// A client of the configured portal.
pub(super) fn client(config: &Config, day: Arc<dyn DayCount>) -> anyhow::Result<Client> {
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
        timeout: config
            .retry
            .after_lost_answer
            .clamp(SHORTEST_CALL, LONGEST_CALL),
    };
    Ok(Client::new(target, Arc::new(Budget::new(limits, day)))?)
}

/// How many writes a process will make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writes {
    /// More and more, as long as it runs.
    Many,
    /// Those of a few rooms: none is set aside that is not made.
    Few,
}

/// A client whose writes are counted in the store.
pub(super) fn counted_client(
    config: &Config,
    store: &Store,
    writes: Writes,
) -> anyhow::Result<Client> {
    let counted = Counted {
        store: store.clone(),
        writes,
        left: tokio::sync::Mutex::default(),
    };
    client(config, Arc::new(counted))
}

/// The journal of adoptions.
pub(super) fn journal(config: &Config, store: &Store, holder: &str) -> Journal {
    Journal::new(
        store.clone(),
        holder.to_owned(),
        config.retry.after_lost_answer,
        now,
    )
}

/// What brings rooms in line.
pub(super) fn engine(config: &Config, client: &Client, store: &Store, journal: Journal) -> Engine {
    Engine::new(
        client.clone(),
        Directory::new(DIRECTORY),
        store.clone(),
        journal,
        settings(config),
        now,
    )
}

pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        ownership: match config.ownership {
            crate::config::Ownership::Adopt => Ownership::Adopt,
            crate::config::Ownership::Never => Ownership::Never,
        },
        mode: match config.mode {
            crate::config::Mode::Enforce => Mode::Enforce,
            crate::config::Mode::Observe => Mode::Observe,
        },
        after_lost_answer: config.retry.after_lost_answer,
        pause: PAUSE,
    }
}

pub(super) fn directory() -> Directory {
    Directory::new(DIRECTORY)
}

/// The policies, or what is wrong with them on standard error: standard output may be read by a program.
pub(super) fn policies(config: &Config) -> anyhow::Result<Result<PolicySet, Exit>> {
    Ok(checked(&config.policies)?.map_err(|(sources, errors)| {
        anstream::eprint!("{}", render(&sources, &errors, true));
        anstream::eprintln!("the policies have errors; nothing was done");
        Exit::Invalid
    }))
}

/// The policies of a directory, or their errors.
pub(super) fn checked(
    directory: &Path,
) -> anyhow::Result<Result<PolicySet, (Sources, Vec<Problem>)>> {
    let sources = crate::policies::read(directory)?;
    let (set, mut problems) = PolicySet::check(&sources);
    Ok(set.ok_or_else(|| {
        problems.retain(|problem| problem.severity == Severity::Error);
        (sources, problems)
    }))
}

/// The name of this process in leases.
pub(super) fn holder() -> String {
    format!("{}-{:08x}", std::process::id(), fastrand::u32(..))
}

/// The store at an address.
pub(super) async fn store(address: &str, mode: crate::store::OpenMode) -> anyhow::Result<Store> {
    Store::open(address, mode)
        .await
        .context("the store cannot be opened")
}
