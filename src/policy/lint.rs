//! What checked policies say that cannot be, or that may surprise: roles that a room type does not have, policies
//! of equal priority that disagree, templates that nobody uses.

use std::collections::{BTreeMap, BTreeSet};

use super::file;
use super::glob_overlap::OVERLAP_STEPS;
use super::template::{Written, key};
use super::{Entry, Grant, Mode, Policy};
use crate::room::{RoomType, SubjectKind, tag_key};
use crate::yaml::{Place, Problem, Severity, Spanned};

/// A grant, and the policy that it comes from.
type Claim<'p> = (usize, &'p Entry<Grant>);
type Checked<'f> = (Policy, &'f Spanned<file::Policy>);

pub(super) fn lint(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let kinds: Vec<Vec<RoomType>> = policies
        .iter()
        .map(|(policy, _)| policy.matcher.kinds())
        .collect();
    for ((policy, at), kinds) in policies.iter().zip(&kinds) {
        if kinds.is_empty() {
            problems.push(never(policy, at));
        }
        impossible_roles(policy, kinds, at, problems);
    }
    tags_of_its_own(policies, problems);
    disagreements(policies, &kinds, problems);
    // Where something is wrong a template may only seem unused.
    if problems
        .iter()
        .all(|problem| problem.severity != Severity::Error)
    {
        unused_templates(policies, written, problems);
    }
}

/// A policy must not match on a tag that policies set: what it does would depend on what was done before.
fn tags_of_its_own(policies: &[Checked<'_>], problems: &mut Vec<Problem>) {
    let mut set: BTreeMap<String, (&str, &Place)> = BTreeMap::new();
    for (policy, _) in policies {
        for entry in &policy.spec.tags {
            if let Some(tag) = entry.value.literal() {
                let by = (policy.name.as_str(), &entry.place);
                set.entry(tag_key(tag.trim())).or_insert(by);
            }
        }
    }
    for (policy, at) in policies {
        for word in policy.matcher.tags() {
            if let Some((by, place)) = set.get(&word.key) {
                let message = format!(
                    "the policy `{}` matches on the tag `{}`, which the policy `{by}` sets at {place}",
                    policy.name, word.written
                );
                problems.push(
                    Problem::error(at.name.span, "own-tag", message)
                        .with_help("match on the title instead, or on a tag that people set"),
                );
            }
        }
    }
}

/// A policy that no room type is left for.
fn never(policy: &Policy, at: &Spanned<file::Policy>) -> Problem {
    let message = format!(
        "the policy `{}` can never match: its `except` leaves no room type",
        policy.name
    );
    Problem::error(at.name.span, "never-matches", message)
}

/// A role that some matching room type does not have: an error where the policy writes the type, else a warning.
fn impossible_roles(
    policy: &Policy,
    kinds: &[RoomType],
    at: &Spanned<file::Policy>,
    problems: &mut Vec<Problem>,
) {
    for entry in &policy.spec.grants {
        let kind = entry.value.to.kind();
        let reasons: Vec<String> = kinds
            .iter()
            .filter_map(|room| {
                let access = entry.value.meaning.in_room(*room)?;
                (!room.allows(kind, access)).then(|| not_in(*room, kind, access))
            })
            .collect();
        if !reasons.is_empty() {
            let message = format!(
                "{}, which `{}` grants to `{}` at {}",
                reasons.join("; "),
                entry.value.role,
                entry.value.to.text(),
                entry.place
            );
            let problem = if policy.matcher.kind.is_some() {
                Problem::error(at.template.span(), "impossible-role", message)
            } else {
                Problem::warning(at.template.span(), "impossible-role", message)
            };
            problems.push(problem.with_help(
                "narrow `type` in the policy, or make the role a table by room type (`none` leaves the grant out)",
            ));
        }
    }
}

/// `a Public room has no Viewer for groups; there is: Content creator`.
fn not_in(room: RoomType, subject: SubjectKind, access: crate::room::Access) -> String {
    let roles: Vec<&str> = room
        .roles(subject)
        .into_iter()
        .map(crate::room::Access::name)
        .collect();
    format!(
        "a {} has no {} for {} (there is: {})",
        room.name(),
        access.name(),
        subject.plural(),
        roles.join(", ")
    )
}

/// So many pairs of grants, and steps through their globs, are looked at; what is beyond is found when a room comes.
const PAIRS: usize = 1_000_000;
const STEPS: usize = 50 * OVERLAP_STEPS;

/// What two policies say differently: of whom, and where.
type Dispute<'p> = (&'p Entry<Grant>, &'p Entry<Grant>);

/// Policies of equal priority that may speak about one room and give one subject different roles.
fn disagreements(policies: &[Checked<'_>], kinds: &[Vec<RoomType>], problems: &mut Vec<Problem>) {
    let mut steps = STEPS;
    let (disputes, mut all) = disputes(policies, kinds);
    for ((first, second), disputes) in disputes {
        let (Some((a, _)), Some((b, at))) = (policies.get(first), policies.get(second)) else {
            continue;
        };
        let mut own = steps.min(OVERLAP_STEPS);
        let before = own;
        let overlap = a.matcher.may_overlap(&b.matcher, &mut own);
        steps -= before - own;
        if steps == 0 {
            all = false;
            break;
        }
        if overlap {
            let message = format!(
                "the policies `{}` and `{}` may match one room and give different roles to {}",
                a.name,
                b.name,
                subjects(&disputes)
            );
            problems.push(
                Problem::warning(at.name.span, "may-conflict", message)
                    .with_help("give one of them a higher `priority`; else such a room is refused"),
            );
        }
    }
    if !all {
        problems.extend(policies.first().map(|(_, first)| not_all(first)));
    }
}

/// Not everything could be compared.
fn not_all(first: &Spanned<file::Policy>) -> Problem {
    let message = "there are too many policies with different roles for one subject to compare them all with each other";
    Problem::warning(first.value.name.span, "not-compared", message).with_help(
        "a room for which two of them disagree is refused when it comes; `priority` decides",
    )
}

/// Which policies say something different, and whether all pairs were looked at.
fn disputes<'p>(
    policies: &'p [Checked<'_>],
    kinds: &[Vec<RoomType>],
) -> (BTreeMap<(usize, usize), Vec<Dispute<'p>>>, bool) {
    let mut by_subject: BTreeMap<(bool, String), Vec<Claim<'_>>> = BTreeMap::new();
    for (index, (policy, _)) in policies.iter().enumerate() {
        for entry in &policy.spec.grants {
            let claims = by_subject.entry(key(&entry.value.to)).or_default();
            claims.push((index, entry));
        }
    }
    // Most subjects have one role everywhere: their pairs are not worth a look each.
    let in_doubt = by_subject.values().filter(|claims| {
        let mut meanings = claims.iter().map(|(_, entry)| entry.value.meaning);
        let first = meanings.next();
        meanings.any(|meaning| Some(meaning) != first)
    });
    let mut pairs = in_doubt.flat_map(|claims| {
        claims.iter().enumerate().flat_map(move |(position, mine)| {
            let others = claims.iter().skip(position + 1);
            others.map(move |theirs| (mine, theirs))
        })
    });
    let mut found: BTreeMap<(usize, usize), Vec<Dispute<'_>>> = BTreeMap::new();
    for (&(first, mine), &(second, theirs)) in pairs.by_ref().take(PAIRS) {
        let (Some((a, _)), Some((b, _))) = (policies.get(first), policies.get(second)) else {
            continue;
        };
        // One policy that says two things was told of before.
        let differ = first != second
            && mine.value.meaning != theirs.value.meaning
            && a.priority == b.priority
            && (a.mode == Mode::Observe) == (b.mode == Mode::Observe)
            && kinds
                .get(first)
                .zip(kinds.get(second))
                .is_some_and(|(ours, others)| {
                    let both = ours.iter().filter(|kind| others.contains(kind));
                    differ_in(both, mine, theirs)
                });
        if differ {
            found
                .entry((first, second))
                .or_default()
                .push((mine, theirs));
        }
    }
    (found, pairs.next().is_none())
}

