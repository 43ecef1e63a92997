//! Whether the account of the key can do the work.

use crate::docspace::{self, KeyState, Reader};
use crate::room::{PersonKind, PersonStatus, escape_control};

/// Why it cannot; nothing when it can.
///
/// # Errors
/// The portal cannot be asked.
pub(super) async fn problem(
    reader: &Reader,
    key: &KeyState,
) -> Result<Option<String>, docspace::Error> {
    let Some(entry) = reader.person(&key.owner).await? else {
        return Ok(Some(format!(
            "the portal has no account {}, whose the API key is; make a key as a DocSpace admin",
            key.owner
        )));
    };
    let person = entry.person;
    let name = escape_control(&person.name).into_owned();
    Ok(match (person.kind, person.status) {
        (_, PersonStatus::Terminated) => Some(format!(
            "the account of the API key, `{name}`, is disabled; enable it, or make a key of another DocSpace admin"
        )),
        (PersonKind::DocSpaceAdmin, _) => None,
        (kind, _) => Some(format!(
            "the account of the API key, `{name}`, is a {}, and only a DocSpace admin can read everybody's rooms; make it one, or make a key as one",
            kind.name()
        )),
    })
}
