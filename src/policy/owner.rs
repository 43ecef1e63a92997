//! A policy that changes the owner must match the room afterwards too; otherwise it applies to each room only once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lint::Checked;
use super::matcher::{Account, Candidate, Matcher};
use super::variables::constants;
use super::{Policy, Portal, Tables};
use crate::room::{Creator, Facts, RoomType, is_guid};
use crate::yaml::{Problem, Span};

/// Checks the policies that set an owner and match on the creator.
pub(super) fn check(
    policies: &[Checked<'_>],
    tables: &Arc<Tables>,
    portal: &Portal,
    problems: &mut Vec<Problem>,
) {
    for (policy, at) in policies {
        let Some(owner) = &policy.spec.owner else {
            continue;
        };
        let accounts = accounts(policy, tables, portal);
        let gives = |account: &str| {
            let (name, place) = (&policy.name, &owner.place);
            format!("the policy `{name}` gives its rooms to `{account}` (see {place})")
        };
        let mut unknown = None;
        for account in &accounts {
            match matches(&policy.matcher, account) {
                Matches::Yes => {}
                Matches::No(part) => {
                    problems.push(not_matched(at.name.span, &gives(account), part));
                    unknown = None;
                    break;
                }
                Matches::Unknown(part) => unknown = unknown.or(Some((account, part))),
            }
        }
        problems.extend(
            unknown.map(|(account, part)| may_not_match(at.name.span, &gives(account), part)),
        );
    }
}

fn not_matched(at: Span, gives: &str, part: &str) -> Problem {
    let message = format!("{gives}, but matches no room of that owner: see its `{part}`");
    Problem::error(at, "owner-not-matched", message).with_help(
        "let `creator` match the new owner as well: after the change, the new owner is the room's creator",
    )
}

fn may_not_match(at: Span, gives: &str, part: &str) -> Problem {
    let message = format!(
        "{gives}, and no longer applies to them then if its `{part}` does not fit that account, which these files do not say"
    );
    Problem::warning(at, "owner-may-not-match", message).with_help(
        "after the change, the new owner is the room's creator: make sure that it fits, or match on the title or on addresses with `creator`",
    )
}

/// The accounts that an owner's text may mean, as far as they are known without a room.
fn accounts(policy: &Policy, tables: &Arc<Tables>, portal: &Portal) -> Vec<String> {
    let owner = policy.spec.owner.as_ref();
    let all = owner.map(|owner| owner.value.all(&constants(policy, portal, tables)));
    let all = all.into_iter().flatten();
    all.map(|account| account.trim().to_owned()).collect()
}

/// Whether a policy matches rooms of a new owner.
enum Matches {
    Yes,
    /// This condition excludes them.
    No(&'static str),
    /// This condition asks for something of the owner that the files do not say.
    Unknown(&'static str),
}

/// Whether a matcher accepts the rooms of an account, apart from conditions on other things.
fn matches(matcher: &Matcher, account: &str) -> Matches {
    let own = of_creator(matcher, account);
    if let Matches::No(_) = own {
        return own;
    }
    let except = matcher.except.as_deref();
    // Other conditions of `except` decide in each room, and what is not known of the account rarely excludes it.
    match except.filter(|except| except.asks_only_who_made_it()) {
        Some(except) if matches!(of_creator(except, account), Matches::Yes) => {
            Matches::No("except")
        }
        _ => own,
    }
}

fn of_creator(matcher: &Matcher, account: &str) -> Matches {
    let is_id = is_guid(account);
    let facts = Facts {
        creator: Creator::of(&[account], String::new(), BTreeSet::new()),
        ..Facts::of_list("", RoomType::Custom)
    };
    let room = Candidate::new(&facts);
    if !matcher.fits_creator(&room) {
        let mut accounts = matcher.creator.iter().flatten();
        // Which address belongs to an id is not known.
        let is_other_kind = accounts.any(|account| matches!(account, Account::Address(_)) == is_id);
        return match is_other_kind {
            true => Matches::Unknown("creator"),
            false => Matches::No("creator"),
        };
    }
    match (&matcher.creator_name, &matcher.creator_group) {
        (Some(_), _) => Matches::Unknown("creator_name"),
        (None, Some(_)) => Matches::Unknown("creator_group"),
        (None, None) => Matches::Yes,
    }
}
