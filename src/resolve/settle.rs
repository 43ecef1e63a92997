//! Whose word stands on one subject.

use std::collections::BTreeMap;

use super::{Claim, Conflict, Origin};
use crate::policy::OnMissing;
use crate::room::Access;

/// The role of one subject after all policies have spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The role.
    pub access: Access,
    /// `fail` when any of the winners says so.
    pub on_missing: OnMissing,
    /// Those whose word it is.
    pub by: Vec<Origin>,
    /// Other words that do not stand, `None` for `none`.
    pub overruled: Vec<(Option<Access>, Origin)>,
}

/// Of the claims of each policy those of its nearest template.
pub(super) fn nearest<'c>(claims: &[&'c Claim]) -> Vec<&'c Claim> {
    let mut distances: BTreeMap<&str, usize> = BTreeMap::new();
    for claim in claims {
        let least = distances
            .entry(claim.by.policy.as_str())
            .or_insert(claim.distance);
        *least = claim.distance.min(*least);
    }
    claims
        .iter()
        .copied()
        .filter(|claim| distances.get(claim.by.policy.as_str()) == Some(&claim.distance))
        .collect()
}

/// Which word stands: within one policy the nearest template's, then that of the highest priority. `none` takes no
/// part beyond its policy: nothing when nobody else speaks.
///
/// # Errors
/// The words that remain differ.
pub fn settle(about: &str, claims: &[&Claim]) -> Result<Option<Settled>, Conflict> {
    let standing: Vec<(Access, &Claim)> = nearest(claims)
        .into_iter()
        .filter_map(|claim| Some((claim.access?, claim)))
        .collect();
    let highest = standing.iter().map(|(_, claim)| claim.priority).max();
    let mut winners: Vec<(Access, &Claim)> = standing
        .into_iter()
        .filter(|(_, claim)| Some(claim.priority) == highest)
        .collect();
    winners.sort_by(|(a, mine), (b, theirs)| (&mine.by, a).cmp(&(&theirs.by, b)));
    let Some(access) = winners.first().map(|(access, _)| *access) else {
        return Ok(None);
    };
    if winners.iter().any(|(other, _)| *other != access) {
        return Err(Conflict {
            about: format!("`{about}`"),
            claims: winners
                .iter()
                .map(|(access, claim)| (*access, claim.by.clone()))
                .collect(),
        });
    }
    let fail = winners
        .iter()
        .any(|(_, claim)| claim.on_missing == OnMissing::Fail);
    Ok(Some(Settled {
        access,
        on_missing: if fail {
            OnMissing::Fail
        } else {
            OnMissing::Skip
        },
        by: winners.iter().map(|(_, claim)| claim.by.clone()).collect(),
        overruled: claims
            .iter()
            .filter(|claim| claim.access != Some(access))
            .map(|claim| (claim.access, claim.by.clone()))
            .collect(),
    }))
}
