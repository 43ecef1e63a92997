//! One room, once: observe → decide → apply the difference → observe again.
//!
//! A room in which our account lacks a right is adopted before the first write and worked on as Room manager. What
//! may be doubted is read back; a write without an answer is waited for and looked up, never repeated blindly.

mod adopt;
mod apply;
mod custodian;
mod ledger;
mod observe;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use adopt::{Journal, Pace};
pub use custodian::{Custodian, Released};

use self::adopt::Adopting;
use self::apply::{Made, Pass, Passed};
use self::ledger::Ledger;
use self::observe::{Observation, Observer};
use crate::decide::{self, Decision, Known, Mode, Ownership, Refusal, Trigger, Verdict};
use crate::docspace::{self, Client, Directory, Fence, Priority, Reader, Reservation};
use crate::plan::{Action, Note, Phase, Plan};
use crate::policy::PolicySet;
use crate::report::{Outcome, Report, Wait};
use crate::room::{Access, Item, Rights, RoomId, Skip, Subject};
use crate::store::{self, RoomJob, Store};

/// How often a run looks again before what is left is called short.
const ROUNDS: usize = 8;
/// How often a run begins, the first time included, when the room is not what was decided on.
const MAX_STARTS: usize = 4;
/// So many calls are reserved before the first look.
const RESERVED: usize = 20;
/// The most calls that are reserved at a time.
const MAX_RESERVED: usize = 200;
/// What was seen longer ago is looked at again before it is written on.
const STALE: Duration = Duration::from_secs(1);
/// Calls of a run beside the writes of its plan: a look, an adoption with its read, a look.
const BESIDE_WRITES: usize = 9;

/// What a run needs to know beside the room.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether rooms may be adopted.
    pub ownership: Ownership,
    /// Whether anything is written at all.
    pub mode: Mode,
    /// How long a write without an answer is given.
    pub after_lost_answer: Duration,
    /// The pause before a room that is gone, or ours, is read again.
    pub pause: Duration,
}

/// Looks at rooms and says what would be done. Holds no writer and no store.
#[derive(Debug, Clone)]
pub struct Planner {
    client: Client,
    reader: Reader,
    directory: Directory,
    settings: Settings,
    clock: fn() -> Timestamp,
}

/// Brings rooms in line.
#[derive(Debug, Clone)]
pub struct Engine {
    planner: Planner,
    store: Store,
    journal: Journal,
}

/// Why a run cannot go on.
#[derive(Debug)]
enum RunError {
    Portal(docspace::Error),
    Store(store::Error),
    Refused(Vec<Refusal>),
    Skipped(Skip),
    Waiting(Wait),
    Failed(String),
    /// The room is not what was decided on.
    Moved,
    /// The room was adopted in a roundabout way: it is looked at anew.
    Adopted,
    Shutdown,
}

impl From<docspace::Error> for RunError {
    fn from(error: docspace::Error) -> Self {
        RunError::Portal(error)
    }
}

impl From<store::Error> for RunError {
    fn from(error: store::Error) -> Self {
        RunError::Store(error)
    }
}

impl Planner {
    /// A planner over one portal.
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

