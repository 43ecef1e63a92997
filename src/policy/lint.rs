//! Mistakes in checked policies: roles that a room type does not have, and matching on tags that policies set
//! themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file;
use super::template::MAX_OF_ENTRY;
use super::variables::constants;
use super::{Grant, Membership, Policy, Portal, Tables, Text, Value, Variables};
use crate::room::{RoomType, SubjectKind, tag_key};
use crate::yaml::{Place, Problem, Spanned};

/// A policy, and its written form.
pub(super) type Checked<'f> = (Policy, &'f Spanned<file::Policy>);

pub(super) fn lint(
    policies: &[Checked<'_>],
    tables: &Arc<Tables>,
    portal: &Portal,
    problems: &mut Vec<Problem>,
) {
    let kinds: Vec<Vec<RoomType>> = policies
        .iter()
        .map(|(policy, _)| policy.matcher.kinds())
        .collect();
    for ((policy, at), kinds) in policies.iter().zip(&kinds) {
        if kinds.is_empty() {
            problems.push(never(policy, at));
        }
        impossible_roles(policy, kinds, at, problems);
        problems.extend(removes_everybody(policy, kinds, at));
        problems.extend(invites_without_role(policy, kinds, at));
    }
    tags_of_its_own(policies, tables, portal, problems);
}

/// A policy must not match on a tag that policies set: its result would depend on earlier runs.
fn tags_of_its_own(
    policies: &[Checked<'_>],
    tables: &Arc<Tables>,
    portal: &Portal,
    problems: &mut Vec<Problem>,
) {
    if policies
        .iter()
        .all(|(policy, _)| policy.matcher.tags().is_empty())
    {
        return;
    }
    let mut set: BTreeMap<String, (&str, &Place)> = BTreeMap::new();
    for (policy, _) in policies {
        for entry in &policy.spec.tags {
            let tags = match entry.value.literal() {
                Some(tag) => vec![tag.to_owned()],
                None => known_tags(&entry.value, policy, constants(policy, portal, tables)),
            };
            for tag in tags {
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

/// The tags that a text with variables becomes, as far as they are known without a room.
fn known_tags(text: &Text, policy: &Policy, mut constants: Variables) -> Vec<String> {
    const KIND: &str = "room.type";
    if text.variables().any(|name| name == KIND) {
        let kinds = policy.matcher.kinds().into_iter();
        let kinds = kinds.map(|kind| kind.as_str().to_owned());
        constants.set(KIND, Value::Many(kinds.collect()));
    }
    if constants.times([text]) > MAX_OF_ENTRY {
        return Vec::new();
    }
    let each = constants.each([text]).into_iter();
    each.flat_map(|variables| text.all(&variables)).collect()
}

/// The problem of a policy that matches no room type.
fn never(policy: &Policy, at: &Spanned<file::Policy>) -> Problem {
    let message = format!(
        "the policy `{}` can never match: its `except` excludes every room type",
        policy.name
    );
    Problem::error(at.name.span, "never-matches", message)
}

/// A role that some matching room type does not have: an error if the policy states the type, otherwise a warning.
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
                "narrow `type` in the policy, or make the role a table by room type (`none` omits the grant)",
            ));
        }
    }
}

/// Whether a grant gives a role in rooms of one of these types.
fn gives_a_role(grant: &Grant, kinds: &[RoomType]) -> bool {
    let mut kinds = kinds.iter();
    kinds.any(|kind| grant.meaning.in_room(*kind).is_some())
}

/// `membership: exact` without any grant of a role.
fn removes_everybody(
    policy: &Policy,
    kinds: &[RoomType],
    at: &Spanned<file::Policy>,
) -> Option<Problem> {
    let spec = &policy.spec;
    let membership = spec.membership.as_ref()?;
    if membership.value != Membership::Exact
        || spec
            .grants
            .iter()
            .any(|entry| gives_a_role(&entry.value, kinds))
    {
        return None;
    }
    let stay = match spec.protect.is_empty() {
        true => "the owner",
        false => "the owner and those under `protect`",
    };
    let grants = match spec.grants.is_empty() {
        true => "have no grants",
        false => "grant nobody a role",
    };
    let message = format!(
        "`membership: exact` at {} removes everyone except {stay}: the templates of the policy `{}` {grants}",
        membership.place, policy.name
    );
    let problem = Problem::warning(at.template.span(), "exact-without-grants", message);
    Some(problem.with_help("write `grants`, or remove `membership: exact`"))
}

/// An invitation whose role means `none` in every room of the policy.
fn invites_without_role(
    policy: &Policy,
    kinds: &[RoomType],
    at: &Spanned<file::Policy>,
) -> Option<Problem> {
    let mut invitations = policy
        .spec
        .grants
        .iter()
        .filter(|entry| entry.value.invites);
    let entry =
        invitations.find(|entry| !gives_a_role(&entry.value, kinds) && !kinds.is_empty())?;
    let message = format!(
        "the role `{}` of the invitation at {} means `none` in every room of the policy `{}`",
        entry.value.role, entry.place, policy.name
    );
    Some(
        Problem::error(at.template.span(), "guest-without-role", message)
            .with_help("invite with a role that these rooms have, or remove the invitation"),
    )
}

/// `a Public room has no Viewer for groups; available: Content creator`.
fn not_in(room: RoomType, subject: SubjectKind, access: crate::room::Access) -> String {
    let roles: Vec<&str> = room
        .roles(subject)
        .into_iter()
        .map(crate::room::Access::name)
        .collect();
    format!(
        "a {} has no {} for {} (available: {})",
        room.name(),
        access.name(),
        subject.plural(),
        roles.join(", ")
    )
}
