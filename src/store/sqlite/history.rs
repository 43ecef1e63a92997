//! The history, and what is deleted after a time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{millis, time, timestamp};
use crate::room::RoomId;
use crate::store::{Cutoff, HistoryRow, RoomRecord};

/// The maximum number of deliveries, of any age.
const MAX_DELIVERIES: u32 = 100_000;
/// The maximum number of lines of history.
const MAX_HISTORY: u32 = 200_000;

/// Adds the line of a run, if it has one.
pub(super) fn add(db: &Connection, room: &RoomId, record: &RoomRecord) -> rusqlite::Result<()> {
    let Some(line) = &record.line else {
        return Ok(());
    };
    let mut insert =
        db.prepare_cached("INSERT INTO history (at, room, outcome, line) VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute(params![
        millis(record.at),
        room.as_str(),
        record.outcome,
        line
    ])?;
    Ok(())
}

pub(super) const OF_ROOM: &str = "SELECT * FROM history WHERE room = ?1 ORDER BY id DESC LIMIT ?2";
pub(super) const OF_ALL: &str = "SELECT * FROM history ORDER BY id DESC LIMIT ?1";

/// The latest lines, latest first.
pub(super) fn latest(
    db: &Connection,
    room: Option<&RoomId>,
    most: u32,
) -> rusqlite::Result<Vec<HistoryRow>> {
    match room {
        Some(room) => db
            .prepare_cached(OF_ROOM)?
            .query_map(params![room.as_str(), most], line)?
            .collect(),
        None => db
            .prepare_cached(OF_ALL)?
            .query_map([most], line)?
            .collect(),
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    Ok(HistoryRow {
        at: time(row, "at")?,
        room: RoomId::new(row.get::<_, String>("room")?),
        outcome: row.get("outcome")?,
        line: row.get("line")?,
    })
}

/// The time before which rows exceed the maximum.
pub(super) const DELIVERIES_OVER: &str =
    "SELECT received_at FROM delivery ORDER BY received_at DESC, id DESC LIMIT 1 OFFSET ?1";
pub(super) const HISTORY_OVER: &str =
    "SELECT at FROM history ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?1";

/// The cut-off, or a later one if there are more rows than the maximum.
pub(super) fn bounded(db: &Connection, cutoff: Cutoff) -> rusqlite::Result<Cutoff> {
    let over = |query: &str, most: u32| -> rusqlite::Result<Option<Timestamp>> {
        let mut select = db.prepare_cached(query)?;
        let found = select.query_row([most], |row| row.get(0)).optional()?;
        Ok(found.map(timestamp))
    };
    let later = |time: Timestamp, over: Option<Timestamp>| over.map_or(time, |over| time.max(over));
    Ok(Cutoff {
        deliveries: later(cutoff.deliveries, over(DELIVERIES_OVER, MAX_DELIVERIES)?),
        history: later(cutoff.history, over(HISTORY_OVER, MAX_HISTORY)?),
    })
}

pub(super) const FORGET_DELIVERIES: &str = "DELETE FROM delivery WHERE id IN
    (SELECT id FROM delivery WHERE received_at < ?1 ORDER BY received_at, id LIMIT ?2)";
pub(super) const FORGET_HISTORY: &str = "DELETE FROM history WHERE id IN
    (SELECT id FROM history WHERE at < ?1 ORDER BY at, id LIMIT ?2)";

/// Rooms that the portal no longer has, and adoptions that no longer matter: those of such rooms, those that did not
/// make the service account Room manager, and all but the last of a room. Finding them takes time, so a reader does it,
/// not the writer.
#[derive(Debug, Clone, Default)]
pub(super) struct Expired {
    rooms: Vec<String>,
    adoptions: Vec<i64>,
}

pub(super) const GONE: &str = "SELECT room FROM room WHERE outcome = 'skipped' AND at < ?1
        AND iif(json_valid(report), json_extract(report, '$.skipped'), NULL) = 'gone'
        AND NOT EXISTS (SELECT 1 FROM job WHERE job.room = room.room)
    ORDER BY at, room LIMIT ?2";
pub(super) const CLOSED: &str = "SELECT id FROM adoption a WHERE closed_at < ?1
        AND (how <> 'given back' OR NOT EXISTS (SELECT 1 FROM room r WHERE r.room = a.room)
            OR EXISTS (SELECT 1 FROM adoption b WHERE b.room = a.room AND b.id > a.id AND b.how = 'given back'))
    ORDER BY id LIMIT ?2";

/// What is finished and older, at most `most` of each kind.
pub(super) fn over(db: &Connection, cutoff: Cutoff, most: u32) -> rusqlite::Result<Expired> {
    let before = millis(cutoff.history);
    let mut gone = db.prepare_cached(GONE)?;
    let mut closed = db.prepare_cached(CLOSED)?;
    Ok(Expired {
        rooms: gone
            .query_map(params![before, most], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
        adoptions: closed
            .query_map(params![before, most], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    })
}

/// Deletes what is finished or older, at most `most` rows of each kind; returns how many.
pub(super) fn forget(
    db: &Connection,
    over: &Expired,
    cutoff: Cutoff,
    most: u32,
) -> rusqlite::Result<usize> {
    let mut rows = db
        .prepare_cached(FORGET_DELIVERIES)?
        .execute(params![millis(cutoff.deliveries), most])?;
    rows += db
        .prepare_cached(FORGET_HISTORY)?
        .execute(params![millis(cutoff.history), most])?;
    // An event may have arrived in the meantime.
    let mut room = db.prepare_cached(
        "DELETE FROM room WHERE room = ?1 AND outcome = 'skipped' AND at < ?2
            AND NOT EXISTS (SELECT 1 FROM job WHERE job.room = ?1)",
    )?;
    for id in &over.rooms {
        rows += room.execute(params![id, millis(cutoff.history)])?;
    }
    let mut adoption = db.prepare_cached("DELETE FROM adoption WHERE id = ?1")?;
    for id in &over.adoptions {
        rows += adoption.execute([id])?;
    }
    Ok(rows)
}
