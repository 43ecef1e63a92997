//! Invitations that are beyond the limits in every room.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::pairs::may_meet;
use super::{Analysis, Mask, Way, counts_for, matching, stoppers};
use crate::policy::{Domains, Entry, Grant, GuestLimits, Highest, Policy, PolicySet, RoleByType};
use crate::room::{Access, Facts, RoomType};
use crate::yaml::Problem;

/// The maximum number of other policies whose rooms are searched for one in which an invitation is within the limits.
const MAX_TRIED: usize = 20;

pub(super) fn check(analysis: &mut Analysis<'_>) {
    // A policy that was left out may set other limits.
    if analysis.highest_out.is_some() {
        return;
    }
    let set = analysis.set;
    let limiting = Limiting::of(set);
    for policy in set.policies() {
        for entry in &policy.spec.grants {
            if entry.value.invites
                && !analysis.is_full(policy)
                && let Some(reason) = refused(analysis, &limiting, policy, entry)
            {
                let message = format!("{reason}; see {}", entry.place);
                analysis.problems.push(
                    Problem::error(policy.template_span, "guest-refused", message).with_help(
                        "change the invitation, or `allowed_domains` or `highest` under `guests`",
                    ),
                );
            }
        }
    }
}

/// The policies that set a limit, by priority.
#[derive(Default)]
struct Limiting<'p> {
    domains: BTreeMap<i32, Vec<&'p Policy>>,
    highest: BTreeMap<i32, Vec<&'p Policy>>,
}

impl<'p> Limiting<'p> {
    fn of(set: &'p PolicySet) -> Self {
        let mut limiting = Self::default();
        for policy in set.policies() {
            let guests = &policy.spec.guests;
            if guests.domains.is_some() {
                let domains = limiting.domains.entry(policy.priority);
                domains.or_default().push(policy);
            }
            if guests.highest.is_some() {
                let highest = limiting.highest.entry(policy.priority);
                highest.or_default().push(policy);
            }
        }
        limiting
    }

    /// The policies that can decide instead of one: those of higher priority, or any if it sets no such limit itself.
    fn others(&self, policy: &Policy) -> Vec<&'p Policy> {
        let from = |is_set: bool| match is_set {
            true => Bound::Excluded(policy.priority),
            false => Bound::Unbounded,
        };
        let guests = &policy.spec.guests;
        let domains = self
            .domains
            .range((from(guests.domains.is_some()), Bound::Unbounded));
        let highest = self
            .highest
            .range((from(guests.highest.is_some()), Bound::Unbounded));
        let all = domains.chain(highest).flat_map(|(_, policies)| policies);
        all.copied()
            .filter(|other| other.name != policy.name && counts_for(other, policy))
            .collect()
    }
}

/// One invitation in one type of room.
struct Asked<'a> {
    address: &'a str,
    /// Whether the address is the same in all rooms.
    is_fixed: bool,
    access: Option<Access>,
    kind: RoomType,
}

impl Asked<'_> {
    fn refused_by_domains(&self, domains: &Domains) -> Option<String> {
        self.is_fixed.then(|| domains.refuse(self.address))?
    }

    fn refused_by_role(&self, highest: Highest) -> Option<String> {
        highest.refuse(self.address, self.access?)
    }

    fn is_within(&self, limits: &GuestLimits) -> bool {
        let domains = limits.domains.as_ref();
        let highest = limits.highest.as_ref();
        domains.is_none_or(|limit| self.refused_by_domains(&limit.value).is_none())
            && highest.is_none_or(|limit| self.refused_by_role(self.highest(limit)).is_none())
    }

    fn highest(&self, limit: &Entry<RoleByType>) -> Highest {
        Highest(limit.value.in_room(self.kind))
    }
}

