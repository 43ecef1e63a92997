//! What became of a room; plain data. From the outcome alone follows when the room is looked at again.

pub mod dto;
mod line;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::decide::{Decision, Drift, Refusal, Verdict};
use crate::plan::Plan;
use crate::resolve::{Matched, Shortfall};
use crate::room::{FolderId, Item, RoomId, RoomType, Skip};

pub use self::dto::Calls;
pub use self::line::{Then, Took};

/// The word for a room of which some things cannot be had.
const PARTIAL: &str = "partial";

/// The words of the outcomes, for lists and metrics.
pub const OUTCOMES: [&str; 9] = [
    "in-sync",
    "changed",
    "drifted",
    "skipped",
    "would-change",
    "refused",
    "partial",
    "waiting",
    "failed",
];

/// How one run over one room ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The room was as it should be; nothing was written.
    InSync,
    /// The plan was carried out, and the last look is as planned.
    Changed,
    /// The room was configured before and is not as planned now; nothing was written.
    Drifted(Drift),
    /// Not ours to govern; nothing was written.
    Skipped(Skip),
    /// Something would be done, and nothing may be written here.
    WouldChange,
    /// Something forbids the whole room; nothing was written.
    Refused(Vec<Refusal>),
    /// Some things cannot be had; all others are done.
    Partial(Vec<Shortfall>),
    /// Something else has to happen first.
    Waiting(Wait),
    /// It went wrong and is tried again until the attempts are used up.
    Failed(String),
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// A template is still being copied.
    TemplateCopy,
    /// The portal cannot be reached, or does not accept our key.
    Portal(String),
    /// The portal asks for silence (429).
    Throttled,
    /// The portal asks for silence although our calls are within its limit: no room is adopted for a while.
    AccountInUse,
    /// The portal's daily number of writes is used up.
    Budget,
    /// As many rooms were repaired within the hour as the limit allows.
    Repairs(u32),
    /// An adoption of the room is not finished.
    Adoption,
    /// Our lease of the room could not be kept; somebody else may have the room by now.
    Lease,
    /// We are shutting down.
    Shutdown,
}

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing until somebody says something.
    Rest,
    /// Look again after this time; uses no attempt.
    LookAgain(Duration),
    /// Try again with back-off; uses an attempt.
    TryAgain,
}

