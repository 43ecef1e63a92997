//! Lines that several commands print.

use super::Out;
use crate::room::escape_control;
use crate::store::{Adoption, HistoryRow};

/// Says in capitals that an adoption is not finished.
pub(super) fn is_open(entry: &Adoption) -> String {
    let blocked = entry
        .blocked
        .as_ref()
        .map_or(String::new(), |why| format!("; {why}"));
    format!(
        "THE ADOPTION OF ROOM {} IS NOT FINISHED since {:.0}; it belongs to {}{blocked}",
        entry.room, entry.opened_at, entry.owner
    )
}

/// Prints lines of the history, the latest last.
pub(super) fn history(rows: &[HistoryRow], out: &mut Out) -> std::io::Result<()> {
    for row in rows.iter().rev() {
        out.line(&escape_control(&format!("{:.0} {}", row.at, row.line)))?;
    }
    Ok(())
}
