//! Adopts a room: the service account becomes its owner and gives it back at once, which leaves it as Room manager
//! (rooms-api.md H.4). The journal has an open entry from before the first call until another owner was read and no
//! change of owner is unanswered. Nothing else happens between the two calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::RunError;
use super::observe::{Observation, governed};
use crate::docspace::{self, Client, Reader, Writer};
use crate::report::Wait;
use crate::room::{Rights, RoomId, Skip, Standing, UserId};
use crate::store::{Adoption, Store};

/// If the owner was read longer ago than this, it is read again before the take.
const FRESH: Duration = Duration::from_millis(500);
/// How often a run tries to give a room back before the custodian takes over.
const TRIES: usize = 4;
/// The longest pause between two attempts for an entry that needs an administrator.
const MAX_BLOCK: Duration = Duration::from_secs(5 * 60);

/// The timing of adoptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long an entry belongs to the process that opened it.
    pub lease: Duration,
    /// How often the owner is read while a late change of owner is still possible.
    pub watch: Duration,
    /// The pause before a portal that does not respond is retried while an entry is open.
    pub retry: Duration,
    /// The timeout of a change of owner, and of reading the owner: afterwards the owner is read again at once.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            watch: Duration::from_secs(2),
            retry: Duration::from_secs(1),
            patience: Duration::from_secs(1),
        }
    }
}

/// What adoptions need besides the portal.
#[derive(Debug, Clone)]
pub struct Journal {
    /// Where entries are kept.
    pub store: Store,
    /// How long the portal may work on a call without a response.
    pub after_lost_answer: Duration,
    /// The timing.
    pub pace: Pace,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// Wakes the custodian.
    pub(super) woken: Arc<Notify>,
    /// The open entries that this process knows: while the store cannot be used, rooms are given back without it.
    remembered: Arc<Mutex<BTreeMap<i64, Adoption>>>,
}

/// How an attempt to finish an entry ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finish {
    /// Another owner was read, and nothing is unanswered; `with_owner` if it is the owner that the room was taken from.
    Closed { with_owner: bool },
    /// It continues at `due`; `owner` is the current owner, if it is not the service account.
    Open {
        due: Timestamp,
        owner: Option<UserId>,
    },
    /// It needs an administrator.
    Blocked { reason: String },
}

impl Journal {
    /// Creates a journal in a store.
    pub fn new(store: Store, after_lost_answer: Duration, clock: fn() -> Timestamp) -> Self {
        Self {
            store,
            after_lost_answer,
            pace: Pace::default(),
            clock,
            woken: Arc::default(),
            remembered: Arc::default(),
        }
    }

    /// The same journal with another timing.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// How long the take counts as unanswered after a killed process opened the entry.
    pub(super) fn grace(&self) -> Duration {
        self.pace.lease + self.after_lost_answer
    }

    pub(super) fn later(&self, by: Duration) -> Timestamp {
        self.now().checked_add(by).unwrap_or(Timestamp::MAX)
    }

    fn remembered(&self) -> MutexGuard<'_, BTreeMap<i64, Adoption>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an open entry.
    pub(super) fn remember(&self, entry: Adoption) {
        self.remembered().insert(entry.id, entry);
    }

    /// As [`Journal::remember`], unless this process already knows the entry.
    pub(super) fn remember_first(&self, entry: Adoption) {
        self.remembered().entry(entry.id).or_insert(entry);
    }

    /// The remembered entry that has been due longest; it is not due again for the length of a lease.
    pub(super) fn claim_remembered(&self) -> Option<Adoption> {
        let (now, later) = (self.now(), self.later(self.pace.lease));
        let mut remembered = self.remembered();
        let due = remembered.values_mut().filter(|entry| entry.due <= now);
        let entry = due.min_by_key(|entry| entry.due)?;
        entry.due = later;
        entry.tries = entry.tries.saturating_add(1);
        Some(entry.clone())
    }
}

/// One adoption, or the end of one that another run started.
pub(super) struct Adopting<'e> {
    journal: &'e Journal,
    /// For the take, which is sent only while the run's fence is open.
    client: &'e Client,
    /// For everything after it.
    hurried: Client,
    reader: Reader,
}

impl<'e> Adopting<'e> {
    pub(super) fn new(journal: &'e Journal, client: &'e Client, reader: &Reader) -> Self {
        let hurried = client.hurried(journal.pace.patience);
        Self {
            journal,
            client,
            reader: reader.over(&hurried),
            hurried,
        }
    }

