//! The contract of a store, by SQLite: each call is a closure that runs on the writer or on a reader.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::deliveries::Woken;
use super::jobs::{End, Taker};
use super::rooms::Written;
use super::{Sqlite, counts, deliveries, history, jobs, journal, overview, rooms};
use crate::delivery::{Accepted, Delivery};
use crate::room::{RoomId, UserId};
use crate::store::{
    Adoption, Backend, Claim, Cutoff, DeliveryRow, Error, HistoryRow, Knowledge, OtherCalls,
    Overview, RoomJob, RoomRecord, RoomRow, Settled, Settlement, Which,
};

#[async_trait::async_trait]
impl Backend for Sqlite {
    async fn accept(&self, delivery: &Delivery, body: &str) -> Result<Accepted, Error> {
        let Some(room) = delivery.room.clone() else {
            return Ok(Accepted::Irrelevant);
        };
        let (delivery, body) = (delivery.clone(), body.to_owned());
        self.write_and_wake(move |db| deliveries::accept(db, &delivery, &room, &body))
            .await
    }

    async fn deliveries_after(
        &self,
        state: Option<&str>,
        last: Option<&DeliveryRow>,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let (state, last) = (state.map(str::to_owned), last.cloned());
        self.readers
            .read(move |db| deliveries::page(db, state.as_deref(), last.as_ref(), most, now))
            .await
    }

    async fn nearest_delivery(&self, id: i64) -> Result<Option<i64>, Error> {
        self.readers
            .read(move |db| deliveries::nearest(db, id))
            .await
    }

    async fn delivery(&self, id: i64, now: Timestamp) -> Result<Option<DeliveryRow>, Error> {
        self.readers
            .read(move |db| deliveries::one(db, id, now))
            .await
    }

    async fn arrived(&self, ids: Vec<i64>) -> Result<BTreeSet<i64>, Error> {
        self.readers
            .read(move |db| deliveries::arrived(db, ids))
            .await
    }

    async fn wake(&self, room: &RoomId, now: Timestamp) -> Result<(), Error> {
        let room = room.clone();
        self.write_and_wake(move |db| deliveries::wake(db, &room, now, Woken::Otherwise))
            .await
    }

    async fn wake_swept(&self, room: &RoomId, now: Timestamp) -> Result<(), Error> {
        let room = room.clone();
        self.write_and_wake(move |db| deliveries::wake(db, &room, now, Woken::BySweep))
            .await
    }

    async fn wake_outcomes(&self, outcomes: &[&str], now: Timestamp) -> Result<usize, Error> {
        let outcomes: Vec<String> = outcomes.iter().map(ToString::to_string).collect();
        self.write_and_wake(move |db| rooms::wake_outcomes(db, &outcomes, now))
            .await
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
        which: Which,
    ) -> Result<Option<RoomJob>, Error> {
        let taker = Taker {
            holder: holder.to_owned(),
            lease_for,
        };
        self.writer
            .write(move |db| jobs::claim(db, &taker, which, now))
            .await
    }

    async fn claim_room(
        &self,
        room: &RoomId,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
    ) -> Result<Claim, Error> {
        let room = room.clone();
        let taker = Taker {
            holder: holder.to_owned(),
            lease_for,
        };
        self.writer
            .write(move |db| jobs::claim_room(db, &room, &taker, now))
            .await
    }

