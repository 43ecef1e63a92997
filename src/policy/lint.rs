//! What checked policies say that cannot be, or that may surprise: roles that a room type does not have, policies
//! of equal priority that disagree, templates that nobody uses.

use std::collections::{BTreeMap, BTreeSet};

use super::file;
use super::template::Written;
use super::{Grant, Mode, Named, Policy, Wish};
use crate::room::{RoomType, SubjectKind, fold};
use crate::yaml::{Place, Problem, Severity, Spanned};

/// A grant, and the policy that it comes from.
type Claim<'p> = (usize, &'p Wish<Grant>);
type Checked<'f> = (Policy, &'f Spanned<file::Policy>);

pub(super) fn lint(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    for (policy, at) in policies {
        empty_lists(policy, at, problems);
        impossible_roles(policy, at, problems);
    }
    disagreements(policies, problems);
    // Where something is wrong a template may only seem unused.
    if problems
        .iter()
        .all(|problem| problem.severity != Severity::Error)
    {
        unused_templates(policies, written, problems);
    }
}

fn empty_lists(policy: &Policy, at: &Spanned<file::Policy>, problems: &mut Vec<Problem>) {
    let matcher = &policy.matcher;
    if [&matcher.title, &matcher.kind, &matcher.creator]
        .into_iter()
        .flatten()
        .any(Vec::is_empty)
    {
        let message = format!(
            "the policy `{}` has an empty list of globs and can never match",
            policy.name
        );
        problems.push(Problem::error(at.name.span, "empty-list", message));
    }
}

/// A role that some matching room type does not have: an error where the policy writes the type, else a warning.
fn impossible_roles(policy: &Policy, at: &Spanned<file::Policy>, problems: &mut Vec<Problem>) {
    let kinds = policy.matcher.kinds();
    for wish in &policy.ensure.grants {
        let kind = match wish.value.to {
            Named::Group(_) => SubjectKind::Group,
            Named::User(_) => SubjectKind::User,
        };
        let mut said: BTreeMap<String, Vec<RoomType>> = BTreeMap::new();
        for room in &kinds {
            if let Some(access) = wish.value.meaning.in_room(*room)
                && !room.allows(kind, access)
            {
                said.entry(not_in(*room, kind, access))
                    .or_default()
                    .push(*room);
            }
        }
        for reason in said.keys() {
            let message = format!(
                "{reason}, which `{}` grants to `{}` at {}",
                wish.value.role,
                wish.value.to.text(),
                wish.place
            );
            let problem = if policy.matcher.kind.is_some() {
                Problem::error(at.template.span, "impossible-role", message)
            } else {
                Problem::warning(at.template.span, "impossible-role", message)
            };
            problems.push(problem.with_help(
                "narrow `type` in the policy, or make the role a table by room type (`none` leaves the grant out)",
            ));
        }
    }
}

/// `a Public room has no Viewer for groups; there is: Content creator`.
pub(crate) fn not_in(room: RoomType, subject: SubjectKind, access: crate::room::Access) -> String {
    let (whom, roles) = (
        match subject {
            SubjectKind::Group => "groups",
            SubjectKind::User => "people",
        },
        room.roles(subject)
            .into_iter()
            .map(crate::room::Access::name)
            .collect::<Vec<_>>()
            .join(", "),
    );
    format!(
        "a {} has no {} for {whom} (there is: {roles})",
        room.name(),
        access.name()
    )
}

/// Policies of equal priority that may speak about one room and give one subject different roles.
fn disagreements(policies: &[Checked<'_>], problems: &mut Vec<Problem>) {
    let mut by_subject: BTreeMap<(bool, String), Vec<Claim<'_>>> = BTreeMap::new();
    for (index, (policy, _)) in policies.iter().enumerate() {
        for wish in &policy.ensure.grants {
            let key = (
                matches!(wish.value.to, Named::Group(_)),
                fold(&wish.value.to.text().to_string()),
            );
            by_subject.entry(key).or_default().push((index, wish));
        }
    }
    let mut said: BTreeSet<(&Place, &Place)> = BTreeSet::new();
    for ((_, subject), claims) in &by_subject {
        for (position, (first, mine)) in claims.iter().enumerate() {
            for (second, theirs) in claims.iter().skip(position + 1) {
                let (Some((a, _)), Some((b, at))) = (policies.get(*first), policies.get(*second))
                else {
                    continue;
                };
                if mine.value.meaning == theirs.value.meaning
                    || a.priority != b.priority
                    || (a.mode == Mode::Observe) != (b.mode == Mode::Observe)
                    || !differ_somewhere(a, mine, b, theirs)
                    || !a.matcher.may_overlap(&b.matcher)
                    || !said.insert((&mine.place, &theirs.place))
                {
                    continue;
                }
                let message = format!(
                    "the policies `{}` and `{}` may match one room and give `{subject}` different roles at {} and {}",
                    a.name, b.name, mine.place, theirs.place
                );
                problems.push(
                    Problem::warning(at.name.span, "may-conflict", message).with_help(
                        "give one of them a higher `priority`; else such a room is refused",
                    ),
                );
            }
        }
    }
}

fn differ_somewhere(a: &Policy, mine: &Wish<Grant>, b: &Policy, theirs: &Wish<Grant>) -> bool {
    let kinds = b.matcher.kinds();
    a.matcher
        .kinds()
        .into_iter()
        .filter(|kind| kinds.contains(kind))
        .any(|kind| {
            // `none` takes no part in combining.
            match (
                mine.value.meaning.in_room(kind),
                theirs.value.meaning.in_room(kind),
            ) {
                (Some(a), Some(b)) => a != b,
                _ => false,
            }
        })
}

fn unused_templates(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let mut used: BTreeSet<&str> = policies
        .iter()
        .map(|(policy, _)| policy.template.as_str())
        .collect();
    used.extend(
        written
            .values()
            .filter_map(|(_, template)| template.extends.as_ref())
            .map(|name| name.value.trim()),
    );
    for (name, (key, _)) in written.iter().filter(|(name, _)| !used.contains(*name)) {
        let message = format!("no policy uses the template `{name}`");
        problems.push(Problem::warning(key.span, "unused-template", message));
    }
}
