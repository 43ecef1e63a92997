//! One room, once: observe → decide → apply the difference → observe again. A room in which the service account lacks a
//! right is adopted before the first write, and then written as Room manager. Writes are read back; a write without a
//! response is waited for and checked, never repeated blindly.

mod adopt;
mod apply;
mod custodian;
mod examine;
mod facts;
mod ledger;
mod names;
mod observe;
mod outcome;
mod people;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use adopt::{Journal, Pace};
pub use custodian::{Custodian, Released};
pub use examine::Examined;
pub use facts::Speaking;

use self::ledger::Ledger;
use self::observe::{Observation, Observer};
use self::outcome::outcome_of;
use self::run::Run;
use crate::decide::{self, Decision, Known, Mode, Ownership, Refusal, Terms, Trigger};
use crate::docspace::{self, Client, Directory, Fence, Priority, Reader};
use crate::policy::PolicySet;
use crate::report::{Outcome, Report, Wait};
use crate::room::{RoomId, Skip};
use crate::store::{self, Adoption, RoomJob, Store};

/// How often a run starts, including the first time, when the room changes during the run.
const MAX_STARTS: usize = 4;
/// How many calls are reserved before the first read.
const RESERVED: usize = 20;

/// The settings of a run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether rooms may be adopted.
    pub ownership: Ownership,
    /// How many groups and people may lose access in one room.
    pub removals: usize,
    /// The same for all rooms within 24 hours, except with `apply`.
    pub removals_per_day: u64,
    /// How many rooms are repaired per hour.
    pub repaired_rooms_per_hour: u32,
    /// How long to wait after a lost response.
    pub after_lost_answer: Duration,
    /// The pause before a room that is missing, or owned by the service account, is read again.
    pub pause: Duration,
    /// How long a run may send calls; a started adoption is still finished.
    pub deadline: Duration,
}

/// Reads rooms and reports what would be done. Has no writer and no store.
#[derive(Debug, Clone)]
pub struct Planner {
    client: Client,
    reader: Reader,
    directory: Directory,
    settings: Settings,
    clock: fn() -> Timestamp,
}

/// Reconciles rooms.
#[derive(Debug, Clone)]
pub struct Engine {
    planner: Planner,
    store: Store,
    journal: Journal,
}

/// Why a run cannot continue.
#[derive(Debug)]
enum RunError {
    Portal(docspace::Error),
    Store(store::Error),
    Refused(Vec<Refusal>),
    Skipped(Skip),
    Waiting(Wait),
    Failed(String),
    /// The room changed after the decision.
    Moved,
    /// The adoption needed several attempts: the room is read again.
    Adopted,
    Shutdown,
}

impl From<docspace::Error> for RunError {
    fn from(error: docspace::Error) -> Self {
        match error {
            // A new decision only observes the room.
            docspace::Error::Stopped { .. } => RunError::Moved,
            error => RunError::Portal(error),
        }
    }
}

impl From<store::Error> for RunError {
    fn from(error: store::Error) -> Self {
        RunError::Store(error)
    }
}

impl Planner {
    /// Creates a planner for one portal.
    pub fn new(
        client: Client,
        directory: Directory,
        settings: Settings,
        clock: fn() -> Timestamp,
    ) -> Self {
        let reader = Reader::new(&client);
        Self {
            client,
            reader,
            directory,
            settings,
            clock,
        }
    }

    /// Reads a room and reports what would be done, as [`Engine::reconcile`] would decide for `apply`.
    pub async fn plan(&self, policies: &PolicySet, room: &RoomId) -> Report {
        let client = self.client.counting().until(self.deadline());
        let (known, made) = (Known::default(), BTreeMap::new());
        let observer = self.observer(policies, room, &client);
        let mut report = Report::new(room.clone(), Outcome::InSync);
        report.outcome = match observer.first(&made, &mut report).await {
            Ok(seen) => {
                let terms = self.settings.terms(Trigger::Apply, Mode::Observe);
                let decision = decided(&seen, &known, terms);
                note(&mut report, &decision);
                Outcome::of(&decision)
            }
            Err(error) => outcome_of(error, &observer).await,
        };
        report.calls = client.calls();
        report
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.settings.deadline
    }

