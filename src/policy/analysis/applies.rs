//! Policies that can never apply: no room matches them, or a final policy always overrides them.

use super::{Analysis, Mask, Way, matching, names, stoppers};
use crate::policy::Policy;
use crate::yaml::Problem;

pub(super) fn check(analysis: &mut Analysis<'_>) {
    let set = analysis.set;
    let finals = set.policies().iter().filter(|policy| policy.is_final);
    let highest = finals.map(|policy| policy.priority).max();
    for policy in set.policies() {
        // All conditions without `except` always match some room.
        if policy.matcher.except.is_none() && highest <= Some(policy.priority) {
            continue;
        }
        let kinds = policy.matcher.kinds();
        // That is reported already.
        if kinds.is_empty() {
            continue;
        }
        let way = analysis.unmasked(&[&policy.matcher], &kinds, |set, facts| {
            match stoppers(&matching(set, facts), policy) {
                stoppers if stoppers.is_empty() => Mask::None,
                stoppers => Mask::By(stoppers),
            }
        });
        match way {
            Way::NoRoom => analysis.problems.push(never(policy)),
            Way::Never(finals) => analysis.problems.push(stopped(policy, &finals)),
            // A room may exist.
            Way::Room(_) | Way::Nothing(_) | Way::Undecided => {}
        }
    }
}

fn never(policy: &Policy) -> Problem {
    let message = format!(
        "the policy `{}` can never match: no room meets all its conditions without matching its `except`",
        policy.name
    );
    Problem::error(policy.span, "never-matches", message)
        .with_help("narrow `except`, or remove the policy")
}

fn stopped(policy: &Policy, finals: &[&Policy]) -> Problem {
    let message = format!(
        "the policy `{}` can never apply: in each room that it matches, {} is final and of higher priority",
        policy.name,
        names(finals)
    );
    let problem = Problem::warning(policy.span, "never-applies", message)
        .with_help("give it a higher `priority`, or narrow the final policy");
    finals.iter().fold(problem, |problem, by| {
        problem.with_related(by.span, "this one is final")
    })
}
