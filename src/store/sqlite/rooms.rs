//! What is known of rooms.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{deliveries, history, maybe_time, millis, time};
use crate::room::{Item, RoomId};
use crate::store::{JobRow, RoomRecord, RoomRow};

// Between runs `leased_until` without a lease only keeps the room from being claimed.
const JOB: &str =
    "j.due, j.attempt, iif(j.lease IS NULL, NULL, j.leased_until) AS leased_until, j.dead";
/// A room that was never run.
const NEVER_RUN: &str =
    "j.room, '' AS title, '' AS outcome, '' AS summary, '' AS report, NULL AS at,
    NULL AS configured_at, '[]' AS landed";

/// A record, with what is in place as JSON.
#[derive(Debug, Clone)]
pub(super) struct Written {
    record: RoomRecord,
    present: Option<String>,
}

impl Written {
    pub(super) fn new(record: &RoomRecord) -> Result<Self, serde_json::Error> {
        let present = record.present.as_ref();
        Ok(Self {
            record: record.clone(),
            present: present.map(serde_json::to_string).transpose()?,
        })
    }

    pub(super) fn write(&self, db: &Connection, room: &RoomId) -> rusqlite::Result<()> {
        let record = &self.record;
        let mut upsert = db.prepare_cached(
            "INSERT INTO room (room, title, outcome, summary, report, at, configured_at, landed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(?8, '[]'))
             ON CONFLICT (room) DO UPDATE SET
                title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END,
                outcome = excluded.outcome, summary = excluded.summary, report = excluded.report, at = excluded.at,
                configured_at = coalesce(configured_at, excluded.configured_at), landed = coalesce(?8, landed)",
        )?;
        upsert.execute(params![
            room.as_str(),
            record.title,
            record.outcome,
            record.summary,
            record.report,
            millis(record.at),
            record.in_line.then(|| millis(record.at)),
            self.present,
        ])?;
        history::add(db, room, record)
    }
}

/// The next rooms after one of them: those that were never run by their ids, then the latest.
pub(super) fn page(
    db: &Connection,
    outcome: Option<&str>,
    after: Option<&RoomRow>,
    most: u32,
) -> rusqlite::Result<Vec<RoomRow>> {
    let id = after.map_or("", |row| row.room.as_str());
    let mut rows = Vec::new();
    if outcome.is_none() && after.is_none_or(|row| row.at.is_none()) {
        let mut select = db.prepare_cached(&waiting())?;
        let found = select.query_map(params![id, most], room)?;
        rows = found.collect::<rusqlite::Result<_>>()?;
    }
    let left = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(most));
    let (at, id) = match after {
        Some(row) if row.at.is_some() => (row.at.map_or(i64::MAX, millis), id),
        _ => (i64::MAX, ""),
    };
    let mut select = db.prepare_cached(&ran(outcome))?;
    let found = select.query_map(params![at, id, left, outcome], room)?;
    for row in found {
        rows.push(row?);
    }
    Ok(rows)
}

/// Rooms that were never run.
pub(super) fn waiting() -> String {
    format!(
        "SELECT {NEVER_RUN}, {JOB} FROM job j WHERE j.room > ?1
            AND NOT EXISTS (SELECT 1 FROM room r WHERE r.room = j.room) ORDER BY j.room LIMIT ?2"
    )
}

/// Rooms that were run.
pub(super) fn ran(outcome: Option<&str>) -> String {
    let only = match outcome {
        Some(_) => "r.outcome = ?4",
        None => "?4 IS NULL",
    };
    format!(
        "SELECT r.*, {JOB} FROM room r LEFT JOIN job j ON j.room = r.room
            WHERE {only} AND (r.at, r.room) < (?1, ?2) ORDER BY r.at DESC, r.room DESC LIMIT ?3"
    )
}

pub(super) fn one(db: &Connection, id: &RoomId) -> rusqlite::Result<Option<RoomRow>> {
    let query = format!(
        "SELECT r.*, {JOB} FROM room r LEFT JOIN job j ON j.room = r.room WHERE r.room = ?1
         UNION ALL SELECT {NEVER_RUN}, {JOB} FROM job j WHERE j.room = ?1 LIMIT 1"
    );
    let mut select = db.prepare_cached(&query)?;
    select.query_row([id.as_str()], room).optional()
}

pub(super) fn known(db: &Connection, rooms: Vec<RoomId>) -> rusqlite::Result<BTreeSet<RoomId>> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM room WHERE room = ?1) OR EXISTS (SELECT 1 FROM job WHERE room = ?1)",
    )?;
    let mut known = BTreeSet::new();
    for room in rooms {
        if select.query_row([room.as_str()], |row| row.get::<_, bool>(0))? {
            known.insert(room);
        }
    }
    Ok(known)
}

pub(super) fn made_at(db: &Connection) -> rusqlite::Result<Timestamp> {
    db.query_row("SELECT made_at FROM store", [], |row| time(row, "made_at"))
}

pub(super) fn wake_outcomes(
    db: &Connection,
    outcomes: &[String],
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut woken = 0;
    for outcome in outcomes {
        let mut select = db.prepare_cached("SELECT room FROM room WHERE outcome = ?1")?;
        let rooms = select.query_map([outcome], |row| row.get::<_, String>(0))?;
        for room in rooms.collect::<rusqlite::Result<Vec<_>>>()? {
            deliveries::wake(db, &RoomId::new(room), now, false)?;
            woken += 1;
        }
    }
    db.execute(
        "UPDATE job SET generation = generation + 1 WHERE lease IS NOT NULL AND dead IS NULL",
        [],
    )?;
    Ok(woken)
}

/// What was stored by a version that knew other items is passed over.
fn applied(stored: &str) -> BTreeSet<Item> {
    let texts: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn room(row: &Row<'_>) -> rusqlite::Result<RoomRow> {
    let landed: String = row.get("landed")?;
    let job = match row.get::<_, Option<i64>>("due")? {
        Some(_) => Some(JobRow {
            due: time(row, "due")?,
            attempts: row.get("attempt")?,
            leased_until: maybe_time(row, "leased_until")?,
            dead: row.get("dead")?,
        }),
        None => None,
    };
    Ok(RoomRow {
        room: RoomId::new(row.get::<_, String>("room")?),
        title: row.get("title")?,
        outcome: row.get("outcome")?,
        summary: row.get("summary")?,
        at: maybe_time(row, "at")?,
        configured_at: maybe_time(row, "configured_at")?,
        applied: applied(&landed),
        report: row.get("report")?,
        job,
    })
}
