//! How often the portal may be asked (docs/docspace.md, rate limits): so many calls a minute, so many at once, so
//! many writes a day; and silence after a 429.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// Listings of shares take locks in the portal's database, so only few of them run together.
const SHARE_LISTINGS: usize = 4;

/// Writes of the day that are kept for giving rooms back, at most half of the day. More than the rooms that all
/// processes of an account hold at one time.
const RESERVE: u64 = 50;
/// A pause longer than this is not waited out: a room in our hands must not wait for it.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Bringing a room in line.
    Work,
    /// Giving a room back to its owner: the last thing to be put off.
    GiveBack,
}

/// The most that is asked of the portal.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls in any minute.
    pub requests_per_minute: usize,
    /// Writes under way at one time.
    pub writes_at_once: usize,
    /// Reads under way at one time.
    pub reads_at_once: usize,
    /// POST and PUT a day.
    pub writes_per_day: u64,
}

/// Counts the writes of the day where every process of this account sees them.
#[async_trait::async_trait]
pub trait DayCount: std::fmt::Debug + Send + Sync {
    /// Counts one write if no more than `limit` were counted today then; what is refused is not counted.
    async fn spend(&self, purpose: Purpose, limit: u64) -> bool;
}

/// Whose turn it is when there is a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lane {
    /// New rooms: somebody is waiting in them.
    #[default]
    New,
    /// Everything that can wait: it leaves a quarter of the minute to new rooms.
    Routine,
}

/// One account's budget, shared by everything that acts under it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    reads: Semaphore,
    writes: Semaphore,
    share_listings: Semaphore,
    clock: Mutex<Clock>,
    day: Arc<dyn DayCount>,
}

#[derive(Debug, Default)]
struct Clock {
    /// When the calls of the last minute left.
    left: VecDeque<Instant>,
    quiet_until: Option<Instant>,
    /// 429 without a time, in a row.
    unexplained: u32,
}

impl Budget {
    /// A budget within these limits.
    pub fn new(limits: Limits, day: Arc<dyn DayCount>) -> Self {
        Self {
            limits,
            reads: Semaphore::new(limits.reads_at_once.max(1)),
            writes: Semaphore::new(limits.writes_at_once.max(1)),
            share_listings: Semaphore::new(SHARE_LISTINGS.min(limits.reads_at_once.max(1))),
            clock: Mutex::new(Clock::default()),
            day,
        }
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may leave; hold the permit until it is answered. `None` when the portal asked for a longer
    /// silence than is waited out; giving a room back is tried all the same.
    pub(super) async fn turn(
        &self,
        write: bool,
        lane: Lane,
        purpose: Purpose,
    ) -> Option<SemaphorePermit<'_>> {
        let permit = if write {
            self.writes.acquire().await
        } else {
            self.reads.acquire().await
        }
        .ok()?;
        while let Some(until) = self.not_before(lane) {
            if until.duration_since(Instant::now()) <= LONGEST_WAIT {
                tokio::time::sleep_until(until).await;
            } else if purpose == Purpose::GiveBack {
                break;
            } else {
                return None;
            }
        }
        Some(permit)
    }

