//! Taking in deliveries, each with its room's job, and what became of them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{millis, time};
use crate::delivery::{Accepted, Delivery};
use crate::room::RoomId;
use crate::store::DeliveryRow;

/// Of one id or all, in one state or all, at a time.
const DELIVERIES: &str = "SELECT * FROM (SELECT d.*, j.dead, r.summary,
        CASE WHEN j.room IS NULL THEN 'done' WHEN j.dead IS NOT NULL THEN 'dead'
             WHEN j.lease IS NOT NULL AND j.leased_until > ?3 THEN 'running' ELSE 'waiting' END AS state
    FROM delivery d LEFT JOIN job j ON j.room = d.room LEFT JOIN room r ON r.room = d.room
    WHERE (?1 IS NULL OR d.id = ?1)) WHERE (?2 IS NULL OR state = ?2)
    ORDER BY received_at DESC, id DESC LIMIT ?4";

pub(super) fn accept(
    db: &Connection,
    delivery: &Delivery,
    room: &RoomId,
    body: &str,
) -> rusqlite::Result<Accepted> {
    let mut insert = db.prepare_cached(
        "INSERT INTO delivery (id, trigger, room, title, body, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET seen = seen + 1 RETURNING seen",
    )?;
    let values = params![
        delivery.id,
        delivery.trigger,
        room.as_str(),
        delivery.title,
        body,
        millis(delivery.received_at)
    ];
    let seen: i64 = insert.query_row(values, |row| row.get(0))?;
    wake(db, room, delivery.received_at, true)?;
    Ok(if seen == 1 {
        Accepted::New
    } else {
        Accepted::Seen
    })
}

/// One job per room; an event keeps the earlier due time, and brings a dead letter back to life.
pub(super) fn wake(
    db: &Connection,
    room: &RoomId,
    now: Timestamp,
    fresh: bool,
) -> rusqlite::Result<()> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO job (room, generation, fresh, due) VALUES (?1, 1, ?2, ?3)
         ON CONFLICT (room) DO UPDATE SET
            generation = generation + 1, fresh = max(fresh, excluded.fresh), due = min(due, excluded.due),
            attempt = 0, dead = NULL",
    )?;
    upsert.execute(params![room.as_str(), fresh, millis(now)])?;
    Ok(())
}

pub(super) fn latest(
    db: &Connection,
    state: Option<&str>,
    most: u32,
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryRow>> {
    let mut select = db.prepare_cached(DELIVERIES)?;
    let rows = select.query_map(params![None::<i64>, state, millis(now), most], delivery)?;
    rows.collect()
}

pub(super) fn one(
    db: &Connection,
    id: i64,
    now: Timestamp,
) -> rusqlite::Result<Option<DeliveryRow>> {
    let mut select = db.prepare_cached(DELIVERIES)?;
    select
        .query_row(params![id, None::<&str>, millis(now), 1], delivery)
        .optional()
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let dead: Option<String> = row.get("dead")?;
    let state: String = row.get("state")?;
    let state = ["waiting", "running", "dead"]
        .into_iter()
        .find(|known| *known == state)
        .unwrap_or("done");
    let summary: Option<String> = row.get("summary")?;
    Ok(DeliveryRow {
        id: row.get("id")?,
        trigger: row.get("trigger")?,
        room: RoomId::new(row.get::<_, String>("room")?),
        title: row.get("title")?,
        received_at: time(row, "received_at")?,
        seen: row.get("seen")?,
        state,
        summary: dead.or(summary).unwrap_or_default(),
        body: row.get("body")?,
    })
}
