//! What is known of rooms.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{deliveries, maybe_time, millis, time};
use crate::room::{Item, RoomId};
use crate::store::{JobRow, RoomRecord, RoomRow};

// Between runs `leased_until` without a lease only keeps the room from being claimed.
const ROOMS: &str = "SELECT r.*, j.due, j.attempt, iif(j.lease IS NULL, NULL, j.leased_until) AS leased_until, j.dead FROM
    (SELECT room, title, outcome, summary, report, at, configured_at, landed FROM room
     UNION ALL SELECT room, '', '', '', '', NULL, NULL, '[]' FROM job WHERE room NOT IN (SELECT room FROM room)) r
    LEFT JOIN job j ON j.room = r.room WHERE (?1 IS NULL OR r.room = ?1) AND (?2 IS NULL OR r.outcome = ?2)
    ORDER BY r.at DESC NULLS FIRST, r.room";

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
        Ok(())
    }
}

pub(super) fn all(db: &Connection, outcome: Option<&str>) -> rusqlite::Result<Vec<RoomRow>> {
    let mut select = db.prepare_cached(ROOMS)?;
    let rows = select.query_map(params![None::<&str>, outcome], room)?;
    rows.collect()
}

pub(super) fn one(db: &Connection, id: &RoomId) -> rusqlite::Result<Option<RoomRow>> {
    let mut select = db.prepare_cached(ROOMS)?;
    let row = select.query_row(params![id.as_str(), None::<&str>], room);
    row.optional()
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
