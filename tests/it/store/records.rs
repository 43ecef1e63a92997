//! The records of rooms and of calls.

use std::collections::{BTreeMap, BTreeSet};

use roomwright::store::{OtherCalls, RoomRecord, Settlement, Store};

use super::{Scratch, at, claimed, room};

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
    for (since, waiting) in [(12, 1), (13, 2)] {
        let rooms = vec![room("7"), room("8")];
        let left = store.not_run_since(rooms, at(since)).await;
        assert_eq!(left.unwrap(), waiting);
    }
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
    // Refused writes are not counted.
    assert_eq!(aside(&first, 20, 30, 2).await, 0);
    assert_eq!(aside(&first, 1, 31, 2).await, 1);
    assert_eq!(aside(&second, 20, 31, 24).await, 0);
    // All writes of the first hour can have been made at its end.
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
    // The clock is set back by a day: the counted calls do not stay forever.
    let yesterday = -24 * 3_600;
    assert_eq!(
        announce(&command, 0, false, yesterday).await,
        OtherCalls::default()
    );
}
