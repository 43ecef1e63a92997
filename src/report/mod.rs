//! The result of a run over one room; plain data. The outcome alone decides when the room is looked at again.

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

/// The word for a room in which some items cannot be provided.
const PARTIAL: &str = "partial";

/// The words for the outcomes, for lists and metrics.
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

/// The outcome of one run over one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The room was as desired; nothing was written.
    InSync,
    /// The plan was applied, and the last read confirms it.
    Changed,
    /// The room was configured before and now differs; nothing was written.
    Drifted(Drift),
    /// Policies do not apply to it; nothing was written.
    Skipped(Skip),
    /// There are changes, and roomwright must not write here.
    WouldChange,
    /// The room is refused; nothing was written.
    Refused(Vec<Refusal>),
    /// Some items cannot be provided; all others were applied.
    Partial(Vec<Shortfall>),
    /// Something else must happen first.
    Waiting(Wait),
    /// The run failed, and is repeated until all attempts are used.
    Failed(String),
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The portal is still copying a template.
    TemplateCopy,
    /// The portal cannot be reached, or failed.
    Portal(String),
    /// The API key is not accepted, or lacks scopes.
    Key(String),
    /// The portal limits the rate of calls (429).
    Throttled,
    /// The portal answers 429 although the calls are within its limit: adoptions pause for a while.
    AccountInUse,
    /// The portal's daily number of writes is used up.
    Budget,
    /// The hourly limit of repaired rooms is reached.
    Repairs(u32),
    /// An adoption of the room is not finished.
    Adoption,
    /// An adoption of the room needs an administrator, for this reason.
    Blocked(String),
    /// The lease of the room expired; another process may work on the room now.
    Lease,
    /// The service is shutting down.
    Shutdown,
}

impl Wait {
    /// For an open adoption that may be blocked for a reason.
    pub fn for_adoption(blocked: Option<String>) -> Self {
        blocked.map_or(Wait::Adoption, Wait::Blocked)
    }
}

/// What follows an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing until the next event.
    Rest,
    /// Look again after this time; does not count as an attempt.
    LookAgain(Duration),
    /// Try again with back-off; counts as an attempt.
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

    /// When to look at the room again.
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
            // Whoever ends the adoption wakes the room.
            Outcome::Waiting(Wait::AccountInUse | Wait::Blocked(_)) => {
                Next::LookAgain(Duration::from_secs(60))
            }
            Outcome::Waiting(Wait::Budget | Wait::Repairs(_)) => {
                Next::LookAgain(Duration::from_secs(10 * 60))
            }
            Outcome::Waiting(Wait::Lease | Wait::Adoption) => {
                Next::LookAgain(Duration::from_secs(1))
            }
            // No work is claimed until the portal answers again, or by this process at all.
            Outcome::Waiting(Wait::Portal(_) | Wait::Key(_) | Wait::Shutdown) => {
                Next::LookAgain(Duration::ZERO)
            }
            Outcome::Failed(_) => Next::TryAgain,
        }
    }

    /// The outcome of a decision if nothing is written.
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

    /// Whether the room is in sync with its policies now.
    pub fn is_in_line(&self) -> bool {
        matches!(self, Outcome::InSync | Outcome::Changed)
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::TemplateCopy => f.write_str("a template is still being copied into the room"),
            Wait::Portal(reason) => write!(
                f,
                "the portal is not available: {reason}; run `roomwright doctor`"
            ),
            Wait::Key(reason) => write!(
                f,
                "the API key cannot be used: {reason}; run `roomwright doctor`"
            ),
            Wait::Throttled => {
                f.write_str("the portal is busy and asks the service account to wait (429)")
            }
            Wait::AccountInUse => f.write_str(
                "another program uses the service account's share of calls (429 although roomwright is within the limit); no room is adopted for a minute",
            ),
            Wait::Budget => f.write_str(
                "the writes of this day are used up (`limits.writes_per_day`), except those that are reserved for giving rooms back",
            ),
            Wait::Repairs(limit) => write!(
                f,
                "{} repaired within an hour, which is `limits.repaired_rooms_per_hour`; find out who changes so many rooms, or let `roomwright apply` repair this one now",
                match limit {
                    1 => "1 room was".to_owned(),
                    limit => format!("{limit} rooms were"),
                }
            ),
            Wait::Adoption => f.write_str(
                "an adoption of the room is not finished; it is read every two seconds, and returned as soon as it shows the service account as its owner",
            ),
            Wait::Blocked(reason) => write!(
                f,
                "an adoption of the room is not finished and needs an administrator: {reason}"
            ),
            Wait::Lease => f.write_str(
                "the lease of the room was not renewed in time, so writing stopped; check whether the disk is slow",
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
            Outcome::Drifted(drift) => write!(f, "drifted: {drift}; left unchanged"),
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

/// Everything that is stored about one run over one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The room's id.
    pub room: RoomId,
    /// The title; empty if it could not be read.
    pub title: String,
    /// The type.
    pub kind: Option<RoomType>,
    /// The owner's display name.
    pub owner: String,
    /// The policies that apply to it.
    pub matched: Vec<Matched>,
    /// What was to do after the first read; for a drifted or observed room, what would be.
    pub plan: Option<Plan>,
    /// What all policies together would do, if some only observe.
    pub would_be: Option<Plan>,
    /// Grants omitted because of `on_missing: skip`.
    pub left_out: Vec<Shortfall>,
    /// The outcome.
    pub outcome: Outcome,
    /// The owner's name, if the plan needs an adoption.
    pub adopts_from: Option<String>,
    /// Whether the room was adopted in this run.
    pub adopted: bool,
    /// What people changed while the room was adopted, as far as it was visible.
    pub overruled: Vec<String>,
    /// Desired items of a room that is not in sync that people changed: they are left.
    pub left: BTreeSet<Item>,
    /// The number of calls.
    pub calls: Calls,
    /// The desired items that are present after the last read; `None` if that is unknown.
    pub present: Option<BTreeSet<Item>>,
    /// The folders that the run created, by their titles in comparable form.
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// The number of groups and people that the run removed from the room.
    pub removed: usize,
    /// The limit that prevented something, if one did.
    pub braked: Option<&'static str>,
    /// Whether an adoption of the room is not finished.
    pub adoption_open: bool,
    /// Until when a response of the portal may be outstanding, so that nobody may look at the room.
    pub not_before: Option<Timestamp>,
}

impl Report {
    /// A report about a room of which nothing is known yet.
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
            left: BTreeSet::new(),
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
