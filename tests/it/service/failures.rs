//! Lost responses, a key that is no longer valid, and a room that keeps failing.

use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeStatus, Fault, FaultKind, Later};

use crate::wait;
use crate::world::{SAMPLE, World, now};

#[tokio::test]
async fn a_lost_response_is_checked_and_never_repeated_blindly() {
    for (path, method) in [
        ("files/folder/{id}", "POST"),
        ("files/rooms/{id}/share", "PUT"),
        ("files/owner", "POST"),
        ("files/rooms/{id}/tags", "PUT"),
    ] {
        for kind in [
            FaultKind::DoAndDrop,
            FaultKind::CloseBefore,
            FaultKind::TruncatedJson,
            FaultKind::DropAndDoLater(Later::NextListing),
        ] {
            let text = SAMPLE.replace(
                "    grants:\n",
                "    settings: { tags: [sample] }\n    grants:\n",
            );
            let world = World::new(&text).await;
            world
                .portal
                .fault(Fault::on(method, path, kind.clone()).times(1));
            let room = world.a_room();
            let row = world.settled(&room).await;
            assert!(
                matches!(row.outcome.as_str(), "changed" | "in-sync" | "drifted"),
                "{path} {kind:?}: {}",
                row.summary
            );
            // Only a folder that the portal creates after the check exists twice.
            let late = kind == FaultKind::DropAndDoLater(Later::NextListing);
            let doubled = usize::from(late && path == "files/folder/{id}");
            let view = world.portal.room(&room).unwrap();
            assert_eq!(view.doubled().len(), doubled, "{path} {kind:?}");
            assert_eq!(view.folders.len(), 3 + doubled, "{path} {kind:?}");
            let mut paths = view.paths();
            paths.dedup();
            assert_eq!(paths, ["Archive", "Documents", "Tasks"], "{path} {kind:?}");
            world.is_shared_as_the_sample_says(&room);
            world.end().await;
        }
    }
}

#[tokio::test]
async fn an_invalid_key_gives_no_outcome_and_uses_no_attempt() {
    let world = World::new(SAMPLE).await;
    let key = world.portal.add_key(&world.me, &[]);
    world.portal.revoke_key(&key);
    world
        .portal
        .set_status(&world.me, EmployeeStatus::Terminated);
    let room = world.a_room();
    let ready = format!("{}/readyz", world.service);
    let client = reqwest::Client::new();
    let status = async |status: u16| client.get(&ready).send().await.unwrap().status() == status;
    // The portal sends no webhook of a disabled account, unless it sent the event before.
    if world.portal.deliveries().is_empty() {
        world
            .store
            .wake(&RoomId::new(room.to_string()), now())
            .await
            .unwrap();
    }
    wait::until("it is not ready", || status(503)).await;
    assert_eq!(
        world
            .store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
            .unwrap()
            .job
            .unwrap()
            .attempts,
        0
    );
    world.portal.set_status(&world.me, EmployeeStatus::Active);
    wait::until("it is ready again", || status(200)).await;
    world.end().await;
}

#[tokio::test]
async fn a_room_that_keeps_failing_becomes_a_dead_letter_that_an_event_revives() {
    let world = World::new(SAMPLE).await;
    world.portal.fault(Fault::on(
        "GET",
        "files/rooms/{id}/share",
        FaultKind::Html(502),
    ));
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "failed");
    let job = row.job.unwrap();
    assert!(job.given_up.unwrap().contains("after 4 attempts"));
    assert_eq!(world.portal.writes().len(), 0);
    let delivery = &world.store.deliveries(1, now()).await.unwrap()[0];
    assert_eq!(delivery.state, "given-up");
    world.portal.clear_faults();
    world.portal.redeliver(world.portal.deliveries()[0].event);
    world
        .until("the room is finished", &room, |row| row.job.is_none())
        .await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}