    async fn renew(
        &self,
        job: &RoomJob,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<bool, Error> {
        let (room, lease) = (job.room.clone(), job.lease.clone());
        let until = jobs::until(now, lease_for);
        self.writer
            .write(move |db| jobs::renew(db, &room, &lease, until))
            .await
    }

    async fn settle(
        &self,
        job: &RoomJob,
        settlement: &Settlement,
        record: Option<&RoomRecord>,
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Settled, Error> {
        let record = record.map(Written::new).transpose();
        let end = End {
            job: job.clone(),
            settlement: settlement.clone(),
            record: record.map_err(|error| Error::Unavailable(error.to_string()))?,
            not_before,
            now,
        };
        self.write_and_wake(move |db| jobs::settle(db, &end)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.readers.read(jobs::next_due).await
    }

    async fn rooms_after(
        &self,
        outcome: Option<&str>,
        last: Option<&RoomRow>,
        most: u32,
    ) -> Result<Vec<RoomRow>, Error> {
        let (outcome, last) = (outcome.map(str::to_owned), last.cloned());
        self.readers
            .read(move |db| rooms::page(db, outcome.as_deref(), last.as_ref(), most))
            .await
    }

    async fn history(&self, room: Option<&RoomId>, most: u32) -> Result<Vec<HistoryRow>, Error> {
        let room = room.cloned();
        self.readers
            .read(move |db| history::latest(db, room.as_ref(), most))
            .await
    }

    async fn overview(&self, now: Timestamp) -> Result<Overview, Error> {
        self.readers
            .read(move |db| overview::overview(db, now))
            .await
    }

    async fn forget(&self, cutoff: Cutoff, most: u32) -> Result<usize, Error> {
        let (cutoff, over) = self
            .readers
            .read(move |db| {
                let over = history::over(db, cutoff, most)?;
                Ok((history::bounded(db, cutoff)?, over))
            })
            .await?;
        self.writer
            .write(move |db| history::forget(db, &over, cutoff, most))
            .await
    }

    async fn room(&self, id: &RoomId) -> Result<Option<RoomRow>, Error> {
        let id = id.clone();
        self.readers.read(move |db| rooms::one(db, &id)).await
    }

    async fn known(&self, rooms: Vec<RoomId>) -> Result<BTreeMap<RoomId, Knowledge>, Error> {
        self.readers.read(move |db| rooms::known(db, rooms)).await
    }

    async fn not_run_since(&self, rooms: Vec<RoomId>, since: Timestamp) -> Result<usize, Error> {
        self.readers
            .read(move |db| rooms::not_run_since(db, &rooms, since))
            .await
    }

    async fn invited(&self, room: &RoomId) -> Result<BTreeSet<String>, Error> {
        let room = room.clone();
        self.readers.read(move |db| rooms::invited(db, &room)).await
    }

    async fn note_invited(&self, room: &RoomId, guest: &str, now: Timestamp) -> Result<(), Error> {
        let (room, guest) = (room.clone(), guest.to_owned());
        self.writer
            .write(move |db| rooms::note_invited(db, &room, &guest, now))
            .await
    }

    async fn count_within(
        &self,
        what: &str,
        amount: u64,
        limit: u64,
        within: Duration,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let what = what.to_owned();
        self.writer
            .write(move |db| counts::count_within(db, &what, amount, (limit, within), now))
            .await
    }

    async fn made_at(&self) -> Result<Timestamp, Error> {
        self.readers.read(rooms::made_at).await
    }

    async fn adoption_open(
        &self,
        room: &RoomId,
        owner: &UserId,
        account: &UserId,
        leased_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error> {
        let (room, owner, account) = (room.clone(), owner.clone(), account.clone());
        let presence = self.presence.clone();
        self.writer
            .write(move |db| {
                let lease = (presence.holder(), leased_until);
                journal::open(db, &room, (&owner, &account), lease, now)
            })
            .await
    }

    async fn adoption_claim(
        &self,
        room: Option<&RoomId>,
        leased_until: Timestamp,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error> {
        let (room, presence) = (room.cloned(), self.presence.clone());
        self.writer
            .write(move |db| {
                let lease = (&*presence, leased_until);
                journal::claim(db, room.as_ref(), lease, grace, now)
            })
            .await
    }

    async fn adoption_put_off(
        &self,
        adoption: &Adoption,
        unanswered_until: Option<Timestamp>,
        blocked: Option<&str>,
        due: Timestamp,
    ) -> Result<(), Error> {
        let entry = Adoption {
            unanswered_until,
            blocked: blocked.map(str::to_owned),
            due,
            ..adoption.clone()
        };
        self.writer
            .write(move |db| journal::put_off(db, &entry))
            .await
    }

    async fn adoption_close(
        &self,
        adoption: &Adoption,
        how: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (id, how) = (adoption.id, how.to_owned());
        self.write_and_wake(move |db| journal::close(db, id, &how, now))
            .await
    }

    async fn adoptions(&self) -> Result<Vec<Adoption>, Error> {
        self.readers.read(journal::all).await
    }

    async fn last_account(&self) -> Result<Option<UserId>, Error> {
        self.readers.read(journal::last_account).await
    }

    async fn was_adopted(&self, room: &RoomId) -> Result<bool, Error> {
        let room = room.clone();
        self.readers
            .read(move |db| journal::was_adopted(db, &room))
            .await
    }

    async fn set_writes_aside(&self, most: u64, limit: u64, now: Timestamp) -> Result<u64, Error> {
        self.writer
            .write(move |db| counts::set_writes_aside(db, most, limit, now))
            .await
    }

    async fn announce_calls(
        &self,
        calls: u64,
        serves: bool,
        now: Timestamp,
    ) -> Result<OtherCalls, Error> {
        let presence = self.presence.clone();
        self.writer
            .write(move |db| {
                // A service shows that it is alive, with an open adoption or without.
                let name = if serves {
                    presence.show()
                } else {
                    presence.name()
                };
                counts::announce(db, name, (calls, serves), now)
            })
            .await
    }

    async fn writes_set_aside(&self, now: Timestamp) -> Result<u64, Error> {
        self.readers
            .read(move |db| counts::writes_set_aside(db, now))
            .await
    }

    fn problem(&self) -> Option<String> {
        self.health.problem()
    }

    async fn woken(&self) {
        self.woken.notified().await;
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
