//! Why a policy does not match a room: every condition that does not hold, and how close the title was.

use std::fmt;

use super::glob::Near;
use super::matcher::{Account, Candidate};
use super::{Mismatch, Policy};

/// A policy that does not match a room.
#[derive(Debug, Clone)]
pub struct Missed<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The conditions that do not hold; never empty.
    pub parts: Vec<Mismatch>,
    near: Option<(String, Near)>,
    near_creator: Option<(String, Near)>,
}

/// The maximum difference: an address that differs more belongs to someone else.
const MAX_EDITS_OF_ADDRESS: usize = 2;

impl<'p> Missed<'p> {
    /// Returns `None` if the policy matches the room.
    pub(super) fn new(policy: &'p Policy, room: &Candidate<'_>) -> Option<Self> {
        let parts = policy.matcher.mismatches(room);
        if parts.is_empty() {
            return None;
        }
        let globs = policy.matcher.title.iter().flatten();
        let near =
            globs.filter_map(|glob| Some((glob.as_str().to_owned(), glob.near(room.title())?)));
        let accounts = policy.matcher.creator.iter().flatten();
        let [email, _] = room.creator();
        let near_creators = accounts.filter_map(|account| match account {
            Account::Address(glob) => Some((glob.as_str().to_owned(), glob.near(email)?)),
            Account::Id(_) => None,
        });
        Some(Self {
            near_creator: near_creators
                .filter(|(_, near)| near.edits <= MAX_EDITS_OF_ADDRESS)
                .min_by_key(|(_, near)| near.edits),
            policy,
            parts,
            near: near.min_by_key(|(_, near)| near.edits),
        })
    }

    /// The distance, for sorting: a policy that fails only where it is near is nearer than one that fails elsewhere.
    pub(super) fn distance(&self) -> (usize, usize, usize, usize) {
        let title = match (&self.near, self.title_fits()) {
            (_, true) => 0,
            (Some((_, near)), false) => near.edits,
            (None, false) => usize::MAX,
        };
        let creator = self.near_creator.as_ref();
        let creator = creator.map_or(usize::MAX, |(_, near)| near.edits);
        let far = self.parts.iter().filter(|part| !self.is_near(part));
        (far.count(), self.parts.len(), title, creator)
    }

    fn is_near(&self, part: &Mismatch) -> bool {
        match part {
            Mismatch::Title(_) => self.near.is_some(),
            Mismatch::Creator(_) => self.near_creator.is_some(),
            _ => false,
        }
    }

    fn title_fits(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.all(|part| !matches!(part, Mismatch::Title(_)))
    }

    /// Why a condition does not hold.
    pub fn why(&self, part: &Mismatch) -> String {
        let (what, near) = match part {
            Mismatch::Title(_) => ("title", &self.near),
            Mismatch::Creator(_) => ("creator", &self.near_creator),
            _ => return part.to_string(),
        };
        match near {
            Some((glob, near)) => {
                format!("the {what} matches `{glob}` except for {}", near.but_for)
            }
            None => part.to_string(),
        }
    }
}

/// All parts that do not hold.
impl fmt::Display for Missed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(|part| self.why(part)).collect();
        f.write_str(&parts.join("; "))
    }
}
