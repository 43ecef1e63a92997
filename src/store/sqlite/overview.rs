//! The store in numbers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{millis, timestamp};
use crate::store::Overview;

/// Each query only uses an index, for any number of rooms.
pub(super) const DUE: &str = "SELECT count(*), min(max(due, ifnull(leased_until, 0))) FROM job
    WHERE dead IS NULL AND fresh = ?2 AND max(due, ifnull(leased_until, 0)) <= ?1";
pub(super) const ALIVE: &str = "SELECT count(*) FROM job WHERE dead IS NULL";
pub(super) const RUNNING: &str =
    "SELECT count(*) FROM job WHERE lease IS NOT NULL AND leased_until > ?1";
pub(super) const GIVEN_UP: &str = "SELECT count(*) FROM job WHERE dead IS NOT NULL";
pub(super) const OUTCOMES: &str = "SELECT outcome, count(*) FROM room GROUP BY outcome";
const ADOPTIONS: &str =
    "SELECT count(*), count(blocked), min(opened_at) FROM adoption WHERE closed_at IS NULL";
pub(super) const LAST: &str = "SELECT max(received_at) FROM delivery";

pub(super) fn overview(db: &Connection, now: Timestamp) -> rusqlite::Result<Overview> {
    let mut due = (0, None);
    let mut due_new = 0;
    for fresh in [true, false] {
        let (count, since): (u64, Option<i64>) = db
            .prepare_cached(DUE)?
            .query_row((millis(now), fresh), |row| {
                Ok((number(row, 0)?, row.get(1)?))
            })?;
        due = (due.0 + count, [due.1, since].into_iter().flatten().min());
        if fresh {
            due_new = count;
        }
    }
    let count = |query: &str| -> rusqlite::Result<u64> {
        db.prepare_cached(query)?
            .query_row([], |row| number(row, 0))
    };
    let mut running = db.prepare_cached(RUNNING)?;
    let running: u64 = running.query_row([millis(now)], |row| number(row, 0))?;
    let (open_adoptions, blocked_adoptions, opened) =
        db.prepare_cached(ADOPTIONS)?.query_row([], |row| {
            Ok((number(row, 0)?, number(row, 1)?, maybe(row, 2)?))
        })?;
    Ok(Overview {
        due: due.0,
        due_new,
        due_since: due.1.map(timestamp),
        later: count(ALIVE)?.saturating_sub(due.0 + running),
        running,
        given_up: count(GIVEN_UP)?,
        outcomes: outcomes(db)?,
        open_adoptions,
        blocked_adoptions,
        adoption_open_since: opened,
        last_delivery: db
            .prepare_cached(LAST)?
            .query_row([], |row| maybe(row, 0))?,
    })
}

/// SQLite's counts are signed.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

fn maybe(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(timestamp))
}

fn outcomes(db: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut select = db.prepare_cached(OUTCOMES)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, number(row, 1)?)))?;
    rows.collect()
}
