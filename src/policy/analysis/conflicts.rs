//! Policies of equal priority that contradict each other in a room that both match.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pairs::pairs;
use super::{Analysis, Mask, Subject, Way, Word, counts_for, matching, shown, stoppers, words};
use crate::policy::{Mode, Policy, PolicySet};
use crate::room::{Facts, RoomType};
use crate::yaml::{Problem, Severity};

/// The maximum number of pairs of policies that are compared in detail.
const MAX_COMPARED: usize = 5_000_000;

/// What two policies say differently.
struct Dispute<'p> {
    subject: Subject,
    mine: Word<'p>,
    theirs: Word<'p>,
}

pub(super) fn check(analysis: &mut Analysis<'_>) {
    let mut groups: BTreeMap<(i32, bool), Vec<&Policy>> = BTreeMap::new();
    for policy in analysis.set.policies() {
        let group = (policy.priority, policy.mode == Mode::Observe);
        groups.entry(group).or_default().push(policy);
    }
    for policies in groups.values() {
        let said: Vec<_> = policies.iter().map(|policy| words(policy)).collect();
        let mut seen = BTreeSet::new();
        let mut compared = 0;
        let all = pairs(policies, |first, second| {
            let (Some(a), Some(b)) = (policies.get(first), policies.get(second)) else {
                return true;
            };
            compared += 1;
            if compared > MAX_COMPARED || analysis.is_full(b) {
                return false;
            }
            let (Some(mine), Some(theirs)) = (said.get(first), said.get(second)) else {
                return true;
            };
            let disputes = disputes(a, b, mine, theirs);
            if !disputes.is_empty() && seen.insert((first, second)) {
                pair(analysis, a, b, &disputes);
            }
            true
        });
        if let Some(first) = policies.first()
            && (!all || compared > MAX_COMPARED)
        {
            analysis.problems.push(not_all(first));
        }
    }
}

fn disputes<'p>(
    a: &Policy,
    b: &Policy,
    mine: &[(Subject, Word<'p>)],
    theirs: &[(Subject, Word<'p>)],
) -> Vec<Dispute<'p>> {
    // Equal templates cannot contradict each other.
    if Arc::ptr_eq(&a.spec, &b.spec) {
        return Vec::new();
    }
    let (mut mine, mut theirs) = (mine.iter().peekable(), theirs.iter().peekable());
    let mut disputes = Vec::new();
    while let (Some((subject, word)), Some((other, their_word))) = (mine.peek(), theirs.peek()) {
        match subject.cmp(other) {
            std::cmp::Ordering::Less => {
                mine.next();
            }
            std::cmp::Ordering::Greater => {
                theirs.next();
            }
            std::cmp::Ordering::Equal => {
                if RoomType::ALL
                    .into_iter()
                    .any(|kind| differ(word, their_word, kind))
                {
                    disputes.push(Dispute {
                        subject: subject.clone(),
                        mine: *word,
                        theirs: *their_word,
                    });
                }
                mine.next();
                theirs.next();
            }
        }
    }
    disputes
}

fn differ(mine: &Word<'_>, theirs: &Word<'_>, kind: RoomType) -> bool {
    match (mine, theirs) {
        // A role name that means `none` has no effect; `role: none` has one.
        (Word::Grant(mine, _), Word::Grant(theirs, _)) => mine
            .says(kind)
            .zip(theirs.says(kind))
            .is_some_and(|(mine, theirs)| mine != theirs),
        (Word::Setting(mine, _), Word::Setting(theirs, _)) => mine != theirs,
        (Word::Membership(mine, _), Word::Membership(theirs, _)) => mine != theirs,
        (Word::Owner(mine, _), Word::Owner(theirs, _)) => mine != theirs,
        _ => false,
    }
}

/// Looks for a room that both match, in which they disagree and no other policy decides.
fn pair(analysis: &mut Analysis<'_>, a: &Policy, b: &Policy, disputes: &[Dispute<'_>]) {
    let theirs = b.matcher.kinds();
    let kinds: Vec<RoomType> = a
        .matcher
        .kinds()
        .into_iter()
        .filter(|kind| theirs.contains(kind))
        .filter(|kind| {
            disputes
                .iter()
                .any(|about| differ(&about.mine, &about.theirs, *kind))
        })
        .collect();
    let matchers = [&a.matcher, &b.matcher];
    let way = analysis.unmasked(&matchers, &kinds, |set, facts| {
        mask(set, facts, a, disputes)
    });
    let problem = match way {
        Way::Room(facts) => in_dispute(a, b, disputes, &facts),
        Way::Undecided => not_decided(a, b),
        Way::NoRoom | Way::Never(_) => return,
    };
    let is_observed = a.mode == Mode::Observe;
    analysis.problems.push(Problem {
        severity: if is_observed {
            Severity::Warning
        } else {
            problem.severity
        },
        ..problem
    });
}

/// The policies that decide the disagreement, or override both.
fn mask<'s>(set: &'s PolicySet, facts: &Facts, a: &Policy, disputes: &[Dispute<'_>]) -> Mask<'s> {
    let matching = matching(set, facts);
    let stopped = stoppers(&matching, a);
    if !stopped.is_empty() {
        return Mask::By(stopped);
    }
    let mut masks = Vec::new();
    for about in disputes
        .iter()
        .filter(|about| differ(&about.mine, &about.theirs, facts.kind))
    {
        let decides = |by: &&Policy| {
            by.priority > a.priority
                && counts_for(by, a)
                && words(by).iter().any(|(subject, word)| {
                    *subject == about.subject && word.says(facts.kind).is_some()
                })
        };
        match matching.iter().copied().find(decides) {
            Some(by) => masks.push(by),
            None => return Mask::None,
        }
    }
    Mask::By(masks)
}

fn in_dispute(a: &Policy, b: &Policy, disputes: &[Dispute<'_>], facts: &Facts) -> Problem {
    let kind = facts.kind;
    let open = disputes
        .iter()
        .filter(|about| differ(&about.mine, &about.theirs, kind));
    let mut about: Vec<String> = open
        .map(|about| {
            format!(
                "{}: {} at {}, and {} at {}",
                about.subject.name(&about.mine),
                about.mine.says(kind).unwrap_or_default(),
                about.mine.place(),
                about.theirs.says(kind).unwrap_or_default(),
                about.theirs.place()
            )
        })
        .collect();
    let more = about.len().saturating_sub(MAX_SHOWN);
    about.truncate(MAX_SHOWN);
    if more > 0 {
        about.push(format!("{more} more"));
    }
    let message = format!(
        "the policies `{}` and `{}` both match {}, and disagree about {}",
        a.name,
        b.name,
        shown(facts),
        about.join("; ")
    );
    Problem::error(b.span, "conflict", message)
        .with_related(a.span, "the other policy")
        .with_help("give one of them a higher `priority`; otherwise such a room is refused")
}

/// The maximum number of disagreements that are shown for one pair.
const MAX_SHOWN: usize = 5;

fn not_decided(a: &Policy, b: &Policy) -> Problem {
    let message = format!(
        "it takes too long to determine whether the policies `{}` and `{}`, which disagree, can match the same room",
        a.name, b.name
    );
    Problem::warning(b.span, "not-decided", message)
        .with_related(a.span, "the other policy")
        .with_help("a room that both match is refused when it appears; a higher `priority` for one of them decides")
}

/// The problem that not all policies could be compared.
fn not_all(first: &Policy) -> Problem {
    let message = "there are too many different policies to compare all pairs";
    Problem::warning(first.span, "not-compared", message).with_help(
        "a room on which two of them disagree is refused when it appears; `priority` decides",
    )
}
