//! The calls of a minute: by priority, and reserved.

use std::sync::Mutex;

use super::*;

#[tokio::test(start_paused = true)]
async fn calls_per_minute_are_limited() {
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
async fn a_caller_that_gives_up_leaves_its_turn_to_the_next() {
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
async fn reserved_calls_count_as_used_until_they_are_sent_or_freed() {
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
    // A reservation does not take free slots one by one: all of them are free when the first calls are a minute old.
    assert!(start.elapsed() >= MINUTE && start.elapsed() < MINUTE + SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_has_at_most_200_calls_and_at_most_a_minute() {
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
async fn a_call_uses_its_reservation_and_waits_once_that_is_used_up() {
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
async fn a_waiter_wakes_when_reserved_calls_are_sent() {
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
