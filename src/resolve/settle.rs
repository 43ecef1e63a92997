//! Whose word stands on one thing: a subject's role, a setting.

use std::collections::BTreeMap;
use std::fmt;

use super::{Claim, Conflict, Origin, RoleWord, Wanted};
use crate::policy::OnMissing;
use crate::room::Access;

/// How much the word of a policy weighs, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// The policy's priority.
    pub priority: i32,
    /// How far away in the line of `extends` it is written.
    pub distance: usize,
    /// Who says it.
    pub by: Origin,
}

/// The role of one subject after all policies have spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The role.
    pub access: Access,
    /// `fail` when any of the winners says so.
    pub on_missing: OnMissing,
    /// Whether any of the winners invites a person without an account.
    pub invites: bool,
    /// Those whose word it is.
    pub by: Vec<Origin>,
    /// Other words that do not stand, `None` for `none`.
    pub overruled: Vec<(Option<Access>, Origin)>,
}

/// One policy's word on something of which one word stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// The value it wants.
    pub value: T,
    /// Who asks, and how much that weighs.
    pub rank: Rank,
}

/// What stands after all policies have spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledWord<T> {
    /// The value, and those whose word it is.
    pub wanted: Wanted<T>,
    /// Other values that do not stand.
    pub overruled: Vec<(T, Origin)>,
}

/// Of the claims of each policy those of its nearest template.
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

/// The claims of the highest priority, by who makes them.
fn highest<C>(mut claims: Vec<&C>, rank: impl Fn(&C) -> &Rank) -> Vec<&C> {
    let highest = claims.iter().map(|claim| rank(claim).priority).max();
    claims.retain(|claim| Some(rank(claim).priority) == highest);
    claims.sort_by(|a, b| rank(a).by.cmp(&rank(b).by));
    claims
}

/// Which word stands: within one policy the nearest template's, then that of the highest priority. A role name that
/// means `none` here takes no part beyond its policy. `None` when nobody asks for a role, or `none` stands.
///
/// # Errors
/// The words that remain differ.
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
            .filter(|claim| claim.role.access() != Some(access))
            .map(|claim| (claim.role.access(), claim.rank.by.clone()))
            .collect(),
    }))
}

/// Which of several words stands; nothing when nobody speaks. `key` is what makes two of them the same.
///
/// # Errors
/// The words that remain differ.
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
