//! The records of rooms.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::deliveries::Woken;
use super::{deliveries, history, maybe_time, millis, time};
use crate::room::{FolderId, Item, RoomId};
use crate::store::{JobRow, Knowledge, RoomRecord, RoomRow};

// Between runs `leased_until` without a lease only keeps the room from being claimed.
const JOB: &str =
    "j.due, j.attempt, iif(j.lease IS NULL, NULL, j.leased_until) AS leased_until, j.dead";
/// A room that never ran.
const NEVER_RUN: &str =
    "j.room, '' AS title, '' AS outcome, '' AS summary, '' AS report, NULL AS at,
    NULL AS configured_at, '[]' AS landed, '{}' AS made";

/// A record, with present items as JSON.
#[derive(Debug, Clone)]
pub(super) struct Written {
    record: RoomRecord,
    present: Option<String>,
    made: String,
}

impl Written {
    pub(super) fn new(record: &RoomRecord) -> Result<Self, serde_json::Error> {
        let present = record.present.as_ref();
        let made: BTreeMap<String, &str> = record
            .made
            .iter()
            .map(|(path, id)| (path.join("/"), id.as_str()))
            .collect();
        Ok(Self {
            record: record.clone(),
            made: serde_json::to_string(&made)?,
            present: present.map(serde_json::to_string).transpose()?,
        })
    }

    pub(super) fn write(&self, db: &Connection, room: &RoomId) -> rusqlite::Result<()> {
        let record = &self.record;
        // A room that could not be read is known by the title of its delivery.
        let mut upsert = db.prepare_cached(
            "INSERT INTO room (room, title, outcome, summary, report, at, configured_at, landed, made)
             VALUES (?1, coalesce(nullif(?2, ''),
                    (SELECT title FROM delivery WHERE room = ?1 ORDER BY received_at DESC, id DESC LIMIT 1), ''),
                ?3, ?4, ?5, ?6, ?7, coalesce(?8, '[]'), ?9)
             ON CONFLICT (room) DO UPDATE SET
                title = coalesce(nullif(?2, ''), nullif(title, ''), excluded.title),
                outcome = excluded.outcome, summary = excluded.summary, report = excluded.report, at = excluded.at,
                configured_at = coalesce(configured_at, excluded.configured_at), landed = coalesce(?8, landed),
                made = json_patch(made, excluded.made)",
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
            self.made,
        ])?;
        history::add(db, room, record)
    }
}

/// The next page after a room: first rooms that never ran, by id, then the latest.
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

/// Rooms that never ran.
pub(super) fn waiting() -> String {
    format!(
        "SELECT {NEVER_RUN}, {JOB} FROM job j WHERE j.room > ?1
            AND NOT EXISTS (SELECT 1 FROM room r WHERE r.room = j.room) ORDER BY j.room LIMIT ?2"
    )
}

/// Rooms that ran.
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

/// Guests that were, or may have been, invited to a room.
pub(super) fn invited(db: &Connection, room: &RoomId) -> rusqlite::Result<BTreeSet<String>> {
    let mut select = db.prepare_cached("SELECT guest FROM invitation WHERE room = ?1")?;
    let guests = select.query_map([room.as_str()], |row| row.get(0))?;
    guests.collect()
}

pub(super) fn note_invited(
    db: &Connection,
    room: &RoomId,
    guest: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO invitation (room, guest, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (room, guest) DO UPDATE SET at = excluded.at",
    )?;
    upsert.execute(params![room.as_str(), guest, millis(now)])?;
    Ok(())
}

pub(super) fn known(
    db: &Connection,
    rooms: Vec<RoomId>,
) -> rusqlite::Result<BTreeMap<RoomId, Knowledge>> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM room WHERE room = ?1) OR EXISTS (SELECT 1 FROM job WHERE room = ?1),
            EXISTS (SELECT 1 FROM room WHERE room = ?1 AND configured_at IS NOT NULL)",
    )?;
    let mut known = BTreeMap::new();
    for room in rooms {
        let (is_known, is_configured): (bool, bool) =
            select.query_row([room.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if is_known {
            let knowledge = if is_configured {
                Knowledge::Configured
            } else {
                Knowledge::Seen
            };
            known.insert(room, knowledge);
        }
    }
    Ok(known)
}

pub(super) fn not_run_since(
    db: &Connection,
    rooms: &[RoomId],
    since: Timestamp,
) -> rusqlite::Result<usize> {
    let mut select =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM room WHERE room = ?1 AND at >= ?2)")?;
    let mut waiting = 0;
    for room in rooms {
        let has_run: bool =
            select.query_row(params![room.as_str(), millis(since)], |row| row.get(0))?;
        waiting += usize::from(!has_run);
    }
    Ok(waiting)
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
            deliveries::wake(db, &RoomId::new(room), now, Woken::Otherwise)?;
            woken += 1;
        }
    }
    db.execute(
        "UPDATE job SET generation = generation + 1 WHERE lease IS NOT NULL AND dead IS NULL",
        [],
    )?;
    Ok(woken)
}

/// Skips items of a version that knew others.
fn applied(stored: &str) -> BTreeSet<Item> {
    let texts: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn made(stored: &str) -> BTreeMap<Vec<String>, FolderId> {
    let made: BTreeMap<String, String> = serde_json::from_str(stored).unwrap_or_default();
    made.into_iter()
        .map(|(path, id)| {
            (
                path.split('/').map(str::to_owned).collect(),
                FolderId::new(id),
            )
        })
        .collect()
}

fn room(row: &Row<'_>) -> rusqlite::Result<RoomRow> {
    let landed: String = row.get("landed")?;
    let job = match row.get::<_, Option<i64>>("due")? {
        Some(_) => Some(JobRow {
            due: time(row, "due")?,
            attempts: row.get("attempt")?,
            leased_until: maybe_time(row, "leased_until")?,
            given_up: row.get("dead")?,
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
        made: made(&row.get::<_, String>("made")?),
        report: row.get("report")?,
        job,
    })
}
