//! The limits of invitations, as all policies together set them, and the invitations beyond them.

use super::{Claim, Desired, RoleWord, Said, SettledWord, Shortfall, settle_words};
use crate::policy::{Domains, Highest};

/// What each policy says about guests.
#[derive(Default)]
pub(super) struct Limits {
    pub(super) domains: Vec<Said<Domains>>,
    pub(super) highest: Vec<Said<Highest>>,
}

impl Limits {
    /// Settles the limits, and leaves out the invitations beyond them.
    pub(super) fn apply(self, desired: &mut Desired) {
        let domains = settle_words("the domains of guests", &self.domains, Domains::clone);
        let highest = settle_words("the highest role of guests", &self.highest, |role| *role);
        let (domains, highest) = match (domains, highest) {
            (Ok(domains), Ok(highest)) => (domains, highest),
            (domains, highest) => {
                let conflicts = domains.err().into_iter().chain(highest.err());
                return desired.conflicts.extend(conflicts);
            }
        };
        let refused = |claim: &Claim| {
            let address = claim.to.text();
            let not_there = domains.as_ref().and_then(|limit| {
                let reason = limit.wanted.value.refuse(address)?;
                Some(by_other(reason, limit, claim))
            });
            not_there.or_else(|| {
                let access = claim.role.access()?;
                match &highest {
                    Some(limit) => {
                        let reason = limit.wanted.value.refuse(address, access)?;
                        Some(by_other(reason, limit, claim))
                    }
                    None => Highest::default().refuse(address, access),
                }
            })
        };
        let mut beyond = Vec::new();
        desired.claims.retain(|claim| {
            let is_asked = claim.invites && claim.role != RoleWord::NotHere;
            let reason = is_asked.then(|| refused(claim)).flatten();
            let is_within = reason.is_none();
            beyond.extend(reason.map(|reason| Shortfall {
                reason,
                by: vec![claim.rank.by.clone()],
            }));
            is_within
        });
        desired.shortfalls.extend(beyond);
    }
}

/// The reason, with the limit's place if another policy sets it.
fn by_other<T>(reason: String, limit: &SettledWord<T>, claim: &Claim) -> String {
    let by = &limit.wanted.by;
    let is_own = by.iter().any(|by| by.policy == claim.rank.by.policy);
    match by.first() {
        Some(by) if !is_own => format!("{reason} by {by}"),
        _ => reason,
    }
}
