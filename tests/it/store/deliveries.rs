//! Deliveries: stored once, found by id and by state.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use roomwright::delivery::Accepted;
use roomwright::store::{Settled, Settlement};

use super::{LEASE, Scratch, at, claimed, delivery, nothing_due, room};

#[tokio::test]
async fn a_delivery_is_stored_once_and_always_wakes_its_room() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    assert_eq!(
        store
            .accept(&delivery(1, Some("7"), 0), "{}")
            .await
            .unwrap(),
        Accepted::New
    );
    let job = claimed(&store, 0).await;
    assert_eq!(
        store
            .settle(&job, &Settlement::Done, None, None, at(1))
            .await
            .unwrap(),
        Settled::Finished
    );
    assert!(nothing_due(&store, 2).await);
    assert_eq!(
        store
            .accept(&delivery(1, Some("7"), 3), "{}")
            .await
            .unwrap(),
        Accepted::Seen
    );
    assert_eq!(claimed(&store, 3).await.room, room("7"));
    let rows = store.deliveries(10, at(3)).await.unwrap();
    assert_eq!((rows.len(), rows[0].seen), (1, 2));
}

#[tokio::test]
async fn deliveries_that_arrived_are_known_by_their_ids() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    for id in [1, -5] {
        let delivery = delivery(id, Some("7"), 0);
        store.accept(&delivery, "{}").await.unwrap();
    }
    let arrived = store.arrived(vec![3, 1, 2, -5]).await.unwrap();
    assert_eq!(arrived, BTreeSet::from([-5, 1]));
    assert_eq!(store.arrived(Vec::new()).await.unwrap(), BTreeSet::new());
}

#[tokio::test]
async fn a_delivery_without_a_room_is_not_stored() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    assert_eq!(
        store.accept(&delivery(1, None, 0), "{}").await.unwrap(),
        Accepted::Irrelevant
    );
    assert_eq!(store.deliveries(10, at(0)).await.unwrap(), []);
}

#[tokio::test]
async fn deliveries_in_a_state_are_found_however_many_others_came_later() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let accept = async |id, room, seconds| {
        let delivery = delivery(id, Some(room), seconds);
        store.accept(&delivery, "{}").await.unwrap();
    };
    accept(1, "old", 0).await;
    let job = claimed(&store, 0).await;
    let dead = Settlement::GivenUp {
        reason: "no luck".to_owned(),
    };
    store.settle(&job, &dead, None, None, at(1)).await.unwrap();
    accept(2, "finished", 2).await;
    let job = claimed(&store, 2).await;
    store
        .settle(&job, &Settlement::Done, None, None, at(3))
        .await
        .unwrap();
    accept(3, "claimed", 4).await;
    let job = claimed(&store, 4).await;
    assert_eq!(job.room, room("claimed"));
    for id in 4..100 {
        accept(id, "next", id).await;
    }
    for (state, id) in [
        ("given-up", 1),
        ("done", 2),
        ("running", 3),
        ("waiting", 99),
    ] {
        let rows = store
            .deliveries_after(Some(state), None, 1, at(5))
            .await
            .unwrap();
        assert_eq!((rows.len(), rows[0].id), (1, id), "{state}");
        assert_eq!(rows[0].state, state);
    }
    // An expired lease counts as none.
    let later = at(4) + SignedDuration::try_from(LEASE).unwrap();
    assert_eq!(
        store
            .deliveries_after(Some("running"), None, 9, later)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn two_hundred_deliveries_at_once_are_all_kept() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let all = futures::future::join_all((0..200).map(|n| {
        let store = store.clone();
        async move {
            store
                .accept(&delivery(n % 100, Some(&(n % 10).to_string()), 0), "{}")
                .await
                .unwrap()
        }
    }))
    .await;
    assert_eq!(
        all.iter()
            .filter(|accepted| **accepted == Accepted::New)
            .count(),
        100
    );
    store.close().await;
    let store = scratch.open().await;
    assert_eq!(store.deliveries(500, at(0)).await.unwrap().len(), 100);
    let mut rooms = BTreeSet::new();
    for _ in 0..10 {
        assert!(rooms.insert(claimed(&store, 0).await.room.to_string()));
    }
    assert!(nothing_due(&store, 0).await);
}
