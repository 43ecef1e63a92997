use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;

use super::minute::MINUTE;
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

/// A minute of 48 places, 20 of which are kept.
const LIMITS: Limits = Limits {
    requests_per_minute: 48,
    writes_at_once: 2,
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
    /// One call, answered at once.
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
        matches!(self.one(ask(kind, priority)).now_or_never(), Some(Ok(())))
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_leave_in_any_minute_than_allowed() {
    let budget = budget();
    let start = Instant::now();
    budget.reads(OPEN).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    budget.reads(1).await;
    assert!(start.elapsed() >= MINUTE && start.elapsed() < MINUTE + SECOND);
}

#[tokio::test(start_paused = true)]
async fn sweeps_leave_a_quarter_of_the_minute_to_others() {
    let budget = budget();
    for _ in 0..OPEN - OPEN / 4 {
        assert!(budget.has_place(Kind::Read, Priority::Sweep));
    }
    assert!(!budget.has_place(Kind::Read, Priority::Sweep));
    assert!(budget.has_place(Kind::Read, Priority::Command));
}

#[tokio::test(start_paused = true)]
async fn waiters_are_served_by_priority_and_then_in_order_of_arrival() {
    let budget = budget();
    budget.reads(OPEN).await;
    let served = Arc::new(Mutex::new(Vec::new()));
    let waiters: Vec<_> = [
        ("a sweep", Priority::Sweep),
        ("a command", Priority::Command),
        ("a retry", Priority::Retry),
        ("a new room", Priority::NewRoom),
        ("another command", Priority::Command),
        ("another new room", Priority::NewRoom),
    ]
    .into_iter()
    .map(|(name, priority)| {
        let (budget, served) = (budget.clone(), served.clone());
        tokio::spawn(async move {
            budget.read(priority).await;
            served.lock().unwrap().push(name);
        })
    })
    .collect();
    for waiter in waiters {
        waiter.await.unwrap();
    }
    assert_eq!(
        *served.lock().unwrap(),
        [
            "a new room",
            "another new room",
            "a retry",
            "a command",
            "another command",
            "a sweep"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_his_turn_to_the_next() {
    let budget = budget();
    let all = budget.reserve(OPEN, Priority::Command).await;
    let large = tokio::spawn({
        let budget = budget.clone();
        async move { drop(budget.reserve(OPEN, Priority::NewRoom).await) }
    });
    let small = tokio::spawn({
        let budget = budget.clone();
        async move { budget.read(Priority::Command).await }
    });
    tokio::task::yield_now().await;
    for _ in 0..3 {
        all.place().unwrap().used();
    }
    let start = Instant::now();
    large.abort();
    drop(all);
    small.await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn reserved_places_count_as_used_until_they_are_used_or_let_go() {
    let budget = budget();
    let reserved = budget.reserve(20, Priority::Command).await;
    assert_eq!(reserved.left(), 20);
    budget.reads(OPEN - 20).await;
    assert!(!budget.has_place(Kind::Read, Priority::Command));
    drop(reserved);
    for _ in 0..20 {
        assert!(budget.has_place(Kind::Read, Priority::Command));
    }
    assert!(!budget.has_place(Kind::Read, Priority::Command));
}

#[tokio::test(start_paused = true)]
async fn a_reservation_is_all_or_nothing() {
    let budget = budget();
    let start = Instant::now();
    budget.reads(OPEN - 19).await;
    tokio::time::advance(SECOND * 10).await;
    budget.reads(1).await;
    let reserved = budget.reserve(20, Priority::Command).await;
    assert_eq!(reserved.left(), 20);
    // What is free meanwhile is not taken bit by bit: the whole of it is free when the first calls are a minute old.
    assert!(start.elapsed() >= MINUTE && start.elapsed() < MINUTE + SECOND);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_reserved_at_a_time_than_two_hundred_or_a_minute_has() {
    assert_eq!(
        budget().reserve(1_000, Priority::Command).await.left(),
        OPEN
    );
    let large = within(Limits {
        requests_per_minute: 1_200,
        ..LIMITS
    });
    assert_eq!(large.reserve(1_000, Priority::Command).await.left(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_its_place_from_a_reservation_and_waits_for_one_when_it_is_used_up() {
    let budget = budget();
    let reserved = budget.reserve(2, Priority::Command).await;
    budget.reads(OPEN - 2).await;
    let within = || Ask {
        reservation: Some(&reserved),
        ..ask(Kind::Read, Priority::Sweep)
    };
    let start = Instant::now();
    budget.one(within()).await.unwrap();
    budget.one(within()).await.unwrap();
    assert_eq!((reserved.left(), start.elapsed()), (0, Duration::ZERO));
    budget.one(within()).await.unwrap();
    assert!(start.elapsed() >= MINUTE);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_places_that_are_reserved_hears_when_they_are_used() {
    let budget = budget();
    let reserved = budget.reserve(OPEN, Priority::Command).await;
    let waiting = tokio::spawn({
        let budget = budget.clone();
        async move { budget.read(Priority::NewRoom).await }
    });
    tokio::time::sleep(SECOND * 5).await;
    let used_at = Instant::now();
    while let Some(place) = reserved.place() {
        place.used();
    }
    waiting.await.unwrap();
    assert!(used_at.elapsed() >= MINUTE && used_at.elapsed() < MINUTE + SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_last_places_of_a_minute_are_for_what_ends_adoptions() {
    let budget = budget();
    budget.reads(OPEN).await;
    // It is not kept waiting by a reservation that is waited for either.
    let waiting = budget.reserve(10, Priority::OpenAdoption);
    let mut waiting = std::pin::pin!(waiting);
    assert!((&mut waiting).now_or_never().is_none());
    assert!(!budget.has_place(Kind::Write, Priority::NewRoom));
    assert!(budget.has_place(Kind::GiveBack, Priority::Sweep));
    for _ in 1..LIMITS.requests_per_minute - OPEN {
        assert!(budget.has_place(Kind::Read, Priority::OpenAdoption));
    }
    assert!(!budget.has_place(Kind::GiveBack, Priority::OpenAdoption));
}

#[tokio::test]
async fn the_last_writes_of_a_day_are_for_giving_rooms_back_however_much_was_refused() {
    let budget = within(Limits {
        writes_per_day: 10,
        requests_per_minute: 1_000,
        ..LIMITS
    });
    let write = || budget.one(ask(Kind::Write, Priority::Command));
    let give_back = || budget.one(ask(Kind::GiveBack, Priority::Command));
    for _ in 0..5 {
        assert_eq!(write().await, Ok(()));
    }
    for _ in 0..20 {
        assert_eq!(write().await, Err(NotNow::Day { limit: 5 }));
    }
    for _ in 0..5 {
        assert_eq!(give_back().await, Ok(()));
    }
    assert_eq!(give_back().await, Err(NotNow::Day { limit: 10 }));
}

#[tokio::test(start_paused = true)]
async fn both_places_of_an_adoption_are_there_before_it_starts() {
    let budget = budget();
    budget.reads(OPEN - 1).await;
    let start = Instant::now();
    let places = budget.reserve_adoption(Priority::NewRoom).await.unwrap();
    assert!(start.elapsed() >= MINUTE);
    budget.reads(OPEN - 2).await;
    assert!(!budget.has_place(Kind::Read, Priority::NewRoom));
    let start = Instant::now();
    for (kind, paid) in [
        (Kind::Take, places.take()),
        (Kind::GiveBack, places.give_back()),
    ] {
        assert!(paid.is_some());
        let ask = Ask {
            paid,
            ..ask(kind, Priority::NewRoom)
        };
        budget.one(ask).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(places.take().is_none() && places.give_back().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_is_not_begun_lets_its_places_of_the_minute_go() {
    let budget = budget();
    drop(budget.reserve_adoption(Priority::NewRoom).await.unwrap());
    budget.reads(OPEN - 1).await;
    assert!(budget.has_place(Kind::Read, Priority::NewRoom));
}

#[tokio::test(start_paused = true)]
async fn no_adoption_starts_when_the_day_has_less_than_two_writes_for_it() {
    for (day, starts) in [(6, 1), (7, 2), (8, 2)] {
        let budget = within(Limits {
            writes_per_day: day,
            ..LIMITS
        });
        for _ in 0..starts {
            assert!(budget.reserve_adoption(Priority::NewRoom).await.is_ok());
        }
        let refused = budget.reserve_adoption(Priority::NewRoom).await;
        assert!(matches!(refused, Err(Error::DayBudget { .. })), "{day}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_adoption_was_given_of_the_day_is_not_counted_again() {
    let budget = within(Limits {
        writes_per_day: 4,
        ..LIMITS
    });
    let places = budget.reserve_adoption(Priority::NewRoom).await.unwrap();
    for (kind, paid) in [
        (Kind::Take, places.take()),
        (Kind::GiveBack, places.give_back()),
    ] {
        let ask = Ask {
            paid,
            ..ask(kind, Priority::NewRoom)
        };
        assert_eq!(budget.one(ask).await, Ok(()));
    }
    // The kept ones are still there.
    for _ in 0..2 {
        assert!(budget.has_place(Kind::GiveBack, Priority::OpenAdoption));
    }
    assert!(!budget.has_place(Kind::GiveBack, Priority::OpenAdoption));
}

#[tokio::test(start_paused = true)]
async fn no_room_is_taken_for_a_minute_after_a_429_that_our_calls_do_not_explain() {
    let budget = budget();
    budget.reads(3).await;
    budget.back_off(None);
    let refused = budget.reserve_adoption(Priority::NewRoom).await;
    let Err(Error::AccountInUse { until }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(until, Instant::now() + MINUTE);
    tokio::time::sleep_until(until).await;
    assert!(budget.reserve_adoption(Priority::NewRoom).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_429_at_the_limit_is_our_own_and_adoptions_go_on() {
    let budget = budget();
    budget.reads(OPEN).await;
    while budget.has_place(Kind::GiveBack, Priority::OpenAdoption) {}
    budget.back_off(None);
    assert!(budget.reserve_adoption(Priority::NewRoom).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn no_more_writes_run_together_than_allowed_and_a_give_back_waits_for_none_of_them() {
    let budget = budget();
    let write = || budget.acquire(ask(Kind::Write, Priority::NewRoom));
    let (first, second) = (write().await, write().await);
    assert_eq!(write().await.err(), Some(NotNow::Stale));
    assert!(budget.has_place(Kind::GiveBack, Priority::NewRoom));
    drop((first, second));
    assert!(write().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_minute_keeps_nobody_of_a_higher_priority_from_reading() {
    let budget = within(Limits {
        reads_at_once: 1,
        ..LIMITS
    });
    let sweeps: Vec<_> = (0..OPEN)
        .map(|_| {
            let budget = budget.clone();
            tokio::spawn(async move { budget.read(Priority::Sweep).await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(budget.has_place(Kind::Read, Priority::NewRoom));
    for sweep in sweeps {
        sweep.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_had_to_wait_more_than_a_second_does_not_leave() {
    let budget = budget();
    budget.reads(OPEN).await;
    let start = Instant::now();
    let late = budget.one(ask(Kind::Write, Priority::NewRoom)).await;
    assert_eq!((late, start.elapsed()), (Err(NotNow::Stale), SECOND));
    tokio::time::advance(MINUTE - SECOND * 3 / 2).await;
    assert_eq!(
        budget.one(ask(Kind::Write, Priority::NewRoom)).await,
        Ok(())
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_silences_everybody_for_as_long_as_it_says() {
    let budget = budget();
    budget.back_off(Some(SECOND * 7));
    let start = Instant::now();
    let late = budget.one(ask(Kind::Write, Priority::NewRoom)).await;
    assert_eq!(late, Err(NotNow::Stale));
    budget.read(Priority::NewRoom).await;
    assert!(start.elapsed() >= SECOND * 7);
}

#[tokio::test(start_paused = true)]
async fn a_429_that_names_no_time_or_none_at_all_is_not_hammered() {
    let budget = budget();
    for after in [None, Some(Duration::ZERO)] {
        budget.back_off(after);
        let start = Instant::now();
        budget.read(Priority::NewRoom).await;
        assert!(start.elapsed() >= Duration::from_millis(250));
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_silence_is_not_waited_out_and_what_ends_an_adoption_is_tried_all_the_same() {
    let budget = budget();
    budget.back_off(Some(SECOND * 300));
    let start = Instant::now();
    let read = budget.one(ask(Kind::Read, Priority::NewRoom)).await;
    assert_eq!(read, Err(NotNow::Silence));
    assert_eq!(start.elapsed(), Duration::ZERO);
    for kind in [Kind::Read, Kind::GiveBack] {
        let start = Instant::now();
        let answer = budget.one(ask(kind, Priority::OpenAdoption)).await;
        assert_eq!((answer, start.elapsed()), (Ok(()), SECOND * 5));
    }
}

#[tokio::test(start_paused = true)]
async fn share_listings_run_one_at_a_time() {
    let budget = budget();
    let listing = || budget.acquire(ask(Kind::ShareListing, Priority::NewRoom));
    let first = listing().await;
    assert!(listing().now_or_never().is_none());
    assert!(budget.has_place(Kind::Read, Priority::NewRoom));
    drop(first);
    assert!(listing().now_or_never().is_some());
}

#[tokio::test]
async fn tags_that_the_portal_may_not_know_are_written_one_at_a_time() {
    let budget = budget();
    let tags = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    budget.saw_tags(&tags(&["client"]));
    let turn = budget.new_tags(&tags(&["client", "ACME"])).await;
    assert!(turn.is_some());
    assert!(budget.new_tags(&tags(&["ACME"])).now_or_never().is_none());
    assert!(budget.new_tags(&tags(&["client"])).await.is_none());
    budget.saw_tags(&tags(&["ACME"]));
    drop(turn);
    assert!(budget.new_tags(&tags(&["ACME"])).await.is_none());
}

#[tokio::test]
async fn nested_folders_are_one_rooms_at_a_time_and_twelve_rooms_are_written_at_once() {
    let budget = budget();
    let folders = budget.nested_folders().await;
    assert!(budget.nested_folders().now_or_never().is_none());
    drop(folders);
    assert!(budget.nested_folders().now_or_never().is_some());
    let mut rooms = Vec::new();
    for _ in 0..12 {
        rooms.push(budget.room_to_write().await);
    }
    assert!(budget.room_to_write().now_or_never().is_none());
    rooms.pop();
    assert!(budget.room_to_write().now_or_never().is_some());
}
