//! Recovers a file that failed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::errors::classify;
use super::file::{Connected, Location};
use super::schema;
use crate::store::Error;

/// About the size of one transaction of deliveries: less free space is not enough.
const FILLER: i64 = 128 * 1024;

#[derive(Debug)]
pub(super) struct Repair {
    place: Arc<Location>,
    /// The connection to a file that is no longer at the path, and since when: perhaps all that is left of it.
    lost: Option<(Connected, Instant)>,
    /// How long to wait for a missing file before it is written again from the lost connection.
    absent: Duration,
    /// Whether to check the pages before the file is used again.
    pub(super) suspect: bool,
}

impl Repair {
    pub(super) fn new(place: Arc<Location>, absent: Duration) -> Self {
        Self {
            place,
            lost: None,
            absent,
            suspect: false,
        }
    }

    /// The file is no longer the one at the path.
    pub(super) fn lost(&mut self, connected: Connected) {
        connected.touch_nothing_on_close();
        self.lost = Some((connected, Instant::now()));
    }

    /// Opens another connection to the same file.
    pub(super) fn connect_again(&self) -> rusqlite::Result<Connected> {
        let [file, ..] = self.place.last();
        let connected = self.place.connect_to(file)?;
        self.place.uses(&connected);
        Ok(connected)
    }

    /// Opens the file that is at the path now and checks that it is writable.
    pub(super) fn open(&mut self) -> Result<Connected, Error> {
        let place = self.place.clone();
        let is_deleted = !place.path.exists();
        if is_deleted {
            self.write_back()
                .map_err(|reason| Error::Unavailable(place.says(&reason)))?;
        }
        let [file, log, _] = place.identity();
        let [last_file, last_log, _] = place.last();
        let is_another = file != last_file;
        if !is_another {
            self.lost = None;
        }
        if is_another && log.is_some() && log == last_log {
            // SQLite would read this log as that of the new file.
            self.finish_lost();
            remove_log(&place);
        }
        let unusable = |error: rusqlite::Error| classify(&place.path, &error);
        let mut connected = place.connect_to(file).map_err(unusable)?;
        if is_another || self.suspect {
            schema::check(&connected.db, &place.path)?;
        }
        schema::migrate(&mut connected.db, &place.path)?;
        probe(&connected.db).map_err(unusable)?;
        if is_another && !is_deleted {
            tracing::warn!(path = %place.path.display(), "the file of the store was replaced; the new file is used from now on");
        }
        place.uses(&connected);
        self.lost = None;
        self.suspect = false;
        Ok(connected)
    }

    /// Writes the log into its file, wherever the file is now.
    fn finish_lost(&self) {
        if let Some((lost, _)) = &self.lost
            && let Err(error) = checkpoint(&lost.db)
        {
            tracing::debug!(%error, "the log of the lost file could not be finished");
        }
    }

    /// A deleted file exists while it is open: writes it to its path again.
    fn write_back(&self) -> Result<(), String> {
        let Some((lost, since)) = &self.lost else {
            return Err(
                "the file does not exist: put it back, or restart to begin with an empty store"
                    .to_owned(),
            );
        };
        if since.elapsed() < self.absent {
            return Err("the file was deleted or moved".to_owned());
        }
        self.finish_lost();
        let copy = self.place.beside("-rescued");
        let _ = std::fs::remove_file(&copy);
        let name = copy.to_str().ok_or("its name is not UTF-8")?;
        lost.db
            .execute("VACUUM INTO ?1", [name])
            .map_err(|error| error.to_string())?;
        self.put_in_place(&copy)
            .map_err(|error| error.to_string())?;
        tracing::warn!(path = %self.place.path.display(), "the file of the store was deleted; it is written again with its content");
        Ok(())
    }

    fn put_in_place(&self, copy: &Path) -> std::io::Result<()> {
        std::fs::File::open(copy)?.sync_all()?;
        remove_log(&self.place);
        // Never overwrites a file that someone put there in the meantime.
        std::fs::hard_link(copy, &self.place.path)?;
        std::fs::remove_file(copy)?;
        let directory = match self.place.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::File::open(directory)?.sync_all()
    }
}

fn remove_log(place: &Location) {
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.beside(ending));
    }
}

fn checkpoint(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Starts a new log, since the state of the old one on disk is unknown after a failed write; then uses as much space as
/// a transaction needs, and frees it.
fn probe(db: &Connection) -> rusqlite::Result<()> {
    checkpoint(db)?;
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; INSERT OR REPLACE INTO probe (id, filler) VALUES (0, zeroblob({FILLER})); COMMIT;
         DELETE FROM probe;"
    ))
}
