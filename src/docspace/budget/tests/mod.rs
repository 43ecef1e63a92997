use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;

use super::minute::MINUTE;
use super::*;

mod account;
mod adoption;
mod leave;
mod minute;

#[derive(Debug, Default)]
struct Memory(AtomicU64);

#[async_trait::async_trait]
impl Account for Memory {
    async fn spend_write(&self, _purpose: Purpose, limit: u64) -> bool {
        let more = |count| (count < limit).then_some(count + 1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    async fn announce(&self, _calls: usize, limit: usize) -> usize {
        limit
    }

    async fn written(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed))
    }
}

/// A minute of 48 calls, 20 of them reserved.
const LIMITS: Limits = Limits {
    requests_per_minute: 48,
    writes_at_once: 4,
    reads_at_once: 100,
    writes_per_day: 9_000,
    no_adoption_after_429: Duration::from_secs(60),
};
const OPEN: usize = 28;
const SECOND: Duration = Duration::from_secs(1);

fn budget() -> Arc<Budget> {
    within(LIMITS)
}

fn within(limits: Limits) -> Arc<Budget> {
    Arc::new(Budget::new(limits, Arc::new(Memory::default())))
}

fn ask(kind: Kind, priority: Priority) -> Ask<'static> {
    Ask {
        kind,
        priority,
        reservation: None,
        paid: None,
    }
}

impl Budget {
    /// One call with an immediate response.
    async fn one(&self, ask: Ask<'_>) -> Result<(), NotNow> {
        self.acquire(ask).await.map(|mut leave| leave.used())
    }

    async fn read(&self, priority: Priority) {
        self.one(ask(Kind::Read, priority)).await.unwrap();
    }

    async fn reads(&self, count: usize) {
        for _ in 0..count {
            self.read(Priority::Command).await;
        }
    }

    fn has_place(&self, kind: Kind, priority: Priority) -> bool {
        // Otherwise the runtime's cooperative budget would interrupt long loops.
        let one = tokio::task::unconstrained(self.one(ask(kind, priority)));
        matches!(one.now_or_never(), Some(Ok(())))
    }
}
