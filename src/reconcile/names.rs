//! Looks up the names that a desired state needs.

use std::collections::BTreeSet;

use futures::future::{try_join_all, try_join3};

use crate::bind::Snapshot;
use crate::docspace::{self, Directory, Reader};
use crate::resolve::{Desired, SubjectName};
use crate::room::{Access, Observed, Subject};

/// Looks up every name that the desired state needs. People with a lower role of their own than a group has or gets
/// might lose access: their groups are read without the cache.
pub(super) async fn snapshot(
    directory: &Directory,
    reader: &Reader,
    desired: &Desired,
    seen: &Observed,
) -> Result<Snapshot, docspace::Error> {
    let highest = highest_of_groups(desired, seen);
    let (mut groups, mut people, mut lower) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for claim in &desired.claims {
        match &claim.to {
            SubjectName::Group(name) => groups.insert(name.as_str()),
            SubjectName::User(name) if claim.role.access() < highest => lower.insert(name.as_str()),
            SubjectName::User(name) => people.insert(name.as_str()),
        };
    }
    for protected in &desired.protected {
        match &protected.value {
            SubjectName::Group(name) => groups.insert(name.as_str()),
            SubjectName::User(name) => people.insert(name.as_str()),
        };
    }
    for owner in &desired.owners {
        people.insert(owner.value.text());
    }
    for share in &seen.shares {
        if let Subject::User(id) = &share.subject
            && share.access.is_some()
            && share.access < highest
            && *id != seen.me
        {
            lower.insert(id.as_str());
        }
    }
    people.retain(|name| !lower.contains(name));
    let groups = groups.into_iter().map(async |name| {
        let found = directory.groups_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let people = people.into_iter().map(async |name| {
        let found = directory.person_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let lower = lower.into_iter().map(async |name| {
        let found = directory.person_read_anew(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let (groups, people, lower) = try_join3(
        try_join_all(groups),
        try_join_all(people),
        try_join_all(lower),
    )
    .await?;
    let mut snapshot = Snapshot::default();
    for (name, found) in groups {
        snapshot.add_group(name, found);
    }
    for (name, found) in people.into_iter().chain(lower) {
        snapshot.add_person(name, found);
    }
    Ok(snapshot)
}

/// The highest role that a group has in the room, or is to get.
fn highest_of_groups(desired: &Desired, seen: &Observed) -> Option<Access> {
    let there = seen.shares.iter().filter_map(|share| match share.subject {
        Subject::Group(_) => share.access,
        Subject::User(_) => None,
    });
    let wanted = desired.claims.iter().filter_map(|claim| match claim.to {
        SubjectName::Group(_) => claim.role.access(),
        SubjectName::User(_) => None,
    });
    there.chain(wanted).max()
}
