//! Which policies depend on facts about the creator that the description of a room leaves out.

use std::collections::BTreeSet;

use super::matcher::{Account, Candidate, Matcher};
use super::{Mismatch, Policy, PolicySet};
use crate::room::CreatorFact;

/// Whether a matcher matches, as far as the description of the room says.
enum Answer {
    Yes,
    No,
    /// It depends on these facts.
    Depends(BTreeSet<CreatorFact>),
}

impl PolicySet {
    /// The policies of which it is unknown whether they match a described room, and the facts that decide it.
    pub(crate) fn unstated(&self, room: &Candidate<'_>) -> Vec<(&Policy, BTreeSet<CreatorFact>)> {
        if room.unstated().is_empty() {
            return Vec::new();
        }
        let policies = self.by_title(room).into_iter();
        let unstated = policies.filter_map(|policy| match policy.matcher.answer(room) {
            Answer::Depends(facts) => Some((policy, facts)),
            Answer::Yes | Answer::No => None,
        });
        unstated.collect()
    }
}

impl Matcher {
    fn answer(&self, room: &Candidate<'_>) -> Answer {
        let mut needed = BTreeSet::new();
        for mismatch in self.mismatches(room) {
            // See below.
            if matches!(mismatch, Mismatch::Except(_)) {
                continue;
            }
            let facts = self.unstated_for(&mismatch, room);
            if facts.is_empty() {
                return Answer::No;
            }
            needed.extend(facts);
        }
        match self.except.as_ref().map(|except| except.answer(room)) {
            Some(Answer::Yes) => return Answer::No,
            Some(Answer::Depends(facts)) => needed.extend(facts),
            Some(Answer::No) | None => {}
        }
        if needed.is_empty() {
            Answer::Yes
        } else {
            Answer::Depends(needed)
        }
    }

    /// The facts that are left out, and with which a condition may hold.
    fn unstated_for(&self, mismatch: &Mismatch, room: &Candidate<'_>) -> BTreeSet<CreatorFact> {
        let asked: BTreeSet<CreatorFact> = match mismatch {
            Mismatch::Creator(_) => self.creator.iter().flatten().map(fact_of).collect(),
            Mismatch::CreatorName(_) => [CreatorFact::Name].into(),
            Mismatch::CreatorGroup(_) => [CreatorFact::Groups].into(),
            Mismatch::Title(_)
            | Mismatch::Type(_)
            | Mismatch::Tagged(_)
            | Mismatch::Except(_)
            | Mismatch::Undecided(_) => BTreeSet::new(),
        };
        &asked & room.unstated()
    }
}

fn fact_of(account: &Account) -> CreatorFact {
    match account {
        Account::Address(_) => CreatorFact::Email,
        Account::Id(_) => CreatorFact::Id,
    }
}