    pub(super) async fn share_listing(&self) -> Option<SemaphorePermit<'_>> {
        self.share_listings.acquire().await.ok()
    }

    /// Counts a write of the day; the limit when there are none left. The last ones are kept for giving rooms back.
    pub(super) async fn spend_write(&self, purpose: Purpose) -> Result<(), u64> {
        let day = self.limits.writes_per_day;
        let limit = match purpose {
            Purpose::Work => day - RESERVE.min(day / 2),
            Purpose::GiveBack => day,
        };
        if self.day.spend(purpose, limit).await {
            Ok(())
        } else {
            Err(limit)
        }
    }

    /// Takes a place in the minute, or says when to ask again.
    fn not_before(&self, lane: Lane) -> Option<Instant> {
        let now = Instant::now();
        let mut clock = self.clock();
        if let Some(until) = clock.quiet_until.filter(|until| *until > now) {
            return Some(until);
        }
        while clock
            .left
            .front()
            .is_some_and(|first| now.duration_since(*first) >= MINUTE)
        {
            clock.left.pop_front();
        }
        let most = match lane {
            Lane::New => self.limits.requests_per_minute,
            Lane::Routine => self.limits.requests_per_minute - self.limits.requests_per_minute / 4,
        }
        .max(1);
        if clock.left.len() >= most {
            let position = clock.left.len() - most;
            return clock.left.get(position).map(|first| *first + MINUTE);
        }
        clock.left.push_back(now);
        None
    }

    /// Keeps quiet after a 429: as long as the portal says, and at least a little longer each time.
    pub(super) fn quiet(&self, after: Option<Duration>) {
        let mut clock = self.clock();
        let millis = 250u64 << clock.unexplained.min(6);
        let least = Duration::from_millis(millis + fastrand::u64(0..=millis / 2));
        let pause = after.map_or(least, |after| after.max(least));
        clock.unexplained = clock.unexplained.saturating_add(1);
        let until = Instant::now() + pause;
        clock.quiet_until = Some(clock.quiet_until.map_or(until, |other| other.max(until)));
    }

    pub(super) fn answered(&self) {
        self.clock().unexplained = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Memory(AtomicU64);

    #[async_trait::async_trait]
    impl DayCount for Memory {
        async fn spend(&self, _purpose: Purpose, limit: u64) -> bool {
            let more = |count| (count < limit).then_some(count + 1);
            self.0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
                .is_ok()
        }
    }

    fn budget(limits: Limits) -> Budget {
        Budget::new(limits, Arc::new(Memory::default()))
    }

    const LIMITS: Limits = Limits {
        requests_per_minute: 8,
        writes_at_once: 2,
        reads_at_once: 3,
        writes_per_day: 2,
    };

    #[tokio::test(start_paused = true)]
    async fn the_minute_is_kept_and_routine_leaves_room_for_new_rooms() {
        let budget = budget(LIMITS);
        let start = Instant::now();
        for _ in 0..6 {
            drop(budget.turn(false, Lane::Routine, Purpose::Work).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(budget.not_before(Lane::Routine).is_some());
        drop(budget.turn(false, Lane::New, Purpose::Work).await);
        drop(budget.turn(false, Lane::New, Purpose::Work).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(budget.turn(false, Lane::New, Purpose::Work).await);
        assert!(start.elapsed() >= MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_writes_run_together_than_allowed() {
        let budget = budget(LIMITS);
        let first = budget.turn(true, Lane::New, Purpose::Work).await;
        let second = budget.turn(true, Lane::New, Purpose::Work).await;
        let third = tokio::time::timeout(
            Duration::from_secs(1),
            budget.turn(true, Lane::New, Purpose::Work),
        )
        .await;
        assert!(third.is_err());
        drop((first, second));
        assert!(budget.turn(true, Lane::New, Purpose::Work).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_silences_everybody_for_as_long_as_it_says() {
        let budget = budget(LIMITS);
        budget.quiet(Some(Duration::from_secs(7)));
        let start = Instant::now();
        drop(budget.turn(false, Lane::New, Purpose::Work).await);
        assert!(start.elapsed() >= Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_that_names_no_time_or_none_at_all_is_not_hammered() {
        let budget = budget(LIMITS);
        for after in [None, Some(Duration::ZERO)] {
            budget.quiet(after);
            let start = Instant::now();
            drop(budget.turn(true, Lane::New, Purpose::Work).await);
            assert!(start.elapsed() >= Duration::from_millis(250));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_silence_is_not_waited_out_and_giving_back_is_tried_all_the_same() {
        let budget = budget(LIMITS);
        budget.quiet(Some(Duration::from_secs(300)));
        let start = Instant::now();
        assert!(budget.turn(true, Lane::New, Purpose::Work).await.is_none());
        assert!(
            budget
                .turn(true, Lane::New, Purpose::GiveBack)
                .await
                .is_some()
        );
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn the_last_writes_of_the_day_are_for_giving_rooms_back_however_much_was_refused() {
        let budget = budget(Limits {
            writes_per_day: 10,
            ..LIMITS
        });
        for _ in 0..5 {
            assert_eq!(budget.spend_write(Purpose::Work).await, Ok(()));
        }
        for _ in 0..20 {
            assert_eq!(budget.spend_write(Purpose::Work).await, Err(5));
        }
        for _ in 0..5 {
            assert_eq!(budget.spend_write(Purpose::GiveBack).await, Ok(()));
        }
        assert_eq!(budget.spend_write(Purpose::GiveBack).await, Err(10));
    }
}
