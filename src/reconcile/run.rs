//! One run over one room: decides on the first read, adopts if necessary, and applies until the last read is as
//! planned.

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

/// How often a run reads again before the remaining items count as failed.
const ROUNDS: usize = 8;
/// The maximum size of one reservation.
const MAX_RESERVED: usize = 200;
/// If the room was read longer ago, it is read again before a write.
const STALE: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Calls of a run besides the writes of its plan: a read, an adoption with its read, and another read.
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
    /// Who may lose access.
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
        let stop = self.stop;
        let first = self.observer.first(&known.made, self.report);
        let mut seen = unless_stopped(stop, first).await??;
        let mut decision = decided(&seen, &known, settings.terms(trigger, mode));
        note(self.report, &decision);
        self.ledger = Ledger::new(&seen.bound, &decision, &seen.plan);
        if !matches!(decision.verdict, Verdict::Drifted(_)) {
            self.report.left = decision.left.clone();
        }
        self.brake(&mut decision, trigger).await?;
        if decision.write.is_empty() {
            if decision.verdict == Verdict::InSync {
                self.report.present = Some(self.ledger.present());
            }
            return Ok(Outcome::of(&decision));
        }
        let turn = self.client.budget().room_to_write();
        let _writing = unless_stopped(stop, turn).await?;
        seen = unless_stopped(stop, self.with_places(&decision, seen)).await??;
        let before = seen.clone();
        if decision.adopts_from.is_some() {
            seen.seen.room.rights = self.adopt(&seen).await?;
            // Members may have created the same folders in the meantime.
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

    /// Without `apply`, removals and repairs stay within the limits per day and per hour.
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
                "{} keeps the current access: `limits.removals_per_day` is {limit}; run `roomwright apply` to continue",
                name(&item, &decision.write)
            );
            self.ledger.refuse(&item, reason);
        }
        decision.write = decision.write.only(|action| !action.takes_away());
        Ok(())
    }

    /// Reserves more calls if the plan needs them; if that took long, the room is read again.
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

    /// Applies and reads again, until the read is as planned or the missing items are recorded.
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
                .update(&seen.plan, is_exact, |item| spelling(item, &tags));
            self.report_duplicates(&seen);
        }
        let left = self.open(&seen.plan);
        if left.is_empty() {
            return Ok(seen);
        }
        for item in left.items() {
            let reason = format!("{item} is not done after {ROUNDS} attempts");
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

    /// Applies a plan once. Changes by members in the meantime count: after any write the members are read again before
    /// roles are granted.
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

    /// Nested folders of two rooms must not be created concurrently (rooms-api.md B.2): the turn is held for all
    /// folders of the room.
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

    /// The actions of a phase that are missing in the last read and not settled.
    fn left_of(&self, seen: &Observation, phase: Phase) -> Plan {
        let missing = self.open(&seen.plan);
        missing.only(|action| action.phase() == phase)
    }

    /// The actions of a plan that are not settled. Only access that the decision removes is removed: members who join
    /// during the run stay.
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

    /// Reports folders that became duplicates during the run, like earlier duplicates.
    fn report_duplicates(&mut self, seen: &Observation) {
        if let Some(plan) = &mut self.report.plan {
            for note in &seen.plan.notes {
                let is_duplicate = matches!(note, Note::FolderTwice { .. });
                if is_duplicate && !plan.notes.contains(note) {
                    plan.notes.push(note.clone());
                }
            }
        }
    }

    /// Waits while the portal may still work on the call. After `stop`, the next run waits instead.
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

/// The name of the person or group of an item.
fn name(item: &Item, plan: &Plan) -> String {
    let actions = plan.actions.iter();
    let found = actions.filter(|action| action.items().contains(item));
    let mut names = found.filter_map(Action::subject_name);
    names.next().map_or_else(|| item.to_string(), str::to_owned)
}

/// If someone handed the room over during the adoption, there is a new Room manager whom no policy granted the role.
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
    // A former owner from whom a policy took the room becomes its Room manager.
    let former = Subject::User(before.seen.owner.id.clone());
    last.seen
        .shares
        .iter()
        .filter(|share| share.access == Some(Access::RoomManager))
        .filter(|share| share.subject != me && share.subject != former)
        .filter(|share| !was.contains(&share.subject) && !granted.contains(&share.subject))
        .map(|share| {
            format!(
                "`{}` became Room manager while the room was adopted: if someone handed the room to that account in this moment, roomwright overruled it; ask, and hand it over again",
                share.name
            )
        })
        .collect()
}

/// How the portal spells an item that is missing in a read.
fn spelling(item: &Item, tags: &[String]) -> Option<String> {
    let Item::Tag(wanted) = item else {
        return None;
    };
    let plain = |tag: &str| -> String { tag.chars().filter(|c| c.is_alphanumeric()).collect() };
    tags.iter()
        .find(|tag| plain(&tag.to_lowercase()) == plain(wanted))
        .cloned()
}

/// Reads or waits, and ends at once if the process is asked to stop. The work is boxed, because a run is a large future.
fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> impl Future<Output = Result<T, RunError>> {
    let work = Box::pin(work);
    async move {
        let done = stop.run_until_cancelled(work).await;
        done.ok_or(RunError::Shutdown)
    }
}