impl Outcome {
    /// The word for lists and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::InSync => "in-sync",
            Outcome::Changed => "changed",
            Outcome::Drifted(_) => "drifted",
            Outcome::Skipped(_) => "skipped",
            Outcome::WouldChange => "would-change",
            Outcome::Refused(_) => "refused",
            Outcome::Partial(_) => PARTIAL,
            Outcome::Waiting(_) => "waiting",
            Outcome::Failed(_) => "failed",
        }
    }

    /// When the room is looked at again.
    pub fn next(&self) -> Next {
        match self {
            Outcome::InSync
            | Outcome::Changed
            | Outcome::Drifted(_)
            | Outcome::Skipped(_)
            | Outcome::WouldChange
            | Outcome::Refused(_) => Next::Rest,
            Outcome::Partial(_) => Next::LookAgain(Duration::from_secs(24 * 60 * 60)),
            Outcome::Waiting(Wait::TemplateCopy) => Next::LookAgain(Duration::from_secs(10)),
            Outcome::Waiting(Wait::Throttled) => Next::LookAgain(Duration::from_secs(5)),
            Outcome::Waiting(Wait::AccountInUse) => Next::LookAgain(Duration::from_secs(60)),
            Outcome::Waiting(Wait::Budget | Wait::Repairs(_)) => {
                Next::LookAgain(Duration::from_secs(10 * 60))
            }
            Outcome::Waiting(Wait::Lease | Wait::Adoption) => {
                Next::LookAgain(Duration::from_secs(1))
            }
            // Nothing is claimed before the portal serves us again, or by this process at all.
            Outcome::Waiting(Wait::Portal(_) | Wait::Shutdown) => Next::LookAgain(Duration::ZERO),
            Outcome::Failed(_) => Next::TryAgain,
        }
    }

    /// What a decision comes to where nothing is written.
    pub fn of(decision: &Decision) -> Self {
        match &decision.verdict {
            Verdict::Refused(refusals) => Outcome::Refused(refusals.clone()),
            Verdict::Drifted(drift) => Outcome::Drifted(drift.clone()),
            Verdict::InSync | Verdict::Change if !decision.short.is_empty() => {
                Outcome::Partial(decision.short.clone())
            }
            Verdict::InSync => Outcome::InSync,
            Verdict::Change => Outcome::WouldChange,
        }
    }

    /// Whether the room is in line with its policies after this.
    pub fn is_in_line(&self) -> bool {
        matches!(self, Outcome::InSync | Outcome::Changed)
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::TemplateCopy => f.write_str("a template is still being copied into the room"),
            Wait::Portal(reason) => write!(f, "the portal does not serve us: {reason}"),
            Wait::Throttled => {
                f.write_str("the portal is busy and asks everybody of our account to wait (429)")
            }
            Wait::AccountInUse => f.write_str(
                "somebody else uses our account's share of calls (429 although our own are within the limit); no room is adopted for a minute",
            ),
            Wait::Budget => f.write_str("the day's number of writes is used up"),
            Wait::Repairs(limit) => write!(
                f,
                "{limit} rooms were repaired within the hour, which is `limits.repaired_rooms_per_hour`; find out who changes so many rooms, or let `roomwright apply` repair this one now"
            ),
            Wait::Adoption => f.write_str(
                "an adoption of the room is not finished; it is read every two seconds and given back as soon as it shows as ours",
            ),
            Wait::Lease => f.write_str(
                "the lease of the room could not be kept in time, so that writing went no further; is the disk slow?",
            ),
            Wait::Shutdown => f.write_str("roomwright is shutting down"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::InSync => f.write_str("in sync"),
            Outcome::Changed => f.write_str("changed"),
            Outcome::Drifted(drift) => write!(f, "drifted: {drift}; left as it is"),
            Outcome::Skipped(skip) => write!(f, "skipped: {skip}"),
            Outcome::WouldChange => f.write_str("would change; nothing was written"),
            Outcome::Refused(reasons) => write!(f, "refused: {}", join(reasons)),
            Outcome::Partial(missing) => write!(f, "partial: {}", join(missing)),
            Outcome::Waiting(wait) => write!(f, "waiting: {wait}"),
            Outcome::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

fn join<T: fmt::Display>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Everything worth keeping of one run over one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which room.
    pub room: RoomId,
    /// Its title; empty when it could not be read.
    pub title: String,
    /// Its type.
    pub kind: Option<RoomType>,
    /// Whose it is, by display name.
    pub owner: String,
    /// The policies that speak about it.
    pub matched: Vec<Matched>,
    /// What was to be done after the first look; for a drifted or observed room, what would be.
    pub plan: Option<Plan>,
    /// What all policies together would do, when some only observe.
    pub would_be: Option<Plan>,
    /// Grants left out by `on_missing: skip`.
    pub left_out: Vec<Shortfall>,
    /// How it ended.
    pub outcome: Outcome,
    /// The owner's name, where the plan takes an adoption.
    pub adopts_from: Option<String>,
    /// Whether the room was adopted in this run.
    pub adopted: bool,
    /// What people changed while the room was adopted, as far as it left a trace.
    pub overruled: Vec<String>,
    /// How many calls it took.
    pub calls: Calls,
    /// What is wanted and in place after the last look; nothing where that was not found out.
    pub present: Option<BTreeSet<Item>>,
    /// The folders that the run made, by their titles as they compare.
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// How many groups and people it took out of the room.
    pub removed: usize,
    /// The limit that kept the run from something, if one did.
    pub braked: Option<&'static str>,
    /// Whether an adoption of the room is not finished.
    pub adoption_open: bool,
    /// Until when an answer of the portal may be out, so that nobody must look at the room.
    pub not_before: Option<Timestamp>,
}

impl Report {
    /// A report of a room of which nothing is known yet.
    pub fn new(room: RoomId, outcome: Outcome) -> Self {
        Self {
            room,
            title: String::new(),
            kind: None,
            owner: String::new(),
            matched: Vec::new(),
            plan: None,
            would_be: None,
            left_out: Vec::new(),
            outcome,
            adopts_from: None,
            adopted: false,
            overruled: Vec::new(),
            calls: Calls::default(),
            present: None,
            made: BTreeMap::new(),
            removed: 0,
            braked: None,
            adoption_open: false,
            not_before: None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        dto::Report::from(self).fmt(f)
    }
}
