//! Which value wins for one subject or setting.

use std::collections::BTreeMap;
use std::fmt;

use super::{Claim, Conflict, Origin, RoleWord, Wanted};
use crate::policy::OnMissing;
use crate::room::Access;

/// The precedence of a claim, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// The policy's priority.
    pub priority: i32,
    /// The distance, in `extends`, to the template that contains it.
    pub distance: usize,
    /// The policy line.
    pub by: Origin,
}

/// The settled role of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The role.
    pub access: Access,
    /// `fail` if any of the winning claims says so.
    pub on_missing: OnMissing,
    /// Whether any of the winning claims invites a person without an account.
    pub invites: bool,
    /// The winning policy lines.
    pub by: Vec<Origin>,
    /// Roles of overridden claims, `None` for `none`.
    pub overruled: Vec<(Option<Access>, Origin)>,
}

/// One policy's value for something that has a single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// The desired value.
    pub value: T,
    /// The policy line, and its precedence.
    pub rank: Rank,
}

/// The settled value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledWord<T> {
    /// The value, and the policy lines that ask for it.
    pub wanted: Wanted<T>,
    /// The values of overridden claims.
    pub overruled: Vec<(T, Origin)>,
}

/// The claims of the nearest template, for each policy.
pub(super) fn nearest<'c, C>(claims: &[&'c C], rank: impl Fn(&C) -> &Rank) -> Vec<&'c C> {
    let mut distances: BTreeMap<&str, usize> = BTreeMap::new();
    let ranks: Vec<&Rank> = claims.iter().map(|claim| rank(claim)).collect();
    for Rank { distance, by, .. } in &ranks {
        let least = distances.entry(by.policy.as_str()).or_insert(*distance);
        *least = (*distance).min(*least);
    }
    claims
        .iter()
        .zip(ranks)
        .filter(|(_, rank)| distances.get(rank.by.policy.as_str()) == Some(&rank.distance))
        .map(|(claim, _)| *claim)
        .collect()
}

/// The claims of the highest priority, ordered by origin.
fn highest<C>(mut claims: Vec<&C>, rank: impl Fn(&C) -> &Rank) -> Vec<&C> {
    let highest = claims.iter().map(|claim| rank(claim).priority).max();
    claims.retain(|claim| Some(rank(claim).priority) == highest);
    claims.sort_by(|a, b| rank(a).by.cmp(&rank(b).by));
    claims
}

/// Settles a role: within one policy the nearest template wins, then the highest priority. A named role that means
/// `none` here has no effect beyond its policy. Returns `None` if nobody asks for a role, or if `none` wins.
///
/// # Errors
/// The remaining claims differ.
pub fn settle(about: &str, claims: &[&Claim]) -> Result<Option<Settled>, Conflict> {
    let mut standing = nearest(claims, |claim| &claim.rank);
    standing.retain(|claim| claim.role != RoleWord::NotHere);
    let winners = highest(standing, |claim| &claim.rank);
    let Some(first) = winners.first() else {
        return Ok(None);
    };
    if winners.iter().any(|other| other.role != first.role) {
        return Err(Conflict {
            about: format!("the role of `{about}`"),
            claims: winners
                .iter()
                .map(|claim| {
                    let role = claim.role.access().map_or("none", Access::name);
                    (role.to_owned(), claim.rank.by.clone())
                })
                .collect(),
        });
    }
    let Some(access) = first.role.access() else {
        return Ok(None);
    };
    let fail = winners
        .iter()
        .any(|claim| claim.on_missing == OnMissing::Fail);
    Ok(Some(Settled {
        access,
        on_missing: if fail {
            OnMissing::Fail
        } else {
            OnMissing::Skip
        },
        invites: winners.iter().any(|claim| claim.invites),
        by: winners.iter().map(|claim| claim.rank.by.clone()).collect(),
        overruled: claims
            .iter()
            .filter(|claim| claim.role != RoleWord::NotHere)
            .filter(|claim| claim.role.access() != Some(access))
            .map(|claim| (claim.role.access(), claim.rank.by.clone()))
            .collect(),
    }))
}

/// Settles a value; `None` if there is no claim. `key` decides when two values are equal.
///
/// # Errors
/// The remaining claims differ.
pub fn settle_words<T: Clone + fmt::Display, K: PartialEq>(
    about: &str,
    said: &[Said<T>],
    key: impl Fn(&T) -> K,
) -> Result<Option<SettledWord<T>>, Conflict> {
    let said: Vec<&Said<T>> = said.iter().collect();
    let winners = highest(nearest(&said, |word| &word.rank), |word| &word.rank);
    let Some(first) = winners.first() else {
        return Ok(None);
    };
    let stands = key(&first.value);
    if winners.iter().any(|other| key(&other.value) != stands) {
        return Err(Conflict {
            about: about.to_owned(),
            claims: winners
                .iter()
                .map(|word| (word.value.to_string(), word.rank.by.clone()))
                .collect(),
        });
    }
    Ok(Some(SettledWord {
        wanted: Wanted {
            value: first.value.clone(),
            by: winners.iter().map(|word| word.rank.by.clone()).collect(),
        },
        overruled: said
            .iter()
            .filter(|word| key(&word.value) != stands)
            .map(|word| (word.value.clone(), word.rank.by.clone()))
            .collect(),
    }))
}
