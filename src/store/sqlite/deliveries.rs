//! Accepts deliveries, each with the job of its room, and lists them with their state.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{millis, time};
use crate::delivery::{Accepted, Delivery};
use crate::room::RoomId;
use crate::store::DeliveryRow;

/// A delivery at a time, with the state of its room's job.
const DELIVERY: &str = "SELECT d.*, j.dead, r.summary,
        CASE WHEN j.room IS NULL THEN 'done' WHEN j.dead IS NOT NULL THEN 'given-up'
             WHEN j.lease IS NOT NULL AND j.leased_until > ?1 THEN 'running' ELSE 'waiting' END AS state
    FROM delivery d LEFT JOIN job j ON j.room = d.room LEFT JOIN room r ON r.room = d.room";

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
    wake(db, room, delivery.received_at, Woken::ByEvent)?;
    Ok(if seen == 1 {
        Accepted::New
    } else {
        Accepted::Seen
    })
}

/// What makes a room due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// An event: new rooms go first.
    ByEvent,
    /// The list of rooms.
    BySweep,
    /// A command, or changed policies.
    Otherwise,
}

/// One job per room; an event keeps the earlier due time and revives a room that was given up.
pub(super) fn wake(
    db: &Connection,
    room: &RoomId,
    now: Timestamp,
    woken: Woken,
) -> rusqlite::Result<()> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO job (room, generation, fresh, swept, due, since) VALUES (?1, 1, ?2, ?3, ?4, ?4)
         ON CONFLICT (room) DO UPDATE SET
            generation = generation + 1, fresh = max(fresh, excluded.fresh), swept = min(swept, excluded.swept),
            due = min(due, excluded.due), attempt = 0, dead = NULL",
    )?;
    let (fresh, swept) = (woken == Woken::ByEvent, woken == Woken::BySweep);
    upsert.execute(params![room.as_str(), fresh, swept, millis(now)])?;
    Ok(())
}

/// The next page after `last`, latest first.
pub(super) fn page(
    db: &Connection,
    state: Option<&str>,
    last: Option<&DeliveryRow>,
    most: u32,
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryRow>> {
    let mut select = db.prepare_cached(&paged())?;
    let (at, id) = last.map_or((i64::MAX, 0), |row| (millis(row.received_at), row.id));
    let rows = select.query_map(params![millis(now), at, id, state, most], delivery)?;
    rows.collect()
}

pub(super) fn paged() -> String {
    format!(
        "SELECT * FROM ({DELIVERY} WHERE (d.received_at, d.id) < (?2, ?3)) WHERE (?4 IS NULL OR state = ?4)
         ORDER BY received_at DESC, id DESC LIMIT ?5"
    )
}

pub(super) fn one(
    db: &Connection,
    id: i64,
    now: Timestamp,
) -> rusqlite::Result<Option<DeliveryRow>> {
    let mut select = db.prepare_cached(&format!("{DELIVERY} WHERE d.id = ?2"))?;
    select
        .query_row(params![millis(now), id], delivery)
        .optional()
}

pub(super) fn arrived(db: &Connection, ids: Vec<i64>) -> rusqlite::Result<BTreeSet<i64>> {
    let mut select = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM delivery WHERE id = ?1)")?;
    let mut arrived = BTreeSet::new();
    for id in ids {
        if select.query_row([id], |row| row.get::<_, bool>(0))? {
            arrived.insert(id);
        }
    }
    Ok(arrived)
}

/// The stored id that is nearest to one that is not stored.
pub(super) fn nearest(db: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    let mut select = db.prepare_cached(
        "SELECT id FROM (SELECT max(id) AS id FROM delivery WHERE id < ?1
            UNION ALL SELECT min(id) FROM delivery WHERE id > ?1)
         WHERE id IS NOT NULL ORDER BY abs(id - ?1) LIMIT 1",
    )?;
    select.query_row([id], |row| row.get(0)).optional()
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let dead: Option<String> = row.get("dead")?;
    let state: String = row.get("state")?;
    let state = ["waiting", "running", "given-up"]
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
