//! The worker: claims a room, reconciles it, settles it, and repeats. Decides when rooms are retried, and pauses while
//! the portal cannot be used.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::brakes::Brakes;
use super::key_account;
use super::settlement::{log, record, settlement, then};
use crate::config::Retry;
use crate::decide::Trigger;
use crate::docspace::{self, Client, Fence, Reader};
use crate::policy::PolicySet;
use crate::reconcile::{Custodian, Engine};
use crate::report::{Outcome, Report, Wait};
use crate::store::{self, RoomJob, Settled, Store, Which};
use crate::telemetry::metrics;

/// How often the store is polled for rooms that other processes queued.
const POLL: Duration = Duration::from_secs(2);
/// The longest pause before a portal that is not available is retried.
const MAX_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How many runs are reserved for new rooms.
const RESERVED: usize = 2;
/// How long runs may take to end after `stop`.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(25);
/// How long open adoptions may take afterwards.
const RELEASE_GRACE: Duration = Duration::from_secs(5);

/// The active policies; a reload replaces them as a whole.
pub type Policies = Arc<RwLock<Arc<PolicySet>>>;

/// Processes rooms.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Reconciles rooms.
    pub engine: Engine,
    /// Finishes open adoptions.
    pub custodian: Custodian,
    /// The queue and the records.
    pub store: Store,
    /// Checks whether the key works.
    pub client: Client,
    /// The active policies.
    pub policies: Policies,
    /// How failed rooms are retried.
    pub retry: Retry,
    /// How many rooms are processed at once.
    pub at_once: usize,
    /// Names this process in leases.
    pub holder: String,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// Why no calls are sent to the portal now, if so.
    pub paused: Arc<watch::Sender<Option<String>>>,
    /// The limits that stopped something.
    pub brakes: Brakes,
}

/// How long a lease lasts: when it expires, every call of a killed run has ended.
pub fn lease(after_lost_answer: Duration) -> Duration {
    after_lost_answer * 2 + Duration::from_millis(500)
}

/// The pauses between two checks of a portal that is not available; the sequence does not end.
fn pauses(first: Duration) -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(first.min(MAX_PAUSE)), |pause| {
        Some(pause.saturating_mul(2).min(MAX_PAUSE))
    })
}

