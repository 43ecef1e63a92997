//! Lists, numbers and the history for people, and what the store deletes in time.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use roomwright::delivery::Delivery;
use roomwright::room::{RoomId, UserId};
use roomwright::service::Retention;
use roomwright::store::{Claim, RoomRecord, Settlement, Store};

use super::{LEASE, Scratch, at};

const DAY: i64 = 24 * 60 * 60;
const KEPT: Retention = Retention {
    deliveries: Duration::from_secs(30 * DAY as u64),
    history: Duration::from_secs(365 * DAY as u64),
};

async fn store() -> (Scratch, Store) {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    (scratch, store)
}

async fn deliver(store: &Store, id: i64, room: &str, seconds: i64) {
    let delivery = Delivery {
        id,
        trigger: "room.created".to_owned(),
        room: Some(RoomId::new(room)),
        title: format!("Team {room}"),
        received_at: at(seconds),
    };
    store.accept(&delivery, "{}").await.unwrap();
}

/// A run over a room with this outcome.
async fn run(store: &Store, room: &str, seconds: i64, outcome: &str, ends: Settlement) {
    let id = RoomId::new(room);
    let claim = store
        .claim_room(&id, at(seconds), LEASE, "w")
        .await
        .unwrap();
    let Claim::Got(job) = claim else {
        panic!("the room is claimed");
    };
    let record = RoomRecord {
        title: format!("Team {room}"),
        outcome: outcome.to_owned(),
        summary: outcome.to_owned(),
        line: Some(format!("{outcome} room {room} at {seconds}")),
        report: "{}".to_owned(),
        at: at(seconds),
        in_line: outcome == "changed",
        present: None,
        made: std::collections::BTreeMap::new(),
    };
    store
        .settle(&job, &ends, Some(&record), None, at(seconds))
        .await
        .unwrap();
}

fn in_a_day(seconds: i64) -> Settlement {
    Settlement::RetryAt {
        at: at(seconds + DAY),
        attempt_used: false,
    }
}

#[tokio::test]
async fn rooms_are_listed_page_by_page_in_one_order() {
    let (_scratch, store) = store().await;
    for number in 0..7 {
        run(
            &store,
            &format!("{number}"),
            number,
            "changed",
            Settlement::Done,
        )
        .await;
    }
    run(&store, "8", 8, "refused", Settlement::Done).await;
    for room in ["new-a", "new-b"] {
        deliver(&store, 1, room, 9).await;
    }
    let listed = |rows: &[roomwright::store::RoomRow]| {
        rows.iter()
            .map(|row| row.room.to_string())
            .collect::<Vec<_>>()
    };
    let expected = ["new-a", "new-b", "8", "6", "5", "4", "3", "2", "1", "0"];
    assert_eq!(listed(&store.rooms(None).await.unwrap()), expected);
    for most in 1..=11 {
        let mut rows = store.rooms_after(None, None, most).await.unwrap();
        loop {
            let next = store.rooms_after(None, rows.last(), most).await.unwrap();
            assert!(next.len() <= usize::try_from(most).unwrap());
            if next.is_empty() {
                break;
            }
            rows.extend(next);
        }
        assert_eq!(listed(&rows), expected, "{most} at a time");
    }
    assert_eq!(listed(&store.rooms(Some("refused")).await.unwrap()), ["8"]);
    store.close().await;
}

#[tokio::test]
async fn the_overview_counts_what_is_due_what_waits_and_what_was_given_up() {
    let (_scratch, store) = store().await;
    assert_eq!(store.overview(at(0)).await.unwrap(), Default::default());
    deliver(&store, 1, "due", 10).await;
    deliver(&store, 2, "later", 11).await;
    run(&store, "later", 12, "partial", in_a_day(12)).await;
    run(&store, "done", 13, "changed", Settlement::Done).await;
    let dead = Settlement::GivenUp {
        reason: "why".to_owned(),
    };
    run(&store, "dead", 14, "failed", dead).await;
    let busy = RoomId::new("busy");
    store.claim_room(&busy, at(15), LEASE, "w").await.unwrap();
    let (owner, me) = (UserId::new("o"), UserId::new("m"));
    store
        .adoption_open(&busy, &owner, &me, at(30), at(16))
        .await
        .unwrap()
        .unwrap();
    let seen = store.overview(at(20)).await.unwrap();
    assert_eq!((seen.due, seen.due_since), (1, Some(at(10))));
    assert_eq!((seen.later, seen.running, seen.given_up), (1, 1, 1));
    assert_eq!((seen.open_adoptions, seen.blocked_adoptions), (1, 0));
    assert_eq!(seen.adoption_open_since, Some(at(16)));
    assert_eq!(seen.last_delivery, Some(at(11)));
    let outcomes: Vec<(String, u64)> = seen.outcomes.into_iter().collect();
    let expected = [("changed", 1), ("failed", 1), ("partial", 1)];
    assert_eq!(
        outcomes,
        expected.map(|(outcome, rooms)| (outcome.to_owned(), rooms))
    );
    store.close().await;
}

