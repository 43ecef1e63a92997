//! The status of the service, for operators and programs: everything that may be wrong at a glance.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::brakes::Held;
use super::guard::Watch;
use super::readiness::{Check, Readiness};
use super::sweep::{Sweep, Swept};
use super::worker::Worker;
use crate::report::OUTCOMES;
use crate::store::{self, Overview};
use crate::telemetry::metrics::set;

/// The version of the printed format. Adding a member keeps it.
const VERSION: u32 = 1;

/// Reads the state of the running service.
#[derive(Debug, Clone)]
pub struct Status {
    /// The readiness checks.
    pub readiness: Readiness,
    /// Processes rooms.
    pub worker: Worker,
    /// Finds rooms without an event.
    pub sweep: Sweep,
    /// Watches the webhook.
    pub watch: Watch,
}

/// The state of the running service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The version of this format.
    pub version: u32,
    /// `ready` or `not ready`.
    pub status: String,
    /// The readiness checks, and why they fail.
    pub checks: Vec<Check>,
    /// `enforce` or `observe`.
    pub mode: String,
    /// How many policies are active.
    pub policies: usize,
    /// The store in numbers; `None` while it cannot be read.
    pub store: Option<Overview>,
    /// When the list of rooms was last swept.
    pub sweep: Swept,
    /// The remaining calls to the portal.
    pub budget: BudgetLeft,
    /// When the API key expires, if it does and the portal has reported it.
    pub key_expires: Option<Timestamp>,
    /// The portal's webhook; `None` if its address is not configured, so that it is not watched.
    #[serde(default)]
    pub webhook: Option<WebhookSeen>,
    /// The limits that stopped something within the last day.
    #[serde(default)]
    pub held: Vec<Held>,
}

/// The portal's webhook, as far as the key can see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSeen {
    /// Whether it has been checked since the start.
    pub checked: bool,
    /// Whether it works; `None` while that is unknown, such as without the scope `*:read`.
    #[serde(default)]
    pub works: Option<bool>,
    /// What is wrong with it, and what to do.
    pub problem: Option<String>,
}

impl Running {
    /// Whether all checks pass.
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }
}

/// The remaining budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLeft {
    /// Calls in this minute.
    pub minute: usize,
    /// Writes on this day; `None` while the store cannot be read.
    pub day: Option<u64>,
}

impl Status {
    /// Reads the current state.
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
            sweep: self.sweep.swept().await,
            budget: BudgetLeft {
                minute: client.budget().minute_left(),
                day: client.budget().day_left().await,
            },
            key_expires: self.sweep.key_expires(),
            webhook: self.watch.has_address().then(|| WebhookSeen {
                checked: self.watch.is_checked(),
                works: self.watch.works(),
                problem: self.watch.problem(),
            }),
            held: self.worker.brakes.all_held(),
        }
    }

    async fn overview(&self) -> Result<Overview, store::Error> {
        self.worker.store.overview((self.worker.clock)()).await
    }

    /// Reads the current state and sets all gauges.
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
            all_done: _,
            owned,
            waiting: _,
            problem: _,
        } = &running.sweep;
        let reach = |reach: &str| Some(("reach", reach.to_owned()));
        set(
            "roomwright_sweep_age_seconds",
            reach("newest"),
            number(*newest_s),
        );
        set("roomwright_sweep_age_seconds", reach("all"), number(*all_s));
        set("roomwright_owned_rooms", None, number(*owned as u64));
        let per = |per: &str| Some(("per", per.to_owned()));
        let BudgetLeft { minute, day, .. } = running.budget;
        set(
            "roomwright_budget_left",
            per("minute"),
            number(minute as u64),
        );
        if let Some(day) = day {
            set("roomwright_budget_left", per("day"), number(day));
        }
        if let Some(works) = self.watch.works() {
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
        set("roomwright_given_up_rooms", None, number(store.given_up));
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
        // Outcomes without rooms are set to 0.
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