impl Worker {
    /// Processes rooms until `stop`; then runs end between two writes and release their rooms. Runs that take longer
    /// keep their leases. Returns whether all runs ended in time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn run(&self, stop: &CancellationToken) -> Result<bool, store::Error> {
        let mut running = JoinSet::new();
        // Continues until the last run has ended: it may leave an open adoption.
        let no_more = CancellationToken::new();
        let custodian = tokio::spawn({
            let (custodian, no_more) = (self.custodian.clone(), no_more.clone());
            async move { custodian.run(&no_more).await }
        });
        while !stop.is_cancelled() {
            while let Some(ended) = running.try_join_next() {
                log_panic(ended);
            }
            // The last runs are reserved for new rooms: someone is waiting in them.
            let free = self.at_once.saturating_sub(running.len());
            let which = if free <= RESERVED.min(self.at_once / 2) {
                Which::New
            } else {
                Which::Any
            };
            let claimed = if free > 0 && !self.is_paused(stop).await {
                self.claim(which).await
            } else {
                None
            };
            match claimed {
                Some(job) => {
                    let worker = self.clone();
                    let stop = stop.clone();
                    let trigger = if job.swept {
                        Trigger::Sweep
                    } else {
                        Trigger::Event
                    };
                    running.spawn(async move { worker.one(job, trigger, &stop).await });
                }
                None => self.idle(stop, &mut running).await,
            }
        }
        let last = async {
            while let Some(ended) = running.join_next().await {
                log_panic(ended);
            }
        };
        let ended = tokio::time::timeout(SHUTDOWN_GRACE, last).await.is_ok();
        no_more.cancel();
        let _ = custodian.await;
        // Retries adoptions that a run left open; the caller reports those that are still open afterwards.
        let last = tokio::time::timeout(RELEASE_GRACE, self.custodian.release_until_none());
        if let Ok(Err(error)) = last.await {
            tracing::warn!(%error, "the journal of adoptions cannot be read");
        }
        if !ended {
            tracing::warn!(
                "some rooms take longer; they are processed again when their leases expire"
            );
        }
        Ok(ended)
    }

    async fn claim(&self, which: Which) -> Option<RoomJob> {
        let lease = lease(self.retry.after_lost_answer);
        let claimed = self.store.claim((self.clock)(), lease, &self.holder, which);
        match claimed.await {
            Ok(job) => job,
            Err(error) => {
                // The store logs the error.
                tracing::debug!(%error, "no room can be claimed");
                tokio::time::sleep(POLL).await;
                None
            }
        }
    }

    async fn idle(&self, stop: &CancellationToken, running: &mut JoinSet<()>) {
        let now = (self.clock)();
        let due = self.store.next_due().await.ok().flatten();
        let until_due = due.map_or(POLL, |due| {
            Duration::try_from(due.duration_since(now)).unwrap_or_default()
        });
        let pause = until_due.clamp(Duration::from_millis(20), POLL);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.store.woken() => {}
            () = tokio::time::sleep(pause) => {}
            Some(ended) = running.join_next() => log_panic(ended),
        }
    }

    /// While the portal is not available, no room is claimed: only the key is checked, with growing pauses.
    async fn is_paused(&self, stop: &CancellationToken) -> bool {
        if self.paused.borrow().is_none() {
            return false;
        }
        for pause in pauses(self.retry.first) {
            tokio::select! {
                () = stop.cancelled() => return true,
                () = tokio::time::sleep(pause) => {}
            }
            match key_account::problem(&Reader::new(&self.client)).await {
                Ok(None) => {
                    tracing::warn!("the portal is available again");
                    self.paused.send_replace(None);
                    return false;
                }
                Ok(Some(problem)) => self.paused.send_replace(Some(problem)),
                Err(error) => self.paused.send_replace(Some(error.to_string())),
            };
            tracing::debug!("the portal is still not available");
        }
        true
    }

    /// Queues rooms that were refused or partial.
    pub(super) async fn wake_refused(&self) {
        let now = (self.clock)();
        let woken = self.store.wake_outcomes(&["refused", "partial"], now);
        if let Err(error) = woken.await {
            tracing::error!(%error, "refused rooms could not be queued");
        }
    }

    /// Pauses until the portal is available again; the first call logs the error.
    pub fn pause(&self, reason: &str) {
        if self.paused.send_replace(Some(reason.to_owned())).is_none() {
            tracing::error!(%reason, "the portal is not available; until it is, no room is processed: run `roomwright doctor`");
        }
    }

    /// As [`Worker::pause`], if the portal responds and the key or its account is what does not work.
    pub(super) fn pause_for_key(&self, reason: &str) {
        if self.paused.send_replace(Some(reason.to_owned())).is_none() {
            tracing::error!(%reason, "the API key cannot be used; until it can, no room is processed: run `roomwright doctor`");
        }
    }

    /// Pauses after an error of the portal.
    pub(super) fn pause_after(&self, error: &docspace::Error) {
        let reason = error.to_string();
        if error.is_about_key() {
            self.pause_for_key(&reason);
        } else {
            self.pause(&reason);
        }
    }

    /// A request outside of a run failed: pauses as a run would if the key or the portal does not work. Returns whether
    /// it pauses.
    pub(super) async fn pauses_after(&self, error: &docspace::Error) -> bool {
        if !error.is_about_portal() {
            return false;
        }
        match key_account::problem(&Reader::new(&self.client)).await {
            Ok(None) => return false,
            Ok(Some(problem)) => self.pause_for_key(&problem),
            Err(cause) => self.pause_after(&cause),
        }
        true
    }

    /// Processes one claimed room, renews its lease in the meantime, and settles it.
    pub async fn one(&self, job: RoomJob, trigger: Trigger, stop: &CancellationToken) {
        match self.reconcile(&job, trigger, stop).await {
            (_, Ok(Settled::Finished)) => {}
            (_, Ok(Settled::RunsAgain)) => {
                tracing::debug!(room.id = %job.room, "an event arrived during the run; running again");
            }
            (_, Ok(Settled::LeaseLost)) => {
                tracing::warn!(room.id = %job.room, "another process has taken over the room");
            }
            (_, Err(error)) => {
                tracing::warn!(room.id = %job.room, %error, "the result could not be stored; the room is processed again when its lease expires");
            }
        }
    }

    /// Processes one room and settles it.
    pub async fn reconcile(
        &self,
        job: &RoomJob,
        trigger: Trigger,
        stop: &CancellationToken,
    ) -> (Report, Result<Settled, store::Error>) {
        let start = Instant::now();
        let policies = self.policies.read().await.clone();
        let alive = CancellationToken::new();
        let left = Duration::try_from(job.leased_until.duration_since((self.clock)()));
        let open = left
            .unwrap_or_default()
            // The clock may have been set since the claim.
            .min(lease(self.retry.after_lost_answer))
            .saturating_sub(self.retry.after_lost_answer);
        let fence = Arc::new(Fence::until(Instant::now() + open));
        let heartbeat = keep_alive(self.clone(), job.clone(), fence.clone(), alive.clone());
        let heartbeat = tokio::spawn(heartbeat);
        let report = self
            .engine
            .reconcile(&policies, job, trigger, &fence, stop)
            .await;
        alive.cancel();
        let _ = heartbeat.await;
        match &report.outcome {
            Outcome::Waiting(Wait::Portal(reason)) => self.pause(reason),
            Outcome::Waiting(Wait::Key(reason)) => self.pause_for_key(reason),
            _ => {}
        }
        let now = (self.clock)();
        let settlement = settlement(&report, job.attempt, &self.retry, now, fastrand::f64());
        let took = start.elapsed();
        let line = report.line(took, then(&settlement, job, &self.retry, now));
        log(&report, job, &settlement, (&line, took));
        self.count(&report, job, now).await;
        if let Some(limit) = report.braked {
            self.brakes.held(limit, &job.room, start);
        }
        let settled = match record(&report, line, now) {
            Ok(record) => {
                self.store
                    .settle(job, &settlement, Some(&record), report.not_before, now)
                    .await
            }
            Err(error) => Err(store::Error::Unavailable(error.to_string())),
        };
        (report, settled)
    }

    /// Counts the run, and measures the time from the first event of a room until it was first configured.
    async fn count(&self, report: &Report, job: &RoomJob, now: Timestamp) {
        metrics::run(report.outcome.as_str());
        let Some(since) = job.since.filter(|_| report.outcome.is_in_line()) else {
            return;
        };
        let before = self.store.room(&job.room).await;
        if before.is_ok_and(|row| row.is_none_or(|row| row.configured_at.is_none())) {
            let waited = Duration::try_from(now.duration_since(since));
            metrics::configured(waited.unwrap_or_default());
        }
    }
}

