//! One run over one room: decide on the first look, adopt if need be, and apply until the last look is as planned.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::adopt::Adopting;
use super::apply::{Made, Pass, Passed};
use super::ledger::Ledger;
use super::observe::{Observation, Observer};
use super::{Engine, RunError, decided, note};
use crate::decide::{Decision, Known, Mode, Trigger, Verdict};
use crate::docspace::{Client, Reservation};
use crate::plan::{Action, Note, Phase, Plan};
use crate::report::{Outcome, Report, Wait};
use crate::room::{Access, Item, Rights, Subject};

/// How often a run looks again before what is left is called short.
const ROUNDS: usize = 8;
/// The most calls that are reserved at a time.
const MAX_RESERVED: usize = 200;
/// What was seen longer ago is looked at again before it is written on.
const STALE: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Calls of a run beside the writes of its plan: a look, an adoption with its read, a look.
const BESIDE_WRITES: usize = 9;

/// One run over one room.
pub(super) struct Run<'e> {
    pub(super) engine: &'e Engine,
    pub(super) observer: Observer<'e>,
    pub(super) client: Client,
    pub(super) reservation: Arc<Reservation>,
    pub(super) report: &'e mut Report,
    pub(super) stop: &'e CancellationToken,
    pub(super) ledger: Ledger,
    /// From whom something is taken.
    pub(super) removals: BTreeSet<Item>,
    pub(super) singly: bool,
}

