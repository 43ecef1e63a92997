//! What to change in a room, what of it may be written, and what is missing. `plan`, `apply`, the service and
//! observing policies all use the same decision.

mod refusal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::bind::Bound;
use crate::plan::{Action, Plan, unseen_items};
use crate::resolve::Shortfall;
use crate::room::{FolderId, Item, Observed, guest_key};
pub use refusal::Refusal;

/// Why roomwright looks at a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// An event arrived: a room that was configured before is not changed again.
    Event,
    /// The sweep found the room: treated like an event, but the owner stays.
    Sweep,
    /// An operator ran a command: the policies are applied in any case.
    Apply,
}

/// Whether roomwright may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It applies the decision.
    Enforce,
    /// It writes nothing.
    Observe,
}

/// Whether roomwright may adopt rooms: own one for a moment, so that the service account becomes its Room manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// It may adopt them.
    #[default]
    Adopt,
    /// It refuses a room in which the service account lacks a right.
    Never,
}

/// The terms of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Why roomwright looks at the room.
    pub trigger: Trigger,
    /// Whether roomwright may write.
    pub mode: Mode,
    /// Whether roomwright may adopt the room.
    pub ownership: Ownership,
    /// The maximum number of groups and people that may lose access.
    pub removals: usize,
}

/// What earlier runs recorded about a room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether it was in sync before.
    pub configured: bool,
    /// The items that were present after the last run.
    pub applied: BTreeSet<Item>,
    /// Whether an adoption made the service account its Room manager.
    pub adopted: bool,
    /// The folders that runs created in it, by their titles in comparable form.
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// Those who were invited, or may have been, by their address in comparable form.
    pub invited: BTreeSet<String>,
}

impl Known {
    /// The items that were present, with guests replaced by the accounts that they have now.
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

/// How a configured room differs from its policies, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Items that were present before and are gone: people changed them.
    pub undone: BTreeSet<Item>,
    /// Items that were never present: the policies, or the facts that they match, changed since.
    pub newer: BTreeSet<Item>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people = "people changed it since it was configured";
        let newer = "its policies ask for more than when it was configured";
        match (self.undone.is_empty(), self.newer.is_empty()) {
            (false, true) => f.write_str(people),
            (true, _) => f.write_str(newer),
            (false, false) => write!(f, "{people}, and {newer}"),
        }
    }
}

/// The result of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that can be provided is missing.
    InSync,
    /// Something is missing.
    Change,
    /// Something is missing in a room that was configured before: reported, not written.
    Drifted(Drift),
    /// The room is refused.
    Refused(Vec<Refusal>),
}

/// The decision about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The result.
    pub verdict: Verdict,
    /// What is missing, with notes.
    pub plan: Plan,
    /// The part of it that may be written.
    pub write: Plan,
    /// What cannot be provided.
    pub short: Vec<Shortfall>,
    /// The owner's name, if the plan needs an adoption.
    pub adopts_from: Option<String>,
    /// Missing items that people changed, and that are not written.
    pub left: BTreeSet<Item>,
    /// Other missing items that are not written.
    pub withheld: BTreeSet<Item>,
    /// Whether it restores what people changed in a configured room.
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
///         // A DocSpace admin can only read the rooms of other people.
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
    // Grants that DocSpace does not list count as present if the portal confirmed them before.
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
        // People changed what was present before and is not present now.
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
        // Drift is reported even if it could not be corrected.
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

/// The part of a plan that this trigger may apply, and what is then missing.
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
                "the room is not given to `{}`, because its event did not arrive; only `roomwright apply` does that",
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

/// The items that were present before. In a room with exact membership, people added those who joined.
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

/// The reasons to refuse the room, checked before the first write.
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