    /// Makes the service account Room manager. Returns its rights, as the portal reports them.
    pub(super) async fn adopt(
        &self,
        room: &RoomId,
        seen: &Observation,
    ) -> Result<Rights, RunError> {
        let (owner, me) = (&seen.seen.owner.id, &seen.seen.me);
        let places = self.client.reserve_adoption().await?;
        let lease = self.journal.later(self.journal.pace.lease);
        let now = self.journal.now();
        let store = &self.journal.store;
        let opened = store.adoption_open(room, owner, me, lease, now).await?;
        let Some(entry) = opened else {
            return Err(RunError::Waiting(Wait::Adoption));
        };
        self.journal.remember(entry.clone());
        let began = Instant::now();
        if seen.owner_seen.elapsed() > FRESH {
            match self.is_still(room, owner).await {
                // The entry's lease must still be valid when the take is sent.
                Ok(true) if began.elapsed() < self.journal.pace.lease / 2 => {}
                Ok(_) => return self.not_taken(&entry, RunError::Moved).await,
                Err(error) => return self.not_taken(&entry, error.into()).await,
            }
        }
        let writer = Writer::new(&self.hurried);
        let mut entry = entry;
        if !self.client.may_write() {
            return self.not_taken(&entry, RunError::Waiting(Wait::Lease)).await;
        }
        match writer.take(room, me, &places).await {
            // If the response names another owner, or none, the response to the give-back shows the owner.
            Ok(_) => {}
            Err(docspace::Error::LostAnswer { left, .. }) => {
                let rest = self
                    .journal
                    .after_lost_answer
                    .saturating_sub(left.elapsed());
                entry.unanswered_until = Some(self.journal.later(rest));
                return self.give_back(&entry).await;
            }
            Err(error) => return self.not_taken(&entry, error.into()).await,
        }
        match writer.give_back(room, owner, Some(&places)).await {
            Ok(Some(change)) if change.owner == *owner => {
                self.close(&entry, "given back").await;
                Ok(change.rights)
            }
            answer => {
                tracing::debug!(room.id = %room, ?answer, "the room is not given back yet");
                self.give_back(&entry).await
            }
        }
    }

    async fn is_still(&self, room: &RoomId, owner: &UserId) -> Result<bool, docspace::Error> {
        let found = self.reader.room(room).await?;
        Ok(found.is_some_and(|found| found.owner == *owner && governed(found.standing).is_ok()))
    }

    /// The room was not taken, which a read must confirm.
    async fn not_taken(&self, entry: &Adoption, why: RunError) -> Result<Rights, RunError> {
        match self.reader.room(&entry.room).await {
            Ok(Some(room)) if room.owner != entry.account => {
                self.close(entry, "not taken").await;
                Err(why)
            }
            _ => {
                self.put_off(entry, None, self.journal.now()).await;
                Err(why)
            }
        }
    }

    /// The service account owns the room, or may: gives it back, retries at once, and leaves the rest to the custodian.
    async fn give_back(&self, entry: &Adoption) -> Result<Rights, RunError> {
        for _ in 0..TRIES {
            match self.finish(entry).await {
                Finish::Closed { with_owner: true } => return Err(RunError::Adopted),
                Finish::Closed { with_owner: false } => return Err(RunError::Moved),
                Finish::Blocked { reason } => {
                    self.block(entry, &reason).await;
                    return Err(RunError::Waiting(Wait::Blocked(reason)));
                }
                Finish::Open { due, owner } if due > self.journal.now() => {
                    let entry = entry.with_owner(owner);
                    self.put_off(&entry, None, due).await;
                    return Err(RunError::Waiting(Wait::Adoption));
                }
                Finish::Open { .. } => {}
            }
        }
        self.put_off(entry, None, self.journal.now()).await;
        Err(RunError::Waiting(Wait::Adoption))
    }

