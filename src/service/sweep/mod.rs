//! The sweep: finds rooms without an event. It only reads lists; the workers process what it finds. It queues rooms
//! that are newer than the store and have no outcome yet, and once a day those that this store configured under a
//! policy with `drift: repair`. Older rooms that match a policy are reported and wait for an operator: a new or lost
//! store never writes to them automatically.

mod judge;
mod listing;
mod owners;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::listing::{Known, Listing, Settled};
use self::owners::Owners;
use super::Error;
use super::owned::is_unexplained;
use super::worker::Worker;
use crate::docspace::{KeyState, ListedRoom, Priority, Reader};
use crate::room::{RoomId, counted, escape_control};

/// How many rooms that wait are named in the log.
const MAX_NAMED: usize = 5;

/// Sweeps the list of rooms.
#[derive(Debug, Clone)]
pub struct Sweep {
    worker: Worker,
    newest: Duration,
    all: Duration,
    /// The reported rooms of the service account.
    reported: Arc<Mutex<BTreeSet<RoomId>>>,
    /// How many waiting rooms were reported: older ones, and those that other policies match now.
    waiting: Arc<Mutex<(usize, usize)>>,
    owners: Owners,
    /// A full sweep that failed midway.
    unfinished: Arc<tokio::sync::Mutex<Option<Listing>>>,
    settled: Arc<Mutex<Settled>>,
    last: Arc<Mutex<Last>>,
}

/// When it last ran, and what it found.
#[derive(Debug, Clone)]
struct Last {
    newest: Instant,
    all: Instant,
    /// When all rooms are swept again: at once until that succeeded.
    next_all: Option<Instant>,
    owned: BTreeSet<RoomId>,
    /// The rooms that wait for an operator, and when the list was read.
    waiting: Vec<RoomId>,
    listed_at: Timestamp,
    key_expires: Option<Timestamp>,
    /// Why a sweep failed that was not made up for since.
    problem: Option<(Reach, String)>,
}

/// How far a sweep goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From the newest room to the first page without a new room.
    Newest,
    /// Every room.
    All,
}

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many rooms were listed.
    pub listed: usize,
    /// Newer than the store, without an outcome: queued.
    pub due: Vec<RoomId>,
    /// Configured by this store, and matched by a policy with `drift: repair`: queued.
    pub checked: usize,
    /// Older than the store, without an outcome, and matched by a policy.
    pub older: usize,
    /// The rooms of `older` and `moved`.
    pub waiting: Vec<RoomId>,
    /// With an outcome, and matched by other policies than then: renamed, tagged, handed over, or the policies are
    /// newer.
    pub moved: usize,
    /// With an outcome, and no longer listed: queued once.
    pub gone: Vec<RoomId>,
    /// Owned by the service account without an open adoption.
    pub owned: Vec<RoomId>,
}

/// When the list of rooms was last swept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Seconds since the newest rooms were swept, or since the start.
    pub newest_s: u64,
    /// Seconds since all rooms were swept, or since the start.
    pub all_s: u64,
    /// Whether all rooms were swept since the start.
    #[serde(default)]
    pub all_done: bool,
    /// Rooms that the service account owned then without an open adoption.
    pub owned: usize,
    /// Rooms that would change and wait for an operator: older than the store, or matched by other policies than before.
    /// Those that had a run since the sweep do not count.
    #[serde(default)]
    pub waiting: usize,
    /// Why the last sweep failed, if it did.
    #[serde(default)]
    pub problem: Option<String>,
}

impl Sweep {
    /// Creates a sweep that queues rooms for this worker, at these intervals.
    pub fn new(worker: Worker, newest: Duration, all: Duration) -> Self {
        Self {
            worker,
            newest,
            all,
            reported: Arc::default(),
            waiting: Arc::default(),
            owners: Owners::default(),
            unfinished: Arc::default(),
            settled: Arc::default(),
            last: Arc::new(Mutex::new(Last {
                newest: Instant::now(),
                all: Instant::now(),
                next_all: None,
                owned: BTreeSet::new(),
                waiting: Vec::new(),
                listed_at: Timestamp::MIN,
                key_expires: None,
                problem: None,
            })),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it last ran.
    pub(super) async fn swept(&self) -> Swept {
        let last = self.last().clone();
        let waiting = last.waiting.len();
        let store = &self.worker.store;
        let left = store.not_run_since(last.waiting, last.listed_at).await;
        Swept {
            newest_s: last.newest.elapsed().as_secs(),
            all_s: last.all.elapsed().as_secs(),
            all_done: last.next_all.is_some(),
            owned: last.owned.len(),
            waiting: left.unwrap_or(waiting),
            problem: last.problem.map(|(_, problem)| problem),
        }
    }

    /// When the API key expires, as of the last check.
    pub(super) fn key_expires(&self) -> Option<Timestamp> {
        self.last().key_expires
    }

    /// Records the expiry of the key.
    pub(super) fn saw_key(&self, key: &KeyState) {
        let expires = key.expires.as_ref();
        self.last().key_expires = expires.and_then(|at| at.parse().ok());
    }

    fn ended(&self, reach: Reach, found: &Found, listing: &Listing) {
        let mut last = self.last();
        last.newest = Instant::now();
        last.owned.retain(|room| !listing.all.contains(room));
        last.owned.extend(found.owned.iter().cloned());
        match reach {
            Reach::Newest => {
                last.problem.take_if(|(failed, _)| *failed == Reach::Newest);
            }
            Reach::All => {
                last.owned.retain(|room| found.owned.contains(room));
                last.problem = None;
                last.all = last.newest;
                last.next_all = Some(last.newest + jitter(self.all));
                last.waiting.clone_from(&found.waiting);
                last.listed_at = listing.began_at;
            }
        }
    }

    /// Sweeps until `stop`; the first time after one interval.
    pub async fn run(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(jitter(self.newest)) => {}
            }
            if self.worker.paused.borrow().is_some() {
                continue;
            }
            let next_all = self.last().next_all;
            if next_all.is_none_or(|due| due <= Instant::now()) {
                match self.pass(Reach::All).await {
                    Ok(_) => continue,
                    Err(error) => self.failed(Reach::All, &error).await,
                }
            }
            // Also after a full sweep that failed: new rooms do not wait for it.
            if self.worker.paused.borrow().is_none()
                && let Err(error) = self.pass(Reach::Newest).await
            {
                self.failed(Reach::Newest, &error).await;
            }
        }
    }

