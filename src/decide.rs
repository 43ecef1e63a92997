//! What would be done to a room, what of it may be written, and what is short: the one place that says so. `plan`,
//! `apply`, the service and what only observes follow or show the same decision.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::bind::Bound;
use crate::plan::{Action, Plan, unseen_items};
use crate::resolve::{Conflict, Shortfall, Undecided};
use crate::room::{FolderId, Item, Observed, guest_key};

/// Why a room is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The portal said something: a room that was configured once is not changed again.
    Event,
    /// The list of rooms showed it: as an event, but the owner stays.
    Sweep,
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

/// Under which terms something is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Why the room is looked at.
    pub trigger: Trigger,
    /// Whether anything may be written.
    pub mode: Mode,
    /// Whether the room may change hands for a moment.
    pub ownership: Ownership,
    /// From how many groups and people something may be taken.
    pub removals: usize,
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
    /// The folders that runs made in it, by their titles as they compare.
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// Who was invited, or may have been, by the address as it compares.
    pub invited: BTreeSet<String>,
}

impl Known {
    /// What was in place, where guests have accounts by now.
    fn applied(&self, bound: &Bound) -> BTreeSet<Item> {
        let mut applied = self.applied.clone();
        for grant in &bound.grants {
            let guest = grant.guest.as_deref().map(guest_key);
            if guest.is_some_and(|guest| self.applied.contains(&Item::Guest(guest))) {
                applied.insert(Item::grant(&grant.subject));
            }
        }
        applied
    }
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
    /// It would take something from more groups and people than `limits.removals` allows.
    TooManyRemovals {
        /// From how many.
        count: usize,
        /// How many are allowed.
        most: usize,
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
                write!(
                    f,
                    "the room could not be given back to `{owner}`: {reason}; correct the account, or give the room to somebody else in DocSpace"
                )
            }
            Refusal::TakenOut { owner } => write!(
                f,
                "our account was Room manager here, and somebody took it out of this room of `{owner}` or lowered it; that is respected, and `roomwright apply` adopts the room again"
            ),
            Refusal::TooManyRemovals { count, most } => write!(
                f,
                "`membership: exact` would remove or lower {count} groups and people, and `limits.removals` is {most}; `protect` those who are to stay, or raise the limit"
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
    /// Items that are missing for another reason, and not written.
    pub withheld: BTreeSet<Item>,
    /// Whether it restores what people changed in a room that was configured.
    pub repairs: bool,
}

/// Decides about a room.
///
/// The whole way from a policy to what may be written, without a portal:
///
/// ```
/// use std::collections::BTreeMap;
///
/// use roomwright::bind::{Snapshot, bind};
/// use roomwright::decide::{Known, Mode, Ownership, Terms, Trigger, Verdict, decide};
/// use roomwright::plan::plan;
/// use roomwright::policy::PolicySet;
/// use roomwright::resolve::resolve;
/// use roomwright::room::{
///     Facts, Observed, Person, PersonKind, PersonStatus, Rights, Room, RoomId, RoomType, Standing, UserId,
/// };
/// use roomwright::yaml::Sources;
///
/// let mut sources = Sources::default();
/// sources.add("rooms.yaml", "version: 1\npolicies:\n  - { name: teams, match: all, template: { folders: [Tasks] } }\n");
/// let policies = PolicySet::check(&sources).0.expect("no problems");
///
/// let owner = UserId::new("00000000-0000-0000-0000-000000000001");
/// let seen = Observed {
///     room: Room {
///         id: RoomId::new("7"),
///         title: "Team Apollo".to_owned(),
///         standing: Standing::Active(RoomType::Custom),
///         owner: owner.clone(),
///         owner_name: "Bo Boss".to_owned(),
///         created: jiff::civil::date(2026, 7, 1),
///         created_at: jiff::Timestamp::UNIX_EPOCH,
///         tags: Vec::new(),
///         settings: BTreeMap::new(),
///         // A DocSpace admin may read the room of somebody else, and no more.
///         rights: Rights::default(),
///     },
///     owner: Person {
///         id: owner,
///         name: "Bo Boss".to_owned(),
///         email: "boss@example.org".to_owned(),
///         kind: PersonKind::RoomAdmin,
///         status: PersonStatus::Active,
///     },
///     folders: Vec::new(),
///     shares: Vec::new(),
///     me: UserId::new("00000000-0000-0000-0000-000000000002"),
/// };
/// let facts = Facts::of_list("Team Apollo", RoomType::Custom);
/// let directory = Snapshot::default();
/// let bound = bind(&resolve(&policies, &facts).desired, RoomType::Custom, &directory);
/// let terms = Terms {
///     trigger: Trigger::Event,
///     mode: Mode::Enforce,
///     ownership: Ownership::Adopt,
///     removals: 5,
/// };
/// let decision = decide(&bound, &plan(&bound, &seen, &directory), &seen, &Known::default(), terms);
/// assert_eq!(decision.verdict, Verdict::Change);
/// assert_eq!(decision.adopts_from.as_deref(), Some("Bo Boss"));
/// assert!(decision.write.to_string().starts_with("  + folder Tasks"));
/// ```
pub fn decide(
    bound: &Bound,
    plan: &Plan,
    seen: &Observed,
    known: &Known,
    terms: Terms,
) -> Decision {
    let applied = known.applied(bound);
    // What no look can see counts as made when the portal once said so.
    let acknowledged: BTreeSet<Item> = &applied & &unseen_items();
    let mut short = bound.shortfalls.clone();
    let missing = plan.without(&acknowledged);
    let all = missing.items();
    let (missing, impossible) = possible(&missing, known, terms.trigger);
    short.extend(impossible);
    let is_configured = terms.trigger != Trigger::Apply && known.configured;
    let restored = missing.asked_by(&bound.repairing);
    let undone = undone(&missing, &applied);
    let left: BTreeSet<Item> = match terms.trigger {
        // What was in place once and is not now was changed by people.
        Trigger::Event | Trigger::Sweep => undone.difference(&restored.items()).cloned().collect(),
        Trigger::Apply => BTreeSet::new(),
    };
    let repairs = is_configured && !restored.is_empty();
    let is_drift = is_configured && !repairs && !missing.is_empty();
    let wanted = if repairs {
        restored
    } else if is_drift {
        missing.clone()
    } else {
        missing.without(&left)
    };
    let adopts = wanted.needs_more_than(seen.room.rights);
    let refusals = if is_drift {
        // Drift is reported whatever could be done about it.
        conflicts(bound)
    } else {
        refusals(bound, &wanted, adopts, seen, known, terms)
    };
    let withheld = &(&all - &wanted.items()) - &left;
    let verdict = if !refusals.is_empty() {
        Verdict::Refused(refusals)
    } else if is_drift {
        let (undone, newer) = missing
            .items()
            .into_iter()
            .partition(|item| undone.contains(item));
        Verdict::Drifted(Drift { undone, newer })
    } else if wanted.is_empty() {
        Verdict::InSync
    } else {
        Verdict::Change
    };
    let may_write = verdict == Verdict::Change && terms.mode == Mode::Enforce;
    let nothing = Plan {
        actions: Vec::new(),
        ..wanted.clone()
    };
    Decision {
        write: if may_write { wanted.clone() } else { nothing },
        adopts_from: adopts.then(|| seen.owner.name.clone()),
        plan: wanted,
        verdict,
        short,
        left,
        withheld,
        repairs,
    }
}

/// What of a plan there is to be had for this trigger, and what is short.
fn possible(plan: &Plan, known: &Known, trigger: Trigger) -> (Plan, Vec<Shortfall>) {
    let why_not = |action: &Action| match action {
        Action::Invite { email, by, .. } if known.invited.contains(&guest_key(email)) => {
            let reason = format!(
                "`{email}` was invited before and is not in the room; only `roomwright apply` invites again"
            );
            let by = by.clone();
            Some(Shortfall { reason, by })
        }
        Action::ChangeOwner { to, by, .. } if trigger == Trigger::Sweep => {
            let reason = format!(
                "the room is not given to `{}`, since no event asked for it; only `roomwright apply` does",
                to.name
            );
            let by = by.clone();
            Some(Shortfall { reason, by })
        }
        _ => None,
    };
    if trigger == Trigger::Apply {
        return (plan.clone(), Vec::new());
    }
    let short = plan.actions.iter().filter_map(why_not).collect();
    (plan.only(|action| why_not(action).is_none()), short)
}

/// What was in place once. Who joined a room whose members were exact was added by people.
fn undone(missing: &Plan, applied: &BTreeSet<Item>) -> BTreeSet<Item> {
    let was_exact = applied.contains(&Item::Membership);
    let actions = missing.actions.iter();
    actions
        .flat_map(|action| {
            let joined = was_exact && matches!(action, Action::Revoke { .. });
            let items = action.items().into_iter();
            items.filter(move |item| joined || applied.contains(item))
        })
        .collect()
}

fn conflicts(bound: &Bound) -> Vec<Refusal> {
    let conflicts = bound.conflicts.iter().cloned();
    conflicts.map(Refusal::Conflict).collect()
}

/// What forbids the whole room, before the first write.
fn refusals(
    bound: &Bound,
    wanted: &Plan,
    adopts: bool,
    seen: &Observed,
    known: &Known,
    terms: Terms,
) -> Vec<Refusal> {
    let mut refusals = conflicts(bound);
    let count = wanted.removals();
    if count > terms.removals {
        let most = terms.removals;
        refusals.push(Refusal::TooManyRemovals { count, most });
    }
    if !adopts {
        return refusals;
    }
    let owner = seen.owner.name.clone();
    if terms.ownership == Ownership::Never {
        refusals.push(Refusal::WouldAdopt { owner });
    } else if known.adopted && terms.trigger != Trigger::Apply {
        refusals.push(Refusal::TakenOut { owner });
    } else if let Some(reason) = seen.owner.cannot_own_rooms() {
        refusals.push(Refusal::CannotGiveBack { owner, reason });
    }
    refusals
}
