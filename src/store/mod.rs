//! The memory: deliveries, jobs, what became of rooms, the journal of adoptions. SQLite, shared by several processes
//! through leases. Every time is an argument.

mod accept;
mod jobs;
mod journal;
mod open;
mod rooms;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::{Notify, mpsc};

pub use jobs::{Claim, LeaseId, RoomJob, Settled, Settlement, Which};
pub use journal::Adoption;
pub use open::OpenMode;
pub use rooms::{DeliveryRow, JobRow, RoomRecord, RoomRow};

/// The store of one portal account. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    /// One connection: SQLite has one writer.
    write: SqlitePool,
    read: SqlitePool,
    accept: mpsc::Sender<accept::Request>,
    woken: Arc<Notify>,
}

/// What is wrong with the store, by what one does about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none, and this command does not make one.
    #[error("there is no store at `{}`; `roomwright serve` or `apply` makes it", .0.display())]
    Absent(PathBuf),
    /// It was made by a later version.
    #[error("the store `{}` was made by a later version of roomwright (format {found}, this one knows {known}); update roomwright", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The latest that we know.
        known: i64,
    },
    /// It is no store, or a damaged one.
    #[error("`{}` is damaged or no store of roomwright: {reason}; restore it from a backup, or name another file with `--store`", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The file, or its directory, belongs to somebody else.
    #[error("`{}` cannot be written by this account; the store needs the right to write the file and its directory, which must exist", .0.display())]
    NotWritable(PathBuf),
    /// The address is none that we know.
    #[error("`{0}` is no store; write `sqlite:FILE`")]
    Address(String),
    /// Our lease ran out and somebody else has the room now.
    #[error("the lease of the room is not ours any more")]
    LeaseLost,
    /// It cannot be used now: locked, full, read-only.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Error::Unavailable(error.to_string())
    }
}

fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

impl Store {
    /// Resolves when a room may have become due in this process. Other processes' rooms are found by asking.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Sets writes of a day aside, at most so many that `limit` are set aside in all; says how many.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn set_writes_aside(
        &self,
        day: jiff::civil::Date,
        most: u64,
        limit: u64,
    ) -> Result<u64, Error> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let before: i64 = sqlx::query_scalar("SELECT count FROM writes WHERE day = ?1")
            .bind(day.to_string())
            .fetch_optional(&mut *tx)
            .await?
            .unwrap_or_default();
        let granted = number(most)
            .min(number(limit).saturating_sub(before))
            .max(0);
        if granted > 0 {
            sqlx::query(
                "INSERT INTO writes (day, count) VALUES (?1, ?2)
                 ON CONFLICT (day) DO UPDATE SET count = count + excluded.count",
            )
            .bind(day.to_string())
            .bind(granted)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        Ok(u64::try_from(granted).unwrap_or_default())
    }

    /// Waits until everything that was begun is on disk, and lets go of the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}
