//! What the service is doing, for people and programs that ask: one look at everything that may be wrong.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::guard::Watch;
use super::readiness::{Check, Readiness};
use super::sweep::Sweep;
use super::worker::Worker;
use crate::report::OUTCOMES;
use crate::store::{self, Overview};
use crate::telemetry::metrics::set;

/// The version of the form in which it is printed. A member that is added keeps it.
const VERSION: u32 = 1;

/// Looks at the running service.
#[derive(Debug, Clone)]
pub struct Status {
    /// What must hold.
    pub readiness: Readiness,
    /// What works on rooms.
    pub worker: Worker,
    /// What finds rooms of which no event told.
    pub sweep: Sweep,
    /// What watches the webhook.
    pub watch: Watch,
}

/// What a look showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Of this form.
    pub version: u32,
    /// `ready` or `not ready`.
    pub status: String,
    /// What must hold, and why it does not.
    pub checks: Vec<Check>,
    /// `enforce` or `observe`.
    pub mode: String,
    /// How many policies are in force.
    pub policies: usize,
    /// What the store knows; nothing while it cannot be read.
    pub store: Option<Overview>,
    /// Whether and when the list of rooms was looked through.
    pub sweep: Swept,
    /// What may be asked of the portal.
    pub budget: BudgetLeft,
    /// When the API key ends, if it does and the portal has told.
    pub key_expires: Option<Timestamp>,
}

impl Running {
    /// Whether all that must hold holds.
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }
}

/// When the list of rooms was looked through last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Seconds since the newest rooms were, or since the start.
    pub newest_s: u64,
    /// Seconds since every room was, or since the start.
    pub all_s: u64,
    /// Rooms that our account owned then, without an open adoption.
    pub owned: usize,
    /// Rooms that would change and wait for a person: older than the store, or under other policies than before.
    #[serde(default)]
    pub waiting: usize,
}

/// What is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLeft {
    /// Calls of this minute.
    pub minute: usize,
    /// Writes of this day; nothing while the store cannot be read.
    pub day: Option<u64>,
}

impl Status {
    /// Looks.
    pub async fn now(&self) -> Running {
        let checks = self.readiness.checks();
        let is_ready = checks.iter().all(|check| check.problem.is_none());
        let client = &self.worker.client;
        let is_observing = client.brake().is_on();
        Running {
            version: VERSION,
            status: if is_ready { "ready" } else { "not ready" }.to_owned(),
            checks: checks.to_vec(),
            mode: if is_observing { "observe" } else { "enforce" }.to_owned(),
            policies: self.worker.policies.read().await.policies().len(),
            store: self.overview().await.ok(),
            sweep: self.sweep.swept(),
            budget: BudgetLeft {
                minute: client.budget().minute_left(),
                day: client.budget().day_left().await,
            },
            key_expires: self.sweep.key_expires(),
        }
    }

    async fn overview(&self) -> Result<Overview, store::Error> {
        self.worker.store.overview((self.worker.clock)()).await
    }

    /// Looks, and puts every gauge at what was seen.
    pub async fn measure(&self) -> Running {
        let running = self.now().await;
        for Check { check, problem } in &running.checks {
            let holds = f64::from(u8::from(problem.is_none()));
            set("roomwright_ready", Some(("check", check.clone())), holds);
        }
        if let Some(store) = &running.store {
            self.measure_store(store);
        }
        let Swept {
            newest_s,
            all_s,
            owned,
            waiting: _,
        } = running.sweep;
        let reach = |reach: &str| Some(("reach", reach.to_owned()));
        set(
            "roomwright_sweep_age_seconds",
            reach("newest"),
            number(newest_s),
        );
        set("roomwright_sweep_age_seconds", reach("all"), number(all_s));
        set("roomwright_owned_rooms", None, number(owned as u64));
        let per = |per: &str| Some(("per", per.to_owned()));
        let BudgetLeft { minute, day } = running.budget;
        set(
            "roomwright_budget_left",
            per("minute"),
            number(minute as u64),
        );
        if let Some(day) = day {
            set("roomwright_budget_left", per("day"), number(day));
        }
        if self.watch.has_address() {
            let works = self.watch.problem().is_none();
            set("roomwright_webhook_works", None, f64::from(u8::from(works)));
        }
        if let Some(ends) = running.key_expires {
            let left = ends.duration_since((self.worker.clock)()).as_secs_f64();
            set("roomwright_key_expires_seconds", None, left);
        }
        running
    }

    fn measure_store(&self, store: &Overview) {
        let now = (self.worker.clock)();
        let age = |since: Option<Timestamp>| {
            let age = since.map(|since| Duration::try_from(now.duration_since(since)));
            age.and_then(Result::ok).unwrap_or_default().as_secs_f64()
        };
        set("roomwright_queue_rooms", None, number(store.due));
        set(
            "roomwright_queue_oldest_seconds",
            None,
            age(store.due_since),
        );
        set("roomwright_running_rooms", None, number(store.running));
        set("roomwright_dead_rooms", None, number(store.dead));
        set(
            "roomwright_open_adoptions",
            None,
            number(store.open_adoptions),
        );
        set(
            "roomwright_blocked_adoptions",
            None,
            number(store.blocked_adoptions),
        );
        set(
            "roomwright_adoption_oldest_seconds",
            None,
            age(store.adoption_open_since),
        );
        // One that no room has any more is at 0, too.
        for outcome in OUTCOMES {
            let rooms = store.outcomes.get(outcome).copied().unwrap_or_default();
            let label = Some(("outcome", outcome.to_owned()));
            set("roomwright_rooms", label, number(rooms));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a float")]
fn number(count: u64) -> f64 {
    count as f64
}
