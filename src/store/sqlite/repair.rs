//! How a file that failed comes into use again.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::errors::sorted;
use super::file::{Connected, Identity, Location};
use super::schema;
use crate::store::Error;

/// About as much as one transaction of deliveries takes: less space is none.
const FILLER: i64 = 128 * 1024;

#[derive(Debug)]
pub(super) struct Repair {
    place: Arc<Location>,
    /// The files that were in use last.
    last: Identity,
    /// The connection to a file that is not at the path any more, and since when: all that is left of it, perhaps.
    lost: Option<(Connected, Instant)>,
    /// How long a file that is gone is waited for before it is written anew from the lost connection.
    absent: Duration,
    /// Whether the pages must be checked before the file is used again.
    pub(super) suspect: bool,
}

impl Repair {
    pub(super) fn new(place: Arc<Location>, last: Identity, absent: Duration) -> Self {
        Self {
            place,
            last,
            lost: None,
            absent,
            suspect: false,
        }
    }

    /// The file is not the one at the path any more.
    pub(super) fn lost(&mut self, connected: Connected) {
        connected.touch_nothing_on_close();
        self.lost = Some((connected, Instant::now()));
    }

    /// Another connection to the same file.
    pub(super) fn connect_again(&mut self) -> rusqlite::Result<Connected> {
        let connected = self.place.connect_again()?;
        self.last = connected.identity;
        Ok(connected)
    }

    /// Opens what is at the path now, and proves that it can be written; else says why not.
    pub(super) fn open(&mut self) -> Result<Connected, String> {
        let place = self.place.clone();
        if !place.path.exists() {
            self.write_back().map_err(|reason| place.says(&reason))?;
        }
        let [file, log, _] = place.identity();
        let [last_file, last_log, _] = self.last;
        let is_another = file != last_file;
        if !is_another {
            self.lost = None;
        }
        if is_another && log.is_some() && log == last_log {
            // It would be read as the log of a file that it does not belong to.
            self.finish_lost();
            remove_log(&place);
        }
        let unusable = |error: rusqlite::Error| said(sorted(&place.path, &error));
        let mut connected = place.connect_again().map_err(unusable)?;
        if is_another || self.suspect {
            schema::check(&connected.db, &place.path).map_err(said)?;
        }
        schema::migrate(&mut connected.db, &place.path).map_err(said)?;
        probe(&connected.db).map_err(unusable)?;
        if is_another {
            tracing::warn!(path = %place.path.display(), "another file is the store from now on");
        }
        self.last = connected.identity;
        self.lost = None;
        self.suspect = false;
        Ok(connected)
    }

    /// What is in the log belongs into the file, wherever that is by now.
    fn finish_lost(&self) {
        if let Some((lost, _)) = &self.lost
            && let Err(error) = checkpoint(&lost.db)
        {
            tracing::debug!(%error, "the log of the lost file could not be finished");
        }
    }

    /// A deleted file lives on for as long as it is open: it is written to its place again.
    fn write_back(&self) -> Result<(), String> {
        let Some((lost, since)) = &self.lost else {
            return Err(
                "the file is gone; put it back, or start again to begin with an empty one"
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
        tracing::warn!(path = %self.place.path.display(), "the file of the store was deleted; it is written again, with all that it knew");
        Ok(())
    }

    fn put_in_place(&self, copy: &Path) -> std::io::Result<()> {
        std::fs::File::open(copy)?.sync_all()?;
        remove_log(&self.place);
        // Never over a file that somebody put there meanwhile.
        std::fs::hard_link(copy, &self.place.path)?;
        std::fs::remove_file(copy)?;
        let directory = match self.place.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::File::open(directory)?.sync_all()
    }
}

/// An error as a reason why the store cannot be used.
fn said(error: Error) -> String {
    match error {
        Error::Unavailable(reason) => reason,
        error => error.to_string(),
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

/// Begins a new log, since nobody knows what a failed write has left of the old one on disk; then takes as much space
/// as a transaction needs, and gives it back.
fn probe(db: &Connection) -> rusqlite::Result<()> {
    checkpoint(db)?;
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; INSERT OR REPLACE INTO probe (id, filler) VALUES (0, zeroblob({FILLER})); COMMIT;
         DELETE FROM probe;"
    ))
}
