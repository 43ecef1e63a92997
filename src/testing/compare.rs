//! Compares one part of a room with what a test states about it.

use std::collections::BTreeSet;

use super::{Difference, Found};
use crate::policy::expectation::{Extent, NO_ROLE, Part, PartOf, Stated};

/// The differences; `why` gives the reason for an item that is missing.
pub(super) fn compare(
    part: &Part,
    gets: &[Found],
    why: impl Fn(&Stated) -> Option<String>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let there = with_above(part.of, gets.iter().map(|found| found.key.as_slice()));
    for stated in &part.stated {
        let found = gets.iter().find(|found| found.key == stated.key);
        match found {
            Some(found) if found.value != stated.value => differences.push(Difference::Other {
                of: part.of,
                stated: stated.clone(),
                found: found.clone(),
            }),
            None if !there.contains(stated.key.as_slice()) && !is_nothing(part.of, stated) => {
                differences.push(Difference::Missing {
                    of: part.of,
                    stated: stated.clone(),
                    why: why(stated),
                });
            }
            Some(_) | None => {}
        }
    }
    if part.extent == Extent::Some {
        return differences;
    }
    let expected = part.stated.iter().map(|stated| stated.key.as_slice());
    let expected = with_above(part.of, expected);
    let surplus = gets
        .iter()
        .filter(|found| !expected.contains(found.key.as_slice()));
    differences.extend(surplus.map(|found| Difference::Surplus {
        of: part.of,
        found: found.clone(),
    }));
    differences
}

/// Whether nothing is stated: no role. A setting that is `none` is removed from the room, which is more than that.
fn is_nothing(of: PartOf, stated: &Stated) -> bool {
    of == PartOf::Grants && stated.value.as_deref() == Some(NO_ROLE)
}

/// The keys, and those of the parent folders: asking for a folder implies its parents.
fn with_above<'k>(
    part: PartOf,
    keys: impl Iterator<Item = &'k [String]>,
) -> BTreeSet<&'k [String]> {
    keys.flat_map(|key| {
        let least = match part {
            PartOf::Folders => 1,
            PartOf::Policies
            | PartOf::Tags
            | PartOf::Settings
            | PartOf::Grants
            | PartOf::Owner
            | PartOf::Membership => key.len(),
        };
        (least..=key.len()).filter_map(move |length| key.get(..length))
    })
    .collect()
}
