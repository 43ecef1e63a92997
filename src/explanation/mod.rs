//! Explains one room: which policies match it, why the others do not, and what it gets; for a live room also why each
//! person is in it.

pub mod dto;
mod members;
mod show;

pub use members::{Absent, Member, Present, Why};

use crate::bind::{Snapshot, bind};
use crate::policy::{Candidate, Mismatch, Missed, PolicySet};
use crate::resolve::{Resolution, Unstated, resolve, unstated};
use crate::room::{Facts, RoomId};
use crate::yaml::Place;

/// Why a room gets what it gets.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// What policies match on.
    pub facts: Facts,
    /// The combined result of all policies.
    pub resolution: Resolution,
    /// The policies that do not match it, the nearest first.
    pub mismatched: Vec<Mismatched>,
    /// The policies of which the description of the room does not say whether they match.
    pub unstated: Vec<Unstated>,
    /// The live room, if there is one.
    pub live: Option<Live>,
}

/// A live room and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Which room.
    pub room: RoomId,
    /// The members, and why they are in it.
    pub members: Vec<Member>,
    /// Those for whom policies ask, and who are not in the room.
    pub absent: Vec<Absent>,
    /// What policies ask for and the portal does not have, such as a group, and what refuses the room: two spellings of
    /// one person with different roles.
    pub unmet: Vec<String>,
}

/// A policy that does not match the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatched {
    /// Its name.
    pub policy: String,
    /// Where it is written.
    pub place: Place,
    /// Each part of it that does not match; never empty.
    pub reasons: Vec<String>,
}

impl Explanation {
    /// Explains a room. `unasked` returns a remark for a part that only fails because a fact is unknown.
    pub fn new(
        policies: &PolicySet,
        facts: Facts,
        unasked: impl Fn(&Facts, &Mismatch) -> &'static str,
    ) -> Self {
        let resolution = resolve(policies, &facts);
        let missed = policies.mismatched(&Candidate::new(&facts));
        let is_undecided = |missed: &&Missed<'_>| {
            let mut undecided = resolution.undecided.iter();
            undecided.any(|other| other.policy == missed.policy.name)
        };
        let missed = missed.iter().filter(|missed| !is_undecided(missed));
        let mismatched = missed.map(|missed| {
            let reason = |part: &Mismatch| format!("{}{}", missed.why(part), unasked(&facts, part));
            Mismatched {
                policy: missed.policy.name.clone(),
                place: missed.policy.place.clone(),
                reasons: missed.parts.iter().map(reason).collect(),
            }
        });
        Self {
            mismatched: mismatched.collect(),
            resolution,
            unstated: unstated(policies, &facts),
            facts,
            live: None,
        }
    }

    /// Adds the members of a live room; the snapshot contains the names for which policies ask.
    #[must_use]
    pub fn with_members(mut self, room: RoomId, present: &Present, directory: &Snapshot) -> Self {
        let bound = bind(&self.resolution.desired, self.facts.kind, directory);
        let refusing = bound.conflicts.iter().map(ToString::to_string);
        let missing = bound.shortfalls.iter().chain(&bound.left_out);
        let unmet = refusing.chain(missing.map(ToString::to_string)).collect();
        self.live = Some(Live {
            room,
            members: members::members(present, &bound),
            absent: members::absent(present, &bound),
            unmet,
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::room::{Creator, RoomType, Unresolved};
    use crate::yaml::{Sources, render};

    #[test]
    fn an_undecided_policy_is_shown_once_and_the_room_is_refused() {
        let mut sources = Sources::default();
        sources.add(
            "a.yaml",
            "version: 1\npolicies:\n  - { name: p, match: { type: custom, creator_group: Nope }, template: { folders: [A] } }\n",
        );
        let (set, problems) = PolicySet::check(&sources);
        let set = set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)));
        let mut unresolved = Unresolved::default();
        let reason = "there is no group `Nope`".to_owned();
        unresolved.groups.insert("nope".to_owned(), reason);
        let facts = Facts {
            title: "A".to_owned(),
            kind: RoomType::Custom,
            creator: Creator::default(),
            created: date(2026, 7, 1),
            tags: Vec::new(),
            unresolved,
        };
        let explained = Explanation::new(&set, facts, |_, _| "").to_string();
        insta::assert_snapshot!(explained, @r"
        A (custom, created 2026-07-01)
          ? p (a.yaml:3:13): it is unknown whether it matches, so the room is refused: there is no group `Nope`
        the room is refused: roomwright does not change it
        ");
    }
}