    /// Looks at a room and says what would be done, as [`Engine::reconcile`] would decide for a person's `apply`.
    pub async fn plan(&self, policies: &PolicySet, room: &RoomId) -> Report {
        let client = self.client.counting();
        let observer = self.observer(policies, room, &client);
        let mut report = Report::new(room.clone(), Outcome::InSync);
        report.outcome = match observer.first(&mut report).await {
            Ok(seen) => {
                let settings = Settings {
                    mode: Mode::Observe,
                    ..self.settings
                };
                let decision = decided(&seen, &Known::default(), Trigger::Apply, settings);
                note(&mut report, &decision);
                Outcome::of(&decision)
            }
            Err(error) => outcome_of(error, &observer).await,
        };
        report.calls = client.calls();
        report
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

fn decided(seen: &Observation, known: &Known, trigger: Trigger, settings: Settings) -> Decision {
    decide::decide(
        &seen.bound,
        &seen.plan,
        &seen.seen,
        known,
        trigger,
        settings.mode,
        settings.ownership,
    )
}

fn note(report: &mut Report, decision: &Decision) {
    report.plan = Some(decision.plan.clone());
    report.adopts_from.clone_from(&decision.adopts_from);
}

impl Engine {
    /// An engine over one portal and one store.
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

    /// Brings a room in line. The job's lease must be ours and be kept alive while this runs; writes leave only while
    /// the fence is open. Asked to stop, it ends between two writes; an adoption that began is finished all the same.
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
            (Trigger::Event, true) => Priority::NewRoom,
            (Trigger::Event, false) => Priority::Retry,
        };
        let client = self
            .planner
            .client
            .counting()
            .with_priority(priority)
            .behind(fence);
        let mut report = Report::new(job.room.clone(), Outcome::InSync);
        let mut starts = 1;
        let ended = loop {
            let reservation = client.budget().reserve(RESERVED, priority).await;
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
                singly: false,
            };
            match run.work(trigger).await {
                Err(RunError::Moved | RunError::Adopted) if starts < MAX_STARTS => starts += 1,
                Err(error) => {
                    let observer = self.planner.observer(policies, &job.room, &client);
                    break outcome_of(error, &observer).await;
                }
                Ok(outcome) => break outcome,
            }
        };
        report.outcome = ended;
        report.calls = client.calls();
        let open = self.store.adoptions().await.unwrap_or_default();
        report.adoption_open = open.iter().any(|entry| entry.room == job.room);
        report
    }
}

/// One run over one room.
struct Run<'e> {
    engine: &'e Engine,
    observer: Observer<'e>,
    client: Client,
    reservation: Arc<Reservation>,
    report: &'e mut Report,
    stop: &'e CancellationToken,
    ledger: Ledger,
    singly: bool,
}

