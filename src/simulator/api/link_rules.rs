//! What types of room say of links, whatever is asked for, and what may be changed of one (rooms-api.md G).

use crate::simulator::api::wanted::{Event, NULL_REFERENCE, Place, Wanted};
use crate::simulator::rights::sharing::Editing;
use crate::simulator::state::links::{LinkOptions, SubjectType};
use crate::simulator::state::options::PasswordPolicy;
use crate::simulator::state::rooms::RoomType;
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// How many links of a kind there may be.
pub(super) fn most(place: &Place, kind: SubjectType) -> usize {
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

/// Whether a change is passed over because it touches what the caller may not change.
pub(super) fn is_settled(
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

/// Gives external links what their place prescribes. One that is named among people has no options, over which the
/// server stumbles.
pub(super) fn settle(place: &Place, item: &mut Wanted) -> Result<(), Refusal> {
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

/// The primary links that come with a room.
fn never_expires(place: &Place, kind: SubjectType) -> bool {
    let comes_with_it = matches!(place.kind, Some(RoomType::Public | RoomType::FillingForms));
    place.is_room && comes_with_it && kind == SubjectType::PrimaryExternalLink
}

/// The password of a link must be fit for one of the portal.
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