#[tokio::test]
async fn the_history_of_one_room_or_all_is_listed_latest_first() {
    let (_scratch, store) = store().await;
    run(&store, "7", 1, "partial", in_a_day(1)).await;
    run(&store, "8", 2, "changed", Settlement::Done).await;
    run(&store, "7", 3, "changed", Settlement::Done).await;
    let lines = |rows: Vec<roomwright::store::HistoryRow>| {
        rows.into_iter().map(|row| row.line).collect::<Vec<_>>()
    };
    let all = store.history(None, 2).await.unwrap();
    assert_eq!(lines(all), ["changed room 7 at 3", "changed room 8 at 2"]);
    let one = store.history(Some(&RoomId::new("7")), 9).await.unwrap();
    assert_eq!(lines(one), ["changed room 7 at 3", "partial room 7 at 1"]);
    store.close().await;
}

#[tokio::test]
async fn what_is_finished_is_deleted_in_time_and_what_a_room_depends_on_is_kept() {
    let (_scratch, store) = store().await;
    // More than one batch of a deletion.
    for id in 0..1_300 {
        deliver(&store, id, "7", 0).await;
    }
    run(&store, "7", 1, "changed", Settlement::Done).await;
    deliver(&store, 5_000, "8", 20 * DAY).await;
    run(&store, "8", 20 * DAY, "changed", in_a_day(20 * DAY)).await;
    assert_eq!(KEPT.pass(&store, at(29 * DAY)).await.unwrap(), 0);
    assert_eq!(KEPT.pass(&store, at(31 * DAY)).await.unwrap(), 1_300);
    let kept = store.deliveries(9, at(31 * DAY)).await.unwrap();
    assert_eq!(kept.iter().map(|row| row.id).collect::<Vec<_>>(), [5_000]);
    assert_eq!(store.history(None, 9).await.unwrap().len(), 2);
    assert_eq!(KEPT.pass(&store, at(370 * DAY)).await.unwrap(), 2);
    assert_eq!(store.history(None, 9).await.unwrap().len(), 1);
    // The date of the configuration and the pending job of a room stay.
    let row = store.room(&RoomId::new("7")).await.unwrap().unwrap();
    assert_eq!(row.configured_at, Some(at(1)));
    let row = store.room(&RoomId::new("8")).await.unwrap().unwrap();
    assert!(row.job.is_some());
    store.close().await;
}

#[tokio::test]
async fn a_hundred_thousand_rooms_are_printed_in_bounded_memory() {
    const ROOMS: u32 = 100_000;
    let (scratch, store) = store().await;
    store.close().await;
    let db = rusqlite::Connection::open(&scratch.path).unwrap();
    db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO room (room, title, outcome, summary, report, at)
            SELECT i, 'Team ' || i, 'changed', printf('%.200c', 'x'), '{}', 1800000000000 + i FROM n",
        [ROOMS],
    )
    .unwrap();
    drop(db);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_roomwright"))
        .args(["rooms", "--json", "--store", &scratch.url()])
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let (mut rooms, mut largest, mut line) = (0_u32, 0, String::new());
    while printed.read_line(&mut line).unwrap() > 0 {
        rooms += u32::from(line.contains("\"room\": "));
        if rooms % 10_000 == 1 {
            // The peak memory so far, in kilobytes.
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
            largest = largest.max(peak.map_or(0, |peak| peak.parse::<usize>().unwrap()));
        }
        line.clear();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(rooms, ROOMS);
    assert!((1..64_000).contains(&largest), "{largest} kB");
}