impl Run<'_> {
    async fn work(&mut self, trigger: Trigger) -> Result<Outcome, RunError> {
        let settings = self.engine.planner.settings;
        let room = self.observer.room;
        let row = self.engine.store.room(room).await?;
        let known = Known {
            configured: row.as_ref().is_some_and(|row| row.configured_at.is_some()),
            adopted: self.engine.store.was_adopted(room).await?,
            applied: row.map(|row| row.applied).unwrap_or_default(),
        };
        let mut seen = self.observer.first(self.report).await?;
        let decision = decided(&seen, &known, trigger, settings);
        note(self.report, &decision);
        self.ledger = Ledger::new(&seen.bound, &decision);
        if decision.write.is_empty() {
            if decision.verdict == Verdict::InSync {
                self.report.in_place = Some(self.ledger.in_place());
            }
            return Ok(Outcome::of(&decision));
        }
        if self.stop.is_cancelled() {
            return Err(RunError::Shutdown);
        }
        let _writing = self.client.budget().room_to_write().await;
        seen = self.with_places(&decision, seen).await?;
        let before = seen.clone();
        if decision.adopts_from.is_some() {
            seen.seen.room.rights = self.adopt(&seen).await?;
            // People may have made the same folders meanwhile.
            seen = self.observer.folders_again(&seen).await?;
        }
        if seen.owner_seen.elapsed() > STALE {
            seen = self.observer.again(&seen).await?;
        }
        let last = self.converge(seen).await;
        self.report.in_place = Some(self.ledger.in_place());
        if self.report.adopted
            && let Ok(last) = &last
        {
            self.report.overruled = overruled(&before, last);
        }
        last?;
        let mut short = decision.short.clone();
        short.extend(self.ledger.shortfalls());
        Ok(if short.is_empty() {
            Outcome::Changed
        } else {
            Outcome::Partial(short)
        })
    }

    /// A plan that needs more places than were reserved gets them; if that took its time, the room is looked at again.
    async fn with_places(
        &mut self,
        decision: &Decision,
        seen: Observation,
    ) -> Result<Observation, RunError> {
        let needed = (decision.write.writes() + BESIDE_WRITES).min(MAX_RESERVED);
        let start = Instant::now();
        if let Some(more) = needed.checked_sub(self.reservation.left() + 1) {
            let priority = self.client.priority();
            let more = self.client.budget().reserve(more + 1, priority).await;
            self.reservation.take_over(&more);
        }
        if start.elapsed() > STALE {
            self.observer.again(&seen).await
        } else {
            Ok(seen)
        }
    }

    async fn adopt(&mut self, seen: &Observation) -> Result<Rights, RunError> {
        let adopting = Adopting::new(&self.engine.journal, &self.client, &self.observer.reader);
        let rights = adopting.adopt(self.observer.room, seen).await?;
        self.report.adopted = true;
        Ok(rights)
    }

    /// Apply and look again, until the look is as planned or what it lacks is on record.
    async fn converge(&mut self, mut seen: Observation) -> Result<Observation, RunError> {
        for _ in 0..ROUNDS {
            let settled = self.ledger.settled();
            let plan = seen.plan.without(&settled);
            if plan.is_empty() {
                return Ok(seen);
            }
            let passed = self.pass(&plan, &mut seen).await?;
            if let Passed::Lost { left } = passed {
                self.wait_for_lost(left).await?;
            }
            seen = self.observer.again(&seen).await?;
            let tags = seen.seen.room.tags.clone();
            self.ledger.looked(&seen.plan, |item| spelling(item, &tags));
            self.tell_doubles(&seen);
        }
        let left = seen.plan.without(&self.ledger.settled());
        if left.is_empty() {
            return Ok(seen);
        }
        for item in left.items() {
            let reason = format!("{item} is not done after {ROUNDS} tries");
            self.ledger.refuse(&item, reason);
        }
        Err(RunError::Failed(format!(
            "the room is not as planned after {ROUNDS} rounds; missing: {}",
            left.items()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        )))
    }

    /// Carries a plan out once. What people did meanwhile counts: after anything was written the members are read
    /// again before anybody is granted anything.
    async fn pass(&mut self, plan: &Plan, seen: &mut Observation) -> Result<Passed, RunError> {
        let [first, nested, mut rest] = [Phase::First, Phase::Nested, Phase::Rest]
            .map(|phase| plan.only(|action| action.phase() == phase));
        let mut made = Made::default();
        let mut passed = self.one_pass(&mut made).over(&first, &seen.seen).await?;
        if passed == Passed::Whole && !nested.is_empty() {
            passed = self.nested(nested, seen, &mut made).await?;
        }
        if passed != Passed::Whole || rest.is_empty() {
            return Ok(passed);
        }
        let has_grants = rest
            .actions
            .iter()
            .any(|action| matches!(action, Action::Grant { .. }));
        if has_grants && (self.report.adopted || plan.actions != rest.actions) {
            *seen = self.observer.members_again(seen).await?;
            rest = self.left_of(seen, Phase::Rest);
        }
        self.one_pass(&mut made).over(&rest, &seen.seen).await
    }

    /// Nested folders of two rooms must not meet (rooms-api.md B.2): the turn is kept for all of the room's.
    async fn nested(
        &mut self,
        mut nested: Plan,
        seen: &mut Observation,
        made: &mut Made,
    ) -> Result<Passed, RunError> {
        let start = Instant::now();
        let _turn = self.client.budget().nested_folders().await;
        if start.elapsed() > STALE {
            *seen = self.observer.folders_again(seen).await?;
            nested = self.left_of(seen, Phase::Nested);
        }
        self.one_pass(made).over(&nested, &seen.seen).await
    }

    /// What of a phase is missing by the last look, and not settled.
    fn left_of(&self, seen: &Observation, phase: Phase) -> Plan {
        let missing = seen.plan.without(&self.ledger.settled());
        missing.only(|action| action.phase() == phase)
    }

    fn one_pass<'p>(&'p mut self, made: &'p mut Made) -> Pass<'p> {
        Pass {
            client: &self.client,
            made,
            room: self.observer.room,
            ledger: &mut self.ledger,
            stop: self.stop,
            singly: &mut self.singly,
        }
    }

    /// A folder that came to be there twice during the run is told of, like one that was so before.
    fn tell_doubles(&mut self, seen: &Observation) {
        if let Some(told) = &mut self.report.plan {
            for note in &seen.plan.notes {
                let is_double = matches!(note, Note::FolderTwice { .. });
                if is_double && !told.notes.contains(note) {
                    told.notes.push(note.clone());
                }
            }
        }
    }

    /// Waits as long as the portal may still be doing something. Asked to stop, the successor waits instead.
    async fn wait_for_lost(&mut self, left: Instant) -> Result<(), RunError> {
        let until = left + self.engine.planner.settings.after_lost_answer;
        tokio::select! {
            () = tokio::time::sleep_until(until) => Ok(()),
            () = self.stop.cancelled() => {
                let pause = until.saturating_duration_since(Instant::now());
                let at = (self.engine.planner.clock)().checked_add(pause);
                self.report.quiet_until = Some(at.unwrap_or(Timestamp::MAX));
                Err(RunError::Shutdown)
            }
        }
    }
}

