//! Checks whether the account of the key can do the work.

use crate::docspace::{self, KeyState, Reader};
use crate::room::{Person, PersonKind, PersonStatus, escape_control};

/// Why the key, or its account, cannot do the work, if so.
///
/// # Errors
/// A request to the portal failed.
pub(super) async fn problem(reader: &Reader) -> Result<Option<String>, docspace::Error> {
    let key = reader.key().await?;
    match key.problem() {
        Some(problem) => Ok(Some(problem)),
        None => Ok(check(reader, &key).await?.err()),
    }
}

/// The account, or why it cannot do the work.
///
/// # Errors
/// The request to the portal failed.
pub(super) async fn check(
    reader: &Reader,
    key: &KeyState,
) -> Result<Result<Person, String>, docspace::Error> {
    let Some(entry) = reader.person(&key.owner).await? else {
        return Ok(Err(format!(
            "the owner of the API key, {}, does not exist in the portal: create a key as a DocSpace admin",
            key.owner
        )));
    };
    let person = entry.person;
    let name = escape_control(&person.name).into_owned();
    Ok(match (person.kind, person.status) {
        (_, PersonStatus::Terminated) => Err(format!(
            "the account of the API key, `{name}`, is disabled: enable it, or create a key as another DocSpace admin"
        )),
        (PersonKind::DocSpaceAdmin, _) => Ok(person),
        (kind, _) => Err(format!(
            "the account of the API key, `{name}`, is a {}, and only a DocSpace admin can read all rooms: make it a DocSpace admin, or create a key as one",
            kind.name()
        )),
    })
}
