//! Groups that every portal has.

use crate::bind::PersonEntry;
use crate::room::{GroupId, PersonKind, SYSTEM_GROUPS};

/// Adds the system groups: their members are not listed there.
pub(super) fn with_system_groups(mut entry: PersonEntry) -> PersonEntry {
    let [everyone, admins] = SYSTEM_GROUPS.map(|(_, id)| GroupId::new(id));
    entry.groups.insert(everyone);
    if entry.person.kind == PersonKind::DocSpaceAdmin {
        entry.groups.insert(admins);
    }
    entry
}
