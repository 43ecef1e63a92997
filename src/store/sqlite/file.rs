//! The file: opens connections, and checks that it is still the file that was opened.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use super::errors::classify;
use super::{presence, schema};
use crate::store::{Error, OpenMode};

/// More than the number of statements.
const STATEMENTS: usize = 64;
/// The log is truncated to this size when it restarts.
const LOG: i64 = 64 * 1024 * 1024;
/// The reason when another file, or none, is at the path.
pub(super) const REPLACED: &str = "the file was deleted, moved or replaced";

/// Configures each connection before it is used.
pub(super) type Setup = Arc<dyn Fn(&Connection) -> rusqlite::Result<()> + Send + Sync>;

/// Where the store is.
pub(super) struct Location {
    pub(super) path: PathBuf,
    pub(super) setup: Setup,
    /// How long one process waits for the write of another.
    pub(super) busy: Duration,
    /// The files that the writer used last.
    last: Mutex<Identity>,
}

/// A file, by device and inode.
pub(super) type FileId = (u64, u64);

/// The files of a store that SQLite has open: the store, its log and the log's index.
pub(super) type Identity = [Option<FileId>; 3];

/// A connection and its open files.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) db: Connection,
    pub(super) identity: Identity,
}

impl Location {
    pub(super) fn new(path: PathBuf, setup: Setup, busy: Duration) -> Self {
        Self {
            path,
            setup,
            busy,
            last: Mutex::default(),
        }
    }

    /// The files that the writer used last.
    pub(super) fn last(&self) -> Identity {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer uses this connection from now on.
    pub(super) fn uses(&self, connected: &Connected) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = connected.identity;
    }

    /// Opens the file for writing and checks that it is a store.
    pub(super) fn open(&self, mode: OpenMode) -> Result<Connected, Error> {
        if !self.path.exists() {
            if presence::is_in_use(&self.path) {
                return Err(Error::Gone(self.path.clone()));
            }
            if mode == OpenMode::Existing {
                return Err(Error::Absent(self.path.clone()));
            }
        }
        let flags = match mode {
            OpenMode::Create => OpenFlags::SQLITE_OPEN_CREATE,
            OpenMode::Existing => OpenFlags::empty(),
        };
        let mut connected = self
            .connect(flags, None)
            .map_err(|error| classify(&self.path, &error))?;
        schema::check(&connected.db, &self.path)?;
        schema::migrate(&mut connected.db, &self.path)?;
        Ok(connected)
    }

    /// Opens another connection to a store that was opened before, and to no other file: next to a file that was put
    /// in its place there is still the old log, which SQLite would write into the new file.
    pub(super) fn connect_to(&self, file: Option<FileId>) -> rusqlite::Result<Connected> {
        self.expect(file)?;
        self.connect(OpenFlags::empty(), file)
    }

    /// Fails if another file is at the path.
    fn expect(&self, file: Option<FileId>) -> rusqlite::Result<()> {
        let [found, ..] = self.identity();
        if found == file {
            return Ok(());
        }
        Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_CANTOPEN),
            Some(REPLACED.to_owned()),
        ))
    }

    fn connect(&self, more: OpenFlags, file: Option<FileId>) -> rusqlite::Result<Connected> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.path, flags | more)?;
        // The log is opened by the first statement.
        if file.is_some() {
            self.expect(file)?;
        }
        db.busy_timeout(self.busy)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update_and_check(None, "journal_size_limit", LOG, |_| Ok(()))?;
        (self.setup)(&db)?;
        // The first read opens the log.
        db.query_row("PRAGMA user_version", [], |_| Ok(()))?;
        let identity = self.identity();
        Ok(Connected { db, identity })
    }

    pub(super) fn identity(&self) -> Identity {
        ["", "-wal", "-shm"].map(|ending| {
            let found = std::fs::metadata(self.beside(ending)).ok()?;
            Some((found.dev(), found.ino()))
        })
    }

    /// The path of the store with a suffix.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        presence::beside(&self.path, ending)
    }

    /// A reason with the path of the file.
    pub(super) fn says(&self, reason: &str) -> String {
        format!("`{}`: {reason}", self.path.display())
    }

    /// Whether a connection still writes to the file at the path. SQLite never notices that a file was deleted.
    pub(super) fn has(&self, connected: &Connected) -> bool {
        self.identity() == connected.identity
    }
}

impl Connected {
    /// The file is no longer the one at the path: closing must not touch the one that is there now.
    pub(super) fn touch_nothing_on_close(&self) {
        let option = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.db.set_db_config(option, true) {
            tracing::debug!(%error, "the option is not supported");
        }
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Location").field(&self.path).finish()
    }
}
