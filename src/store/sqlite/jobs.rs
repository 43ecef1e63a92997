//! Claim, lease, settle: one worker per room at a time, in all processes.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rooms::Written;
use super::{maybe_time, millis, time, timestamp};
use crate::room::RoomId;
use crate::store::{Claim, LeaseId, RoomJob, Settled, Settlement, Which};

/// The process that claims a room.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    pub(super) holder: String,
    pub(super) lease_for: Duration,
}

/// The first new room, or other room, that may run. The order is that of the index `job_turn`.
pub(super) const TURN: &str = "SELECT room FROM job
    WHERE dead IS NULL AND fresh = ?1 AND max(due, ifnull(leased_until, 0)) <= ?2
    ORDER BY max(due, ifnull(leased_until, 0)), room LIMIT 1";

pub(super) const TAKE: &str =
    "UPDATE job SET lease = ?2, holder = ?3, leased_until = ?4 WHERE room = ?1
    RETURNING room, generation, attempt, fresh, swept, since, lease, leased_until";

pub(super) fn claim(
    db: &Connection,
    taker: &Taker,
    which: Which,
    now: Timestamp,
) -> rusqlite::Result<Option<RoomJob>> {
    let kinds: &[bool] = match which {
        Which::New => &[true],
        Which::Any => &[true, false],
    };
    for fresh in kinds {
        let mut turn = db.prepare_cached(TURN)?;
        let room: Option<String> = turn
            .query_row(params![fresh, millis(now)], |row| row.get(0))
            .optional()?;
        let Some(room) = room else {
            continue;
        };
        let mut update = db.prepare_cached(TAKE)?;
        let values = params![room, lease(), taker.holder, until(now, taker.lease_for)];
        return update.query_row(values, job).optional();
    }
    Ok(None)
}

pub(super) const NAMED: &str = "INSERT INTO job (room, generation, fresh, due, since, lease, holder, leased_until)
    VALUES (?1, 1, 0, ?2, ?2, ?3, ?4, ?5)
    ON CONFLICT (room) DO UPDATE SET
        lease = excluded.lease, holder = excluded.holder, leased_until = excluded.leased_until, dead = NULL
        WHERE leased_until IS NULL OR leased_until <= ?2
    RETURNING room, generation, attempt, fresh, swept, since, lease, leased_until";

pub(super) fn claim_room(
    db: &Connection,
    room: &RoomId,
    taker: &Taker,
    now: Timestamp,
) -> rusqlite::Result<Claim> {
    let mut upsert = db.prepare_cached(NAMED)?;
    let values = params![
        room.as_str(),
        millis(now),
        lease(),
        taker.holder,
        until(now, taker.lease_for)
    ];
    if let Some(job) = upsert.query_row(values, job).optional()? {
        return Ok(Claim::Got(job));
    }
    let mut select = db.prepare_cached("SELECT leased_until FROM job WHERE room = ?1")?;
    let held: Option<i64> = select.query_row([room.as_str()], |row| row.get(0))?;
    Ok(Claim::Busy {
        until: held.map_or(now, timestamp),
    })
}

pub(super) const RENEW: &str = "UPDATE job SET leased_until = ?3 WHERE room = ?1 AND lease = ?2";

pub(super) fn renew(
    db: &Connection,
    room: &RoomId,
    lease: &LeaseId,
    until: i64,
) -> rusqlite::Result<bool> {
    let mut update = db.prepare_cached(RENEW)?;
    Ok(update.execute(params![room.as_str(), lease.0, until])? == 1)
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) job: RoomJob,
    pub(super) settlement: Settlement,
    pub(super) record: Option<Written>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) now: Timestamp,
}

pub(super) fn settle(db: &Connection, end: &End) -> rusqlite::Result<Settled> {
    let (room, now) = (&end.job.room, end.now);
    let mut select =
        db.prepare_cached("SELECT generation FROM job WHERE room = ?1 AND lease = ?2")?;
    let generation: Option<i64> = select
        .query_row(params![room.as_str(), end.job.lease.0], |row| row.get(0))
        .optional()?;
    let Some(generation) = generation else {
        return Ok(Settled::LeaseLost);
    };
    if let Some(record) = &end.record {
        record.write(db, room)?;
    }
    let again = generation != end.job.generation;
    let blocked_until = end.not_before.filter(|until| *until > now);
    let (due, used, dead) = match (&end.settlement, blocked_until) {
        _ if again => (now, false, None),
        // An event would create a new job, which does not know about the call in progress.
        (Settlement::Done, Some(until)) => (until, false, None),
        (Settlement::Done, None) => {
            db.prepare_cached("DELETE FROM job WHERE room = ?1")?
                .execute([room.as_str()])?;
            return Ok(Settled::Finished);
        }
        (Settlement::RetryAt { at, attempt_used }, _) => (*at, *attempt_used, None),
        (Settlement::GivenUp { reason }, _) => (now, true, Some(reason.as_str())),
    };
    let mut update = db.prepare_cached(
        "UPDATE job SET lease = NULL, holder = NULL, leased_until = ?6,
            due = ?2, attempt = attempt + ?3, dead = ?4, fresh = fresh * ?5 WHERE room = ?1",
    )?;
    update.execute(params![
        room.as_str(),
        millis(due),
        used,
        dead,
        again,
        blocked_until.map(millis)
    ])?;
    Ok(if again {
        Settled::RunsAgain
    } else {
        Settled::Finished
    })
}

/// One lookup in the index for new rooms, and one for the others.
pub(super) const NEXT: &str = "SELECT min(max(due, ifnull(leased_until, 0))) FROM job
    WHERE dead IS NULL AND fresh = ?1";

pub(super) fn next_due(db: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let mut select = db.prepare_cached(NEXT)?;
    let mut next = |fresh: bool| select.query_row([fresh], |row| row.get::<_, Option<i64>>(0));
    let both = [next(true)?, next(false)?];
    Ok(both.into_iter().flatten().min().map(timestamp))
}

fn lease() -> String {
    format!("{:032x}", fastrand::u128(..))
}

pub(super) fn until(now: Timestamp, lease_for: Duration) -> i64 {
    millis(now).saturating_add(i64::try_from(lease_for.as_millis()).unwrap_or(i64::MAX))
}

fn job(row: &Row<'_>) -> rusqlite::Result<RoomJob> {
    let used: u32 = row.get("attempt")?;
    Ok(RoomJob {
        room: RoomId::new(row.get::<_, String>("room")?),
        generation: row.get("generation")?,
        attempt: used + 1,
        lease: LeaseId(row.get("lease")?),
        leased_until: time(row, "leased_until")?,
        fresh: row.get("fresh")?,
        swept: row.get("swept")?,
        since: maybe_time(row, "since")?,
    })
}
