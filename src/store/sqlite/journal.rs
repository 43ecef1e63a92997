//! The journal of adoptions.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::presence::Presence;
use super::{maybe_time, millis, time};
use crate::room::{RoomId, UserId};
use crate::store::Adoption;

/// The columns that every statement here returns.
const COLUMNS: &str =
    "id, room, owner, account, opened_at, unanswered_until, leased_until, tries, due, blocked";

pub(super) fn open(
    db: &Connection,
    room: &RoomId,
    (owner, account): (&UserId, &UserId),
    (holder, until): (&str, Timestamp),
    now: Timestamp,
) -> rusqlite::Result<Option<Adoption>> {
    let mut insert = db.prepare_cached(&format!(
        "INSERT INTO adoption (room, owner, account, opened_at, holder, leased_until, due)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
    ))?;
    let values = params![
        room.as_str(),
        owner.as_str(),
        account.as_str(),
        millis(now),
        holder,
        millis(until)
    ];
    insert.query_row(values, adoption).optional()
}

/// The entry that has been due longest, or that of a specific room, due or not.
pub(super) const DUE: &str =
    "SELECT id FROM adoption WHERE closed_at IS NULL AND due <= ?1 AND leased_until <= ?1
    ORDER BY due, id LIMIT 1";
pub(super) const NAMED: &str =
    "SELECT id FROM adoption WHERE closed_at IS NULL AND room = ?2 AND leased_until <= ?1";

pub(super) fn claim(
    db: &Connection,
    room: Option<&RoomId>,
    (processes, until): (&Presence, Timestamp),
    grace: Duration,
    now: Timestamp,
) -> rusqlite::Result<Option<Adoption>> {
    let now = millis(now);
    free_entries_of_ended_processes(db, processes, now)?;
    let found: Option<i64> = match room {
        Some(room) => db
            .prepare_cached(NAMED)?
            .query_row(params![now, room.as_str()], |row| row.get(0))
            .optional()?,
        None => db
            .prepare_cached(DUE)?
            .query_row([now], |row| row.get(0))
            .optional()?,
    };
    let Some(id) = found else {
        return Ok(None);
    };
    let mut update = db.prepare_cached(&format!(
        "UPDATE adoption SET holder = ?2, leased_until = ?3, tries = tries + 1,
            unanswered_until = iif(tries = 0, opened_at + ?4, unanswered_until)
         WHERE id = ?1 RETURNING {COLUMNS}"
    ))?;
    let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
    let values = params![id, processes.holder(), millis(until), grace];
    update.query_row(values, adoption).optional()
}

/// The entries of processes that have ended are due at once.
fn free_entries_of_ended_processes(
    db: &Connection,
    processes: &Presence,
    now: i64,
) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT holder FROM adoption WHERE closed_at IS NULL AND leased_until > ?1 AND holder IS NOT NULL",
    )?;
    let holders = select.query_map([now], |row| row.get::<_, String>(0))?;
    for holder in holders.collect::<rusqlite::Result<Vec<_>>>()? {
        if processes.has_ended(&holder) {
            let mut update = db.prepare_cached(
                "UPDATE adoption SET leased_until = 0, due = min(due, ?2) WHERE closed_at IS NULL AND holder = ?1",
            )?;
            update.execute(params![holder, now])?;
        }
    }
    Ok(())
}

pub(super) fn put_off(db: &Connection, entry: &Adoption) -> rusqlite::Result<()> {
    let mut update = db.prepare_cached(
        "UPDATE adoption SET leased_until = 0, unanswered_until = ?2, blocked = ?3, due = ?4, tries = max(tries, 1), owner = ?5
         WHERE id = ?1 AND closed_at IS NULL",
    )?;
    update.execute(params![
        entry.id,
        entry.unanswered_until.map(millis),
        entry.blocked,
        millis(entry.due),
        entry.owner.as_str()
    ])?;
    Ok(())
}

pub(super) fn close(db: &Connection, id: i64, how: &str, now: Timestamp) -> rusqlite::Result<()> {
    let mut update =
        db.prepare_cached("UPDATE adoption SET closed_at = ?2, how = ?3 WHERE id = ?1")?;
    update.execute(params![id, millis(now), how])?;
    // The run over the room may be waiting for this.
    let mut wake = db.prepare_cached(
        "UPDATE job SET due = min(due, ?2)
         WHERE room = (SELECT room FROM adoption WHERE id = ?1) AND dead IS NULL",
    )?;
    wake.execute(params![id, millis(now)])?;
    Ok(())
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Adoption>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM adoption WHERE closed_at IS NULL ORDER BY opened_at, id"
    ))?;
    let rows = select.query_map([], adoption)?;
    rows.collect()
}

pub(super) fn last_account(db: &Connection) -> rusqlite::Result<Option<UserId>> {
    let mut select = db.prepare_cached(
        "SELECT account FROM adoption WHERE account != '' ORDER BY id DESC LIMIT 1",
    )?;
    let found = select.query_row([], |row| row.get::<_, String>(0));
    Ok(found.optional()?.map(UserId::new))
}

pub(super) fn was_adopted(db: &Connection, room: &RoomId) -> rusqlite::Result<bool> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM adoption WHERE room = ?1 AND closed_at IS NOT NULL AND how = 'given back')",
    )?;
    select.query_row([room.as_str()], |row| row.get(0))
}

fn adoption(row: &Row<'_>) -> rusqlite::Result<Adoption> {
    Ok(Adoption {
        id: row.get("id")?,
        room: RoomId::new(row.get::<_, String>("room")?),
        owner: UserId::new(row.get::<_, String>("owner")?),
        account: UserId::new(row.get::<_, String>("account")?),
        opened_at: time(row, "opened_at")?,
        unanswered_until: maybe_time(row, "unanswered_until")?,
        leased_until: time(row, "leased_until")?,
        tries: row.get("tries")?,
        due: time(row, "due")?,
        blocked: row.get("blocked")?,
    })
}