/// Up to five of those whose role is in dispute.
fn subjects(disputes: &[Dispute<'_>]) -> String {
    let mut shown: Vec<String> = disputes
        .iter()
        .take(5)
        .map(|(mine, theirs)| {
            format!(
                "`{}` at {} and {}",
                mine.value.to.text(),
                mine.place,
                theirs.place
            )
        })
        .collect();
    if disputes.len() > shown.len() {
        shown.push(format!("{} more", disputes.len() - shown.len()));
    }
    shown.join(", ")
}

fn differ_in<'k>(
    mut kinds: impl Iterator<Item = &'k RoomType>,
    mine: &Entry<Grant>,
    theirs: &Entry<Grant>,
) -> bool {
    kinds.any(|kind| {
        // A role name that means `none` takes no part in combining; `role: none` does.
        let (mine, theirs) = (mine.value.says(*kind), theirs.value.says(*kind));
        mine.zip(theirs).is_some_and(|(a, b)| a != b)
    })
}

fn unused_templates(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let named = policies.iter().flat_map(|(_, at)| at.template.names());
    let extended = written
        .all
        .values()
        .flat_map(|(_, template)| template.value.extends());
    let used: BTreeSet<&str> = named
        .chain(extended)
        .map(|name| name.value.trim())
        .collect();
    for name in written.names().filter(|name| !used.contains(name)) {
        if let Some((at, _)) = written.all.get(name) {
            let message = format!("no policy uses the template `{name}`");
            problems.push(Problem::warning(*at, "unused-template", message));
        }
    }
}
