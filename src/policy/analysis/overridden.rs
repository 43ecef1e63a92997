//! Grants and settings that never take effect, because a policy of higher priority always overrides them.

use std::collections::BTreeMap;

use super::{Analysis, Mask, Subject, Way, Word, counts_for, matching, names, stoppers, words};
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
        for (subject, word) in words(policy) {
            let is_under = highest
                .get(&subject)
                .is_some_and(|priority| *priority > policy.priority);
            if is_under && let Some(by) = always(analysis, policy, &subject, &word) {
                let problem = overridden(policy, &subject, &word, &by);
                analysis.problems.push(problem);
            }
        }
    }
}

/// The highest priority of the policies that say something about each subject.
fn highest(set: &PolicySet) -> BTreeMap<Subject, i32> {
    let mut highest = BTreeMap::new();
    for policy in set.policies() {
        for (subject, _) in words(policy) {
            let known = highest.entry(subject).or_insert(policy.priority);
            *known = policy.priority.max(*known);
        }
    }
    highest
}

/// The policies of which one always overrides it, in every room.
fn always<'a>(
    analysis: &mut Analysis<'a>,
    policy: &Policy,
    subject: &Subject,
    word: &Word<'_>,
) -> Option<Vec<&'a Policy>> {
    let mut all: Vec<&Policy> = Vec::new();
    for kind in policy.matcher.kinds() {
        if word.says(kind).is_none() {
            continue;
        }
        let way = analysis.unmasked(&[&policy.matcher], &[kind], |set, facts| {
            mask(set, facts, policy, subject, word, kind)
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
            Way::Room(_) | Way::Undecided => return None,
        }
    }
    // If final policies always override the whole policy, `never-applies` reports that.
    let speaks = |by: &&Policy| words(by).iter().any(|(other, _)| other == subject);
    (!all.is_empty() && all.iter().all(speaks)).then_some(all)
}

fn mask<'s>(
    set: &'s PolicySet,
    facts: &Facts,
    policy: &Policy,
    subject: &Subject,
    word: &Word<'_>,
    kind: RoomType,
) -> Mask<'s> {
    let matching = matching(set, facts);
    if !stoppers(&matching, policy).is_empty() {
        return Mask::By(stoppers(&matching, policy));
    }
    let own = word.says(kind);
    let overrides = |by: &&Policy| {
        by.priority > policy.priority
            && counts_for(by, policy)
            && stoppers(&matching, by).is_empty()
            && words(by).iter().any(|(other, word)| {
                other == subject
                    && word
                        .says(kind)
                        .is_some_and(|said| Some(&said) != own.as_ref())
            })
    };
    let by: Vec<&Policy> = matching.iter().copied().filter(overrides).collect();
    if by.is_empty() {
        Mask::None
    } else {
        Mask::By(by)
    }
}

fn overridden(policy: &Policy, subject: &Subject, word: &Word<'_>, by: &[&Policy]) -> Problem {
    let message = format!(
        "what the policy `{}` says about {} at {} never takes effect: {}, of higher priority, always overrides it",
        policy.name,
        subject.name(word),
        word.place(),
        names(by)
    );
    let problem = Problem::warning(policy.span, "always-overridden", message)
        .with_help("remove the line, or give the policy a higher `priority`");
    by.iter().fold(problem, |problem, by| {
        problem.with_related(by.span, "this one overrides it")
    })
}
