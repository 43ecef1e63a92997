//! Answers that are too large, lists without an end, and many slow answers.

use std::time::Duration;

use roomwright::simulator::{Fault, FaultKind, RoomType};
use serde_json::json;

use crate::process_harness::Site;
use crate::wait;
use crate::world::{SAMPLE, Setup, World};

const POLICY: &str = "version: 1\ntemplates: { t: { folders: [Documents] } }\npolicies: [{ name: teams, match: { title: 'Team *' }, template: t }]\n";

fn answered(body: String) -> FaultKind {
    FaultKind::Status {
        status: 200,
        retry_after: None,
        body,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_megabytes_or_of_many_small_objects_costs_little_memory() {
    let site = Site::new(POLICY).await;
    let room = site.a_room();
    for (objects, says) in [
        (31_000_000 / 7, "the response is too large"),
        (4_000_000 / 7, "the response contains too many values"),
    ] {
        let list = vec![r#"{"":0}"#; objects].join(",");
        let body = format!(r#"{{"response":[{list}]}}"#);
        site.portal.clear_faults();
        site.portal
            .fault(Fault::on("GET", "files/rooms/{id}", answered(body)));
        // Reserved memory exceeds used memory a little.
        let mut command = site.command("bash");
        command.env("MALLOC_ARENA_MAX", "1").args([
            "-c",
            "ulimit -v 500000; exec \"$0\" plan \"$1\"",
            env!("CARGO_BIN_EXE_roomwright"),
            &room.to_string(),
        ]);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(says), "{said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
    }
    site.portal.stop();
}

#[tokio::test]
async fn a_list_that_does_not_end_is_an_error_of_its_room_and_of_no_other() {
    let setup = Setup {
        attempts: 1,
        ..Setup::of(SAMPLE)
    };
    let world = World::built(setup).await;
    // The first read waits until the fault is armed.
    world
        .portal
        .fault(Fault::on("GET", "*", FaultKind::Pause).times(1));
    let endless = world.a_room();
    let share = |n: usize| json!({ "access": 2, "sharedToUser": { "id": format!("{n}") } });
    let page: Vec<_> = (0..100).map(share).collect();
    let body = json!({ "response": page, "total": 1_000_000 }).to_string();
    let route = format!("files/rooms/{endless}/share");
    world.portal.fault(Fault::on("GET", &route, answered(body)));
    wait::for_future("the first read", world.portal.wait_held()).await;
    world.portal.release_held();
    let row = world.settled(&endless).await;
    assert_eq!(row.outcome, "failed");
    assert!(
        row.summary.contains("does not end after"),
        "{}",
        row.summary
    );
    let other = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Team Gemini");
    world.settled(&other).await;
    world.is_as_the_sample_says(&other);
    assert_eq!(
        world
            .portal
            .writes()
            .iter()
            .filter(|call| call.path.contains(&endless.to_string()))
            .count(),
        0
    );
    world.end().await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_ends_between_two_calls_and_the_next_continues() {
    let setup = Setup {
        deadline: Duration::from_secs(1),
        attempts: 50,
        ..Setup::of(SAMPLE)
    };
    let world = World::built(setup).await;
    let slow = FaultKind::Delay(Duration::from_millis(120));
    world.portal.fault(Fault::on("*", "*", slow));
    let room = world.a_room();
    let row = world
        .until("a run took too long", &room, |row| row.outcome == "failed")
        .await;
    assert!(
        row.summary.contains("the run took too long"),
        "{}",
        row.summary
    );
    // However far the run got, its owner has the room.
    world.portal.clear_faults();
    world
        .until("the next run", &room, |row| row.job.is_none())
        .await;
    world.is_as_the_sample_says(&room);
    assert_eq!(world.portal.room(&room).unwrap().doubled(), [""; 0]);
    world.end().await;
}
