//! One room, once: look → think → do → look again.
//!
//! Everything that may be doubted is read back; a write whose answer was lost is waited for and looked up, never
//! repeated blindly; a room that was taken is given back before the run ends, whatever its outcome.

mod act;
mod custody;
mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::look::{Look, Thought};
use crate::docspace::{self, Client, Directory, Fence, Priority, Reader};
use crate::plan::{self, Ownership, Plan, Refusal};
use crate::policy::PolicySet;
use crate::report::{Outcome, Report, Wait};
use crate::resolve::Shortfall;
use crate::room::{FolderId, Observed, RoomId, Skip};
use crate::store::{self, RoomJob, Store};

/// How often a run looks again before it calls a room failed.
const ROUNDS: usize = 12;
/// How often a run begins, the first time included, when the room changes hands under it.
const MOST_STARTS: usize = 3;

/// Why a room is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The portal said something, or a schedule did: a room that was in line once is not changed again.
    Routine,
    /// Somebody asked for it: a room is brought in line whatever it was before.
    Apply,
}

/// What a run needs to know beside the room.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether rooms may be taken.
    pub ownership: Ownership,
    /// Whether nothing is written at all.
    pub observe: bool,
    /// How long a write whose answer was lost is given.
    pub after_lost_answer: Duration,
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
}

/// Why a run cannot go on.
#[derive(Debug)]
enum Stop {
    Portal(docspace::Error),
    Store(store::Error),
    Refused(Refusal),
    Skipped(Skip),
    Waiting(Wait),
    Failed(String),
    /// The room has another owner than before.
    OwnerChanged,
    Shutdown,
}

impl From<docspace::Error> for Stop {
    fn from(error: docspace::Error) -> Self {
        Stop::Portal(error)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Stop::Store(error)
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

    /// Looks at a room and says what would be done.
    pub async fn plan(&self, policies: &PolicySet, room: &RoomId) -> Report {
        let client = self.client.counting();
        let mut look = Look::new(self, policies, room, &client);
        let outcome = match look.think().await {
            Ok((seen, thought)) => look.planned(&seen, thought),
            Err(stop) => look.outcome_of(stop).await,
        };
        look.finished(outcome)
    }
}

impl Engine {
    /// An engine over one portal and one store.
    pub fn new(
        client: Client,
        directory: Directory,
        store: Store,
        settings: Settings,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            planner: Planner::new(client, directory, settings, clock),
            store,
        }
    }

    /// Brings a room in line. The job's lease must be ours and be kept alive while this runs; writes leave only while
    /// the fence is open. Asked to stop, it ends between two writes, and a room in our hands is given back all the
    /// same.
    pub async fn reconcile(
        &self,
        policies: &PolicySet,
        job: &RoomJob,
        why: Why,
        fence: &Arc<Fence>,
        stop: &CancellationToken,
    ) -> Report {
        let priority = match why {
            _ if job.fresh => Priority::NewRoom,
            Why::Routine => Priority::Retry,
            Why::Apply => Priority::Command,
        };
        let client = self.planner.client.counting();
        let client = client.with_priority(priority).behind(fence);
        let mut run = Run::new(self, policies, job, &client, stop);
        let mut starts = 1;
        let ended = loop {
            match run.resumed(why).await {
                Err(Stop::OwnerChanged) if run.look.held.is_none() && starts < MOST_STARTS => {
                    starts += 1;
                }
                ended => break ended,
            }
        };
        let mut outcome = match ended {
            Ok(outcome) => outcome,
            Err(stop) => run.look.outcome_of(stop).await,
        };
        // What cannot be read now is read by the next run: custody stays open.
        if let Err(stop) = run.end_watch().await {
            tracing::debug!(room.id = %job.room, ?stop, "the watch over the room goes on");
        }
        if run.look.held.is_some()
            && let Err(stop) = run.give_back().await
        {
            // What went wrong with the room matters less than that it is still ours.
            outcome = run.look.outcome_of(stop).await;
        }
        run.look.finished(outcome)
    }
}

/// One run over one room.
struct Run<'e> {
    look: Look<'e>,
    engine: &'e Engine,
    job: &'e RoomJob,
    stop: &'e CancellationToken,
    /// Keys of the plan that the portal refused one by one.
    refused: BTreeSet<String>,
    /// Keys of grants that no look can see, and that the portal says it made.
    confirmed: BTreeSet<String>,
    /// Folders that the portal says it made, by their keys.
    made: BTreeMap<String, FolderId>,
    /// What these refusals mean to people.
    shortfalls: Vec<Shortfall>,
}

impl<'e> Run<'e> {
    fn new(
        engine: &'e Engine,
        policies: &'e PolicySet,
        job: &'e RoomJob,
        client: &'e Client,
        stop: &'e CancellationToken,
    ) -> Self {
        Self {
            look: Look::new(&engine.planner, policies, &job.room, client),
            engine,
            job,
            stop,
            refused: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            made: BTreeMap::new(),
            shortfalls: Vec::new(),
        }
    }

    /// Begins, with what is on record of the room's owner.
    async fn resumed(&mut self, why: Why) -> Result<Outcome, Stop> {
        self.resume().await?;
        self.work(why).await
    }

