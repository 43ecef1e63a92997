//! A room is deleted, archived, given to another owner, or still being copied during a run.

use std::sync::Arc;
use std::time::Duration;

use roomwright::decide::Trigger;
use roomwright::docspace::Fence;
use roomwright::report::{Next, Outcome, Wait};
use roomwright::room::RoomId;
use roomwright::simulator::RoomType;
use roomwright::store::Claim;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::wait;
use crate::world::{SAMPLE, World, held, meanwhile, now};

#[tokio::test]
async fn a_room_that_is_deleted_before_it_is_taken_or_written_is_skipped() {
    for fault in [
        held("POST", "files/owner"),
        held("GET", "files/{id}"),
        held("POST", "files/folder/{id}"),
        held("PUT", "files/rooms/{id}/share"),
    ] {
        let world = World::new(SAMPLE).await;
        let what = fault.route.clone();
        let room = meanwhile(
            &world,
            fault,
            || world.a_room(),
            |room| {
                world.portal.delete_room(&world.boss, room);
            },
        )
        .await;
        let row = world.settled(&room).await;
        assert_eq!(row.outcome, "skipped", "{what}: {}", row.summary);
        assert!(row.summary.contains("no such room"), "{}", row.summary);
        world.end().await;
    }
}

#[tokio::test]
async fn a_managed_room_that_is_archived_during_the_run_is_not_changed() {
    let world = World::new(SAMPLE).await;
    let fault = held("POST", "files/folder/{id}");
    let room = meanwhile(
        &world,
        fault,
        || world.our_room(),
        |room| {
            world.portal.archive(&world.me, room);
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "skipped", "{}", row.summary);
    world.end().await;
}

#[tokio::test]
async fn a_room_whose_owner_changes_while_it_is_read_is_restarted_with_the_new_owner() {
    for fault in [
        held("GET", "files/rooms/{id}"),
        held("GET", "files/{id}"),
        held("GET", "files/rooms/{id}/share"),
    ] {
        let world = World::new(SAMPLE).await;
        let what = fault.route.clone();
        let heir = world.heir();
        let room = meanwhile(
            &world,
            fault,
            || world.a_room(),
            |room| {
                assert!(world.portal.change_owner(&world.boss, room, &heir));
            },
        )
        .await;
        assert_eq!(world.settled(&room).await.outcome, "changed", "{what}");
        let view = world.portal.room(&room).unwrap();
        assert_eq!(view.owner, heir, "{what}");
        assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"]);
        world.end().await;
    }
}

#[tokio::test]
async fn a_room_that_gets_a_new_owner_while_it_is_written_keeps_that_owner() {
    for fault in [
        held("POST", "files/folder/{id}"),
        held("PUT", "files/rooms/{id}/share"),
    ] {
        let world = World::new(SAMPLE).await;
        let what = fault.route.clone();
        let heir = world.heir();
        let room = meanwhile(
            &world,
            fault,
            || world.a_room(),
            |room| {
                let admin = world.portal.portal_owner();
                assert!(world.portal.change_owner(&admin, room, &heir));
            },
        )
        .await;
        world.settled(&room).await;
        let view = world.portal.room(&room).unwrap();
        assert_eq!(view.owner, heir, "{what}");
        assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"], "{what}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_run_waits_for_a_template_copy_and_does_not_duplicate_its_folders() {
    let world = World::new(SAMPLE).await;
    let room = world.portal.start_template_copy(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &["Documents", "Plans"],
    );
    world
        .until("the run waits for the copy", &room, |row| {
            row.outcome == "waiting" && row.job.as_ref().is_some_and(|job| job.attempts == 0)
        })
        .await;
    assert_eq!(world.portal.writes(), []);
    world.portal.finish_template_copy();
    // The state of the copy is cached for five seconds.
    // Each wake starts a run, so they are not as frequent as the looks of `wait`.
    let awake = async {
        while world.portal.writes().is_empty() {
            let id = RoomId::new(room.to_string());
            world.store.wake(&id, now()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    wait::for_future("the first write", awake).await;
    world.settled(&room).await;
    assert_eq!(
        world.paths(&room),
        ["Archive", "Documents", "Plans", "Tasks"]
    );
    world.end().await;
}

#[tokio::test]
async fn a_run_whose_lease_ended_writes_nothing_more_and_leaves_the_room_to_its_successor() {
    let mut world = World::new(SAMPLE).await;
    world.stop.cancel();
    (&mut world.running).await.unwrap();
    let policies = world.worker.policies.read().await.clone();
    for room in [world.a_room(), world.our_room()] {
        let id = RoomId::new(room.to_string());
        let hour = Duration::from_secs(3600);
        let claim = world.store.claim_room(&id, now(), hour, "test").await;
        let Claim::Got(job) = claim.unwrap() else {
            panic!("the room is held");
        };
        let ended = Arc::new(Fence::until(Instant::now()));
        let engine = &world.worker.engine;
        let go_on = CancellationToken::new();
        let report = engine
            .reconcile(&policies, &job, Trigger::Event, &ended, &go_on)
            .await;
        assert_eq!(report.outcome, Outcome::Waiting(Wait::Lease));
        assert_eq!(
            report.outcome.next(),
            Next::LookAgain(Duration::from_secs(1))
        );
    }
    assert_eq!(world.portal.writes(), []);
    assert_eq!(world.store.adoptions().await.unwrap(), []);
    world.portal.stop();
}

#[tokio::test]
async fn the_run_after_an_unsettled_one_finds_the_room_in_sync() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    // The state after a kill between the last two commits: no adoption is open, and the lease of the job has expired.
    let id = RoomId::new(room.to_string());
    world.portal.clear_requests();
    world.store.wake(&id, now()).await.unwrap();
    world
        .until("another run", &room, |row| {
            row.outcome == "in-sync" && row.job.is_none()
        })
        .await;
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}
