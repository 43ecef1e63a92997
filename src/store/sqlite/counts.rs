//! What the processes of an account share: the calls of the last minute, and the writes of the last 24 hours.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::OtherCalls;

const MINUTE: i64 = 60;
/// The current hour and 24 more: they cover any 24 hours.
const HOURS: i64 = 25;

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Counts calls of a process, and returns the calls of the others in the last minute.
pub(super) fn announce(
    db: &Connection,
    process: &str,
    (calls, serves): (u64, bool),
    now: Timestamp,
) -> rusqlite::Result<OtherCalls> {
    let second = now.as_second();
    // Rows later than now were written before the clock was set back.
    db.prepare_cached("DELETE FROM calls WHERE second <= ?1 OR second > ?2")?
        .execute([second - MINUTE, second + MINUTE])?;
    let mut upsert = db.prepare_cached(
        "INSERT INTO calls (process, second, serves, count) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (process, second) DO UPDATE SET count = count + excluded.count",
    )?;
    upsert.execute(params![process, second, serves, number(calls)])?;
    let mut select = db.prepare_cached(
        "SELECT serves, sum(count), count(DISTINCT process) FROM calls WHERE process <> ?1 GROUP BY serves",
    )?;
    let mut others = OtherCalls::default();
    let mut rows = select.query([process])?;
    while let Some(row) = rows.next()? {
        let (serves, calls, processes): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (calls, processes) = (calls.unsigned_abs(), processes.unsigned_abs());
        if serves {
            (others.of_services, others.services) = (calls, processes);
        } else {
            (others.of_commands, others.commands) = (calls, processes);
        }
    }
    Ok(others)
}

/// Reserves up to `most` writes, so that at most `limit` are reserved within 24 hours; returns how many.
pub(super) fn set_writes_aside(
    db: &Connection,
    most: u64,
    limit: u64,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let hour = now.as_second().div_euclid(3_600);
    db.prepare_cached("DELETE FROM writes_of_hour WHERE hour <= ?1 OR hour > ?2")?
        .execute([hour - HOURS, hour + 1])?;
    let before: i64 = db
        .prepare_cached("SELECT ifnull(sum(count), 0) FROM writes_of_hour")?
        .query_row([], |row| row.get(0))?;
    let left = number(limit).saturating_sub(before);
    let granted = number(most).min(left).max(0);
    if granted > 0 {
        let mut upsert = db.prepare_cached(
            "INSERT INTO writes_of_hour (hour, count) VALUES (?1, ?2)
             ON CONFLICT (hour) DO UPDATE SET count = count + excluded.count",
        )?;
        upsert.execute([hour, granted])?;
    }
    Ok(granted.unsigned_abs())
}

/// Counts an action if that makes at most `limit` within a time, in whole minutes; `false` otherwise.
pub(super) fn count_within(
    db: &Connection,
    what: &str,
    amount: u64,
    (limit, within): (u64, Duration),
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let minute = now.as_second().div_euclid(MINUTE);
    let first = minute.saturating_sub(number(within.as_secs()) / MINUTE);
    db.prepare_cached("DELETE FROM counted WHERE what = ?1 AND (minute <= ?2 OR minute > ?3)")?
        .execute(params![what, first, minute])?;
    let before: i64 = db
        .prepare_cached("SELECT ifnull(sum(count), 0) FROM counted WHERE what = ?1")?
        .query_row([what], |row| row.get(0))?;
    if before.saturating_add(number(amount)) > number(limit) {
        return Ok(false);
    }
    let mut upsert = db.prepare_cached(
        "INSERT INTO counted (what, minute, count) VALUES (?1, ?2, ?3)
         ON CONFLICT (what, minute) DO UPDATE SET count = count + excluded.count",
    )?;
    upsert.execute(params![what, minute, number(amount)])?;
    Ok(true)
}

/// How many writes were reserved in the last 24 hours.
pub(super) fn writes_set_aside(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let hour = now.as_second().div_euclid(3_600);
    let count: i64 = db
        .prepare_cached("SELECT ifnull(sum(count), 0) FROM writes_of_hour WHERE hour > ?1")?
        .query_row([hour - HOURS], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
