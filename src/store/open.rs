//! Opening the file: pragmas, format, damage.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{Notify, mpsc};

use super::{Error, Store, accept};
use crate::room::without_password;

/// Each brings the format one step further. Never edited, only added to.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];
/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(5);

/// Whether a store is made when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// It is made.
    Create,
    /// [`Error::Absent`].
    Existing,
}

impl Store {
    /// Opens `sqlite:FILE`.
    ///
    /// # Errors
    /// The file is absent, of a later version, damaged, or cannot be used.
    pub async fn open(url: &str, mode: OpenMode) -> Result<Self, Error> {
        let path = url.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        let path =
            PathBuf::from(path.ok_or_else(|| Error::Address(without_password(url).into_owned()))?);
        if mode == OpenMode::Existing && !path.exists() {
            return Err(Error::Absent(path));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|_| Error::Address(without_password(url).into_owned()))?
            .create_if_missing(mode == OpenMode::Create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| unusable(&path, &error))?;
        prepare(&write, &path).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(|error| unusable(&path, &error))?;
        let woken = Arc::new(Notify::new());
        let (accept, requests) = mpsc::channel(1024);
        tokio::spawn(accept::writer(requests, write.clone(), woken.clone()));
        Ok(Self {
            write,
            read,
            accept,
            woken,
        })
    }
}

fn unusable(path: &Path, error: &sqlx::Error) -> Error {
    sorted(path, error.to_string())
}

fn sorted(path: &Path, reason: String) -> Error {
    if reason.contains("malformed") || reason.contains("not a database") {
        Error::Damaged {
            path: path.to_owned(),
            reason,
        }
    } else if reason.contains("readonly") || reason.contains("unable to open") {
        Error::NotWritable(path.to_owned())
    } else {
        Error::Unavailable(format!("`{}`: {reason}", path.display()))
    }
}

async fn prepare(db: &sqlx::SqlitePool, path: &Path) -> Result<(), Error> {
    let check: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(db)
        .await
        .map_err(|error| unusable(path, &error))?;
    if check != "ok" {
        return Err(Error::Damaged {
            path: path.to_owned(),
            reason: check,
        });
    }
    // Two processes may start at once: the second finds the work done.
    migrate(db, path).await.map_err(|error| match error {
        Error::Unavailable(reason) => sorted(path, reason),
        other => other,
    })
}

async fn migrate(db: &sqlx::SqlitePool, path: &Path) -> Result<(), Error> {
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *tx)
        .await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or_default();
    if found > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == 0 {
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *tx)
            .await?;
        if tables > 0 {
            let reason = "it holds other tables".to_owned();
            return Err(Error::Damaged {
                path: path.to_owned(),
                reason,
            });
        }
    }
    for migration in MIGRATIONS
        .iter()
        .skip(usize::try_from(found).unwrap_or_default())
    {
        sqlx::raw_sql(*migration).execute(&mut *tx).await?;
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "PRAGMA user_version = {known}"
    )))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
