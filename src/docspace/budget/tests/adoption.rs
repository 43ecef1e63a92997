//! What is reserved for giving rooms back.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_last_calls_of_a_minute_are_reserved_for_ending_adoptions() {
    let budget = budget();
    budget.reads(OPEN).await;
    // A waiting reservation does not delay it either.
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
async fn the_last_writes_of_a_day_are_reserved_for_giving_rooms_back() {
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
async fn an_adoption_starts_only_when_both_its_calls_are_reserved() {
    let budget = budget();
    budget.reads(OPEN - 1).await;
    let start = Instant::now();
    let places = budget
        .reserve_adoption(None, Priority::NewRoom)
        .await
        .unwrap();
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
async fn an_adoption_that_does_not_start_frees_its_calls_of_the_minute() {
    let budget = budget();
    drop(
        budget
            .reserve_adoption(None, Priority::NewRoom)
            .await
            .unwrap(),
    );
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
            assert!(
                budget
                    .reserve_adoption(None, Priority::NewRoom)
                    .await
                    .is_ok()
            );
        }
        let refused = budget.reserve_adoption(None, Priority::NewRoom).await;
        assert!(matches!(refused, Err(Error::DayBudget { .. })), "{day}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_reserved_writes_of_an_adoption_are_not_counted_twice() {
    let budget = within(Limits {
        writes_per_day: 4,
        ..LIMITS
    });
    let places = budget
        .reserve_adoption(None, Priority::NewRoom)
        .await
        .unwrap();
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
    // The reserved ones are still there.
    for _ in 0..2 {
        assert!(budget.has_place(Kind::GiveBack, Priority::OpenAdoption));
    }
    assert!(!budget.has_place(Kind::GiveBack, Priority::OpenAdoption));
}

#[tokio::test(start_paused = true)]
async fn no_room_is_adopted_for_a_minute_after_a_429_that_our_calls_do_not_explain() {
    let budget = budget();
    budget.reads(3).await;
    budget.back_off(None);
    let refused = budget.reserve_adoption(None, Priority::NewRoom).await;
    let Err(Error::AccountInUse { until }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(until, Instant::now() + MINUTE);
    tokio::time::sleep_until(until).await;
    assert!(
        budget
            .reserve_adoption(None, Priority::NewRoom)
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_at_the_limit_does_not_pause_adoptions() {
    let budget = budget();
    budget.reads(OPEN).await;
    while budget.has_place(Kind::GiveBack, Priority::OpenAdoption) {}
    budget.back_off(None);
    assert!(
        budget
            .reserve_adoption(None, Priority::NewRoom)
            .await
            .is_ok()
    );
}