    async fn work(&mut self, why: Why) -> Result<Outcome, Stop> {
        let (seen, mut thought) = self.look.think().await?;
        let mut shortfalls = std::mem::take(&mut thought.bound.shortfalls);
        let conflicts = &thought.bound.conflicts;
        if !conflicts.is_empty() {
            return Ok(Outcome::Refused(
                conflicts.iter().cloned().map(Refusal::Conflict).collect(),
            ));
        }
        if self.engine.planner.settings.observe {
            return Ok(Outcome::Observed);
        }
        let known = self.engine.store.room(&self.job.room).await?;
        if why == Why::Routine
            && let Some(known) = &known
        {
            let unseen: BTreeSet<String> = &known.landed & &plan::unseen_keys();
            thought.plan = thought.plan.without(&unseen, seen.room.rights);
            if known.configured_at.is_some() && !thought.plan.is_empty() {
                return Ok(Outcome::Drifted);
            }
            // What was in place once and is not now was changed by people.
            thought.plan = thought.plan.without(&known.landed, seen.room.rights);
            self.look.report.plan = Some(thought.plan.clone());
        }
        let ignored = match (&known, why) {
            (Some(known), Why::Routine) => known.landed.clone(),
            _ => BTreeSet::new(),
        };
        let refusals = plan::refusals(
            &[],
            &thought.plan,
            &seen.owner,
            self.engine.planner.settings.ownership,
        );
        if !refusals.is_empty() && self.look.held.is_none() {
            return Ok(Outcome::Refused(refusals));
        }
        let wrote = !thought.plan.is_empty();
        self.converge(seen, thought, &ignored).await?;
        shortfalls.append(&mut self.shortfalls);
        Ok(match (shortfalls.is_empty(), wrote) {
            (false, _) => Outcome::Partial(shortfalls),
            (true, true) => Outcome::Changed,
            (true, false) => Outcome::InSync,
        })
    }

    /// Do and look again, until the look is as planned.
    async fn converge(
        &mut self,
        mut seen: Observed,
        thought: Thought,
        ignored: &BTreeSet<String>,
    ) -> Result<(), Stop> {
        let Thought {
            bound,
            directory,
            mut plan,
        } = thought;
        let wanted = plan::wanted_keys(&bound);
        let mut singly = false;
        for _ in 0..ROUNDS {
            plan = plan.without(&self.confirmed, seen.room.rights);
            self.look.report.in_place = Some(wanted.difference(&missing(&plan)).cloned().collect());
            plan = plan.without(&self.refused, seen.room.rights);
            self.tell_doubles(&plan);
            if plan.is_empty() {
                return Ok(());
            }
            self.go_on()?;
            let ended = self.next_step(&plan, &seen, singly).await?;
            singly = singly || ended == act::Ended::GrantRefused;
            if let act::Ended::Lost { left } = ended {
                self.wait_for_lost(left).await?;
            }
            seen = self.look.again().await?;
            plan = plan::plan(&bound, &seen, &directory).without(ignored, seen.room.rights);
            self.vanished(&plan, &seen);
        }
        plan = plan.without(&self.confirmed, seen.room.rights);
        if plan.without(&self.refused, seen.room.rights).is_empty() {
            return Ok(());
        }
        Err(Stop::Failed(format!(
            "the room is not as planned after {ROUNDS} rounds; missing: {}",
            text(&plan)
        )))
    }

    /// Asked to stop, a run ends where nothing is under way.
    fn go_on(&self) -> Result<(), Stop> {
        if self.stop.is_cancelled() {
            Err(Stop::Shutdown)
        } else {
            Ok(())
        }
    }

    /// A folder that came to be there twice during the run is told of, like one that was so before.
    fn tell_doubles(&mut self, plan: &Plan) {
        if let Some(told) = &mut self.look.report.plan {
            for note in &plan.notes {
                if matches!(note, plan::Note::FolderTwice { .. }) && !told.notes.contains(note) {
                    told.notes.push(note.clone());
                }
            }
        }
    }

    /// Waits as long as the portal may still be doing something. Asked to stop, the successor waits instead.
    async fn wait_for_lost(&mut self, left: Instant) -> Result<(), Stop> {
        let until = left + self.engine.planner.settings.after_lost_answer;
        tokio::select! {
            () = tokio::time::sleep_until(until) => Ok(()),
            () = self.stop.cancelled() => {
                self.keep_quiet(left);
                Err(Stop::Shutdown)
            }
        }
    }

    /// Nobody looks at the room before the answer to what left then cannot be out any more.
    fn keep_quiet(&mut self, left: Instant) {
        let until = left + self.engine.planner.settings.after_lost_answer;
        let pause = until.saturating_duration_since(Instant::now());
        let at = self.now().checked_add(pause);
        let quiet = &mut self.look.report.quiet_until;
        *quiet = (*quiet).max(Some(at.unwrap_or(Timestamp::MAX)));
    }
}

fn missing(plan: &Plan) -> BTreeSet<String> {
    plan.actions.iter().flat_map(plan::Action::keys).collect()
}

fn text(plan: &Plan) -> String {
    let lines: Vec<String> = plan
        .actions
        .iter()
        .filter(|action| !action.keys().is_empty())
        .map(|action| {
            action
                .to_string()
                .split("  ")
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    lines.join(", ")
}
