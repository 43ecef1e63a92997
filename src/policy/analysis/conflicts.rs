//! Policies of equal priority that contradict each other in a room that both match.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pairs::pairs;
use super::words::{Clash, Said, Subject, words, words_in};
use super::{Analysis, Mask, Way, counts_for, matching, own, shown, stoppers, tried};
use crate::policy::matcher::Matcher;
use crate::policy::{Mode, Policy, PolicySet, SubjectRef};
use crate::room::{Facts, RoomType};
use crate::yaml::{Problem, Severity};

/// The maximum number of pairs of policies that are compared in detail.
const MAX_COMPARED: usize = 5_000_000;

pub(super) fn check(analysis: &mut Analysis<'_>) {
    let mut groups: BTreeMap<(i32, bool), Vec<&Policy>> = BTreeMap::new();
    for policy in analysis.set.policies() {
        let group = (policy.priority, policy.mode == Mode::Observe);
        groups.entry(group).or_default().push(policy);
    }
    let known = groups
        .iter()
        .filter(|((priority, _), _)| Some(*priority) >= analysis.highest_out);
    for (_, policies) in known.collect::<Vec<_>>() {
        let set = analysis.set;
        let said: Vec<_> = policies.iter().map(|policy| words(set, policy)).collect();
        for (policy, said) in policies.iter().zip(&said) {
            let clashes = own::clashes(said, &policy.matcher.kinds());
            if !clashes.is_empty() && !analysis.is_full(policy) {
                pair(analysis, policy, policy, &clashes);
            }
        }
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
            let clashes = clashes([a, b], mine, theirs);
            if !clashes.is_empty() && seen.insert((first, second)) {
                pair(analysis, a, b, &clashes);
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

fn clashes<'s, 'p>(
    [a, b]: [&Policy; 2],
    mine: &'s [Said<'p>],
    theirs: &'s [Said<'p>],
) -> Vec<Clash<'s, 'p>> {
    // Equal templates contradict each other only by what depends on the room.
    let is_equal = Arc::ptr_eq(&a.spec, &b.spec) && a.vars == b.vars;
    let mut clashes = if is_equal && !mine.iter().any(Said::is_open) {
        Vec::new()
    } else {
        same(mine, theirs)
    };
    let mut both = mine.iter().chain(theirs);
    if both.all(|said| said.name.is_none()) {
        return clashes;
    }
    for one in mine {
        for other in theirs {
            let is_known = one.name.is_none() && other.name.is_none();
            // Some title could make a capture alone any name, which says nothing about these two policies.
            let is_chance = (one.is_any_name() && other.name.is_none())
                || (other.is_any_name() && one.name.is_none());
            let kinds = [one, other].map(|said| said.grantee().map(SubjectRef::kind));
            let may_be_same = !is_known && !is_chance && kinds[0].is_some() && kinds[0] == kinds[1];
            if may_be_same && one.differs_somewhere(other) {
                clashes.push([one, other]);
            }
        }
    }
    clashes
}

/// What two policies say differently about the same subject, by its name.
fn same<'s, 'p>(mine: &'s [Said<'p>], theirs: &'s [Said<'p>]) -> Vec<Clash<'s, 'p>> {
    let (mut mine, mut theirs) = (mine.iter().peekable(), theirs.iter().peekable());
    let mut clashes = Vec::new();
    while let (Some(one), Some(other)) = (mine.peek(), theirs.peek()) {
        match one.subject.cmp(&other.subject) {
            Ordering::Less => {
                mine.next();
            }
            Ordering::Greater => {
                theirs.next();
            }
            Ordering::Equal => {
                let is_certain = !matches!(one.subject, Subject::Captured(_));
                if is_certain && one.differs_somewhere(other) {
                    clashes.push([*one, *other]);
                }
                mine.next();
                theirs.next();
            }
        }
    }
    clashes
}

/// What two policies say differently in one room.
fn disputes<'p>(set: &PolicySet, [a, b]: [&'p Policy; 2], facts: &Facts) -> Vec<[Said<'p>; 2]> {
    let mine = words_in(set, a, facts);
    if a.name == b.name {
        let own = own::in_rooms_of(&mine, facts.kind);
        return own
            .map(|[one, other]| [one.clone(), other.clone()])
            .collect();
    }
    same(&mine, &words_in(set, b, facts))
        .into_iter()
        .filter(|[one, other]| one.differs(other, facts.kind))
        .map(|[one, other]| [one.clone(), other.clone()])
        .collect()
}