    fn observer<'e>(
        &'e self,
        policies: &'e PolicySet,
        room: &'e RoomId,
        client: &Client,
    ) -> Observer<'e> {
        Observer {
            planner: self,
            policies,
            room,
            reader: self.reader.over(client),
        }
    }
}

fn decided(seen: &Observation, known: &Known, terms: Terms) -> Decision {
    decide::decide(&seen.bound, &seen.plan, &seen.seen, known, terms)
}

impl Settings {
    fn terms(&self, trigger: Trigger, mode: Mode) -> Terms {
        Terms {
            trigger,
            mode,
            ownership: self.ownership,
            removals: self.removals,
        }
    }
}

fn note(report: &mut Report, decision: &Decision) {
    report.plan = Some(decision.plan.clone());
    report.adopts_from.clone_from(&decision.adopts_from);
}

impl Engine {
    /// Creates an engine for one portal and one store.
    pub fn new(
        client: Client,
        directory: Directory,
        store: Store,
        journal: Journal,
        settings: Settings,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            planner: Planner::new(client, directory, settings, clock),
            store,
            journal,
        }
    }

    /// Reconciles a room. The caller holds the lease of the job and renews it in the meantime; writes are sent only
    /// while the fence is open. After `stop`, a run that only reads or waits ends at once, and any other between two
    /// writes; a started adoption is still finished.
    pub async fn reconcile(
        &self,
        policies: &PolicySet,
        job: &RoomJob,
        trigger: Trigger,
        fence: &Arc<Fence>,
        stop: &CancellationToken,
    ) -> Report {
        let priority = match (trigger, job.fresh) {
            (Trigger::Apply, _) => Priority::Command,
            (Trigger::Event | Trigger::Sweep, true) => Priority::NewRoom,
            (Trigger::Event | Trigger::Sweep, false) => Priority::Retry,
        };
        let client = self
            .planner
            .client
            .counting()
            .with_priority(priority)
            .until(self.planner.deadline())
            .behind(fence);
        let mut report = Report::new(job.room.clone(), Outcome::InSync);
        let mut starts = 1;
        let mut was_ours = false;
        let ended = loop {
            let reserved = client.budget().reserve(RESERVED, priority);
            let Some(reservation) = stop.run_until_cancelled(reserved).await else {
                break Outcome::Waiting(Wait::Shutdown);
            };
            let reservation = Arc::new(reservation);
            let client = client.within(&reservation);
            let mut run = Run {
                engine: self,
                observer: self.planner.observer(policies, &job.room, &client),
                client: client.clone(),
                reservation,
                report: &mut report,
                stop,
                ledger: Ledger::default(),
                removals: BTreeSet::new(),
                singly: false,
            };
            match run.work(trigger).await {
                Err(RunError::Moved | RunError::Adopted) if starts < MAX_STARTS => starts += 1,
                Err(RunError::Refused(reasons))
                    if reasons.iter().any(Refusal::is_ours) && !was_ours =>
                {
                    if let Some(entry) = self.open_adoption(&job.room).await {
                        break Outcome::Waiting(Wait::for_adoption(entry.blocked));
                    }
                    // An adoption may have ended since the room was read.
                    was_ours = true;
                }
                Err(error) => {
                    let observer = self.planner.observer(policies, &job.room, &client);
                    break outcome_of(error, &observer).await;
                }
                Ok(outcome) => break outcome,
            }
        };
        report.outcome = ended;
        report.calls = client.calls();
        report.adoption_open = self.open_adoption(&job.room).await.is_some();
        report
    }

    async fn open_adoption(&self, room: &RoomId) -> Option<Adoption> {
        self.store.adoption_of(room).await.ok().flatten()
    }
}
