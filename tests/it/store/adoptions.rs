//! The journal of adoptions.

use std::time::Duration;

use roomwright::room::UserId;
use roomwright::store::{Adoption, Store};

use super::{Scratch, at, room};

fn owner() -> UserId {
    UserId::new("00000000-0000-0000-0000-000000000001")
}

fn us() -> UserId {
    UserId::new("00000000-0000-0000-0000-000000000009")
}

/// An adoption of room 7, with a lease of ten seconds.
async fn opened(store: &Store) -> Adoption {
    store
        .adoption_open(&room("7"), &owner(), &us(), at(10), at(0))
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn an_adoption_is_durable_and_there_is_one_of_a_room_until_it_is_closed() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let opened = opened(&store).await;
    let twice = store
        .adoption_open(&room("7"), &us(), &us(), at(10), at(1))
        .await;
    assert_eq!(twice.unwrap(), None);
    let other = scratch.open().await;
    assert_eq!(
        other.adoptions().await.unwrap(),
        std::slice::from_ref(&opened)
    );
    assert_eq!((&opened.owner, &opened.account), (&owner(), &us()));
    other
        .adoption_close(&opened, "given back", at(2))
        .await
        .unwrap();
    assert_eq!(store.adoptions().await.unwrap(), []);
    assert!(store.was_adopted(&room("7")).await.unwrap());
    assert!(!store.was_adopted(&room("8")).await.unwrap());
}

#[tokio::test]
async fn a_room_that_waits_for_its_adoption_is_due_when_the_entry_is_closed() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let opened = opened(&store).await;
    store.wake(&room("7"), at(100)).await.unwrap();
    let due = async || store.room(&room("7")).await.unwrap().unwrap().job.unwrap();
    assert_eq!(due().await.due, at(100));
    let closed = store.adoption_close(&opened, "released to a person", at(20));
    closed.await.unwrap();
    assert_eq!(due().await.due, at(20));
}

#[tokio::test]
async fn an_open_adoption_belongs_to_its_process_until_its_lease_ends_or_is_released() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let grace = Duration::from_secs(70);
    opened(&store).await;
    let claim = async |now: i64| {
        store
            .adoption_claim(None, at(now + 10), grace, at(now))
            .await
            .unwrap()
    };
    assert_eq!(claim(9).await, None);
    // Its process was killed: the take may have been sent, and counts as unanswered.
    let left = claim(10).await.unwrap();
    assert_eq!(left.unanswered_until, Some(at(70)));
    assert_eq!(claim(11).await, None);
    store
        .adoption_put_off(&left, None, Some("nobody takes it"), at(30))
        .await
        .unwrap();
    assert_eq!(claim(29).await, None);
    let due = claim(30).await.unwrap();
    // Whoever released it recorded what is unanswered.
    assert_eq!(due.unanswered_until, None);
    assert_eq!(due.blocked.as_deref(), Some("nobody takes it"));
    let seven = room("7");
    let named = store.adoption_claim(Some(&seven), at(60), grace, at(50));
    assert_eq!(named.await.unwrap().unwrap().id, due.id);
}
