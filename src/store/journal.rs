//! The journal of adoptions: a room is on record before our account becomes its owner, and stays there until another
//! owner was seen and no change of owner is unanswered.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite};

use super::{Error, Store, millis, timestamp};
use crate::room::{RoomId, UserId};

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adoption {
    /// Its number.
    #[serde(skip)]
    pub id: i64,
    /// Which room.
    pub room: RoomId,
    /// Whose it is.
    pub owner: UserId,
    /// The account of ours that becomes the owner; empty in records of earlier versions.
    pub account: UserId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when a change of owner without an answer may still be carried out.
    pub unanswered_until: Option<Timestamp>,
    /// Until when the process that holds it must not be disturbed.
    pub leased_until: Timestamp,
    /// How often somebody tried to finish it.
    pub tries: u32,
    /// When it is tried next.
    pub due: Timestamp,
    /// Why it cannot be finished without a person.
    pub blocked: Option<String>,
}

impl Adoption {
    /// The entry, with who was seen as the room's owner last.
    #[must_use]
    pub fn with_owner(&self, owner: Option<UserId>) -> Self {
        Self {
            owner: owner.unwrap_or_else(|| self.owner.clone()),
            ..self.clone()
        }
    }
}

const COLUMNS: &str =
    "id, room, owner, account, opened_at, unanswered_until, leased_until, tries, due, blocked";

fn adoption(row: &SqliteRow) -> Result<Adoption, sqlx::Error> {
    Ok(Adoption {
        id: row.try_get("id")?,
        room: RoomId::new(row.try_get::<String, _>("room")?),
        owner: UserId::new(row.try_get::<String, _>("owner")?),
        account: UserId::new(row.try_get::<String, _>("account")?),
        opened_at: timestamp(row.try_get("opened_at")?),
        unanswered_until: row
            .try_get::<Option<i64>, _>("unanswered_until")?
            .map(timestamp),
        leased_until: timestamp(row.try_get("leased_until")?),
        tries: row.try_get("tries")?,
        due: timestamp(row.try_get("due")?),
        blocked: row.try_get("blocked")?,
    })
}

impl Store {
    /// Puts on record that a room is about to be adopted; durable when this returns. `None` when an entry of the room
    /// is open already.
    ///
    /// # Errors
    /// The store cannot be used: then nothing must be taken.
    pub async fn adoption_open(
        &self,
        room: &RoomId,
        owner: &UserId,
        account: &UserId,
        lease: (&str, Timestamp),
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error> {
        let (holder, until) = lease;
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "INSERT INTO adoption (room, owner, account, opened_at, holder, leased_until, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
        )))
        .bind(room.as_str())
        .bind(owner.as_str())
        .bind(account.as_str())
        .bind(millis(now))
        .bind(holder)
        .bind(millis(until))
        .fetch_optional(&self.write)
        .await?;
        Ok(row.as_ref().map(adoption).transpose()?)
    }

    /// Claims the entry that is due longest and that nobody holds. One that nobody put off was left by a killed
    /// process: its take may have left, and counts as unanswered for `grace` from when it was opened.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn adoption_claim(
        &self,
        room: Option<&RoomId>,
        lease: (&str, Timestamp),
        grace: std::time::Duration,
        now: Timestamp,
    ) -> Result<Option<Adoption>, Error> {
        let (holder, until) = lease;
        // A named room is claimed whether it is due or not.
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE adoption SET holder = ?2, leased_until = ?3, tries = tries + 1,
                unanswered_until = iif(tries = 0, opened_at + ?5, unanswered_until)
             WHERE id = (SELECT id FROM adoption WHERE closed_at IS NULL AND leased_until <= ?1
                         AND (room = ?4 OR (?4 IS NULL AND due <= ?1)) ORDER BY due, id LIMIT 1)
             RETURNING {COLUMNS}"
        )))
        .bind(millis(now))
        .bind(holder)
        .bind(millis(until))
        .bind(room.map(RoomId::as_str))
        .bind(i64::try_from(grace.as_millis()).unwrap_or(i64::MAX))
        .fetch_optional(&self.write)
        .await?;
        Ok(row.as_ref().map(adoption).transpose()?)
    }

    /// Lets go of an entry: it is due then, for whoever comes first.
    ///
    /// # Errors
    /// The store cannot be used; the lease ends by itself.
    pub async fn adoption_put_off(
        &self,
        adoption: &Adoption,
        unanswered_until: Option<Timestamp>,
        blocked: Option<&str>,
        due: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE adoption SET leased_until = 0, unanswered_until = ?2, blocked = ?3, due = ?4, tries = max(tries, 1), owner = ?5
             WHERE id = ?1 AND closed_at IS NULL",
        )
        .bind(adoption.id)
        .bind(unanswered_until.map(millis))
        .bind(blocked)
        .bind(millis(due))
        .bind(adoption.owner.as_str())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Keeps an entry for this process; `false` when it is closed.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn adoption_renew(
        &self,
        adoption: &Adoption,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE adoption SET leased_until = ?2 WHERE id = ?1 AND closed_at IS NULL",
        )
        .bind(adoption.id)
        .bind(millis(until))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Closes an entry, saying how it ended.
    ///
    /// # Errors
    /// The store cannot be used; whoever finds the entry open looks and closes it.
    pub async fn adoption_close(
        &self,
        adoption: &Adoption,
        how: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE adoption SET closed_at = ?2, how = ?3 WHERE id = ?1")
            .bind(adoption.id)
            .bind(millis(now))
            .bind(how)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// All open entries, the oldest first.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn adoptions(&self) -> Result<Vec<Adoption>, Error> {
        let query = format!(
            "SELECT {COLUMNS} FROM adoption WHERE closed_at IS NULL ORDER BY opened_at, id"
        );
        let rows = sqlx::query::<Sqlite>(sqlx::AssertSqlSafe(query))
            .fetch_all(&self.read)
            .await?;
        Ok(rows
            .iter()
            .map(adoption)
            .collect::<Result<Vec<_>, sqlx::Error>>()?)
    }

    /// Whether our account was made the room's manager by an adoption.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn was_adopted(&self, room: &RoomId) -> Result<bool, Error> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM adoption WHERE room = ?1 AND closed_at IS NOT NULL AND how = 'given back'",
        )
        .bind(room.as_str())
        .fetch_one(&self.read)
        .await?;
        Ok(count > 0)
    }
}
