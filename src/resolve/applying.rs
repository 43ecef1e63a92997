//! Which of the matching policies apply, and for which it is unknown whether they match.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::policy::glob::Captures;
use crate::policy::{Candidate, Mode, Policy, PolicySet};
use crate::room::{CreatorFact, Facts};
use crate::yaml::Place;

/// A policy that matches but does not apply, because a final policy of higher priority applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Its name.
    pub policy: String,
    /// The place of the policy.
    pub place: Place,
    /// The name of the final policy.
    pub by: String,
}

/// A policy for which it is unknown whether it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// Its name.
    pub policy: String,
    /// The place of the policy.
    pub place: Place,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it is unknown whether the policy `{}` ({}) matches: {}",
            self.policy, self.place, self.reason
        )
    }
}

/// A policy of which the description of a room does not say whether it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unstated {
    /// Its name.
    pub policy: String,
    /// The facts about the creator that decide it.
    pub facts: BTreeSet<CreatorFact>,
}

/// The policies that might apply, but for which it depends on what the description of the room leaves out.
pub fn unstated(policies: &PolicySet, facts: &Facts) -> Vec<Unstated> {
    let room = Candidate::new(facts);
    let matching = policies.matching(&room);
    let finals = finals(&matching);
    let all = policies.unstated(&room).into_iter();
    all.filter(|(policy, _)| stop(policy, &finals).is_none())
        .map(|(policy, facts)| Unstated {
            policy: policy.name.clone(),
            facts,
        })
        .collect()
}

/// The final policies among the matching ones.
pub(super) fn finals<'p>(matching: &[(&'p Policy, Captures)]) -> Vec<&'p Policy> {
    let policies = matching.iter().map(|(policy, _)| *policy);
    policies.filter(|policy| policy.is_final).collect()
}

/// The final policy that overrides this one. One that only observes overrides only policies that observe too.
pub(super) fn stop<'p>(policy: &Policy, finals: &[&'p Policy]) -> Option<&'p Policy> {
    let counts = |by: &&&Policy| by.mode == Mode::Enforce || policy.mode == Mode::Observe;
    let highest = finals.iter().filter(counts).max_by_key(|by| by.priority)?;
    (highest.priority > policy.priority).then_some(*highest)
}

/// The enforcing policies that might apply, but for which it is unknown whether they match.
pub(super) fn undecided(
    policies: &PolicySet,
    room: &Candidate<'_>,
    finals: &[&Policy],
) -> Vec<Undecided> {
    let all = policies.undecided(room).into_iter();
    all.filter(|(policy, _)| policy.mode == Mode::Enforce && stop(policy, finals).is_none())
        .map(|(policy, reason)| Undecided {
            policy: policy.name.clone(),
            place: policy.place.clone(),
            reason,
        })
        .collect()
}
