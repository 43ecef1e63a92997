//! Which of the policies that match apply, and which cannot be known to match.

use std::fmt;

use serde::Serialize;

use crate::policy::glob::Captures;
use crate::policy::{Candidate, Mode, Policy, PolicySet};
use crate::yaml::Place;

/// A policy that matches and does not apply, since a final one of higher priority does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Its name.
    pub policy: String,
    /// Where it is written.
    pub place: Place,
    /// The name of the final policy.
    pub by: String,
}

/// A policy of which it cannot be known whether it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// Its name.
    pub policy: String,
    /// Where it is written.
    pub place: Place,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "whether the policy `{}` ({}) matches cannot be decided: {}",
            self.policy, self.place, self.reason
        )
    }
}

/// The final ones among the policies that match.
pub(super) fn finals<'p>(matching: &[(&'p Policy, Captures)]) -> Vec<&'p Policy> {
    let policies = matching.iter().map(|(policy, _)| *policy);
    policies.filter(|policy| policy.is_final).collect()
}

/// The final policy that keeps another one from applying. One that only observes keeps only those that do too.
pub(super) fn stop<'p>(policy: &Policy, finals: &[&'p Policy]) -> Option<&'p Policy> {
    let counts = |by: &&&Policy| by.mode == Mode::Enforce || policy.mode == Mode::Observe;
    let highest = finals.iter().filter(counts).max_by_key(|by| by.priority)?;
    (highest.priority > policy.priority).then_some(*highest)
}

/// The enforcing policies that might apply, and of which it cannot be known whether they match.
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
