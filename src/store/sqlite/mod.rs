//! SQLite: one file, written by one thread, shared by the processes of one machine.

mod backend;
mod clock;
mod counts;
mod deliveries;
mod errors;
mod file;
mod health;
mod history;
mod jobs;
mod journal;
mod options;
mod overview;
mod presence;
mod readers;
mod repair;
mod rooms;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use tokio::sync::Notify;

use self::file::Location;
use self::health::Health;
use self::options::Options;
use self::presence::Presence;
use self::readers::Readers;
use self::writer::Writer;
use super::{Error, OpenMode};

/// The reason when the disk takes too long.
const TIMED_OUT: &str = "the disk does not respond";

/// A store in a file.
#[derive(Debug)]
pub(super) struct Sqlite {
    writer: Writer,
    readers: Readers,
    health: Arc<Health>,
    presence: Arc<Presence>,
    woken: Notify,
}

fn closed() -> Error {
    Error::Unavailable("it is closed".to_owned())
}

fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(timestamp)
}

fn maybe_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(timestamp))
}

impl Sqlite {
    pub(super) async fn open(path: PathBuf, mode: OpenMode) -> Result<Self, Error> {
        Self::open_with(path, mode, Options::default()).await
    }

    async fn open_with(path: PathBuf, mode: OpenMode, options: Options) -> Result<Self, Error> {
        let place = Arc::new(Location::new(path, options.setup.clone(), options.busy));
        let health = Arc::<Health>::default();
        let patience = options.patience;
        let writer = Writer::open(place.clone(), mode, options, health.clone()).await?;
        Ok(Self {
            writer,
            presence: Arc::new(Presence::new(&place.path)),
            readers: Readers::new(place, patience),
            health,
            woken: Notify::new(),
        })
    }

    /// Writes a change after which a room may be due in this process.
    async fn write_and_wake<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let done = self.writer.write(work).await?;
        self.woken.notify_one();
        Ok(done)
    }
}
