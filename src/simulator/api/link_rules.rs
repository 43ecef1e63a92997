//! The rules of room types for links, and what a caller may change of a link (rooms-api.md G).

use crate::simulator::api::wanted::{Event, NULL_REFERENCE, Place, Wanted};
use crate::simulator::rights::sharing::Editing;
use crate::simulator::state::links::{LinkOptions, SubjectType};
use crate::simulator::state::options::PasswordPolicy;
use crate::simulator::state::rooms::RoomType;
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The maximum number of links of a kind.
pub(super) fn max_links(place: &Place, kind: SubjectType) -> usize {
    let is_primary = kind == SubjectType::PrimaryExternalLink;
    match (place.kind, place.is_room) {
        _ if kind == SubjectType::InvitationLink => 1,
        (Some(RoomType::FillingForms), _) => usize::from(is_primary),
        (Some(RoomType::Public), _) | (Some(RoomType::Custom), true) if is_primary => 1,
        (Some(RoomType::Public), _) | (Some(RoomType::Custom), true) => 5,
        (Some(_), false) => 6,
        (_, _) => 0,
    }
}

/// Whether the server skips a change because it touches a part that the caller may not change.
pub(super) fn is_skipped(
    place: &Place,
    editing: Editing,
    past: Option<&LinkOptions>,
    item: &Wanted,
) -> bool {
    let now = item.options.as_ref();
    let expiry = now.map(|options| options.expires.filter(|_| !never_expires(place, item.kind)));
    let is_primary = item.kind == SubjectType::PrimaryExternalLink;
    let is_public = place.is_room && place.kind == Some(RoomType::Public);
    let is_fixed = (is_public && is_primary)
        || (item.kind != SubjectType::InvitationLink && !editing.expiration);
    let is_internal = |options: &LinkOptions| options.is_internal;
    (past.map(is_internal) != now.map(is_internal) && !editing.internal)
        || (past.map(|options| options.expires) != expiry && is_fixed)
}

/// Applies the values that the room type prescribes to external links. A link that is named among people has no
/// options; the server then fails with a null reference.
pub(super) fn prescribe(place: &Place, item: &mut Wanted) -> Result<(), Refusal> {
    if !item.kind.is_external() {
        return Ok(());
    }
    let options = item.options.as_mut().ok_or(NULL_REFERENCE)?;
    if never_expires(place, item.kind) {
        options.expires = None;
    }
    match place.kind {
        Some(RoomType::VirtualData) => options.is_internal = true,
        Some(RoomType::Public) => options.is_internal = false,
        _ => {}
    }
    Ok(())
}

/// Whether this is the primary link that a room is created with.
fn never_expires(place: &Place, kind: SubjectType) -> bool {
    let comes_with_it = matches!(place.kind, Some(RoomType::Public | RoomType::FillingForms));
    place.is_room && comes_with_it && kind == SubjectType::PrimaryExternalLink
}

/// Checks a link's password against the portal's password policy.
pub(super) fn check_password(
    policy: PasswordPolicy,
    item: &Wanted,
    event: Event,
) -> Result<(), Refusal> {
    let options = item.options.as_ref();
    let password = options.and_then(|options| options.password.as_deref());
    if event == Event::Remove || password.is_none_or(|password| policy.admits(password)) {
        Ok(())
    } else {
        Err(Refusal::Argument(Phrase::PasswordUnfit))
    }
}