/// Logs a run that panicked; its lease expires.
fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a run crashed; its room is processed again when its lease expires");
    }
}

/// Renews the lease, and keeps the fence open as long as every response arrives before the lease expires.
async fn keep_alive(worker: Worker, job: RoomJob, fence: Arc<Fence>, stop: CancellationToken) {
    let after_lost_answer = worker.retry.after_lost_answer;
    let lease = lease(after_lost_answer);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(lease / 6) => {}
        }
        let before = Instant::now();
        match worker.store.renew(&job, (worker.clock)(), lease).await {
            Ok(true) => fence.move_to(before + (lease - after_lost_answer)),
            Ok(false) => return fence.move_to(before),
            Err(error) => {
                tracing::warn!(room.id = %job.room, %error, "the lease could not be renewed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_that_is_down_for_an_hour_is_checked_rarely_and_never_given_up() {
        let mut hour = Duration::ZERO;
        let tries = pauses(Retry::default().first)
            .take_while(|pause| {
                hour += *pause;
                hour <= Duration::from_secs(60 * 60)
            })
            .count();
        assert!((12..=20).contains(&tries), "{tries}");
        let a_week_later = pauses(Retry::default().first).nth(2_000);
        assert_eq!(a_week_later, Some(MAX_PAUSE));
    }

    #[test]
    fn a_lease_outlasts_every_call_of_a_killed_run() {
        // A run renews its lease every sixth of it, so at least five sixths remain after its last call.
        let after = Duration::from_secs(60);
        assert!(lease(after) * 5 / 6 > after);
    }
}
