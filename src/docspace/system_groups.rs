//! Groups that every portal has.

use crate::bind::PersonEntry;
use crate::room::{DOCSPACE_ADMINS, GroupId, PersonKind};

/// The system groups that work in a room (docs/docspace.md, grants), and that no search lists.
pub(super) const SYSTEM_GROUPS: [(&str, &str); 2] = [
    ("Everyone", "c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e"),
    ("DocSpace admins", DOCSPACE_ADMINS),
];

/// Everybody is a member of the system groups without being listed there.
pub(super) fn with_system_groups(mut entry: PersonEntry) -> PersonEntry {
    let [everyone, admins] = SYSTEM_GROUPS.map(|(_, id)| GroupId::new(id));
    entry.groups.insert(everyone);
    if entry.person.kind == PersonKind::DocSpaceAdmin {
        entry.groups.insert(admins);
    }
    entry
}
