//! What one policy says twice, and differently: its templates use different variables for the same group or person.

use super::words::{Clash, Said, Subject};
use crate::room::{RoomType, fold};

/// What differs, or can differ in some room.
pub(super) fn clashes<'s, 'p>(said: &'s [Said<'p>], kinds: &[RoomType]) -> Vec<Clash<'s, 'p>> {
    let mut clashes: Vec<Clash<'s, 'p>> = Vec::new();
    for kind in kinds {
        clashes.extend(in_rooms_of(said, *kind));
    }
    for one in said {
        let Some(name) = one.name.as_ref().filter(|_| !one.is_any_name()) else {
            continue;
        };
        let parts: Vec<String> = name.literals().map(|part| fold(part.trim())).collect();
        let may_be_same = |other: &&Said<'p>| match (&other.subject, &one.subject) {
            (Subject::Role(group, known), Subject::Captured(own)) => {
                group == own && parts.iter().all(|part| known.contains(part.as_str()))
            }
            _ => false,
        };
        let others = said.iter().filter(may_be_same);
        clashes.extend(
            others
                .filter(|other| one.differs_somewhere(other))
                .map(|other| [one, other]),
        );
    }
    clashes
}

/// What differs in rooms of this type, whose names are known.
pub(super) fn in_rooms_of<'s, 'p>(
    said: &'s [Said<'p>],
    kind: RoomType,
) -> impl Iterator<Item = Clash<'s, 'p>> {
    let same = said.chunk_by(|a, b| a.subject == b.subject);
    same.filter(|same| {
        !matches!(
            same.first().map(|said| &said.subject),
            Some(Subject::Captured(_))
        )
    })
    .filter_map(move |same| {
        let mut valid = same.iter().filter(|said| said.value(kind).is_some());
        let first = valid.next()?;
        let other = valid.find(|other| first.differs(other, kind))?;
        Some([first, other])
    })
}