/// A hand-over by a person in the moment of the adoption leaves a Room manager who was not there before and whom
/// nobody granted.
fn overruled(before: &Observation, last: &Observation) -> Vec<String> {
    let was: BTreeSet<&Subject> = before
        .seen
        .shares
        .iter()
        .map(|share| &share.subject)
        .collect();
    let granted: BTreeSet<&Subject> = before
        .bound
        .grants
        .iter()
        .map(|grant| &grant.subject)
        .collect();
    let me = Subject::User(before.seen.me.clone());
    last.seen
        .shares
        .iter()
        .filter(|share| share.access == Some(Access::RoomManager) && share.subject != me)
        .filter(|share| !was.contains(&share.subject) && !granted.contains(&share.subject))
        .map(|share| {
            format!(
                "`{}` became Room manager while the room was adopted: if somebody gave the room to that account in this moment, it was overruled; ask, and give it once more",
                share.name
            )
        })
        .collect()
}

/// How the portal spells an item that a look misses.
fn spelling(item: &Item, tags: &[String]) -> Option<String> {
    let Item::Tag(wanted) = item else {
        return None;
    };
    let plain = |tag: &str| -> String { tag.chars().filter(|c| c.is_alphanumeric()).collect() };
    tags.iter()
        .find(|tag| plain(&tag.to_lowercase()) == plain(wanted))
        .cloned()
}

async fn outcome_of(error: RunError, observer: &Observer<'_>) -> Outcome {
    match error {
        RunError::Skipped(skip) => Outcome::Skipped(skip),
        RunError::Refused(refusals) => Outcome::Refused(refusals),
        RunError::Waiting(wait) => Outcome::Waiting(wait),
        RunError::Failed(reason) => Outcome::Failed(reason),
        RunError::Moved | RunError::Adopted => {
            Outcome::Failed("the room changed each time while it was looked at".to_owned())
        }
        RunError::Shutdown => Outcome::Waiting(Wait::Shutdown),
        RunError::Store(store::Error::LeaseLost) => Outcome::Waiting(Wait::Lease),
        RunError::Store(error) => Outcome::Failed(format!("the store: {error}")),
        RunError::Portal(error) => outcome_of_portal(error, observer).await,
    }
}

/// What the portal's answer means for the room: nothing, unless the key works.
async fn outcome_of_portal(error: docspace::Error, observer: &Observer<'_>) -> Outcome {
    match error {
        docspace::Error::DayBudget { .. } => return Outcome::Waiting(Wait::Budget),
        docspace::Error::Throttled { .. } | docspace::Error::Stale { .. } => {
            return Outcome::Waiting(Wait::Throttled);
        }
        docspace::Error::AccountInUse { .. } => return Outcome::Waiting(Wait::AccountInUse),
        docspace::Error::LeaseLost { .. } => return Outcome::Waiting(Wait::Lease),
        _ => {}
    }
    if error.is_about_item() {
        // The room may have gone or been archived since the look.
        let standing = match observer.reader.room(observer.room).await {
            Ok(Some(room)) => observe::governed(room.standing).err(),
            Ok(None) => Some(RunError::Skipped(Skip::Gone)),
            Err(_) => None,
        };
        if let Some(RunError::Skipped(skip)) = standing {
            return Outcome::Skipped(skip);
        }
    }
    if !error.is_about_portal() {
        return Outcome::Failed(error.to_string());
    }
    match observer.reader.key().await {
        Err(cause) => Outcome::Waiting(Wait::Portal(cause.to_string())),
        Ok(key) => match key.trouble() {
            Some(trouble) => Outcome::Waiting(Wait::Portal(trouble)),
            None => Outcome::Failed(error.to_string()),
        },
    }
}
