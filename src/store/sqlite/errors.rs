//! What errors of SQLite mean.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::Error;

/// What an error of SQLite means when the file is opened.
pub(super) fn sorted(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        _ if is_damage(error) => Error::Damaged {
            path,
            reason: error.to_string(),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Error::NotWritable(path)
        }
        _ => Error::Unavailable(format!("`{}`: {error}", path.display())),
    }
}

/// Whether an error says that what is in the file is wrong.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether an error is the file's or the machine's. All others are about what was to be written.
pub(super) fn is_about_file(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NotADatabase
        )
    )
}