    /// Reads the owner, gives the room back if the service account owns it, and closes the entry once that is
    /// confirmed.
    pub(super) async fn finish(&self, entry: &Adoption) -> Finish {
        let (room, now) = (&entry.room, self.journal.now());
        let open = |after: Duration, owner: Option<UserId>| Finish::Open {
            due: self.journal.later(after),
            owner,
        };
        let retry = open(self.journal.pace.retry, None);
        let found = match self.reader.room(room).await {
            Ok(Some(found)) => found,
            Ok(None) => return self.finish_gone(entry).await,
            Err(error) => {
                tracing::debug!(room.id = %room, %error, "the room of an open adoption cannot be read");
                return retry;
            }
        };
        if found.owner != entry.account {
            let with_owner = found.owner == entry.owner;
            if entry.unanswered_until.is_some_and(|until| until > now) {
                // A late take would take the room from its current owner.
                return open(self.journal.pace.watch, Some(found.owner));
            }
            // The rights show whether the room was ever taken: only then does a missing service account mean that
            // someone removed it.
            let how = match with_owner {
                true if found.rights == Rights::ALL => "given back",
                true => "not taken",
                false => "owner changed by somebody else",
            };
            self.close(entry, how).await;
            return Finish::Closed { with_owner };
        }
        if found.standing == Standing::Not(Skip::Archived) {
            let reason = "the room was archived while the service account owned it: restore it from the archive, and it is given back".to_owned();
            return Finish::Blocked { reason };
        }
        let answer = Writer::new(&self.hurried)
            .give_back(room, &entry.owner, None)
            .await;
        match answer {
            // The room was read as owned by the service account, so the take happened: nothing is unanswered.
            Ok(Some(change)) if change.owner == entry.owner => {
                self.close(entry, "given back").await;
                Finish::Closed { with_owner: true }
            }
            // Giving back again changes nothing if the owner already has the room: retried at once.
            Ok(_) | Err(docspace::Error::LostAnswer { .. } | docspace::Error::Failed { .. }) => {
                open(Duration::ZERO, None)
            }
            Err(error) if error.is_about_item() => Finish::Blocked {
                reason: self.why_not(entry, &error).await,
            },
            Err(_) => retry,
        }
    }

    /// A deleted room needs no owner: accepted after three reads.
    async fn finish_gone(&self, entry: &Adoption) -> Finish {
        for _ in 0..2 {
            tokio::time::sleep(self.journal.pace.retry).await;
            if !matches!(self.reader.room(&entry.room).await, Ok(None)) {
                return Finish::Open {
                    due: self.journal.now(),
                    owner: None,
                };
            }
        }
        self.close(entry, "the room is gone").await;
        Finish::Closed { with_owner: false }
    }

    async fn why_not(&self, entry: &Adoption, error: &docspace::Error) -> String {
        let person = self.reader.person(&entry.owner).await;
        let why = match person {
            Ok(None) => "the account does not exist".to_owned(),
            Ok(Some(found)) => found
                .person
                .cannot_own_rooms()
                .unwrap_or_else(|| error.to_string()),
            Err(_) => error.to_string(),
        };
        format!(
            "the room cannot be given back to `{}`: {why}; give it to someone else with `roomwright release {} --to E-MAIL`",
            entry.owner, entry.room
        )
    }

    /// The entry needs an administrator: logs one error, and retries with growing pauses.
    pub(super) async fn block(&self, entry: &Adoption, reason: &str) {
        if entry.blocked.is_none() {
            tracing::error!(room.id = %entry.room, owner = %entry.owner, %reason, "the service account owns a room and cannot give it back");
        }
        let pause = Duration::from_secs(1 << entry.tries.min(9)).min(MAX_BLOCK);
        self.put_off(entry, Some(reason), self.journal.later(pause))
            .await;
    }

    pub(super) async fn put_off(&self, entry: &Adoption, blocked: Option<&str>, due: Timestamp) {
        self.journal.remember(Adoption {
            blocked: blocked.map(str::to_owned),
            due,
            ..entry.clone()
        });
        let store = &self.journal.store;
        let done = store
            .adoption_put_off(entry, entry.unanswered_until, blocked, due)
            .await;
        if let Err(error) = done {
            tracing::debug!(room.id = %entry.room, %error, "an open adoption continues without the store");
        }
        self.journal.woken.notify_one();
    }

    /// If the store fails, the entry stays open, and the next process that finds it checks the room and closes it.
    async fn close(&self, entry: &Adoption, how: &str) {
        self.journal.remembered().remove(&entry.id);
        let store = &self.journal.store;
        if let Err(error) = store.adoption_close(entry, how, self.journal.now()).await {
            tracing::warn!(room.id = %entry.room, %error, "a finished adoption could not be closed in the store");
        }
    }
}
