//! What every store must do, independent of its technology. Its tests are in `tests/it/store`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::{
    Adoption, Claim, Cutoff, DeliveryRow, Error, HistoryRow, Knowledge, OtherCalls, Overview,
    RoomJob, RoomRecord, RoomRow, Settled, Settlement, Which,
};
use crate::delivery::{Accepted, Delivery};
use crate::room::{RoomId, UserId};

/// How many rooms are read at once.
const PAGE: u32 = 500;

/// The contract of a store.
///
/// # Guarantees
/// Changes are on disk when a function returns, including claims and leases. After an error a change may be on disk or
/// not. A store that cannot be used returns [`Error::Unavailable`] soon, reports it once in the log and in
/// [`Backend::problem`], and recovers automatically. When the wall clock is set, due times and leases move along.
#[async_trait::async_trait]
pub trait Backend: std::fmt::Debug + Send + Sync {
    /// Stores a delivery and makes its room due. A known delivery is stored only once and makes its room due again; one
    /// without a room is not stored.
    async fn accept(&self, delivery: &Delivery, body: &str) -> Result<Accepted, Error>;

    /// The latest deliveries.
    async fn deliveries(&self, most: u32, now: Timestamp) -> Result<Vec<DeliveryRow>, Error> {
        self.deliveries_after(None, None, most, now).await
    }

