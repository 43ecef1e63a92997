//! The store: deliveries, jobs, outcomes of rooms, the journal of adoptions. Several processes share it through leases.
//! Every time is an argument.

mod backend;
mod counts;
mod jobs;
mod journal;
mod overview;
mod rooms;
mod sqlite;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

pub use backend::Backend;
pub use counts::OtherCalls;
pub use jobs::{Claim, LeaseId, RoomJob, Settled, Settlement, Which};
pub use journal::Adoption;
pub use overview::{Cutoff, HistoryRow, Overview};
pub use rooms::{DeliveryRow, JobRow, Knowledge, RoomRecord, RoomRow};

use self::sqlite::Sqlite;
use crate::room::{RoomId, without_password};

/// The store of one portal account: any [`Backend`]. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<dyn Backend>);

impl Deref for Store {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

/// Whether to create a store that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Create it.
    Create,
    /// Fail with [`Error::Absent`].
    Existing,
}

impl Store {
    /// Opens `sqlite:FILE`.
    ///
    /// # Errors
    /// The file does not exist, is of a later version, is damaged, or cannot be used.
    pub async fn open(url: &str, mode: OpenMode) -> Result<Self, Error> {
        let unknown = || Error::Address(without_password(url).into_owned());
        let path = url.strip_prefix("sqlite:").ok_or_else(unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // Other programs accept options after a question mark, and in-memory stores; roomwright accepts neither.
        if path.is_empty() || path.contains('?') || path.starts_with(":memory:") {
            return Err(unknown());
        }
        let backend = Sqlite::open(PathBuf::from(path), mode).await?;
        Ok(Self(Arc::new(backend)))
    }

    /// The open adoption of a room.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn adoption_of(&self, room: &RoomId) -> Result<Option<Adoption>, Error> {
        let open = self.adoptions().await?;
        Ok(open.into_iter().find(|entry| entry.room == *room))
    }
}

/// What is wrong with the store, by what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, and this command does not create it.
    #[error("there is no store at `{}`: `roomwright serve` or `apply` creates it", .0.display())]
    Absent(PathBuf),
    /// It was deleted or moved, and a process still uses it. Creating another one would replace it.
    #[error("the store `{}` was deleted or moved while a service uses it: put it back, or wait until the service writes it again; to begin with an empty store, stop the service first", .0.display())]
    Gone(PathBuf),
    /// A later version created it.
    #[error("the store `{}` has the format of a later version of roomwright ({found}; this version knows {known}): update roomwright", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The latest format that this version knows.
        known: i64,
    },
    /// The file is not a store, or is damaged.
    #[error("`{}` is damaged or not a store of roomwright: {reason}; restore a backup, or set another file with `--store`", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The file or its directory is not writable.
    #[error("`{}` is not writable: the directory must exist, and this user must be able to write the file and the directory", .0.display())]
    NotWritable(PathBuf),
    /// The address is not valid.
    #[error("`{0}` is not a store: write `sqlite:FILE`")]
    Address(String),
    /// The lease expired, and another process has the room.
    #[error("the lease of the room was lost")]
    LeaseLost,
    /// Another program has it open for writing.
    #[error("the store `{}` is locked: another program, such as a database tool, has the file open for writing; close that program, or wait until it has finished", .0.display())]
    Locked(PathBuf),
    /// It cannot be used now, because it is full or read-only.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
}