/// Looks for a room that both match (one policy may contradict itself), in which they disagree and no other policy decides.
fn pair(analysis: &mut Analysis<'_>, a: &Policy, b: &Policy, clashes: &[Clash<'_, '_>]) {
    let theirs = b.matcher.kinds();
    let mut kinds = a.matcher.kinds();
    kinds.retain(|kind| {
        let mut clashes = clashes.iter();
        theirs.contains(kind) && clashes.any(|[one, other]| one.differs(other, *kind))
    });
    let problem = match search(analysis, [a, b], &kinds, clashes) {
        Way::Room(facts) => in_dispute(a, b, &disputes(analysis.set, [a, b], &facts), &facts),
        Way::Undecided => not_decided(a, b),
        Way::NoRoom | Way::Nothing(_) | Way::Never(_) => return,
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

/// Any room that both match; if they agree there, rooms with other captures.
fn search<'a>(
    analysis: &mut Analysis<'a>,
    [a, b]: [&Policy; 2],
    kinds: &[RoomType],
    clashes: &[Clash<'_, '_>],
) -> Way<'a> {
    let mask = |set: &'a PolicySet, facts: &Facts| mask(set, facts, [a, b]);
    let way = analysis.unmasked(&[&a.matcher, &b.matcher], kinds, mask);
    let Way::Nothing(facts) = way else {
        return way;
    };
    let mut captured: BTreeSet<&str> = BTreeSet::new();
    let mut tried = Vec::new();
    for [one, other] in clashes.iter().take(MAX_TRIED) {
        if one.grantee().is_some() {
            let pairs = tried::with_equal_names(analysis.set, [a, b], [one, other], &facts);
            tried.extend(pairs);
        } else {
            captured.extend(a.matcher.captures().chain(b.matcher.captures()));
        }
    }
    if !captured.is_empty() {
        let pairs = tried::with_different_captures(a, b, &captured, &mut analysis.steps);
        tried.extend(pairs);
    }
    for [mine, theirs] in &tried {
        let way = analysis.unmasked(&[mine, theirs], kinds, mask);
        if let Way::Room(_) = way {
            return way;
        }
    }
    // Rooms with other captures than those in which they agree.
    let mut agreed: Vec<Matcher> = Vec::new();
    let mut last = facts.clone();
    for _ in 0..MAX_AGREED {
        let Some(like) = tried::like(a, &last) else {
            break;
        };
        agreed.push(like);
        match analysis.unmasked_beyond(&[&a.matcher, &b.matcher], &agreed, kinds, mask) {
            Way::Nothing(facts) => last = facts,
            way @ Way::Room(_) => return way,
            _ => break,
        }
    }
    Way::Nothing(facts)
}

/// The maximum number of captures, in rooms in which two policies agree, that are excluded one after another.
pub(super) const MAX_AGREED: usize = 4;

/// The maximum number of possible disagreements for which rooms are searched.
const MAX_TRIED: usize = 20;

/// The policies that decide what two policies disagree about, or override both.
fn mask<'s>(set: &'s PolicySet, facts: &Facts, [a, b]: [&Policy; 2]) -> Mask<'s> {
    let disputes = disputes(set, [a, b], facts);
    if disputes.is_empty() {
        return Mask::Nothing;
    }
    let matching = matching(set, facts);
    let stopped = stoppers(&matching, a);
    if !stopped.is_empty() {
        return Mask::By(stopped);
    }
    let mut masks = Vec::new();
    for [about, _] in &disputes {
        let decides = |by: &&Policy| {
            by.priority > a.priority
                && counts_for(by, a)
                && words_in(set, by, facts)
                    .iter()
                    .any(|said| said.subject == about.subject && said.value(facts.kind).is_some())
        };
        match matching.iter().copied().find(decides) {
            Some(by) => masks.push(by),
            None => return Mask::None,
        }
    }
    Mask::By(masks)
}

fn in_dispute(a: &Policy, b: &Policy, disputes: &[[Said<'_>; 2]], facts: &Facts) -> Problem {
    let kind = facts.kind;
    let mut about: Vec<String> = disputes
        .iter()
        .map(|[one, other]| {
            format!(
                "{}: {} at {}, and {} at {}",
                one.about(),
                one.value(kind).unwrap_or_default(),
                one.place,
                other.value(kind).unwrap_or_default(),
                other.place
            )
        })
        .collect();
    let more = about.len().saturating_sub(MAX_SHOWN);
    about.truncate(MAX_SHOWN);
    if more > 0 {
        about.push(format!("{more} more"));
    }
    let about = about.join("; ");
    if a.name == b.name {
        let message = format!(
            "the policy `{}` matches {}, and disagrees with itself about {about}",
            a.name,
            shown(facts)
        );
        return Problem::error(a.span, "conflict", message)
            .with_help("keep one of these lines; otherwise such a room is refused");
    }
    let message = format!(
        "the policies `{}` and `{}` both match {}, and disagree about {about}",
        a.name,
        b.name,
        shown(facts)
    );
    Problem::error(b.span, "conflict", message)
        .with_related(a.span, "the other policy")
        .with_help("give one of them a higher `priority`; otherwise such a room is refused")
}

/// The maximum number of disagreements that are shown for one pair.
const MAX_SHOWN: usize = 5;

fn not_decided(a: &Policy, b: &Policy) -> Problem {
    if a.name == b.name {
        let message = format!(
            "it takes too long to determine whether the policy `{}` disagrees with itself in a room",
            a.name
        );
        return Problem::warning(a.span, "not-decided", message)
            .with_help("a room in which it does is refused when it appears");
    }
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