    /// The next page of deliveries after `last`, latest first: all, or those of rooms whose job is in a state.
    async fn deliveries_after(
        &self,
        state: Option<&str>,
        last: Option<&DeliveryRow>,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<DeliveryRow>, Error>;

    /// The id of the stored delivery that is nearest to one that is not stored.
    async fn nearest_delivery(&self, id: i64) -> Result<Option<i64>, Error>;

    /// One delivery.
    async fn delivery(&self, id: i64, now: Timestamp) -> Result<Option<DeliveryRow>, Error>;

    /// The ids that are stored.
    async fn arrived(&self, ids: Vec<i64>) -> Result<BTreeSet<i64>, Error>;

    /// Makes a room due now.
    async fn wake(&self, room: &RoomId, now: Timestamp) -> Result<(), Error>;

    /// Makes a room that the sweep found due now; a job that an event created keeps its priority.
    async fn wake_swept(&self, room: &RoomId, now: Timestamp) -> Result<(), Error>;

    /// Makes every room with one of these outcomes due, and returns how many. Rooms in progress run again, since
    /// their runs started with other policies.
    async fn wake_outcomes(&self, outcomes: &[&str], now: Timestamp) -> Result<usize, Error>;

    /// Claims the next room that is due and not leased: new rooms first, then by due time.
    async fn claim(
        &self,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
        which: Which,
    ) -> Result<Option<RoomJob>, Error>;

    /// Claims a specific room, due or not.
    async fn claim_room(
        &self,
        room: &RoomId,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
    ) -> Result<Claim, Error>;

    /// Renews a lease; `false` if it was lost.
    async fn renew(
        &self,
        job: &RoomJob,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<bool, Error>;

    /// Ends a run, with its record, in one transaction. Until `not_before` the room cannot be claimed, even if an event
    /// arrives: a call to the portal may still be in progress.
    async fn settle(
        &self,
        job: &RoomJob,
        settlement: &Settlement,
        record: Option<&RoomRecord>,
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Settled, Error>;

    /// The earliest time at which an unleased room is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, Error>;

    /// All rooms, or those with one outcome; first those that never ran, then the latest.
    async fn rooms(&self, outcome: Option<&str>) -> Result<Vec<RoomRow>, Error> {
        let mut rows: Vec<RoomRow> = Vec::new();
        loop {
            let page = self.rooms_after(outcome, rows.last(), PAGE).await?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    /// The next page of that list after `last`. A room that runs in the meantime moves to the front and may be missed.
    async fn rooms_after(
        &self,
        outcome: Option<&str>,
        last: Option<&RoomRow>,
        most: u32,
    ) -> Result<Vec<RoomRow>, Error>;

    /// The history of one room or of all, latest first.
    async fn history(&self, room: Option<&RoomId>, most: u32) -> Result<Vec<HistoryRow>, Error>;

    /// The store in numbers.
    async fn overview(&self, now: Timestamp) -> Result<Overview, Error>;

    /// Deletes what is finished and older, at most this many rows of each kind; returns how many. Existing rooms are
    /// kept.
    async fn forget(&self, cutoff: Cutoff, most: u32) -> Result<usize, Error>;

    /// One room.
    async fn room(&self, id: &RoomId) -> Result<Option<RoomRow>, Error>;

    /// The rooms among these that have a record or are queued.
    async fn known(&self, rooms: Vec<RoomId>) -> Result<BTreeMap<RoomId, Knowledge>, Error>;

    /// How many of these rooms have no run that was recorded at this time or later.
    async fn not_run_since(&self, rooms: Vec<RoomId>, since: Timestamp) -> Result<usize, Error>;

    /// Folded addresses of the guests that were, or may have been, invited to a room.
    async fn invited(&self, room: &RoomId) -> Result<BTreeSet<String>, Error>;

    /// Records an invitation before it is sent. After an error it must not be sent.
    async fn note_invited(&self, room: &RoomId, guest: &str, now: Timestamp) -> Result<(), Error>;

    /// Counts an upcoming action if that makes at most `limit` within the time `within`; `false` otherwise.
    async fn count_within(
        &self,
        what: &str,
        amount: u64,
        limit: u64,
        within: Duration,
        now: Timestamp,
    ) -> Result<bool, Error>;

    /// When the store was created.
    async fn made_at(&self) -> Result<Timestamp, Error>;

    /// Records an adoption before it starts. `None` if the room already has an open entry. After an error the room must
    /// not be taken.
    async fn adoption_open(
        &self,
        room: &RoomId,
        owner: &UserId,
        account: &UserId,
        leased_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error>;

    /// Claims the entry that has been due longest and is not leased, or the entry of `room`, due or not. An entry is
    /// due at once if its process has ended. An entry without a retry time was left by a killed process: its take may
    /// have been sent, and counts as unanswered for `grace` after the entry was opened.
    async fn adoption_claim(
        &self,
        room: Option<&RoomId>,
        leased_until: Timestamp,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error>;

    /// Releases an entry until `due`. After an error its lease expires.
    async fn adoption_put_off(
        &self,
        adoption: &Adoption,
        unanswered_until: Option<Timestamp>,
        blocked: Option<&str>,
        due: Timestamp,
    ) -> Result<(), Error>;

    /// Closes an entry with its result, and makes the room due if it waits. After an error the next process that finds it
    /// open checks the room and closes it.
    async fn adoption_close(
        &self,
        adoption: &Adoption,
        how: &str,
        now: Timestamp,
    ) -> Result<(), Error>;

    /// All open entries, oldest first.
    async fn adoptions(&self) -> Result<Vec<Adoption>, Error>;

    /// The account of the latest adoption.
    async fn last_account(&self) -> Result<Option<UserId>, Error>;

    /// Whether an adoption made the service account Room manager of this room.
    async fn was_adopted(&self, room: &RoomId) -> Result<bool, Error>;

    /// Reserves up to `most` writes, so that at most `limit` are reserved within any 24 hours; returns how many.
    async fn set_writes_aside(&self, most: u64, limit: u64, now: Timestamp) -> Result<u64, Error>;

    /// Counts upcoming calls of this process, and returns the calls of other processes in the last minute.
    async fn announce_calls(
        &self,
        calls: u64,
        serves: bool,
        now: Timestamp,
    ) -> Result<OtherCalls, Error>;

    /// How many writes were reserved in the last 24 hours.
    async fn writes_set_aside(&self, now: Timestamp) -> Result<u64, Error>;

    /// Why the store cannot be used now; `None` if it can.
    fn problem(&self) -> Option<String>;

    /// Resolves when this process may have made a room due. Rooms that other processes make due are found by polling.
    async fn woken(&self);

    /// Waits until all pending changes are on disk, and closes the file.
    async fn close(&self);
}
