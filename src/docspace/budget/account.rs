//! What the processes of one account share: the writes per day and the calls per minute.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::minute::{MINUTE, Minute};

/// The minimum number of calls that are announced in advance.
const AHEAD: usize = 20;
/// How long the share of the other processes is cached.
const SHARE_TTL: Duration = Duration::from_secs(5);
/// How often it is requested while the others leave no capacity.
const SHARE_POLL: Duration = Duration::from_millis(500);

/// What a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Configuring a room.
    Work,
    /// Giving a room back to its owner: the last write to be postponed.
    GiveBack,
}

/// A counter that all processes of the account share.
#[async_trait::async_trait]
pub trait Account: std::fmt::Debug + Send + Sync {
    /// Counts one write if that makes at most `limit` within 24 hours. A refused write is not counted.
    async fn spend_write(&self, purpose: Purpose, limit: u64) -> bool;

    /// How many writes were counted in the last 24 hours; `None` if that is unknown.
    async fn written(&self) -> Option<u64> {
        None
    }

    /// Announces upcoming calls to the other processes. Returns how many of the `limit` calls of a minute belong to
    /// this process.
    async fn announce(&self, calls: usize, limit: usize) -> usize;
}

/// Counts nothing: for a process that never writes and is alone.
#[derive(Debug, Clone, Copy)]
pub struct Uncounted;

#[async_trait::async_trait]
impl Account for Uncounted {
    async fn spend_write(&self, _purpose: Purpose, _limit: u64) -> bool {
        true
    }

    async fn announce(&self, _calls: usize, limit: usize) -> usize {
        limit
    }
}

/// This process's share of the calls per minute.
#[derive(Debug)]
pub(super) struct Part {
    account: Arc<dyn Account>,
    limit: usize,
    announced: Mutex<Announced>,
}

#[derive(Debug, Default)]
struct Announced {
    /// Calls that were announced and not sent yet.
    left: usize,
    /// When calls were announced last.
    at: Option<Instant>,
    /// How many calls of the minute belong to this process, and when that was determined.
    ours: Option<(usize, Instant)>,
}

impl Part {
    pub(super) fn new(account: Arc<dyn Account>, limit: usize) -> Self {
        Self {
            account,
            limit,
            announced: Mutex::default(),
        }
    }

    /// Announces calls, and waits while the other processes leave no capacity for them beyond what was used of the
    /// minute.
    pub(super) async fn wait(&self, calls: usize, minute: &Minute) {
        let mut announced = self.announced.lock().await;
        announced.give_back(minute.take_freed());
        announced.spend(calls, self).await;
        drop(announced);
        loop {
            let ours = self.announced.lock().await.ours(self).await;
            let Some(over) = (minute.used() + calls).checked_sub(ours.max(calls) + 1) else {
                return;
            };
            minute.report_wait_for(over, ours);
            tokio::time::sleep(SHARE_POLL).await;
        }
    }
}

impl Announced {
    /// Calls that were announced and will not be sent. The others forget them after a minute.
    fn give_back(&mut self, calls: usize) {
        let is_known = self.at.is_some_and(|at| at.elapsed() < MINUTE);
        self.left = if is_known { self.left + calls } else { 0 };
    }

    async fn spend(&mut self, calls: usize, part: &Part) {
        if self.left < calls {
            let more = AHEAD.max(calls - self.left);
            self.ask(more, part).await;
        }
        self.left = self.left.saturating_sub(calls);
    }

    async fn ours(&mut self, part: &Part) -> usize {
        match self.ours {
            // A process that has the whole limit asks seldom; one that shares it asks often.
            Some((ours, at))
                if at.elapsed() < SHARE_POLL
                    || (ours == part.limit && at.elapsed() < SHARE_TTL) =>
            {
                ours
            }
            _ => self.ask(0, part).await,
        }
    }

    async fn ask(&mut self, calls: usize, part: &Part) -> usize {
        let ours = part.account.announce(calls, part.limit).await;
        self.left += calls;
        if calls > 0 {
            self.at = Some(Instant::now());
        }
        self.ours = Some((ours, Instant::now()));
        ours
    }
}
