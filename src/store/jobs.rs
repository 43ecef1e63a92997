//! Claim, lease, settle: one worker per room at a time, in all processes.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;

use super::rooms::RoomRecord;
use super::{Error, Store, accept, millis, timestamp};
use crate::room::RoomId;

/// Proof that a room was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseId(String);

/// A room that is ours to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomJob {
    /// Which room.
    pub room: RoomId,
    /// Grows with every event.
    pub generation: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Our lease.
    pub lease: LeaseId,
    /// Until when it lasts unless it is renewed.
    pub leased_until: Timestamp,
    /// Whether an event asked for it: new rooms go before everything else.
    pub fresh: bool,
}

/// What becomes of a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing is left to do.
    Done,
    /// It is tried again.
    RetryAt {
        /// When.
        at: Timestamp,
        /// Whether this run counts as an attempt.
        attempt_used: bool,
    },
    /// Nobody tries it again by itself: a dead letter.
    Dead {
        /// Why.
        reason: String,
    },
}

/// Which rooms are claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Any that is due.
    Any,
    /// Only new rooms: places are kept for them.
    New,
}

/// What settling did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As was said.
    Finished,
    /// An event came during the run: the room runs once more.
    RunsAgain,
    /// Somebody else has the room; nothing was changed.
    LeaseLost,
}

/// An attempt to claim one certain room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Got(RoomJob),
    /// Somebody works on it.
    Busy {
        /// Until when at the latest.
        until: Timestamp,
    },
}

impl Store {
    /// Makes a room due now.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn wake(&self, room: &RoomId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        accept::wake(&mut tx, room, now, false).await?;
        tx.commit().await?;
        self.woken.notify_one();
        Ok(())
    }

    /// Claims the next room that is due and that nobody holds: new rooms first, then by due time.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn claim(
        &self,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
        which: Which,
    ) -> Result<Option<RoomJob>, Error> {
        let fresh = which == Which::New;
        let due = "SELECT room FROM job WHERE dead IS NULL AND due <= ?1 AND fresh >= ?2
                   AND (leased_until IS NULL OR leased_until <= ?1) LIMIT 1";
        // Asked first without a lock: an idle worker does not stand in the way of deliveries.
        if sqlx::query(due)
            .bind(millis(now))
            .bind(fresh)
            .fetch_optional(&self.read)
            .await?
            .is_none()
        {
            return Ok(None);
        }
        let row = sqlx::query(
            "UPDATE job SET lease = ?2, holder = ?3, leased_until = ?4
             WHERE room = (SELECT room FROM job WHERE dead IS NULL AND due <= ?1 AND fresh >= ?5
                           AND (leased_until IS NULL OR leased_until <= ?1)
                           ORDER BY fresh DESC, due, room LIMIT 1)
             RETURNING room, generation, attempt, fresh, lease, leased_until",
        )
        .bind(millis(now))
        .bind(lease())
        .bind(holder)
        .bind(until(now, lease_for))
        .bind(fresh)
        .fetch_optional(&self.write)
        .await?;
        row.map(|row| job(&row)).transpose()
    }

    /// Claims one certain room, due or not.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn claim_room(
        &self,
        room: &RoomId,
        now: Timestamp,
        lease_for: Duration,
        holder: &str,
    ) -> Result<Claim, Error> {
        let row = sqlx::query(
            "INSERT INTO job (room, generation, fresh, due, lease, holder, leased_until) VALUES (?1, 1, 0, ?2, ?3, ?4, ?5)
             ON CONFLICT (room) DO UPDATE SET
                lease = excluded.lease, holder = excluded.holder, leased_until = excluded.leased_until, dead = NULL
                WHERE leased_until IS NULL OR leased_until <= ?2
             RETURNING room, generation, attempt, fresh, lease, leased_until",
        )
        .bind(room.as_str())
        .bind(millis(now))
        .bind(lease())
        .bind(holder)
        .bind(until(now, lease_for))
        .fetch_optional(&self.write)
        .await?;
        if let Some(row) = row {
            return Ok(Claim::Got(job(&row)?));
        }
        let held: Option<i64> = sqlx::query_scalar("SELECT leased_until FROM job WHERE room = ?1")
            .bind(room.as_str())
            .fetch_one(&self.read)
            .await?;
        Ok(Claim::Busy {
            until: timestamp(held.unwrap_or_else(|| millis(now))),
        })
    }

    /// Keeps a lease alive; `false` when it is not ours any more.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn renew(
        &self,
        job: &RoomJob,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<bool, Error> {
        let done = sqlx::query("UPDATE job SET leased_until = ?3 WHERE room = ?1 AND lease = ?2")
            .bind(job.room.as_str())
            .bind(&job.lease.0)
            .bind(until(now, lease_for))
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a run, with its record, in one transaction. Until `quiet_until` nobody can claim the room, whatever wakes
    /// it: an answer of the portal is still out.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn settle(
        &self,
        job: &RoomJob,
        settlement: &Settlement,
        record: Option<&RoomRecord>,
        quiet_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Settled, Error> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let generation: Option<i64> =
            sqlx::query_scalar("SELECT generation FROM job WHERE room = ?1 AND lease = ?2")
                .bind(job.room.as_str())
                .bind(&job.lease.0)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(generation) = generation else {
            return Ok(Settled::LeaseLost);
        };
        if let Some(record) = record {
            record.write(&mut tx, &job.room).await?;
        }
        let again = generation != job.generation;
        let free = "UPDATE job SET lease = NULL, holder = NULL, leased_until = ?6,
                    due = ?2, attempt = attempt + ?3, dead = ?4, fresh = fresh * ?5 WHERE room = ?1";
        let quiet = quiet_until.filter(|until| *until > now);
        let (due, used, dead) = match (settlement, quiet) {
            _ if again => (now, false, None),
            // An event would make a new job, which knows of no answer that is out.
            (Settlement::Done, Some(until)) => (until, false, None),
            (Settlement::Done, None) => {
                sqlx::query("DELETE FROM job WHERE room = ?1")
                    .bind(job.room.as_str())
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                return Ok(Settled::Finished);
            }
            (Settlement::RetryAt { at, attempt_used }, _) => (*at, *attempt_used, None),
            (Settlement::Dead { reason }, _) => (now, true, Some(reason.as_str())),
        };
        sqlx::query(free)
            .bind(job.room.as_str())
            .bind(millis(due))
            .bind(used)
            .bind(dead)
            .bind(again)
            .bind(quiet.map(millis))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.woken.notify_one();
        Ok(if again {
            Settled::RunsAgain
        } else {
            Settled::Finished
        })
    }

    /// The earliest time at which a room that nobody holds is due.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(max(due, coalesce(leased_until, 0))) FROM job WHERE dead IS NULL",
        )
        .fetch_one(&self.read)
        .await?;
        Ok(due.map(timestamp))
    }
}

fn lease() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn until(now: Timestamp, lease_for: Duration) -> i64 {
    millis(now).saturating_add(i64::try_from(lease_for.as_millis()).unwrap_or(i64::MAX))
}

fn job(row: &sqlx::sqlite::SqliteRow) -> Result<RoomJob, Error> {
    let used: u32 = row.try_get("attempt")?;
    Ok(RoomJob {
        room: RoomId::new(row.try_get::<String, _>("room")?),
        generation: row.try_get("generation")?,
        attempt: used + 1,
        lease: LeaseId(row.try_get("lease")?),
        leased_until: timestamp(row.try_get("leased_until")?),
        fresh: row.try_get("fresh")?,
    })
}
