//! What would be done to a room, what of it may be written, and what is short: the one place that says so. `plan`,
//! `apply`, the service and what only observes follow or show the same decision.

use std::collections::BTreeSet;
use std::fmt;

use crate::bind::Bound;
use crate::plan::{Plan, unseen_items};
use crate::resolve::{Conflict, Shortfall, Undecided};
use crate::room::{Item, Observed, Person, PersonStatus};

/// Why a room is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The portal said something, or a schedule did: a room that was configured once is not changed again.
    Event,
    /// A person asked for it: a room is brought in line whatever it was before.
    Apply,
}

/// Whether anything may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is decided is done.
    Enforce,
    /// Nothing is written.
    Observe,
}

/// Whether a room may change hands for a moment, so that our account becomes its Room manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// It may.
    #[default]
    Adopt,
    /// A room in which our account lacks a right is refused.
    Never,
}

/// What is known of a room from before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether it was in line once.
    pub configured: bool,
    /// What was in place after the last run.
    pub applied: BTreeSet<Item>,
    /// Whether our account was made its Room manager by an adoption.
    pub adopted: bool,
}

/// Why a room was not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Policies of equal priority disagree.
    Conflict(Conflict),
    /// Whether a policy matches cannot be known.
    Undecided(Undecided),
    /// Our account lacks a right, and the configuration says that no room changes hands.
    WouldAdopt {
        /// The owner's name.
        owner: String,
    },
    /// The room could not be given back.
    CannotGiveBack {
        /// The owner's name.
        owner: String,
        /// Why not.
        reason: String,
    },
    /// Our account was Room manager, and people took it out or lowered it.
    TakenOut {
        /// The owner's name.
        owner: String,
    },
    /// Our account owns the room and no adoption is open: whose it is must be said by a person.
    Ours {
        /// The names of its Room managers, who are likely owners.
        managers: Vec<String>,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Conflict(conflict) => {
                write!(f, "{conflict}; give one policy a higher `priority`")
            }
            Refusal::Undecided(undecided) => {
                write!(f, "{undecided}; correct the name in its `match`")
            }
            Refusal::WouldAdopt { owner } => write!(
                f,
                "our account lacks the rights in this room of `{owner}` and may not adopt it (`ownership: never`); make it Room manager there"
            ),
            Refusal::CannotGiveBack { owner, reason } => {
                write!(f, "the room could not be given back to `{owner}`: {reason}")
            }
            Refusal::TakenOut { owner } => write!(
                f,
                "our account was Room manager here, and somebody took it out of this room of `{owner}` or lowered it; that is respected, and `roomwright apply` adopts the room again"
            ),
            Refusal::Ours { managers } => {
                f.write_str("our account owns this room, and no adoption is open; give it to its owner with `roomwright release ROOM --to E-MAIL`")?;
                if managers.is_empty() {
                    return Ok(());
                }
                write!(f, "; its Room managers are {}", managers.join(", "))
            }
        }
    }
}

/// How a room that was configured differs from its policies, and whose doing that is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Was in place once and is gone: people changed it.
    pub undone: BTreeSet<Item>,
    /// Was never in place: the policies are newer.
    pub newer: BTreeSet<Item>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people = "people changed it since it was configured";
        let newer = "the policies are newer than the room's configuration";
        match (self.undone.is_empty(), self.newer.is_empty()) {
            (false, true) => f.write_str(people),
            (true, _) => f.write_str(newer),
            (false, false) => write!(f, "{people}, and {newer}"),
        }
    }
}

/// What is to become of the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is missing that can be had.
    InSync,
    /// Something is.
    Change,
    /// Something is, in a room that was configured before: told, not written.
    Drifted(Drift),
    /// Something forbids the whole room.
    Refused(Vec<Refusal>),
}

/// The decision about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to become of it.
    pub verdict: Verdict,
    /// What is missing, with what is worth knowing.
    pub plan: Plan,
    /// The part of the plan that may be written.
    pub write: Plan,
    /// What cannot be had.
    pub short: Vec<Shortfall>,
    /// The owner's name, if the plan takes an adoption.
    pub adopts_from: Option<String>,
    /// Items that people undid: missing, and not written.
    pub left: BTreeSet<Item>,
}

/// Decides about a room.
pub fn decide(
    bound: &Bound,
    plan: &Plan,
    seen: &Observed,
    known: &Known,
    trigger: Trigger,
    mode: Mode,
    ownership: Ownership,
) -> Decision {
    // What no look can see counts as made when the portal once said so.
    let acknowledged: BTreeSet<Item> = &known.applied & &unseen_items();
    let missing = plan.without(&acknowledged);
    let left: BTreeSet<Item> = match trigger {
        // What was in place once and is not now was changed by people.
        Trigger::Event => &known.applied & &missing.items(),
        Trigger::Apply => BTreeSet::new(),
    };
    let is_drift = trigger == Trigger::Event && known.configured && !missing.is_empty();
    let wanted = if is_drift {
        missing.clone()
    } else {
        missing.without(&left)
    };
    let adopts = wanted.needs_more_than(seen.room.rights);
    let refusals = refusals(bound, adopts, seen, known, trigger, ownership);
    let verdict = if !refusals.is_empty() {
        Verdict::Refused(refusals)
    } else if is_drift {
        let (undone, newer) = missing
            .items()
            .into_iter()
            .partition(|item| known.applied.contains(item));
        Verdict::Drifted(Drift { undone, newer })
    } else if wanted.is_empty() {
        Verdict::InSync
    } else {
        Verdict::Change
    };
    let may_write = verdict == Verdict::Change && mode == Mode::Enforce;
    let nothing = Plan {
        actions: Vec::new(),
        ..wanted.clone()
    };
    Decision {
        write: if may_write { wanted.clone() } else { nothing },
        adopts_from: adopts.then(|| seen.owner.name.clone()),
        plan: wanted,
        verdict,
        short: bound.shortfalls.clone(),
        left,
    }
}

/// What forbids the whole room, before the first write. Drift is told whatever could be done about it.
fn refusals(
    bound: &Bound,
    adopts: bool,
    seen: &Observed,
    known: &Known,
    trigger: Trigger,
    ownership: Ownership,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = bound
        .conflicts
        .iter()
        .cloned()
        .map(Refusal::Conflict)
        .collect();
    if !adopts || (known.configured && trigger == Trigger::Event) {
        return refusals;
    }
    let owner = seen.owner.name.clone();
    if ownership == Ownership::Never {
        refusals.push(Refusal::WouldAdopt { owner });
    } else if known.adopted && trigger == Trigger::Event {
        refusals.push(Refusal::TakenOut { owner });
    } else if let Some(reason) = cannot_own(&seen.owner) {
        refusals.push(Refusal::CannotGiveBack { owner, reason });
    }
    refusals
}

/// Why an account cannot be given a room (docs/docspace.md, owner).
pub fn cannot_own(person: &Person) -> Option<String> {
    if person.status != PersonStatus::Active {
        Some("the account is not active".to_owned())
    } else if !person.kind.can_own_rooms() {
        Some(format!(
            "the account is a {}, and rooms belong to Room admins and DocSpace admins",
            person.kind.name()
        ))
    } else {
        None
    }
}
