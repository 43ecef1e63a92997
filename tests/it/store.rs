//! The contract of the store. Time is an argument, so nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use roomwright::delivery::{Accepted, Delivery};
use roomwright::room::{RoomId, UserId};
use roomwright::store::{
    Claim, Error, OpenMode, OtherCalls, RoomJob, RoomRecord, Settled, Settlement, Store, Which,
};

const LEASE: Duration = Duration::from_secs(60);

struct Scratch {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        Self {
            _directory: directory,
            path,
        }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    async fn open(&self) -> Store {
        Store::open(&self.url(), OpenMode::Create).await.unwrap()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

fn room(id: &str) -> RoomId {
    RoomId::new(id)
}

fn delivery(id: i64, room: Option<&str>, seconds: i64) -> Delivery {
    Delivery {
        id,
        trigger: "room.created".to_owned(),
        room: room.map(RoomId::new),
        title: "Team".to_owned(),
        received_at: at(seconds),
    }
}

async fn claimed(store: &Store, seconds: i64) -> RoomJob {
    store
        .claim(at(seconds), LEASE, "w", Which::Any)
        .await
        .unwrap()
        .expect("a room that is due")
}

async fn nothing_due(store: &Store, seconds: i64) -> bool {
    store
        .claim(at(seconds), LEASE, "w", Which::Any)
        .await
        .unwrap()
        .is_none()
}

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
    let dead = Settlement::Dead {
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
    for (state, id) in [("dead", 1), ("done", 2), ("running", 3), ("waiting", 99)] {
        let rows = store
            .deliveries_after(Some(state), None, 1, at(5))
            .await
            .unwrap();
        assert_eq!((rows.len(), rows[0].id), (1, id), "{state}");
        assert_eq!(rows[0].state, state);
    }
    // A lease that ran out counts as none.
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
    assert!(nothing_due(&store, 1).await, "one worker a room");
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
async fn attempts_count_only_when_they_were_used_and_an_event_brings_a_dead_letter_to_life() {
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
            &Settlement::Dead {
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
            .dead
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
    assert_eq!(new, None, "a place that is kept for new rooms");
    store
        .accept(&delivery(1, Some("new"), 5), "{}")
        .await
        .unwrap();
    assert_eq!(claimed(&store, 6).await.room, room("new"));
    assert_eq!(claimed(&store, 6).await.room, room("old"));
}

#[tokio::test]
async fn while_an_answer_is_out_nothing_wakes_the_room() {
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

#[tokio::test]
async fn an_adoption_is_durable_and_there_is_one_of_a_room_until_it_is_closed() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let owner = UserId::new("00000000-0000-0000-0000-000000000001");
    let us = UserId::new("00000000-0000-0000-0000-000000000009");
    let opened = store
        .adoption_open(&room("7"), &owner, &us, at(10), at(0))
        .await
        .unwrap()
        .unwrap();
    let twice = store
        .adoption_open(&room("7"), &us, &us, at(10), at(1))
        .await;
    assert_eq!(twice.unwrap(), None);
    let other = scratch.open().await;
    assert_eq!(
        other.adoptions().await.unwrap(),
        std::slice::from_ref(&opened)
    );
    assert_eq!((&opened.owner, &opened.account), (&owner, &us));
    other
        .adoption_close(&opened, "given back", at(2))
        .await
        .unwrap();
    assert_eq!(store.adoptions().await.unwrap(), []);
    assert!(store.was_adopted(&room("7")).await.unwrap());
    assert!(!store.was_adopted(&room("8")).await.unwrap());
}

#[tokio::test]
async fn an_open_adoption_belongs_to_its_process_until_its_lease_ends_or_it_lets_go() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let owner = UserId::new("00000000-0000-0000-0000-000000000001");
    let us = UserId::new("00000000-0000-0000-0000-000000000009");
    let grace = Duration::from_secs(70);
    store
        .adoption_open(&room("7"), &owner, &us, at(10), at(0))
        .await
        .unwrap();
    let claim = async |now: i64| {
        store
            .adoption_claim(None, at(now + 10), grace, at(now))
            .await
            .unwrap()
    };
    assert_eq!(claim(9).await, None);
    // Its process was killed: the take may have left, and counts as unanswered.
    let left = claim(10).await.unwrap();
    assert_eq!(left.unanswered_until, Some(at(70)));
    assert_eq!(claim(11).await, None);
    store
        .adoption_put_off(&left, None, Some("nobody takes it"), at(30))
        .await
        .unwrap();
    assert_eq!(claim(29).await, None);
    let due = claim(30).await.unwrap();
    // Whoever let go of it said what is unanswered.
    assert_eq!(due.unanswered_until, None);
    assert_eq!(due.blocked.as_deref(), Some("nobody takes it"));
    let seven = room("7");
    let named = store.adoption_claim(Some(&seven), at(60), grace, at(50));
    assert_eq!(named.await.unwrap().unwrap().id, due.id);
}

#[tokio::test]
async fn a_record_is_kept_with_what_was_in_place() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    store.wake(&room("7"), at(0)).await.unwrap();
    let job = claimed(&store, 0).await;
    let keys = BTreeSet::from(["folder a".parse::<roomwright::room::Item>().unwrap()]);
    let record = |outcome: &str, seconds, in_line, present| RoomRecord {
        title: "Team".to_owned(),
        outcome: outcome.to_owned(),
        summary: format!("{outcome}: x"),
        line: None,
        report: "{}".to_owned(),
        at: at(seconds),
        in_line,
        present,
        made: BTreeMap::new(),
    };
    for (seconds, outcome, in_line, present) in [
        (1, "changed", true, Some(keys.clone())),
        (9, "in-sync", true, None),
        (12, "partial", false, None),
    ] {
        let retry = Settlement::RetryAt {
            at: at(seconds),
            attempt_used: false,
        };
        let record = record(outcome, seconds, in_line, present);
        let job = if seconds == 1 {
            job.clone()
        } else {
            claimed(&store, seconds).await
        };
        store
            .settle(&job, &retry, Some(&record), None, at(seconds))
            .await
            .unwrap();
    }
    let row = store.room(&room("7")).await.unwrap().unwrap();
    assert_eq!(
        (row.outcome.as_str(), row.applied, row.configured_at),
        ("partial", keys, Some(at(1)))
    );
    assert_eq!(store.rooms(Some("partial")).await.unwrap().len(), 1);
    assert_eq!(store.rooms(Some("failed")).await.unwrap().len(), 0);
    assert_eq!(
        store
            .wake_outcomes(&["partial", "refused"], at(13))
            .await
            .unwrap(),
        1
    );
    assert_eq!(claimed(&store, 13).await.room, room("7"));
}

#[tokio::test]
async fn the_writes_of_24_hours_are_counted_across_processes() {
    const HOUR: i64 = 3_600;
    let scratch = Scratch::new();
    let (first, second) = (scratch.open().await, scratch.open().await);
    let aside = async |store: &Store, most, limit, hour: i64| {
        let granted = store.set_writes_aside(most, limit, at(hour * HOUR));
        granted.await.unwrap()
    };
    assert_eq!(aside(&first, 20, 30, 0).await, 20);
    assert_eq!(aside(&second, 20, 30, 1).await, 10);
    // What is refused is not counted.
    assert_eq!(aside(&first, 20, 30, 2).await, 0);
    assert_eq!(aside(&first, 1, 31, 2).await, 1);
    assert_eq!(aside(&second, 20, 31, 24).await, 0);
    // Those of the first hour may all have been made at its end.
    assert_eq!(aside(&second, 30, 31, 25).await, 20);
    assert_eq!(aside(&second, 30, 31, 26).await, 10);
}

#[tokio::test]
async fn processes_know_of_each_others_calls_of_the_last_minute() {
    let scratch = Scratch::new();
    let (service, command) = (scratch.open().await, scratch.open().await);
    let announce = async |store: &Store, calls, serves, now| {
        let others = store.announce_calls(calls, serves, at(now));
        others.await.unwrap()
    };
    assert_eq!(announce(&service, 20, true, 0).await, OtherCalls::default());
    announce(&service, 20, true, 0).await;
    announce(&service, 5, true, 30).await;
    let of_service = |services, of_services| OtherCalls {
        services,
        of_services,
        ..OtherCalls::default()
    };
    assert_eq!(announce(&command, 7, false, 40).await, of_service(1, 45));
    assert_eq!(announce(&command, 0, false, 61).await, of_service(1, 5));
    let of_command = OtherCalls {
        commands: 1,
        of_commands: 7,
        ..OtherCalls::default()
    };
    assert_eq!(announce(&service, 0, true, 62).await, of_command);
    // The clock is set back by a day: what was counted does not stay for ever.
    let yesterday = -24 * 3_600;
    assert_eq!(
        announce(&command, 0, false, yesterday).await,
        OtherCalls::default()
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_reported_and_nothing_is_created() {
    let scratch = Scratch::new();
    let url = scratch.url();
    assert!(matches!(
        Store::open(&url, OpenMode::Existing).await,
        Err(Error::Absent(_))
    ));
    assert!(!scratch.path.exists());
    assert!(matches!(
        Store::open("mysql://x", OpenMode::Create).await,
        Err(Error::Address(_))
    ));
    std::fs::write(
        &scratch.path,
        "this is no database, and long enough to be taken for one? no".repeat(40),
    )
    .unwrap();
    assert!(matches!(
        Store::open(&url, OpenMode::Create).await,
        Err(Error::Damaged { .. })
    ));
}

#[tokio::test]
async fn a_store_of_a_later_version_is_not_changed() {
    let scratch = Scratch::new();
    scratch.open().await.close().await;
    let db = rusqlite::Connection::open(&scratch.path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(
        Store::open(&scratch.url(), OpenMode::Create).await,
        Err(Error::Newer { found: 99, .. })
    ));
}
