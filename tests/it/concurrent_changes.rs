//! People and the portal do things to a room between our look and our doing.

use std::sync::Arc;
use std::time::Duration;

use roomwright::decide::Trigger;
use roomwright::docspace::Fence;
use roomwright::report::{Next, Outcome, Wait};
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeStatus, EmployeeType, EntryId, Fault, FaultKind, RoomType};

use roomwright::store::Claim;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::world::{LIMIT, SAMPLE, World, now};

/// Makes a room and stops the service at a call of it; something is done meanwhile, and the service goes on.
async fn meanwhile(
    world: &World,
    fault: Fault,
    room: impl FnOnce() -> EntryId,
    what: impl FnOnce(&EntryId),
) -> EntryId {
    world.portal.fault(fault.times(1));
    let room = room();
    tokio::time::timeout(LIMIT, world.portal.wait_held())
        .await
        .expect("the call was not made");
    what(&room);
    world.portal.release_held();
    room
}

fn at(method: &str, route: &str) -> Fault {
    Fault::on(method, route, FaultKind::Pause)
}

#[tokio::test]
async fn a_room_that_is_deleted_before_it_is_taken_or_written_is_left_at_that() {
    for fault in [
        at("POST", "files/owner"),
        at("GET", "files/{id}"),
        at("POST", "files/folder/{id}"),
        at("PUT", "files/rooms/{id}/share"),
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
    let fault = at("POST", "files/folder/{id}");
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
        at("GET", "files/rooms/{id}"),
        at("GET", "files/{id}"),
        at("GET", "files/rooms/{id}/share"),
    ] {
        let world = World::new(SAMPLE).await;
        let what = fault.route.clone();
        let heir =
            world
                .portal
                .add_person("Hedda Heir", "hedda@example.org", EmployeeType::RoomAdmin);
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
async fn a_room_that_is_handed_over_while_it_is_written_keeps_its_new_owner() {
    for fault in [
        at("POST", "files/folder/{id}"),
        at("PUT", "files/rooms/{id}/share"),
    ] {
        let world = World::new(SAMPLE).await;
        let what = fault.route.clone();
        let heir =
            world
                .portal
                .add_person("Hedda Heir", "hedda@example.org", EmployeeType::RoomAdmin);
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
async fn what_people_do_while_we_take_the_room_they_keep() {
    let world = World::new(SAMPLE).await;
    let (ed, guest) = (&world.people["ed"], "guest@example.com");
    let guest = world
        .portal
        .add_person("Gil Guest", guest, EmployeeType::Guest);
    let room = meanwhile(
        &world,
        at("POST", "files/owner"),
        || world.a_room(),
        |room| {
            world.portal.add_folder(&world.boss, room, "tasks");
            world.portal.add_folder(&world.boss, room, "Minutes");
            world.portal.grant(room, ed, 11);
            world.portal.grant(room, &guest, 2);
        },
    )
    .await;
    world.settled(&room).await;
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Minutes", "tasks"]);
    assert_eq!(view.access[ed], 11, "nobody's right falls");
    assert_eq!(view.access[&guest], 2);
    assert_eq!(view.owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn what_people_are_given_while_we_make_folders_they_keep() {
    let world = World::new(SAMPLE).await;
    let ed = &world.people["ed"];
    let room = meanwhile(
        &world,
        at("POST", "files/folder/{id}"),
        || world.a_room(),
        |room| {
            world.portal.grant(room, ed, 11);
        },
    )
    .await;
    world.settled(&room).await;
    assert_eq!(world.portal.room(&room).unwrap().access[ed], 11);
    world.end().await;
}

#[tokio::test]
async fn people_who_are_disabled_or_deleted_during_the_run_are_named_and_all_others_get_their_roles()
 {
    let world = World::new(SAMPLE).await;
    let room = meanwhile(
        &world,
        at("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            world
                .portal
                .set_status(&world.people["ed"], EmployeeStatus::Terminated);
            world.portal.delete_group(&world.people["HR"]);
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(
        row.summary.contains("`ed`") && row.summary.contains("`HR`"),
        "{}",
        row.summary
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access[&world.people["vera"]], 2);
    assert_eq!(view.access[&world.people["mia"]], 9);
    world.end().await;
}

#[tokio::test]
async fn people_who_go_or_change_their_address_before_they_are_looked_up_are_named_as_missing() {
    let world = World::new(SAMPLE).await;
    let (portal, people) = (&world.portal, &world.people);
    let room = meanwhile(
        &world,
        at("GET", "files/rooms/{id}"),
        || world.a_room(),
        |_| {
            portal.remove_person(&people["ed"]);
            portal.rename_person(&people["vera"], "Vera Married", "married@example.org");
            portal.rename_person(&people["mia"], "Mia Married", "mia@example.org");
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    for gone in ["ed@example.org", "vera@example.org"] {
        assert!(row.summary.contains(gone), "{gone}: {}", row.summary);
    }
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"]);
    for (who, code) in [
        ("mia", Some(9)),
        ("ed", None),
        ("vera", None),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&people[who]).copied(), code, "{who}");
    }
    assert_eq!(view.owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn people_who_change_their_address_after_they_were_looked_up_are_still_the_same_people() {
    let world = World::new(SAMPLE).await;
    let (portal, people) = (&world.portal, &world.people);
    let room = meanwhile(
        &world,
        at("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            portal.remove_person(&people["ed"]);
            portal.rename_person(&people["vera"], "Vera Married", "married@example.org");
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`ed`"), "{}", row.summary);
    assert!(!row.summary.contains("vera"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    for (who, code) in [
        ("mia", Some(9)),
        ("ed", None),
        ("vera", Some(2)),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&people[who]).copied(), code, "{who}");
    }
    world.end().await;
}

#[tokio::test]
async fn members_who_go_between_two_pages_leave_the_second_one_empty() {
    let world = World::new(SAMPLE).await;
    let mut people = Vec::new();
    for n in 0..150 {
        let (name, mail) = (format!("N{n:03}"), format!("n{n}@example.org"));
        people.push(world.portal.add_person(&name, &mail, EmployeeType::User));
    }
    let room = meanwhile(
        &world,
        at("GET", "files/rooms/{id}"),
        || world.our_room(),
        |room| {
            for person in &people {
                world.portal.grant(room, person, 2);
            }
            let second_page = at("GET", "files/rooms/{id}/share").after(1);
            world.portal.fault(second_page.times(1));
        },
    )
    .await;
    tokio::time::timeout(LIMIT, world.portal.wait_held())
        .await
        .expect("no second page was asked for");
    for person in &people[..100] {
        world.portal.revoke(&room, person);
    }
    world.portal.release_held();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    // Nobody who left is let in again, and nobody who stayed goes; our account is there too.
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.len(), 50 + 4 + 1);
    assert!(
        people[..100]
            .iter()
            .all(|gone| !view.access.contains_key(gone))
    );
    world.end().await;
}

#[tokio::test]
async fn a_group_that_is_renamed_during_the_run_is_still_the_same_group() {
    let world = World::new(SAMPLE).await;
    let room = meanwhile(
        &world,
        at("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            world.portal.rename_group(&world.people["HR"], "People");
        },
    )
    .await;
    assert_eq!(world.settled(&room).await.outcome, "changed");
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_template_copy_is_waited_for_and_its_folders_are_not_doubled() {
    let world = World::new(SAMPLE).await;
    let room = world.portal.start_template_copy(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &["Documents", "Plans"],
    );
    world
        .until("the copy is waited for", &room, |row| {
            row.outcome == "waiting" && row.job.as_ref().is_some_and(|job| job.attempts == 0)
        })
        .await;
    assert_eq!(world.portal.writes(), []);
    world.portal.finish_template_copy();
    // The state of the copy is believed for five seconds.
    let awake = async {
        while world.portal.writes().is_empty() {
            let id = RoomId::new(room.to_string());
            world.store.wake(&id, now()).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(LIMIT, awake).await.unwrap();
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
    // As a kill between the last two commits leaves it: nothing is held, and the job is there with its lease run out.
    let id = RoomId::new(room.to_string());
    world.portal.clear_requests();
    world.store.wake(&id, now()).await.unwrap();
    world
        .until("it was looked at again", &room, |row| {
            row.outcome == "in-sync" && row.job.is_none()
        })
        .await;
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}
