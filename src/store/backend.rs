//! What every store must do, whatever keeps it. Its tests are `tests/it/store.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::{
    Adoption, Claim, Cutoff, DeliveryRow, Error, HistoryRow, Knowledge, OtherCalls, Overview,
    RoomJob, RoomRecord, RoomRow, Settled, Settlement, Which,
};
use crate::delivery::{Accepted, Delivery};
use crate::room::{RoomId, UserId};

/// How many rooms are read at a time.
const PAGE: u32 = 500;

/// The contract of a store.
///
/// # Guarantees
/// What is changed is on disk when a function returns: claims and leases too. After an error nothing is known: it may
/// be on disk all the same. A store that cannot be used answers [`Error::Unavailable`] soon, says so once in the log
/// and in [`Backend::problem`], and heals by itself. When the wall clock is set, what waits moves along with it.
#[async_trait::async_trait]
pub trait Backend: std::fmt::Debug + Send + Sync {
    /// Stores a delivery and wakes its room. A known delivery is stored once and wakes its room all the same; one
    /// without a room is not stored.
    async fn accept(&self, delivery: &Delivery, body: &str) -> Result<Accepted, Error>;

    /// The latest deliveries.
    async fn deliveries(&self, most: u32, now: Timestamp) -> Result<Vec<DeliveryRow>, Error> {
        self.deliveries_after(None, None, most, now).await
    }

