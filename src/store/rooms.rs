//! What is known of rooms and deliveries.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::{Error, Store, accept, millis, timestamp};
use crate::room::{Item, RoomId, UserId};

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRecord {
    /// The room's title; empty when it was not read.
    pub title: String,
    /// The outcome's word.
    pub outcome: String,
    /// The outcome in one line.
    pub summary: String,
    /// The whole report, as JSON.
    pub report: String,
    /// When.
    pub at: Timestamp,
    /// Whether the room is in line with its policies.
    pub in_line: bool,
    /// What is wanted and in place, where the run found out.
    pub in_place: Option<BTreeSet<Item>>,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// When it is due.
    pub due: Timestamp,
    /// How many attempts were used.
    pub attempts: u32,
    /// Until when somebody works on it.
    pub leased_until: Option<Timestamp>,
    /// Why nobody tries it again.
    pub dead: Option<String>,
}

/// A room as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomRow {
    /// Which room.
    pub room: RoomId,
    /// Its title at the last run.
    pub title: String,
    /// The last outcome's word; empty before the first.
    pub outcome: String,
    /// The last outcome in one line.
    pub summary: String,
    /// When the last run ended.
    pub at: Option<Timestamp>,
    /// When it was first in line.
    pub configured_at: Option<Timestamp>,
    /// What was in place once.
    #[serde(skip)]
    pub applied: BTreeSet<Item>,
    /// The last report, as JSON.
    #[serde(skip)]
    pub report: String,
    /// What is still to be done about it.
    pub job: Option<JobRow>,
}

/// A delivery as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// `event.id`.
    pub id: i64,
    /// `event.trigger`.
    pub trigger: String,
    /// The room.
    pub room: RoomId,
    /// The title in the payload.
    pub title: String,
    /// When it came first.
    pub received_at: Timestamp,
    /// How often it came.
    pub seen: u32,
    /// `waiting`, `running`, `done` or `dead`, as its room's job is.
    pub state: &'static str,
    /// Why it is dead, or the last outcome.
    pub summary: String,
    /// The payload as it came.
    #[serde(skip)]
    pub body: String,
}

impl RoomRecord {
    pub(super) async fn write(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        room: &RoomId,
    ) -> Result<(), sqlx::Error> {
        let in_place = match &self.in_place {
            Some(keys) => Some(
                serde_json::to_string(keys).map_err(|error| sqlx::Error::Encode(error.into()))?,
            ),
            None => None,
        };
        sqlx::query(
            "INSERT INTO room (room, title, outcome, summary, report, at, configured_at, landed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(?8, '[]'))
             ON CONFLICT (room) DO UPDATE SET
                title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END,
                outcome = excluded.outcome, summary = excluded.summary, report = excluded.report, at = excluded.at,
                configured_at = coalesce(configured_at, excluded.configured_at), landed = coalesce(?8, landed)",
        )
        .bind(room.as_str())
        .bind(&self.title)
        .bind(&self.outcome)
        .bind(&self.summary)
        .bind(&self.report)
        .bind(millis(self.at))
        .bind(self.in_line.then(|| millis(self.at)))
        .bind(in_place)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

// Between runs `leased_until` without a lease only keeps the room from being claimed.
const ROOMS: &str = "SELECT r.*, j.due, j.attempt, iif(j.lease IS NULL, NULL, j.leased_until) AS leased_until, j.dead FROM
    (SELECT room, title, outcome, summary, report, at, configured_at, landed FROM room
     UNION ALL SELECT room, '', '', '', '', NULL, NULL, '[]' FROM job WHERE room NOT IN (SELECT room FROM room)) r
    LEFT JOIN job j ON j.room = r.room WHERE (?1 IS NULL OR r.room = ?1) AND (?2 IS NULL OR r.outcome = ?2)
    ORDER BY r.at DESC NULLS FIRST, r.room";

/// Of one id or all, in one state or all, at a time.
const DELIVERIES: &str = "SELECT * FROM (SELECT d.*, j.dead, r.summary,
        CASE WHEN j.room IS NULL THEN 'done' WHEN j.dead IS NOT NULL THEN 'dead'
             WHEN j.lease IS NOT NULL AND j.leased_until > ?3 THEN 'running' ELSE 'waiting' END AS state
    FROM delivery d LEFT JOIN job j ON j.room = d.room LEFT JOIN room r ON r.room = d.room
    WHERE (?1 IS NULL OR d.id = ?1)) WHERE (?2 IS NULL OR state = ?2)
    ORDER BY received_at DESC, id DESC LIMIT ?4";

impl Store {
    /// All rooms, or those with one outcome; those that were never run first, then the latest.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn rooms(&self, outcome: Option<&str>) -> Result<Vec<RoomRow>, Error> {
        let rows = sqlx::query(ROOMS)
            .bind(None::<&str>)
            .bind(outcome)
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(room).collect()
    }

