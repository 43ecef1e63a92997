//! The guard in the service: runs at the start and with the sweep.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Done, Error, Guard, Problem, SetSecret, SslVerification, Watched};
use crate::docspace::{self, Reader};
use crate::service::sweep::{Reach, jitter};
use crate::service::worker::Worker;

/// The minimum time between two changes of the webhook: one that someone disables again stays disabled.
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
    /// The known problem; each is reported once.
    problem: Option<String>,
    /// Whether the webhook works, as far as it was seen.
    works: Option<bool>,
    is_checked: bool,
    /// When the whole log is compared again: at once until that succeeded.
    next_all: Option<Instant>,
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

    /// The known problem of the webhook.
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// Whether the webhook has been checked, if only to find that it cannot be seen.
    pub fn is_checked(&self) -> bool {
        self.state().is_checked
    }

    /// Whether the webhook works; `None` while that is unknown.
    pub fn works(&self) -> Option<bool> {
        self.state().works
    }

    /// Whether the address of the webhook is configured.
    pub fn has_address(&self) -> bool {
        self.guard.address.is_some()
    }

    /// Watches until `stop`; the first time after one interval.
    pub async fn run(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(jitter(self.interval)) => {}
            }
            if self.worker.paused.borrow().is_some() {
                continue;
            }
            let next_all = self.state().next_all;
            let is_due = next_all.is_none_or(|due| due <= Instant::now());
            self.pass(if is_due { Reach::All } else { Reach::Newest })
                .await;
        }
    }

    /// Checks once, repairs what it may, and replays events that never arrived.
    pub async fn pass(&self, reach: Reach) {
        // Without an address there is nothing to check: the sweep finds what deliveries do not bring.
        if self.guard.address.is_none() {
            return;
        }
        match self.check_and_repair(reach).await {
            Ok(problem) => {
                if reach == Reach::All {
                    self.state().next_all = Some(Instant::now() + BETWEEN_CHANGES);
                }
                let works = problem.is_none();
                self.report(problem, Some(works));
            }
            Err(error @ Error::MayNotRead) => self.report(Some(error.to_string()), None),
            Err(error @ (Error::NotAdmin | Error::NoSecret | Error::Rejected(_))) => {
                self.report(Some(error.to_string()), Some(false));
            }
            Err(Error::Portal(error)) if self.worker.pauses_after(&error).await => {}
            Err(error) => {
                tracing::warn!(%error, "the webhook could not be checked; it is retried");
            }
        }
    }

    async fn check_and_repair(&self, reach: Reach) -> Result<Option<String>, Error> {
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
                Done::Created => {
                    tracing::warn!(webhook.id = id, %url, "created a webhook, because none pointed to this service");
                }
                Done::Changed => {
                    tracing::warn!(webhook.id = id, %url, "repaired the webhook");
                }
            }
            found = self.guard.look().await?;
        }
        if let Some(watched) = &found {
            self.replay_missed(watched, reach).await?;
        }
        let mut problems = self.guard.problems(found.as_ref()).await?;
        // Deliveries that failed before the start are replayed by now.
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

    async fn replay_missed(&self, watched: &Watched, reach: Reach) -> Result<(), Error> {
        let store = &self.worker.store;
        let missed = self.guard.missed(watched, store, reach).await?;
        let events = self.guard.replay(&missed.events, store).await?;
        if events > 0 {
            tracing::warn!(
                events,
                "replayed events from the portal's log that never arrived"
            );
        }
        Ok(())
    }

    /// Logs a problem once, and once when it is over.
    fn report(&self, problem: Option<String>, works: Option<bool>) {
        let mut state = self.state();
        (state.is_checked, state.works) = (true, works);
        if state.problem == problem {
            return;
        }
        match &problem {
            Some(problem) if works.is_none() => {
                tracing::info!("the webhook is not watched: {problem}");
            }
            Some(problem) => tracing::warn!("the webhook needs attention: {problem}"),
            None => tracing::info!("the webhook works"),
        }
        state.problem = problem;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All problems, and what to do about the worst.
fn described(problems: &[Problem]) -> Option<String> {
    let worst = problems.first()?;
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Some(format!("{}; {}", all.join("; "), worst.advice()))
}
