//! Explains one room: which policies match it, why the others do not, and what it gets; for a live room also why each
//! person is in it.

pub mod dto;
mod members;
mod show;

pub use members::{Absent, Member, Present, Why};

use crate::bind::{Snapshot, bind};
use crate::policy::{Candidate, Mismatch, PolicySet};
use crate::resolve::{Resolution, resolve};
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
        let missed = policies.mismatched(&Candidate::new(&facts));
        let mismatched = missed.iter().map(|missed| {
            let reason = |part: &Mismatch| format!("{}{}", missed.why(part), unasked(&facts, part));
            Mismatched {
                policy: missed.policy.name.clone(),
                place: missed.policy.place.clone(),
                reasons: missed.parts.iter().map(reason).collect(),
            }
        });
        Self {
            mismatched: mismatched.collect(),
            resolution: resolve(policies, &facts),
            facts,
            live: None,
        }
    }

    /// Adds the members of a live room; the snapshot contains the names for which policies ask.
    #[must_use]
    pub fn with_members(mut self, room: RoomId, present: &Present, directory: &Snapshot) -> Self {
        let bound = bind(&self.resolution.desired, self.facts.kind, directory);
        self.live = Some(Live {
            room,
            members: members::members(present, &bound),
            absent: members::absent(present, &bound),
        });
        self
    }
}
