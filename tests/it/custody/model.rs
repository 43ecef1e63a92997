//! Whose a room is, as the portal and people make it: pure, and small enough to be read through.

use std::collections::{BTreeMap, BTreeSet};

/// Who can own the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Us,
    Boss,
    Heir,
    Admin,
}

/// What an account is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    #[default]
    Fit,
    /// Active, but of a type that owns no rooms.
    Demoted,
    Dismissed,
}

/// A change of owner that we asked for and the portal has not made yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) to: Who,
    /// How often people had given the room away when the call left.
    pub(super) gifts: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) owner: Who,
    /// Who was made the owner by people: he has it, or gets it back.
    pub(super) rightful: Who,
    /// Whether a run of ours has read that, and gone on.
    pub(super) seen: bool,
    /// How often people gave the room away.
    pub(super) gifts: usize,
    /// All whom people ever chose.
    pub(super) chosen: BTreeSet<Who>,
    pub(super) standing: BTreeMap<Who, Standing>,
    pub(super) archived: bool,
    /// What the portal will do late.
    pub(super) out: Vec<Change>,
}

impl Model {
    pub(super) fn new(owner: Who) -> Self {
        Self {
            owner,
            rightful: owner,
            seen: true,
            gifts: 0,
            chosen: BTreeSet::from([owner]),
            standing: BTreeMap::new(),
            archived: false,
            out: Vec::new(),
        }
    }

    pub(super) fn standing_of(&self, who: Who) -> Standing {
        self.standing.get(&who).copied().unwrap_or_default()
    }

    /// Whether somebody can be given the room now.
    pub(super) fn can_have(&self, who: Who) -> bool {
        !self.archived && self.standing_of(who) == Standing::Fit
    }

    /// The portal's rule: whether the owner becomes another one, and whether that is answered with 200.
    fn change(&mut self, to: Who) -> (bool, bool) {
        if !self.can_have(to) {
            return (false, false);
        }
        // The former owner becomes Room manager; where he cannot, the room stays his.
        if self.owner != to && self.standing_of(self.owner) == Standing::Demoted {
            return (false, false);
        }
        let former = std::mem::replace(&mut self.owner, to);
        (former != to, true)
    }

    /// People make somebody the owner; whether the portal says that it went well.
    pub(super) fn people_give_it(&mut self, to: Who) -> bool {
        let (changed, well) = self.change(to);
        if changed {
            self.rightful = to;
            self.seen = false;
            self.gifts += 1;
            self.chosen.insert(to);
        }
        well
    }

    /// The portal does what we asked for; our record names somebody then. A call that crosses a change by people which
    /// we had not read cannot know better: then it decides whose the room is.
    pub(super) fn ours_is_done(&mut self, ours: Change, record: Option<Who>) {
        let (changed, _) = self.change(ours.to);
        if !changed {
            return;
        }
        match (ours.to, record) {
            (Who::Us, Some(record)) if !self.seen => {
                self.rightful = record;
                self.seen = true;
            }
            (Who::Us, _) => {}
            (to, _) if ours.gifts < self.gifts && to != self.rightful => {
                self.rightful = to;
                self.seen = false;
            }
            _ => {}
        }
    }

    /// Whether the room may still come to us by itself.
    pub(super) fn may_become_ours(&self) -> bool {
        self.out.iter().any(|ours| ours.to == Who::Us)
    }
}
