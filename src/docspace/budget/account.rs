//! What the processes of one account share: the day's writes, and the minute's calls.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How many calls are announced ahead at least.
const AHEAD: usize = 20;
/// What is known of the others is asked for anew after this.
const IS_NEWS: Duration = Duration::from_secs(5);
/// How often it is asked for while they leave no place.
const CROWDED: Duration = Duration::from_millis(500);

/// What a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Bringing a room in line.
    Work,
    /// Giving a room back to its owner: the last thing to be put off.
    GiveBack,
}

/// Counts where every process of the account sees it.
#[async_trait::async_trait]
pub trait Account: std::fmt::Debug + Send + Sync {
    /// Counts one write if no more than `limit` were counted in the last 24 hours then; what is refused is not counted.
    async fn spend_write(&self, purpose: Purpose, limit: u64) -> bool;

    /// How many writes were counted in the last 24 hours; nothing where nobody knows.
    async fn written(&self) -> Option<u64> {
        None
    }

    /// Tells the others of so many calls to come; how many of the `limit` calls of a minute are this process's own.
    async fn announce(&self, calls: usize, limit: usize) -> usize;
}

/// Counts nothing: for what never writes and is alone.
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

/// This process's part of the minute.
#[derive(Debug)]
pub(super) struct Part {
    account: Arc<dyn Account>,
    limit: usize,
    announced: Mutex<Announced>,
}

#[derive(Debug, Default)]
struct Announced {
    /// Calls that were announced and have not left.
    left: usize,
    /// How many calls of the minute are ours, and when that was said.
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

    /// Announces calls, and waits while the others leave no place for them beside those that we `used`.
    pub(super) async fn wait(&self, calls: usize, used: impl Fn() -> usize) {
        self.announced.lock().await.spend(calls, self).await;
        loop {
            let ours = self.announced.lock().await.ours(self).await;
            if used() + calls <= ours.max(calls) {
                return;
            }
            tokio::time::sleep(CROWDED).await;
        }
    }
}

impl Announced {
    async fn spend(&mut self, calls: usize, part: &Part) {
        if self.left < calls {
            let more = AHEAD.max(calls - self.left);
            self.ask(more, part).await;
        }
        self.left = self.left.saturating_sub(calls);
    }

    async fn ours(&mut self, part: &Part) -> usize {
        match self.ours {
            // Who has places need not ask again for a while; who has none asks often.
            Some((ours, at))
                if at.elapsed() < CROWDED || (ours == part.limit && at.elapsed() < IS_NEWS) =>
            {
                ours
            }
            _ => self.ask(0, part).await,
        }
    }

    async fn ask(&mut self, calls: usize, part: &Part) -> usize {
        let ours = part.account.announce(calls, part.limit).await;
        self.left += calls;
        self.ours = Some((ours, Instant::now()));
        ours
    }
}
