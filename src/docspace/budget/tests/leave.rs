//! When a call is sent, and when it is not.

use super::*;

#[tokio::test(start_paused = true)]
async fn writes_at_once_are_limited_and_a_give_back_does_not_wait_for_them() {
    let budget = budget();
    let write = || budget.acquire(ask(Kind::Write, Priority::NewRoom));
    let (first, second, third) = (write().await, write().await, write().await);
    assert_eq!(write().await.err(), Some(NotNow::Stale));
    assert!(budget.has_place(Kind::GiveBack, Priority::NewRoom));
    drop((first, second, third));
    assert!(write().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_the_minute_does_not_delay_a_higher_priority() {
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
async fn a_write_that_waited_longer_than_a_second_is_not_sent() {
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
async fn a_429_pauses_all_calls_for_as_long_as_it_says() {
    let budget = budget();
    budget.back_off(Some(SECOND * 7));
    let start = Instant::now();
    let late = budget.one(ask(Kind::Write, Priority::NewRoom)).await;
    assert_eq!(late, Err(NotNow::Stale));
    budget.read(Priority::NewRoom).await;
    assert!(start.elapsed() >= SECOND * 7);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_still_causes_a_pause() {
    let budget = budget();
    for after in [None, Some(Duration::ZERO)] {
        budget.back_off(after);
        let start = Instant::now();
        budget.read(Priority::NewRoom).await;
        assert!(start.elapsed() >= Duration::from_millis(250));
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_pause_is_not_waited_out_and_ending_an_adoption_is_tried_anyway() {
    let budget = budget();
    budget.back_off(Some(SECOND * 300));
    let start = Instant::now();
    let read = budget.one(ask(Kind::Read, Priority::NewRoom)).await;
    assert_eq!(read, Err(NotNow::Paused));
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
async fn one_room_at_a_time_gets_nested_folders_and_twelve_rooms_are_written_at_once() {
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
