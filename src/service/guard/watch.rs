//! The guard in the service: at the start and beside the sweep.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Done, Error, Guard, Problem, SetSecret, SslVerification, Watched};
use crate::docspace::{self, Reader};
use crate::service::sweep::{Reach, jitter};
use crate::service::worker::Worker;

/// How often the service changes the webhook at most: one that somebody switches off again is left to people.
const BETWEEN_CHANGES: Duration = Duration::from_secs(24 * 60 * 60);

/// Watches the webhook for the service.
#[derive(Debug, Clone)]
pub struct Watch {
    guard: Guard,
    worker: Worker,
    interval: Duration,
    started: Timestamp,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    changed: Option<Instant>,
    /// What is wrong, as far as it is known; each is reported once.
    problem: Option<String>,
}

impl Watch {
    /// Watches for this worker, at this interval. While nothing may be written, the webhook is not changed either.
    pub fn new(guard: Guard, worker: Worker, interval: Duration) -> Self {
        Self {
            started: (worker.clock)(),
            guard,
            worker,
            interval,
            state: Arc::default(),
        }
    }

    /// What is wrong with the webhook, as far as it is known.
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// Whether it is known where the webhook must lead.
    pub fn has_address(&self) -> bool {
        self.guard.address.is_some()
    }

    /// Watches until it is told to stop; the first time after one interval.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut next_all = Instant::now() + BETWEEN_CHANGES;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(jitter(self.interval)) => {}
            }
            if self.worker.paused.borrow().is_some() {
                continue;
            }
            let is_due = Instant::now() >= next_all;
            if is_due {
                next_all = Instant::now() + BETWEEN_CHANGES;
            }
            self.pass(if is_due { Reach::All } else { Reach::Newest })
                .await;
        }
    }

    /// Looks once, repairs what it may, and takes in what never arrived.
    pub async fn pass(&self, reach: Reach) {
        // Nobody asked for more: the sweep finds what deliveries do not bring.
        if self.guard.address.is_none() {
            return;
        }
        match self.look_and_repair(reach).await {
            Ok(problem) => self.report(problem),
            Err(
                error
                @ (Error::MayNotRead | Error::NotAdmin | Error::NoSecret | Error::NotTaken(_)),
            ) => {
                self.report(Some(error.to_string()));
            }
            Err(error) => {
                tracing::warn!(%error, "the webhook could not be checked; it is tried again");
            }
        }
    }

    async fn look_and_repair(&self, reach: Reach) -> Result<Option<String>, Error> {
        let mut found = self.guard.look().await?;
        if !found.as_ref().is_some_and(Watched::works) && self.may_change().await? {
            let (done, webhook) = self
                .guard
                .ensure(SslVerification::Kept, SetSecret::WhenRefused)
                .await?;
            self.state().changed = Some(Instant::now());
            let (id, url) = (webhook.id, &webhook.url);
            match done {
                Done::Nothing => {}
                Done::Made => {
                    tracing::warn!(webhook.id = id, %url, "no webhook led to us; made one");
                }
                Done::Changed => {
                    tracing::warn!(webhook.id = id, %url, "the webhook was not in order; repaired it");
                }
            }
            found = self.guard.look().await?;
        }
        if let Some(watched) = &found {
            self.take_in(watched, reach).await?;
        }
        let mut problems = self.guard.problems(found.as_ref());
        // What failed while nobody listened is taken in by now.
        problems.retain(|problem| !problem.is_failure_before(self.started));
        Ok(described(&problems))
    }

    async fn may_change(&self) -> Result<bool, docspace::Error> {
        let is_early = |changed: Instant| changed.elapsed() < BETWEEN_CHANGES;
        let is_observing = self.worker.client.brake().is_on();
        if is_observing || self.state().changed.is_some_and(is_early) {
            return Ok(false);
        }
        let key = Reader::new(&self.guard.client).key().await?;
        Ok(key.may_change_webhooks())
    }

    async fn take_in(&self, watched: &Watched, reach: Reach) -> Result<(), Error> {
        let store = &self.worker.store;
        let missed = self.guard.missed(watched, store, reach).await?;
        let events = self.guard.replay(&missed, store).await?;
        if events > 0 {
            tracing::warn!(
                events,
                "took in events from the portal's log that never arrived"
            );
        }
        Ok(())
    }

    /// What is wrong is reported once, and so is its end.
    fn report(&self, problem: Option<String>) {
        let mut state = self.state();
        if state.problem == problem {
            return;
        }
        match &problem {
            Some(problem) => tracing::warn!("the webhook needs a person: {problem}"),
            None => tracing::info!("the webhook is in order"),
        }
        state.problem = problem;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is wrong, and what to do about the worst.
fn described(problems: &[Problem]) -> Option<String> {
    let worst = problems.first()?;
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Some(format!("{}; {}", all.join("; "), worst.advice()))
}