    /// One room.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn room(&self, id: &RoomId) -> Result<Option<RoomRow>, Error> {
        let row = sqlx::query(ROOMS)
            .bind(id.as_str())
            .bind(None::<&str>)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(room).transpose()
    }

    /// The latest deliveries.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn deliveries(&self, most: u32, now: Timestamp) -> Result<Vec<DeliveryRow>, Error> {
        self.deliveries_in(None, most, now).await
    }

    /// The latest deliveries whose room's job is in a state.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn deliveries_in(
        &self,
        state: Option<&str>,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let rows = sqlx::query(DELIVERIES)
            .bind(None::<i64>)
            .bind(state)
            .bind(millis(now))
            .bind(most)
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(delivery).collect()
    }

    /// One delivery.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn delivery(&self, id: i64, now: Timestamp) -> Result<Option<DeliveryRow>, Error> {
        let row = sqlx::query(DELIVERIES)
            .bind(id)
            .bind(None::<&str>)
            .bind(millis(now))
            .bind(1)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(delivery).transpose()
    }

    /// The rooms of which a delivery says that this account made them.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn made_by(&self, account: &UserId) -> Result<BTreeSet<RoomId>, Error> {
        let rooms: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT room FROM delivery
             WHERE json_valid(body) AND lower(json_extract(body, '$.event.createBy')) = ?1",
        )
        .bind(account.as_str())
        .fetch_all(&self.read)
        .await?;
        Ok(rooms.into_iter().map(RoomId::new).collect())
    }

    /// Wakes every room whose last outcome is one of these; says how many. Rooms that somebody works on right now run
    /// once more, since their runs began under other policies.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn wake_outcomes(&self, outcomes: &[&str], now: Timestamp) -> Result<usize, Error> {
        let mut woken = 0;
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        for outcome in outcomes {
            let rooms: Vec<String> = sqlx::query_scalar("SELECT room FROM room WHERE outcome = ?1")
                .bind(outcome)
                .fetch_all(&mut *tx)
                .await?;
            for room in rooms {
                accept::wake(&mut tx, &RoomId::new(room), now, false).await?;
                woken += 1;
            }
        }
        sqlx::query(
            "UPDATE job SET generation = generation + 1 WHERE lease IS NOT NULL AND dead IS NULL",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.woken.notify_one();
        Ok(woken)
    }
}

/// What was stored by a version that knew other items is passed over.
fn applied(stored: &str) -> BTreeSet<Item> {
    let texts: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn room(row: &SqliteRow) -> Result<RoomRow, Error> {
    let landed: String = row.try_get("landed")?;
    let job = match row.try_get::<Option<i64>, _>("due")? {
        Some(due) => Some(JobRow {
            due: timestamp(due),
            attempts: row.try_get("attempt")?,
            leased_until: row
                .try_get::<Option<i64>, _>("leased_until")?
                .map(timestamp),
            dead: row.try_get("dead")?,
        }),
        None => None,
    };
    Ok(RoomRow {
        room: RoomId::new(row.try_get::<String, _>("room")?),
        title: row.try_get("title")?,
        outcome: row.try_get("outcome")?,
        summary: row.try_get("summary")?,
        at: row.try_get::<Option<i64>, _>("at")?.map(timestamp),
        configured_at: row
            .try_get::<Option<i64>, _>("configured_at")?
            .map(timestamp),
        applied: applied(&landed),
        report: row.try_get("report")?,
        job,
    })
}

fn delivery(row: &SqliteRow) -> Result<DeliveryRow, Error> {
    let dead: Option<String> = row.try_get("dead")?;
    let state: &str = row.try_get("state")?;
    let state = ["waiting", "running", "dead"]
        .into_iter()
        .find(|known| *known == state)
        .unwrap_or("done");
    let summary: Option<String> = row.try_get("summary")?;
    Ok(DeliveryRow {
        id: row.try_get("id")?,
        trigger: row.try_get("trigger")?,
        room: RoomId::new(row.try_get::<String, _>("room")?),
        title: row.try_get("title")?,
        received_at: timestamp(row.try_get("received_at")?),
        seen: row.try_get("seen")?,
        state,
        summary: dead.or(summary).unwrap_or_default(),
        body: row.try_get("body")?,
    })
}