impl Run<'_> {
    pub(super) async fn work(&mut self, trigger: Trigger) -> Result<Outcome, RunError> {
        let settings = self.engine.planner.settings;
        let mode = if self.client.brake().is_on() {
            Mode::Observe
        } else {
            Mode::Enforce
        };
        let room = self.observer.room;
        let store = &self.engine.store;
        let row = store.room(room).await?;
        let known = Known {
            configured: row.as_ref().is_some_and(|row| row.configured_at.is_some()),
            adopted: store.was_adopted(room).await?,
            invited: store.invited(room).await?,
            made: row.as_ref().map(|row| row.made.clone()).unwrap_or_default(),
            applied: row.map(|row| row.applied).unwrap_or_default(),
        };
        let mut seen = self.observer.first(&known.made, self.report).await?;
        let mut decision = decided(&seen, &known, settings.terms(trigger, mode));
        note(self.report, &decision);
        self.ledger = Ledger::new(&seen.bound, &decision, &seen.plan);
        self.brake(&mut decision, trigger).await?;
        if decision.write.is_empty() {
            if decision.verdict == Verdict::InSync {
                self.report.present = Some(self.ledger.present());
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
        self.removals = decision.write.only(Action::takes_away).items();
        let last = self.converge(seen).await;
        self.report.present = Some(self.ledger.present());
        self.report.removed = self.ledger.removed();
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

    /// What nobody has asked for in person stays within the limits of a day and an hour.
    async fn brake(&mut self, decision: &mut Decision, trigger: Trigger) -> Result<(), RunError> {
        if trigger == Trigger::Apply || decision.write.is_empty() {
            return Ok(());
        }
        let (store, settings) = (&self.engine.store, self.engine.planner.settings);
        let now = (self.engine.planner.clock)();
        if decision.repairs {
            let limit = settings.repaired_rooms_per_hour;
            if !store
                .count_within("repairs", 1, limit.into(), HOUR, now)
                .await?
            {
                self.report.braked = Some("repaired_rooms_per_hour");
                return Err(RunError::Waiting(Wait::Repairs(limit)));
            }
        }
        let count = u64::try_from(decision.write.removals()).unwrap_or(u64::MAX);
        let limit = settings.removals_per_day;
        if count == 0
            || store
                .count_within("removals", count, limit, DAY, now)
                .await?
        {
            return Ok(());
        }
        self.report.braked = Some("removals_per_day");
        for item in decision.write.only(Action::takes_away).items() {
            let reason = format!(
                "{} stays: `limits.removals_per_day` is {limit}; `roomwright apply` goes on",
                name(&item, &decision.write)
            );
            self.ledger.refuse(&item, reason);
        }
        decision.write = decision.write.only(|action| !action.takes_away());
        Ok(())
    }

    /// A plan that needs more places than were reserved gets them; if that took its time, the room is looked at again.
    async fn with_places(
        &mut self,
        decision: &Decision,
        seen: Observation,
    ) -> Result<Observation, RunError> {
        let needed = (decision.write.writes() + BESIDE_WRITES).min(MAX_RESERVED);
        let start = Instant::now();
        let more = needed.saturating_sub(self.reservation.left());
        if more > 0 {
            let priority = self.client.priority();
            let more = self.client.budget().reserve(more, priority).await;
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
            let plan = self.open(&seen.plan);
            if plan.is_empty() {
                return Ok(seen);
            }
            let passed = self.pass(&plan, &mut seen).await?;
            if let Passed::Lost { left } = passed {
                self.wait_for_lost(left).await?;
            }
            seen = self.observer.again(&seen).await?;
            let tags = seen.seen.room.tags.clone();
            let is_exact = seen.plan.is_exact(|item| self.removals.contains(item));
            self.ledger
                .looked(&seen.plan, is_exact, |item| spelling(item, &tags));
            self.tell_doubles(&seen);
        }
        let left = self.open(&seen.plan);
        if left.is_empty() {
            return Ok(seen);
        }
        for item in left.items() {
            let reason = format!("{item} is not done after {ROUNDS} tries");
            self.ledger.refuse(&item, reason);
        }
        let missing: Vec<String> = left.actions.iter().flat_map(Action::named).collect();
        let why = match self.ledger.last_failure() {
            Some(failure) => format!("; the last call that failed: {failure}"),
            None => String::new(),
        };
        Err(RunError::Failed(format!(
            "the room is not as planned after {ROUNDS} rounds; missing: {}{why}",
            missing.join(", ")
        )))
    }

    /// Carries a plan out once. What people did meanwhile counts: after anything was written the members are read
    /// again before anybody is granted anything.
    async fn pass(&mut self, plan: &Plan, seen: &mut Observation) -> Result<Passed, RunError> {
        let mut made = Made::default();
        let passed = self.phases(plan, seen, &mut made).await;
        self.report.made.append(&mut made);
        passed
    }

    async fn phases(
        &mut self,
        plan: &Plan,
        seen: &mut Observation,
        made: &mut Made,
    ) -> Result<Passed, RunError> {
        let [first, nested, mut rest] = [Phase::First, Phase::Nested, Phase::Rest]
            .map(|phase| plan.only(|action| action.phase() == phase));
        let mut passed = self.one_pass(made).over(&first, seen).await?;
        if passed == Passed::Whole && !nested.is_empty() {
            passed = self.nested(nested, seen, made).await?;
        }
        if passed != Passed::Whole || rest.is_empty() {
            return Ok(passed);
        }
        let has_grants = rest.actions.iter().any(|action| {
            matches!(
                action,
                Action::Grant { .. } | Action::Invite { .. } | Action::Revoke { .. }
            )
        });
        if has_grants && (self.report.adopted || plan.actions != rest.actions) {
            *seen = self.observer.members_again(seen).await?;
            rest = self.left_of(seen, Phase::Rest);
        }
        self.one_pass(made).over(&rest, seen).await
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
        self.one_pass(made).over(&nested, seen).await
    }

    /// What of a phase is missing by the last look, and not settled.
    fn left_of(&self, seen: &Observation, phase: Phase) -> Plan {
        let missing = self.open(&seen.plan);
        missing.only(|action| action.phase() == phase)
    }

    /// What of a plan is not settled. Nothing is taken from anybody but what was decided on: who joins in mid-run stays.
    fn open(&self, plan: &Plan) -> Plan {
        let decided = |action: &Action| {
            let mut items = action.items().into_iter();
            !action.takes_away() || items.all(|item| self.removals.contains(&item))
        };
        plan.without(&self.ledger.settled()).only(decided)
    }

    fn one_pass<'p>(&'p mut self, made: &'p mut Made) -> Pass<'p> {
        Pass {
            client: &self.client,
            made,
            room: self.observer.room,
            ledger: &mut self.ledger,
            store: &self.engine.store,
            clock: self.engine.planner.clock,
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
                self.report.not_before = Some(at.unwrap_or(Timestamp::MAX));
                Err(RunError::Shutdown)
            }
        }
    }
}

/// Whom an item of a plan is about.
fn name(item: &Item, plan: &Plan) -> String {
    let actions = plan.actions.iter();
    let found = actions.filter(|action| action.items().contains(item));
    let mut names = found.filter_map(Action::subject_name);
    names.next().map_or_else(|| item.to_string(), str::to_owned)
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
    // Whoever a policy took the room from becomes its Room manager.
    let former = Subject::User(before.seen.owner.id.clone());
    last.seen
        .shares
        .iter()
        .filter(|share| share.access == Some(Access::RoomManager))
        .filter(|share| share.subject != me && share.subject != former)
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
