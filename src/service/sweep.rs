//! The sweep: finds what no event told of. It reads lists; what it finds is done by the workers.
//!
//! It makes due rooms that were created after the store was and have no verdict, and once a day those that this store
//! configured under a policy with `drift: repair`. Older ones that match a policy are reported and wait for a person: a
//! new or lost store never writes to them by itself.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::owned::is_unexplained;
use super::status::Swept;
use super::worker::Worker;
use crate::docspace::{KeyState, ListedRoom, Priority, Reader};
use crate::policy::PolicySet;
use crate::room::{RoomId, UserId, escape_control};
use crate::store::Knowledge;

/// Looks through the list of rooms.
#[derive(Debug, Clone)]
pub struct Sweep {
    worker: Worker,
    newest: Duration,
    all: Duration,
    /// The rooms of our account that were reported.
    reported: Arc<Mutex<BTreeSet<RoomId>>>,
    /// How many older rooms were reported.
    older: Arc<AtomicUsize>,
    last: Arc<Mutex<Last>>,
}

/// When it was done last, and what was found out.
#[derive(Debug, Clone, Copy)]
struct Last {
    newest: Instant,
    all: Instant,
    owned: usize,
    key_expires: Option<Timestamp>,
}

/// How far a sweep goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From the newest room to a page of which nothing is news.
    Newest,
    /// Every room.
    All,
}

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many rooms were listed.
    pub listed: usize,
    /// Created after the store, without a verdict, and made due.
    pub due: Vec<RoomId>,
    /// Configured by this store, and matched by a policy that restores what is gone: looked at again.
    pub checked: usize,
    /// Older than the store, without a verdict, and matched by a policy.
    pub older: usize,
    /// Owned by our account, and not explained by an open adoption.
    pub owned: Vec<RoomId>,
}

/// What a page is held against.
struct Known {
    policies: Arc<PolicySet>,
    me: UserId,
    store_made_at: Timestamp,
}

impl Sweep {
    /// A sweep that makes rooms due for this worker, at these intervals.
    pub fn new(worker: Worker, newest: Duration, all: Duration) -> Self {
        Self {
            worker,
            newest,
            all,
            reported: Arc::default(),
            older: Arc::default(),
            last: Arc::new(Mutex::new(Last {
                newest: Instant::now(),
                all: Instant::now(),
                owned: 0,
                key_expires: None,
            })),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it was done last.
    pub(super) fn swept(&self) -> Swept {
        let last = *self.last();
        Swept {
            newest_s: last.newest.elapsed().as_secs(),
            all_s: last.all.elapsed().as_secs(),
            owned: last.owned,
        }
    }

    /// When the API key ends, by the last look at it.
    pub(super) fn key_expires(&self) -> Option<Timestamp> {
        self.last().key_expires
    }

    /// What the portal says of the key.
    pub(super) fn saw_key(&self, key: &KeyState) {
        let expires = key.expires.as_ref();
        self.last().key_expires = expires.and_then(|at| at.parse().ok());
    }

    fn ended(&self, reach: Reach, found: &Found) {
        let mut last = self.last();
        last.newest = Instant::now();
        if reach == Reach::All {
            last.all = last.newest;
            last.owned = found.owned.len();
        }
    }

    /// Sweeps until it is told to stop; the first time after one interval.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut next_all = Instant::now() + jitter(self.all);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(jitter(self.newest)) => {}
            }
            if self.worker.paused.borrow().is_some() {
                continue;
            }
            let is_due = Instant::now() >= next_all;
            let reach = if is_due { Reach::All } else { Reach::Newest };
            match self.pass(reach).await {
                Ok(_) if is_due => next_all = Instant::now() + jitter(self.all),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the list of rooms could not be swept; it is tried again");
                }
            }
        }
    }

    /// Sweeps once.
    ///
    /// # Errors
    /// The portal cannot be asked, or the store cannot be used.
    pub async fn pass(&self, reach: Reach) -> Result<Found, Error> {
        let client = self.worker.client.with_priority(Priority::Sweep);
        let reader = Reader::new(&client);
        let known = Known {
            policies: self.worker.policies.read().await.clone(),
            me: reader.whoami().await?,
            store_made_at: self.worker.store.made_at().await?,
        };
        let mut found = Found::default();
        let mut next = Some(0);
        while let Some(start) = next {
            let (rooms, following) = reader.newest_rooms(start).await?;
            let has_news = self
                .page(&reader, &known, reach, &rooms, &mut found)
                .await?;
            next = following.filter(|_| reach == Reach::All || has_news);
        }
        self.ended(reach, &found);
        self.report(reach, &found);
        Ok(found)
    }

    /// Whether anything on the page is news: a room that was created after the store and has no verdict.
    async fn page(
        &self,
        reader: &Reader,
        known: &Known,
        reach: Reach,
        rooms: &[ListedRoom],
        found: &mut Found,
    ) -> Result<bool, Error> {
        let ids = rooms.iter().map(|room| room.id.clone()).collect();
        let recorded = self.worker.store.known(ids).await?;
        let mut has_news = false;
        found.listed += rooms.len();
        for room in rooms {
            if room.owner == known.me {
                self.ours(reader, room, found).await?;
                continue;
            }
            if let Some(knowledge) = recorded.get(&room.id) {
                let is_repaired = reach == Reach::All
                    && *knowledge == Knowledge::Configured
                    && room
                        .kind
                        .is_some_and(|kind| known.policies.may_repair(&room.title, kind));
                if is_repaired {
                    let now = (self.worker.clock)();
                    self.worker.store.wake_swept(&room.id, now).await?;
                    found.checked += 1;
                }
                continue;
            }
            // The portal's list tells whole seconds.
            let is_new = room.created_at.as_second() >= known.store_made_at.as_second();
            has_news |= is_new;
            let may_match = room
                .kind
                .is_some_and(|kind| known.policies.may_match(&room.title, kind));
            if !may_match {
                continue;
            }
            if is_new {
                let now = (self.worker.clock)();
                self.worker.store.wake_swept(&room.id, now).await?;
                found.due.push(room.id.clone());
            } else {
                found.older += 1;
            }
        }
        Ok(has_news)
    }

    /// A room that our account owns without an open adoption is reported once, with its Room managers.
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
        if !self.is_news(&room.id) {
            return Ok(());
        }
        let managers = reader.room_managers(&room.id).await?;
        let id = &room.id;
        tracing::warn!(
            room.id = %id, title = %escape_control(&room.title), managers = %escape_control(&managers.join(", ")),
            "our account owns this room, and no adoption is open; `roomwright release {id} --to E-MAIL` gives it to its owner"
        );
        Ok(())
    }

    fn is_news(&self, room: &RoomId) -> bool {
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
                "swept the list of rooms: {due} were created and no event told of them"
            );
        } else {
            tracing::debug!(listed, "swept the list of rooms: nothing new");
        }
        if reach == Reach::All && self.older.swap(found.older, Ordering::Relaxed) != found.older {
            tracing::info!(
                rooms = found.older,
                "rooms that are older than the store match policies and are left alone; `roomwright plan --all` shows what would change, `roomwright apply` does it"
            );
        }
    }
}

/// A little more or less, so that several services do not sweep together.
pub(super) fn jitter(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + fastrand::f64() / 5.0)
}