/// Why an invitation is beyond the limits in all rooms of some type.
fn refused(
    analysis: &mut Analysis<'_>,
    limiting: &Limiting<'_>,
    policy: &Policy,
    entry: &Entry<Grant>,
) -> Option<String> {
    let others = limiting.others(policy);
    let text = entry.value.to.text();
    let variables = analysis.set.constants(policy);
    for variables in variables.each([text]) {
        let filled = text.filled(&variables);
        let is_fixed = filled.literal().is_some();
        let address = filled
            .literal()
            .map_or_else(|| text.to_string(), |text| text.trim().to_owned());
        for kind in policy.matcher.kinds() {
            let Some(access) = entry.value.says(kind) else {
                continue;
            };
            let asked = Asked {
                address: &address,
                is_fixed,
                access,
                kind,
            };
            let reason = everywhere(analysis, &others, policy, &asked);
            if reason.is_some() {
                return reason;
            }
        }
    }
    None
}

/// Why it is beyond the limits in all rooms that the policy matches; `None` if it is within them in some, or that is
/// unknown.
fn everywhere(
    analysis: &mut Analysis<'_>,
    others: &[&Policy],
    policy: &Policy,
    asked: &Asked<'_>,
) -> Option<String> {
    let alone = beyond(&[policy], policy, asked);
    if alone.is_none()
        && others
            .iter()
            .all(|other| asked.is_within(&other.spec.guests))
    {
        return None;
    }
    let helping: Vec<&&Policy> = others
        .iter()
        .filter(|other| asked.is_within(&other.spec.guests) && may_meet(policy, other))
        .collect();
    if helping.len() > MAX_TRIED {
        return None;
    }
    let mask = |set, facts: &Facts| match beyond(&matching(set, facts), policy, asked) {
        None => Mask::None,
        Some((_, Some(by))) if by.name != policy.name => Mask::By(vec![by]),
        Some(_) => Mask::Nothing,
    };
    let mut reason = None;
    let with_others = helping.iter().map(|other| Some(&other.matcher));
    for other in std::iter::once(None).chain(with_others) {
        let accept: Vec<_> = std::iter::once(&policy.matcher).chain(other).collect();
        match analysis.unmasked(&accept, &[asked.kind], mask) {
            Way::Room(_) | Way::Undecided => return None,
            Way::Never(by) if reason.is_none() => {
                reason = beyond(&with(policy, &by), policy, asked).map(|(reason, _)| reason);
            }
            Way::Nothing(_) if reason.is_none() => {
                reason = alone.as_ref().map(|(reason, _)| reason.clone());
            }
            Way::Never(_) | Way::Nothing(_) | Way::NoRoom => {}
        }
    }
    reason
}

fn with<'p>(policy: &'p Policy, others: &[&'p Policy]) -> Vec<&'p Policy> {
    others.iter().copied().chain([policy]).collect()
}

/// Why the limits of some policies refuse an invitation, and the policy that decides, if any does.
fn beyond<'s>(
    matching: &[&'s Policy],
    policy: &Policy,
    asked: &Asked<'_>,
) -> Option<(String, Option<&'s Policy>)> {
    let decisive = |is_set: fn(&GuestLimits) -> bool| {
        let applying = matching.iter().copied();
        let applying = applying
            .filter(|by| counts_for(by, policy) && stoppers(matching, by).is_empty())
            .filter(|by| is_set(&by.spec.guests));
        applying.max_by_key(|by| (by.priority, by.name == policy.name))
    };
    let said = |reason: String, by: &Policy, place: &crate::yaml::Place| {
        if by.name == policy.name {
            return reason;
        }
        format!("{reason} by the policy `{}` at {place}", by.name)
    };
    if let Some(by) = decisive(|guests| guests.domains.is_some())
        && let Some(limit) = &by.spec.guests.domains
        && let Some(reason) = asked.refused_by_domains(&limit.value)
    {
        return Some((said(reason, by, &limit.place), Some(by)));
    }
    if let Some(by) = decisive(|guests| guests.highest.is_some())
        && let Some(limit) = &by.spec.guests.highest
    {
        let reason = asked.refused_by_role(asked.highest(limit))?;
        return Some((said(reason, by, &limit.place), Some(by)));
    }
    let reason = asked.refused_by_role(Highest::default())?;
    Some((reason, None))
}
