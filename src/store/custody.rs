//! Rooms that are in our hands. On record before they are taken; closed only after another owner was read.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Row, Sqlite, Transaction};

use super::jobs::LeaseId;
use super::{Error, Store, millis, timestamp};
use crate::room::{RoomId, UserId};

/// A room in our hands, or about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Custody {
    /// Which room.
    pub room: RoomId,
    /// Whose it is.
    pub owner: UserId,
    /// Since when.
    pub since: Timestamp,
    /// The account of ours that took it; `None` in records of earlier versions.
    pub account: Option<UserId>,
    /// Who was read as its owner since then, if not that account.
    pub seen_owner: Option<UserId>,
    /// When another owner was read, though an answer of the portal is still out: the room may yet come back to us.
    pub returned_at: Option<Timestamp>,
}

const LEASED: &str = "SELECT count(*) FROM job WHERE room = ?1 AND lease = ?2";

impl Store {
    /// Puts on record that a room is about to be taken by an account of ours; durable when this returns. What was on
    /// record of it before, because an answer is still out, is replaced.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when somebody else has the room by now; the store cannot be used.
    pub async fn custody_open(
        &self,
        room: &RoomId,
        owner: &UserId,
        account: &UserId,
        lease: &LeaseId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let custody = Custody {
            room: room.clone(),
            owner: owner.clone(),
            since: now,
            account: Some(account.clone()),
            seen_owner: None,
            returned_at: None,
        };
        self.custody_put(&custody, lease).await
    }

    /// Puts a record back as it was: the room was not taken after all.
    ///
    /// # Errors
    /// As [`Store::custody_open`].
    pub async fn custody_put(&self, custody: &Custody, lease: &LeaseId) -> Result<(), Error> {
        // No `..`: a further member must be written here.
        let Custody {
            room,
            owner,
            since,
            account,
            seen_owner,
            returned_at,
        } = custody;
        let mut tx = self.leased(room, lease).await?;
        sqlx::query(
            "INSERT INTO custody (room, owner, since, account, seen_owner, returned_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (room) WHERE closed_at IS NULL
             DO UPDATE SET owner = excluded.owner, since = excluded.since, account = excluded.account,
                seen_owner = excluded.seen_owner, returned_at = excluded.returned_at",
        )
        .bind(room.as_str())
        .bind(owner.as_str())
        .bind(millis(*since))
        .bind(account.as_ref().map(UserId::as_str))
        .bind(seen_owner.as_ref().map(UserId::as_str))
        .bind(returned_at.map(millis))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// A transaction in which the lease is ours.
    async fn leased(
        &self,
        room: &RoomId,
        lease: &LeaseId,
    ) -> Result<Transaction<'static, Sqlite>, Error> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let ours: i64 = sqlx::query_scalar(LEASED)
            .bind(room.as_str())
            .bind(lease.as_str())
            .fetch_one(&mut *tx)
            .await?;
        if ours == 0 {
            return Err(Error::LeaseLost);
        }
        Ok(tx)
    }

    /// Closes the record of a room, saying how it ended.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when somebody else has the room by now; the store cannot be used.
    pub async fn custody_close(
        &self,
        room: &RoomId,
        lease: &LeaseId,
        how: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let close =
            "UPDATE custody SET closed_at = ?2, how = ?3 WHERE room = ?1 AND closed_at IS NULL";
        self.custody_update(close, room, lease, how, now).await
    }

    /// Puts on record that a room whose custody cannot be closed yet has this owner now.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when somebody else has the room by now; the store cannot be used.
    pub async fn custody_returned(
        &self,
        room: &RoomId,
        lease: &LeaseId,
        owner: &UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let returned = "UPDATE custody SET returned_at = ?2, seen_owner = ?3 WHERE room = ?1 AND closed_at IS NULL";
        self.custody_update(returned, room, lease, owner.as_str(), now)
            .await
    }

    async fn custody_update(
        &self,
        statement: &'static str,
        room: &RoomId,
        lease: &LeaseId,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.leased(room, lease).await?;
        sqlx::query(statement)
            .bind(room.as_str())
            .bind(millis(now))
            .bind(text)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether a room is in our hands, and whose it is.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn custody(&self, room: &RoomId) -> Result<Option<Custody>, Error> {
        Ok(self
            .custodies()
            .await?
            .into_iter()
            .find(|custody| custody.room == *room))
    }

    /// All rooms in our hands.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn custodies(&self) -> Result<Vec<Custody>, Error> {
        let rows = sqlx::query(
            "SELECT room, owner, since, account, seen_owner, returned_at FROM custody WHERE closed_at IS NULL ORDER BY since, room",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Custody {
                    room: RoomId::new(row.try_get::<String, _>("room")?),
                    owner: UserId::new(row.try_get::<String, _>("owner")?),
                    since: timestamp(row.try_get("since")?),
                    account: row
                        .try_get::<Option<String>, _>("account")?
                        .map(UserId::new),
                    seen_owner: row
                        .try_get::<Option<String>, _>("seen_owner")?
                        .map(UserId::new),
                    returned_at: row.try_get::<Option<i64>, _>("returned_at")?.map(timestamp),
                })
            })
            .collect()
    }
}
