//! The file: opens connections, and checks that it is still the file that was opened.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::errors::classify;
use super::schema;
use crate::store::{Error, OpenMode};

/// More than the number of statements.
const STATEMENTS: usize = 64;
/// The log is truncated to this size when it restarts.
const LOG: i64 = 64 * 1024 * 1024;

/// Configures each connection before it is used.
pub(super) type Setup = Arc<dyn Fn(&Connection) -> rusqlite::Result<()> + Send + Sync>;

/// Where the store is.
#[derive(Clone)]
pub(super) struct Location {
    pub(super) path: PathBuf,
    pub(super) setup: Setup,
    /// How long one process waits for the write of another.
    pub(super) busy: Duration,
}

/// The files of a store that SQLite has open: the store, its log and the log's index, by device and inode.
pub(super) type Identity = [Option<(u64, u64)>; 3];

/// A connection and its open files.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) db: Connection,
    pub(super) identity: Identity,
}

impl Location {
    /// Opens the file for writing and checks that it is a store.
    pub(super) fn open(&self, mode: OpenMode) -> Result<Connected, Error> {
        if mode == OpenMode::Existing && !self.path.exists() {
            return Err(Error::Absent(self.path.clone()));
        }
        let flags = match mode {
            OpenMode::Create => OpenFlags::SQLITE_OPEN_CREATE,
            OpenMode::Existing => OpenFlags::empty(),
        };
        let mut connected = self
            .connect(flags)
            .map_err(|error| classify(&self.path, &error))?;
        schema::check(&connected.db, &self.path)?;
        schema::migrate(&mut connected.db, &self.path)?;
        Ok(connected)
    }

    /// Opens another connection to a store that was opened before.
    pub(super) fn connect_again(&self) -> rusqlite::Result<Connected> {
        self.connect(OpenFlags::empty())
    }

    fn connect(&self, more: OpenFlags) -> rusqlite::Result<Connected> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.path, flags | more)?;
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
        let mut name: OsString = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
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
