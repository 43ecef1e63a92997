//! The queue of rooms: claims, leases, attempts and rooms that are given up.

use roomwright::store::{Claim, Settled, Settlement, Which};

use super::{LEASE, Scratch, at, claimed, delivery, nothing_due, room};

#[tokio::test]
async fn an_event_during_a_run_makes_one_more_run() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("7"), at(0)).await.unwrap();
    let job = claimed(&store, 0).await;
    for n in 1..4 {
        store
            .accept(&delivery(n, Some("7"), 1), "{}")
            .await
            .unwrap();
    }
    assert!(nothing_due(&store, 1).await, "one worker for each room");
    assert_eq!(
        store
            .settle(&job, &Settlement::Done, None, None, at(2))
            .await
            .unwrap(),
        Settled::RunsAgain
    );
    let job = claimed(&store, 2).await;
    assert_eq!(
        store
            .settle(&job, &Settlement::Done, None, None, at(3))
            .await
            .unwrap(),
        Settled::Finished
    );
    assert!(nothing_due(&store, 99).await);
}

#[tokio::test]
async fn the_room_of_a_killed_worker_is_claimed_when_its_lease_expires() {
    let scratch = Scratch::new();
    let first = scratch.open().await;
    first.wake(&room("7"), at(0)).await.unwrap();
    let killed = claimed(&first, 0).await;
    let second = scratch.open().await;
    assert!(nothing_due(&second, 59).await);
    let successor = claimed(&second, 60).await;
    assert_eq!(successor.room, killed.room);
    assert_eq!(
        first
            .settle(&killed, &Settlement::Done, None, None, at(61))
            .await
            .unwrap(),
        Settled::LeaseLost
    );
    assert!(!first.renew(&killed, at(61), LEASE).await.unwrap());
    assert_eq!(
        second
            .settle(&successor, &Settlement::Done, None, None, at(62))
            .await
            .unwrap(),
        Settled::Finished
    );
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_kept() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("7"), at(0)).await.unwrap();
    let job = claimed(&store, 0).await;
    assert!(store.renew(&job, at(50), LEASE).await.unwrap());
    assert!(nothing_due(&store, 100).await);
    assert_eq!(store.next_due().await.unwrap(), Some(at(110)));
}

#[tokio::test]
async fn only_used_attempts_count_and_an_event_revives_a_room_that_was_given_up() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("7"), at(0)).await.unwrap();
    let retry = |seconds, attempt_used| Settlement::RetryAt {
        at: at(seconds),
        attempt_used,
    };
    let job = claimed(&store, 0).await;
    store
        .settle(&job, &retry(10, false), None, None, at(1))
        .await
        .unwrap();
    assert!(nothing_due(&store, 9).await);
    let job = claimed(&store, 10).await;
    assert_eq!(job.attempt, 1);
    store
        .settle(&job, &retry(20, true), None, None, at(11))
        .await
        .unwrap();
    let job = claimed(&store, 20).await;
    assert_eq!(job.attempt, 2);
    store
        .settle(
            &job,
            &Settlement::GivenUp {
                reason: "broken".to_owned(),
            },
            None,
            None,
            at(21),
        )
        .await
        .unwrap();
    assert!(nothing_due(&store, 10_000).await);
    assert_eq!(
        store
            .room(&room("7"))
            .await
            .unwrap()
            .unwrap()
            .job
            .unwrap()
            .given_up
            .as_deref(),
        Some("broken")
    );
    store
        .accept(&delivery(5, Some("7"), 30), "{}")
        .await
        .unwrap();
    assert_eq!(claimed(&store, 30).await.attempt, 1);
}

#[tokio::test]
async fn new_rooms_go_before_everything_else() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("old"), at(0)).await.unwrap();
    let new = store.claim(at(0), LEASE, "w", Which::New).await.unwrap();
    assert_eq!(new, None, "a slot that is reserved for new rooms");
    store
        .accept(&delivery(1, Some("new"), 5), "{}")
        .await
        .unwrap();
    assert_eq!(claimed(&store, 6).await.room, room("new"));
    assert_eq!(claimed(&store, 6).await.room, room("old"));
}

#[tokio::test]
async fn nothing_wakes_a_room_with_an_outstanding_answer() {
    let again = Settlement::RetryAt {
        at: at(1),
        attempt_used: true,
    };
    for settlement in [Settlement::Done, again] {
        let scratch = Scratch::new();
        let store = scratch.open().await;
        store.wake(&room("7"), at(0)).await.unwrap();
        let job = claimed(&store, 0).await;
        store
            .settle(&job, &settlement, None, Some(at(30)), at(1))
            .await
            .unwrap();
        store
            .accept(&delivery(1, Some("7"), 2), "{}")
            .await
            .unwrap();
        assert!(nothing_due(&store, 29).await);
        let claim = store.claim_room(&room("7"), at(29), LEASE, "apply").await;
        assert_eq!(claim.unwrap(), Claim::Busy { until: at(30) });
        assert_eq!(claimed(&store, 30).await.room, room("7"));
    }
}

#[tokio::test]
async fn policies_that_changed_during_a_run_make_one_more_run() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("7"), at(0)).await.unwrap();
    let job = claimed(&store, 0).await;
    store.wake_outcomes(&["refused"], at(1)).await.unwrap();
    let settled = store.settle(&job, &Settlement::Done, None, None, at(2));
    assert_eq!(settled.await.unwrap(), Settled::RunsAgain);
    assert_eq!(claimed(&store, 2).await.room, room("7"));
}

#[tokio::test]
async fn a_specific_room_can_be_claimed_unless_it_is_leased() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let Claim::Got(job) = store
        .claim_room(&room("7"), at(0), LEASE, "apply")
        .await
        .unwrap()
    else {
        panic!("free")
    };
    assert!(nothing_due(&store, 1).await);
    assert_eq!(
        store
            .claim_room(&room("7"), at(1), LEASE, "other")
            .await
            .unwrap(),
        Claim::Busy { until: at(60) }
    );
    store
        .settle(&job, &Settlement::Done, None, None, at(2))
        .await
        .unwrap();
    assert!(matches!(
        store
            .claim_room(&room("7"), at(3), LEASE, "other")
            .await
            .unwrap(),
        Claim::Got(_)
    ));
}
