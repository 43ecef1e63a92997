//! A policy that changes the owner must match the room afterwards too; otherwise it applies to each room only once.

use super::lint::Checked;
use super::matcher::{Candidate, Matcher};
use super::text::{Tables, Variables};
use super::{Policy, Portal};
use crate::room::{Creator, Facts, RoomType, Unresolved};
use crate::yaml::Problem;

/// Checks the policies that set an owner and match on the creator.
pub(super) fn check(
    policies: &[Checked<'_>],
    tables: &Tables,
    portal: &Portal,
    problems: &mut Vec<Problem>,
) {
    for (policy, at) in policies {
        let Some(owner) = &policy.spec.owner else {
            continue;
        };
        for account in accounts(policy, tables, portal) {
            if let Some(part) = excludes(&policy.matcher, &account) {
                let message = format!(
                    "the policy `{}` gives its rooms to `{account}` (see {}), but matches no room of that owner: see its `{part}`",
                    policy.name, owner.place
                );
                problems.push(
                    Problem::error(at.name.span, "owner-not-matched", message).with_help(
                        "let `creator` match the new owner as well: after the change, the new owner is the room's creator",
                    ),
                );
                break;
            }
        }
    }
}

/// The accounts that an owner's text may mean, as far as they are known without a room.
fn accounts(policy: &Policy, tables: &Tables, portal: &Portal) -> Vec<String> {
    let Some(owner) = &policy.spec.owner else {
        return Vec::new();
    };
    let mut variables = Variables::default();
    let values = portal
        .vars
        .iter()
        .chain(&policy.spec.vars)
        .chain(&policy.vars);
    for (name, value) in values {
        variables.set(name, value.clone());
    }
    let mut found: Vec<String> = owner.value.expand(&variables).into_iter().collect();
    // A text that is only a lookup can have any value of the table.
    if let Some(table) = owner.value.only_table() {
        let rows = tables.get(table).into_iter();
        found.extend(rows.flat_map(|table| table.values().map(str::to_owned)));
    }
    found
        .iter()
        .map(|account| account.trim().to_owned())
        .collect()
}

/// The condition of a matcher that excludes every room of this owner.
fn excludes(matcher: &Matcher, account: &str) -> Option<&'static str> {
    let facts = Facts {
        title: String::new(),
        kind: RoomType::Custom,
        creator: Creator::of(account, String::new(), std::collections::BTreeSet::new()),
        created: jiff::civil::Date::default(),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    };
    let room = Candidate::new(&facts);
    if matcher.creator.is_some() && !matcher.fits_creator(&room) {
        return Some("creator");
    }
    let except = matcher.except.as_deref()?;
    (except.asks_creator_alone() && except.fits_creator(&room)).then_some("except")
}
