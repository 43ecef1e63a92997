//! The memory: deliveries, jobs, what became of rooms, the journal of adoptions. Shared by several processes
//! through leases. Every time is an argument.

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
use crate::room::without_password;

/// The store of one portal account: what a [`Backend`] can, whichever it is. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<dyn Backend>);

impl Deref for Store {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

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
        let unknown = || Error::Address(without_password(url).into_owned());
        let path = url.strip_prefix("sqlite:").ok_or_else(unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // Others write options behind a question mark, and a store in memory: neither is one.
        if path.is_empty() || path.contains('?') || path.starts_with(":memory:") {
            return Err(unknown());
        }
        let backend = Sqlite::open(PathBuf::from(path), mode).await?;
        Ok(Self(Arc::new(backend)))
    }
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
