use super::*;
use crate::store::{Settled, Settlement};

#[tokio::test]
async fn a_lease_of_a_running_process_survives_setting_the_clock_by_a_day() {
    for day in [DAY, -DAY] {
        let machine = Machine::new();
        let (one, other) = (machine.open().await, machine.open().await);
        one.wake(&RoomId::new("7"), machine.now()).await.unwrap();
        let job = machine.claim(&one).await.unwrap();
        machine.pass(50);
        machine.set(day);
        assert_eq!(machine.claim(&other).await, None, "{day}");
        let named = other.claim_room(&job.room, machine.now(), LEASE, "apply");
        assert!(matches!(
            named.await.unwrap(),
            crate::store::Claim::Busy { until } if until == machine.now() + Duration::from_secs(10)
        ));
        assert!(one.renew(&job, machine.now(), LEASE).await.unwrap());
        machine.pass(50);
        assert_eq!(machine.claim(&other).await, None, "{day}");
        let settled = one.settle(&job, &Settlement::Done, None, None, machine.now());
        assert_eq!(settled.await.unwrap(), Settled::Finished);
    }
}

#[tokio::test]
async fn a_lease_of_an_ended_process_expires_on_time_when_the_clock_is_set() {
    for day in [DAY, -DAY] {
        let machine = Machine::new();
        let store = machine.open().await;
        store.wake(&RoomId::new("7"), machine.now()).await.unwrap();
        machine.claim(&store).await.unwrap();
        store.close().await;
        machine.set(day);
        let successor = machine.open().await;
        assert_eq!(machine.claim(&successor).await, None, "{day}");
        machine.pass(59);
        assert_eq!(machine.claim(&successor).await, None, "{day}");
        machine.pass(1);
        assert!(machine.claim(&successor).await.is_some(), "{day}");
    }
}

#[tokio::test]
async fn a_due_time_and_a_pending_call_keep_their_distance_when_the_clock_is_set() {
    for day in [DAY, -DAY] {
        let machine = Machine::new();
        let store = machine.open().await;
        store.wake(&RoomId::new("7"), machine.now()).await.unwrap();
        let job = machine.claim(&store).await.unwrap();
        let quiet = machine.now() + Duration::from_secs(30);
        store
            .settle(&job, &Settlement::Done, None, Some(quiet), machine.now())
            .await
            .unwrap();
        machine.set(day);
        machine.pass(29);
        assert_eq!(machine.claim(&store).await, None, "{day}");
        machine.pass(1);
        assert!(machine.claim(&store).await.is_some(), "{day}");
    }
}

#[tokio::test]
async fn an_open_adoption_keeps_its_lease_and_its_unanswered_call_when_the_clock_is_set() {
    let user = |n: u8| crate::room::UserId::new(format!("00000000-0000-0000-0000-00000000000{n}"));
    for day in [DAY, -DAY] {
        let machine = Machine::new();
        let store = machine.open().await;
        let in_10_s = |machine: &Machine| machine.now() + Duration::from_secs(10);
        let lease = in_10_s(&machine);
        store
            .adoption_open(&RoomId::new("7"), &user(1), &user(2), lease, machine.now())
            .await
            .unwrap();
        let grace = Duration::from_secs(70);
        let claim = async || {
            let lease = in_10_s(&machine);
            let claim = store.adoption_claim(None, lease, grace, machine.now());
            claim.await.unwrap()
        };
        machine.set(day);
        assert_eq!(claim().await, None, "{day}");
        machine.pass(9);
        assert_eq!(claim().await, None, "{day}");
        machine.pass(1);
        let entry = claim().await.unwrap();
        let unanswered = machine.now() + Duration::from_secs(60);
        assert_eq!(entry.unanswered_until, Some(unanswered), "{day}");
    }
}

#[tokio::test]
async fn a_machine_that_was_off_or_a_slewed_clock_delays_nothing_wrongly() {
    let machine = Machine::new();
    let store = machine.open().await;
    store.wake(&RoomId::new("7"), machine.now()).await.unwrap();
    let job = machine.claim(&store).await.unwrap();
    let retry = Settlement::RetryAt {
        at: machine.now() + Duration::from_secs(60),
        attempt_used: true,
    };
    store
        .settle(&job, &retry, None, None, machine.now())
        .await
        .unwrap();
    // Off for eight hours; the monotonic clock restarts, and the wall clock is an hour off.
    machine.set(7 * 60 * 60);
    machine.steady.store(3_000, Ordering::SeqCst);
    assert_eq!(machine.claim(&store).await, None);
    for _ in 0..59 {
        machine.pass(1);
        // Slews by a hundredth of a second per second.
        machine.wall.fetch_add(10, Ordering::SeqCst);
        assert_eq!(machine.claim(&store).await, None);
    }
    machine.pass(2);
    assert!(machine.claim(&store).await.is_some());
}
