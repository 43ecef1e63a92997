//! The format of the file, and its migrations.

use std::path::Path;

use rusqlite::Connection;

use super::errors::classify;
use crate::store::Error;

/// Each migrates to the next format. Migrations are never edited, only added.
pub(super) const MIGRATIONS: [&str; 8] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
    include_str!("migrations/7.sql"),
    include_str!("migrations/8.sql"),
];

/// Checks the pages of the file.
pub(super) fn check(db: &Connection, path: &Path) -> Result<(), Error> {
    let found: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| classify(path, &error))?;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::Damaged {
        path: path.to_owned(),
        reason: found,
    })
}

/// Migrates the file to the latest format. Two processes may start at once: the second finds the work done.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), Error> {
    let unusable = |error: rusqlite::Error| classify(path, &error);
    let behaviour = rusqlite::TransactionBehavior::Immediate;
    let tx = db.transaction_with_behavior(behaviour).map_err(unusable)?;
    let found: i64 = number(&tx, "PRAGMA user_version").map_err(unusable)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or_default();
    if found > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == 0 && number(&tx, "SELECT count(*) FROM sqlite_schema").map_err(unusable)? > 0 {
        return Err(Error::Damaged {
            path: path.to_owned(),
            reason: "it contains tables of another program".to_owned(),
        });
    }
    if found < known {
        let done = usize::try_from(found).unwrap_or_default();
        for migration in MIGRATIONS.iter().skip(done) {
            tx.execute_batch(migration).map_err(unusable)?;
        }
        tx.pragma_update(None, "user_version", known)
            .map_err(unusable)?;
    }
    tx.commit().map_err(unusable)
}

fn number(db: &Connection, query: &str) -> rusqlite::Result<i64> {
    db.query_row(query, [], |row| row.get(0))
}
