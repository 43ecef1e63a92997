//! Grants and settings that never take effect, because a policy of higher priority always overrides them.

use std::collections::BTreeMap;

use super::words::{Said, Subject, words};
use super::{Analysis, Mask, Way, counts_for, matching, names, stoppers};
use crate::policy::{Policy, PolicySet};
use crate::room::{Facts, RoomType};
use crate::yaml::Problem;

pub(super) fn check(analysis: &mut Analysis<'_>) {
    let policies = analysis.set.policies().iter();
    let top = policies.clone().map(|policy| policy.priority).max();
    // Nothing overrides those of the highest priority, and often those are all.
    let lower: Vec<&Policy> = policies
        .filter(|policy| Some(policy.priority) < top)
        .collect();
    if lower.is_empty() {
        return;
    }
    let highest = highest(analysis.set);
    for policy in lower {
        for said in words(analysis.set, policy) {
            let is_under = highest
                .get(&said.subject)
                .is_some_and(|priority| *priority > policy.priority);
            if is_under && let Some(by) = always(analysis, policy, &said) {
                let problem = overridden(policy, &said, &by);
                analysis.problems.push(problem);
            }
        }
    }
}

/// The highest priority of the policies that say something about each subject.
fn highest(set: &PolicySet) -> BTreeMap<Subject, i32> {
    let mut highest = BTreeMap::new();
    for policy in set.policies() {
        for said in words(set, policy) {
            // What a capture names can be something else in each room.
            if !matches!(said.subject, Subject::Captured(_)) {
                let known = highest.entry(said.subject).or_insert(policy.priority);
                *known = policy.priority.max(*known);
            }
        }
    }
    highest
}

/// The policies of which one always overrides it, in every room.
fn always<'a>(
    analysis: &mut Analysis<'a>,
    policy: &Policy,
    said: &Said<'_>,
) -> Option<Vec<&'a Policy>> {
    let set = analysis.set;
    let mut all: Vec<&Policy> = Vec::new();
    for kind in policy.matcher.kinds() {
        if said.value(kind).is_none() {
            continue;
        }
        let way = analysis.unmasked(&[&policy.matcher], &[kind], |set, facts| {
            mask(set, facts, policy, said, kind)
        });
        match way {
            Way::Never(by) => {
                for by in by {
                    if all.iter().all(|known| known.name != by.name) {
                        all.push(by);
                    }
                }
            }
            Way::NoRoom => {}
            Way::Room(_) | Way::Nothing(_) | Way::Undecided => return None,
        }
    }
    // If final policies always override the whole policy, `never-applies` reports that.
    let speaks = |by: &&Policy| {
        let mut words = words(set, by).into_iter();
        words.any(|other| other.subject == said.subject)
    };
    (!all.is_empty() && all.iter().all(speaks)).then_some(all)
}

fn mask<'s>(
    set: &'s PolicySet,
    facts: &Facts,
    policy: &Policy,
    said: &Said<'_>,
    kind: RoomType,
) -> Mask<'s> {
    let matching = matching(set, facts);
    if !stoppers(&matching, policy).is_empty() {
        return Mask::By(stoppers(&matching, policy));
    }
    let own = said.value(kind);
    let overrides = |by: &&Policy| {
        by.priority > policy.priority
            && counts_for(by, policy)
            && stoppers(&matching, by).is_empty()
            && words(set, by).iter().any(|other| {
                other.subject == said.subject
                    && other.value(kind).is_some_and(|value| Some(value) != own)
            })
    };
    let by: Vec<&Policy> = matching.iter().copied().filter(overrides).collect();
    if by.is_empty() {
        Mask::None
    } else {
        Mask::By(by)
    }
}

fn overridden(policy: &Policy, said: &Said<'_>, by: &[&Policy]) -> Problem {
    let message = format!(
        "what the policy `{}` says about {} at {} never takes effect: {}, of higher priority, always overrides it",
        policy.name,
        said.about(),
        said.place,
        names(by)
    );
    let problem = Problem::warning(policy.span, "always-overridden", message)
        .with_help("remove the line, or give the policy a higher `priority`");
    by.iter().fold(problem, |problem, by| {
        problem.with_related(by.span, "this one overrides it")
    })
}