    /// A sweep failed. If the portal does not work, it is paused instead of a warning for each sweep.
    pub(super) async fn failed(&self, reach: Reach, error: &Error) {
        if let Error::Portal(cause) = error
            && self.worker.pauses_after(cause).await
        {
            return;
        }
        self.last().problem = Some((reach, error.to_string()));
        tracing::warn!(%error, "the list of rooms could not be swept; it is retried");
    }

    /// Sweeps once.
    ///
    /// # Errors
    /// A request to the portal failed, or the store cannot be used. A full sweep resumes there the next time.
    pub async fn pass(&self, reach: Reach) -> Result<Found, Error> {
        let client = self.worker.client.with_priority(Priority::Sweep);
        let reader = Reader::new(&client);
        let policies = self.worker.policies.read().await.clone();
        let known = Known {
            store: &self.worker.store,
            policies,
            me: reader.whoami().await?,
            store_created_at: self.worker.store.made_at().await?,
            settled: &self.settled,
        };
        let left = match reach {
            Reach::All => self.unfinished.lock().await.take(),
            Reach::Newest => None,
        };
        let now = (self.worker.clock)();
        let mut listing = left
            .filter(|left| left.may_continue(&known.policies))
            .unwrap_or_else(|| Listing::new(&known.policies, now));
        if let Err(error) = listing.continue_reading(&reader, &known, reach).await {
            if reach == Reach::All {
                *self.unfinished.lock().await = Some(listing);
            }
            return Err(error);
        }
        let found = self.judge(&reader, &known, &listing, reach).await?;
        self.ended(reach, &found, &listing);
        self.report(reach, &found);
        Ok(found)
    }

    async fn wake(&self, room: &RoomId) -> Result<(), Error> {
        let now = (self.worker.clock)();
        Ok(self.worker.store.wake_swept(room, now).await?)
    }

    /// Reports a room that the service account owns without an open adoption once, with its Room managers.
    async fn ours(
        &self,
        reader: &Reader,
        room: &ListedRoom,
        found: &mut Found,
    ) -> Result<(), Error> {
        if !is_unexplained(&self.worker.store, reader, room).await? {
            return Ok(());
        }
        found.owned.push(room.id.clone());
        if !self.is_new(&room.id) {
            return Ok(());
        }
        let managers = reader.room_managers(&room.id).await?.join(", ");
        let managers = (!managers.is_empty()).then(|| escape_control(&managers));
        let id = &room.id;
        tracing::warn!(
            room.id = %id, title = %escape_control(&room.title), managers = managers.as_ref().map(tracing::field::display),
            "the service account owns this room, and no adoption is open; run `roomwright release {id} --to E-MAIL` to give it to its owner"
        );
        Ok(())
    }

    fn is_new(&self, room: &RoomId) -> bool {
        let reported = self.reported.lock();
        let mut reported = reported.unwrap_or_else(PoisonError::into_inner);
        reported.insert(room.clone())
    }

    fn report(&self, reach: Reach, found: &Found) {
        let (listed, due) = (found.listed, found.due.len());
        if due > 0 {
            tracing::info!(
                listed,
                due,
                "sweep found {} without an event",
                counted(due, "room")
            );
        } else {
            tracing::debug!(listed, "swept the list of rooms: nothing new");
        }
        if reach == Reach::Newest {
            return;
        }
        let now = (found.older, found.moved);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *waiting, now);
        let first = found.waiting.iter().take(MAX_NAMED);
        let such_as = first.map(RoomId::as_str).collect::<Vec<_>>().join(", ");
        if before.0 != found.older {
            tracing::info!(
                rooms = found.older, %such_as,
                "rooms that are older than the store match policies and are not changed; `roomwright plan --all` shows what would change, `roomwright apply --all` does it"
            );
        }
        if before.1 != found.moved {
            tracing::info!(
                rooms = found.moved, %such_as,
                "rooms match other policies than at their last run (renamed, tagged, handed over, or newer policies) and are not changed; `roomwright plan --all` shows what would change, `roomwright apply --all` does it"
            );
        }
        if !found.gone.is_empty() {
            tracing::info!(
                rooms = found.gone.len(),
                "recorded rooms are no longer in the list; they are checked again"
            );
        }
    }
}

/// Adds jitter, so that several services do not sweep at the same time.
pub(super) fn jitter(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + fastrand::f64() / 5.0)
}