    /// The next deliveries after one of them, the latest first: all, or those whose room's job is in a state.
    async fn deliveries_after(
        &self,
        state: Option<&str>,
        last: Option<&DeliveryRow>,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<DeliveryRow>, Error>;

    /// The id of the delivery that is nearest to one that is not there.
    async fn nearest_delivery(&self, id: i64) -> Result<Option<i64>, Error>;

    /// One delivery.
    async fn delivery(&self, id: i64, now: Timestamp) -> Result<Option<DeliveryRow>, Error>;

    /// Those of the deliveries that are stored.
    async fn arrived(&self, ids: Vec<i64>) -> Result<BTreeSet<i64>, Error>;

    /// Makes a room due now.
    async fn wake(&self, room: &RoomId, now: Timestamp) -> Result<(), Error>;

    /// Makes a room due now that the list of rooms showed: a job that an event asked for stays one.
    async fn wake_swept(&self, room: &RoomId, now: Timestamp) -> Result<(), Error>;

    /// Wakes every room whose last outcome is one of these; says how many. Rooms that somebody works on right now run
    /// once more, since their runs began under other policies.
    async fn wake_outcomes(&self, outcomes: &[&str], now: Timestamp) -> Result<usize, Error>;

    /// Claims the next room that is due and that nobody holds: new rooms first, then by due time.
    async fn claim(
        &self,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
        which: Which,
    ) -> Result<Option<RoomJob>, Error>;

    /// Claims one certain room, due or not.
    async fn claim_room(
        &self,
        room: &RoomId,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
    ) -> Result<Claim, Error>;

    /// Keeps a lease alive; `false` when it is not ours any more.
    async fn renew(
        &self,
        job: &RoomJob,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<bool, Error>;

    /// Ends a run, with its record, in one transaction. Until `not_before` nobody can claim the room, whatever wakes
    /// it: an answer of the portal is still out.
    async fn settle(
        &self,
        job: &RoomJob,
        settlement: &Settlement,
        record: Option<&RoomRecord>,
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Settled, Error>;

    /// The earliest time at which a room that nobody holds is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, Error>;

    /// All rooms, or those with one outcome; those that were never run first, then the latest.
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

    /// The next rooms of that list, so that nobody needs to hold all of them. A room that is run meanwhile moves to the
    /// front, and may be missed.
    async fn rooms_after(
        &self,
        outcome: Option<&str>,
        last: Option<&RoomRow>,
        most: u32,
    ) -> Result<Vec<RoomRow>, Error>;

    /// What happened, of one room or of all; the latest first.
    async fn history(&self, room: Option<&RoomId>, most: u32) -> Result<Vec<HistoryRow>, Error>;

    /// Everything in numbers.
    async fn overview(&self, now: Timestamp) -> Result<Overview, Error>;

    /// Forgets what is over and older, at most so many rows of each kind; how many there were. Rooms are not forgotten.
    async fn forget(&self, cutoff: Cutoff, most: u32) -> Result<usize, Error>;

    /// One room.
    async fn room(&self, id: &RoomId) -> Result<Option<RoomRow>, Error>;

    /// Those of the rooms of which there is a record or that wait for a run.
    async fn known(&self, rooms: Vec<RoomId>) -> Result<BTreeMap<RoomId, Knowledge>, Error>;

    /// Those who were invited to a room, or may have been, by their addresses as they compare.
    async fn invited(&self, room: &RoomId) -> Result<BTreeSet<String>, Error>;

    /// Puts on record that somebody is about to be invited. After an error nobody must be.
    async fn note_invited(&self, room: &RoomId, guest: &str, now: Timestamp) -> Result<(), Error>;

    /// Counts something that is about to be done if no more than `limit` of it are counted `within` this time; `false`
    /// otherwise.
    async fn count_within(
        &self,
        what: &str,
        amount: u64,
        limit: u64,
        within: Duration,
        now: Timestamp,
    ) -> Result<bool, Error>;

    /// When the store was made.
    async fn made_at(&self) -> Result<Timestamp, Error>;

    /// Puts on record that a room is about to be adopted. `None` when an entry of the room is open already. After an
    /// error nothing must be taken.
    async fn adoption_open(
        &self,
        room: &RoomId,
        owner: &UserId,
        account: &UserId,
        leased_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error>;

    /// Claims the entry that is due longest and that nobody holds; one whose process is known to have ended is due at
    /// once. One that nobody put off was left by a killed process: its take may have left, and counts as unanswered
    /// for `grace` from when it was opened. A named room's is claimed whether it is due or not.
    async fn adoption_claim(
        &self,
        room: Option<&RoomId>,
        leased_until: Timestamp,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error>;

    /// Lets go of an entry: it is due then, for whoever comes first. After an error its lease ends by itself.
    async fn adoption_put_off(
        &self,
        adoption: &Adoption,
        unanswered_until: Option<Timestamp>,
        blocked: Option<&str>,
        due: Timestamp,
    ) -> Result<(), Error>;

    /// Closes an entry, saying how it ended. After an error whoever finds it open looks and closes it.
    async fn adoption_close(
        &self,
        adoption: &Adoption,
        how: &str,
        now: Timestamp,
    ) -> Result<(), Error>;

    /// All open entries, the oldest first.
    async fn adoptions(&self) -> Result<Vec<Adoption>, Error>;

    /// Whether our account was made the room's manager by an adoption.
    async fn was_adopted(&self, room: &RoomId) -> Result<bool, Error>;

    /// Sets writes aside, at most so many that `limit` are set aside in any 24 hours; says how many.
    async fn set_writes_aside(&self, most: u64, limit: u64, now: Timestamp) -> Result<u64, Error>;

    /// Counts calls that this process is about to make, and says what the others of the last minute are.
    async fn announce_calls(
        &self,
        calls: u64,
        serves: bool,
        now: Timestamp,
    ) -> Result<OtherCalls, Error>;

    /// How many writes were set aside in the last 24 hours.
    async fn writes_set_aside(&self, now: Timestamp) -> Result<u64, Error>;

    /// Why the store cannot be used at the moment; nothing when it can.
    fn problem(&self) -> Option<String>;

    /// Resolves when a room may have become due in this process. Other processes' rooms are found by asking.
    async fn woken(&self);

    /// Waits until everything that was begun is on disk, and lets go of the file.
    async fn close(&self);
}
