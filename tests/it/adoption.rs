//! Adopting a room: two calls with nothing in between, and a journal that survives any failure.

use std::time::Duration;

use roomwright::decide::Ownership;
use roomwright::simulator::{EmployeeStatus, EntryId, Fault, FaultKind, Later, Recorded, RoomType};

use crate::wait::{self, LIMIT};
use crate::world::{SAMPLE, Setup, World};

const OWNER: &str = "files/owner";

fn owner_calls(world: &World) -> Vec<Recorded> {
    let mut calls = world.portal.writes();
    calls.retain(|call| call.route == Some(OWNER));
    calls
}

/// A fault for the take (0) or the give-back (1).
fn at(number: u32, kind: FaultKind) -> Fault {
    Fault::on("POST", OWNER, kind).after(number).times(1)
}

async fn nothing_is_open(world: &World) {
    wait::for_ok("no adoption is open", || async {
        match world.store.adoptions().await.unwrap() {
            open if open.is_empty() => Ok(()),
            open => Err(format!("{open:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn a_room_is_adopted_by_two_calls_with_nothing_in_between_and_worked_on_as_room_manager() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    let report = world.report(&room).await;
    assert!(report.adopted);
    let calls = world.portal.requests();
    let take = calls
        .iter()
        .position(|call| call.route == Some(OWNER))
        .unwrap();
    assert_eq!(calls[take + 1].route, Some(OWNER), "{calls:?}");
    assert_eq!(owner_calls(&world).len(), 2);
    assert!(calls[..take].iter().all(|call| !call.write), "{calls:?}");
    world.is_as_the_sample_says(&room);
    assert_eq!(world.portal.room(&room).unwrap().access[&world.me], 9);
    world.end().await;
}

#[tokio::test]
async fn a_second_run_needs_no_second_adoption() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    world.portal.clear_requests();
    let folder = world.portal.room(&room).unwrap().folders[0].id.clone();
    world.portal.delete_folder(&folder);
    let id = roomwright::room::RoomId::new(room.to_string());
    let claim = world
        .store
        .claim_room(&id, crate::world::now(), Duration::from_secs(60), "test")
        .await
        .unwrap();
    let roomwright::store::Claim::Got(job) = claim else {
        panic!("the room is claimed");
    };
    let (report, _) = world
        .worker
        .reconcile(&job, roomwright::decide::Trigger::Apply, &world.stop)
        .await;
    assert_eq!(report.outcome.as_str(), "changed", "{report}");
    assert_eq!(owner_calls(&world), []);
    world.end().await;
}

#[tokio::test]
async fn a_change_of_owner_without_a_response_is_checked_at_once_and_the_room_is_given_back() {
    let kinds = [
        FaultKind::DoAndDrop,
        FaultKind::CloseBefore,
        FaultKind::DoThenStatus(502),
        FaultKind::Html(503),
        FaultKind::TruncatedJson,
        FaultKind::DropAndDoLater(Later::After(Duration::from_millis(40))),
    ];
    for number in [0, 1] {
        for kind in &kinds {
            let world = World::new(SAMPLE).await;
            world.portal.fault(at(number, kind.clone()));
            let room = world.a_room();
            let row = world
                .until("the room is configured", &room, |row| {
                    row.outcome == "changed" || row.outcome == "in-sync"
                })
                .await;
            nothing_is_open(&world).await;
            world.is_as_the_sample_says(&room);
            assert!(row.summary.len() < 40, "{number} {kind:?}: {}", row.summary);
            world.end().await;
        }
    }
}

#[tokio::test]
async fn a_refused_change_of_owner_changes_nothing_and_is_on_record() {
    let world = World::new(SAMPLE).await;
    let refusal = r#"{"error":{"message":"Access denied","type":"System.Security.SecurityException","stack":"","hresult":-2146233078},"status":1,"statusCode":403}"#;
    let kind = FaultKind::Status {
        status: 403,
        retry_after: None,
        body: refusal.to_owned(),
    };
    world.portal.fault(at(0, kind));
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert!(
        matches!(row.outcome.as_str(), "changed" | "failed"),
        "{}",
        row.summary
    );
    nothing_is_open(&world).await;
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    world.end().await;
}

/// Holds the give-back, changes the room or its owner, and releases the call.
async fn between_the_calls(world: &World, act: impl FnOnce(&EntryId)) -> EntryId {
    world.portal.fault(at(1, FaultKind::Pause));
    let room = world.a_room();
    wait::for_future("the give-back", world.portal.wait_held()).await;
    act(&room);
    world.portal.release_held();
    room
}

async fn blocked(world: &World) -> String {
    wait::until("the entry is blocked", || async {
        let open = world.store.adoptions().await.unwrap();
        open.first().is_some_and(|entry| entry.blocked.is_some())
    })
    .await;
    let open = world.store.adoptions().await.unwrap();
    open[0].blocked.clone().unwrap()
}

#[tokio::test]
async fn an_owner_who_cannot_take_the_room_back_blocks_the_entry_until_they_can() {
    let world = World::new(SAMPLE).await;
    let room = between_the_calls(&world, |_| {
        world
            .portal
            .set_status(&world.boss, EmployeeStatus::Terminated);
    })
    .await;
    let why = blocked(&world).await;
    assert!(why.contains("the account is not active"), "{why}");
    assert!(why.contains("release"), "{why}");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.me);
    world.portal.set_status(&world.boss, EmployeeStatus::Active);
    nothing_is_open(&world).await;
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_room_that_is_archived_between_the_calls_is_given_back_when_it_comes_back() {
    let world = World::new(SAMPLE).await;
    let room = between_the_calls(&world, |room| {
        world.portal.archive(&world.me, room);
    })
    .await;
    let why = blocked(&world).await;
    assert!(why.contains("archived"), "{why}");
    assert!(world.portal.unarchive(&world.me, &room));
    nothing_is_open(&world).await;
    world
        .until("it is with its owner", &room, |_| {
            world.portal.room(&room).unwrap().owner == world.boss
        })
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_room_that_is_handed_over_between_the_calls_is_reported() {
    let world = World::new(SAMPLE).await;
    let heir = world.heir();
    world.portal.fault(at(0, FaultKind::Pause));
    let room = world.a_room();
    wait::for_future("the take", world.portal.wait_held()).await;
    let admin = world.portal.portal_owner();
    assert!(world.portal.change_owner(&admin, &room, &heir));
    world.portal.release_held();
    let report = world.report(&room).await;
    assert_eq!(report.overruled.len(), 1, "{report}");
    assert!(report.overruled[0].contains("Hedda Heir"), "{report}");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn a_removed_service_account_is_not_added_again() {
    let world = World::new(SAMPLE).await;
    // The outcome is partial, so the room was never in sync and further runs change it.
    let hr = world.people["HR"].clone();
    world.portal.delete_group(&hr);
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(world.portal.revoke(&room, &world.me));
    world.portal.add_group("HR", &[&world.people["vera"]]);
    world.portal.clear_requests();
    let id = roomwright::room::RoomId::new(room.to_string());
    world.store.wake(&id, crate::world::now()).await.unwrap();
    let row = world
        .until("it is refused", &room, |row| row.outcome == "refused")
        .await;
    assert!(
        row.summary.contains("someone removed it"),
        "{}",
        row.summary
    );
    assert_eq!(owner_calls(&world), []);
    world.end().await;
}

#[tokio::test]
async fn ownership_never_refuses_instead_of_adopting_and_serves_rooms_that_we_manage() {
    let world = World::built(Setup {
        ownership: Ownership::Never,
        ..Setup::of(SAMPLE)
    })
    .await;
    let refused = world.a_room();
    let row = world.settled(&refused).await;
    assert_eq!(row.outcome, "refused", "{}", row.summary);
    let managed = world.our_room();
    let row = world.settled(&managed).await;
    assert_eq!(row.outcome, "changed", "{}", row.summary);
    assert_eq!(owner_calls(&world), []);
    world.end().await;
}

#[tokio::test]
async fn a_room_that_the_account_owns_without_an_entry_is_reported_and_not_touched() {
    let world = World::new(SAMPLE).await;
    let room = world.portal.create_shared_room(
        &world.me,
        RoomType::Custom,
        "Team Apollo",
        &[(&world.boss, 9)],
    );
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused", "{}", row.summary);
    assert!(row.summary.contains("Bo Boss"), "{}", row.summary);
    assert!(row.summary.contains("release"), "{}", row.summary);
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn an_entry_of_a_killed_process_is_finished_after_its_lease() {
    let world = World::new(SAMPLE).await;
    world.portal.set_webhook_enabled(1, false);
    let room = world.a_room();
    let id = roomwright::room::RoomId::new(room.to_string());
    let (owner, us) = (
        roomwright::room::UserId::new(&world.boss),
        roomwright::room::UserId::new(&world.me),
    );
    let now = crate::world::now();
    // The state after a kill between the calls.
    let ended = now + Duration::from_millis(50);
    world
        .store
        .adoption_open(&id, &owner, &us, ended, now)
        .await
        .unwrap();
    assert!(world.portal.change_owner(&world.me, &room, &world.me));
    wait::until("the room is with its owner", || async {
        world.portal.room(&room).unwrap().owner == world.boss
    })
    .await;
    nothing_is_open(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_given_back_while_the_store_cannot_be_written() {
    let world = World::new(SAMPLE).await;
    // The store fails only after the take. The give-back is lost more often than a run tries it.
    world.portal.fault(at(0, FaultKind::Pause));
    let room = world.a_room();
    wait::for_future("the take", world.portal.wait_held()).await;
    let file = world.scratch.path().join("test.db");
    let lock = rusqlite::Connection::open(file).unwrap();
    lock.busy_timeout(LIMIT).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let lost = Fault::on("POST", OWNER, FaultKind::CloseBefore);
    world.portal.fault(lost.times(6));
    world.portal.release_held();
    wait::until("the room is ours", || async {
        world.portal.room(&room).unwrap().owner == world.me
    })
    .await;
    wait::until("it is given back", || async {
        world.portal.room(&room).unwrap().owner == world.boss
    })
    .await;
    assert!(world.store.problem().is_some());
    assert_eq!(world.store.adoptions().await.unwrap().len(), 1);
    lock.execute_batch("COMMIT").unwrap();
    nothing_is_open(&world).await;
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_a_killed_process_is_given_back_while_the_store_cannot_be_written() {
    let world = World::new(SAMPLE).await;
    let file = world.scratch.path().join("test.db");
    let lock = rusqlite::Connection::open(file).unwrap();
    lock.busy_timeout(LIMIT).unwrap();
    let room = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Other");
    assert!(
        world
            .portal
            .change_owner(&world.portal.portal_owner(), &room, &world.me)
    );
    // One statement, so that nobody sees the entry before the store is locked.
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock.execute(
        "INSERT INTO adoption (room, owner, account, opened_at, leased_until, due, holder) VALUES (?1, ?2, ?3, 0, 0, 0, 'killed')",
        [room.to_string(), world.boss.clone(), world.me.clone()],
    )
    .unwrap();
    lock.execute_batch("COMMIT; BEGIN IMMEDIATE").unwrap();
    wait::until("it is given back", || async {
        world.portal.room(&room).unwrap().owner == world.boss
    })
    .await;
    lock.execute_batch("COMMIT").unwrap();
    nothing_is_open(&world).await;
    world.end().await;
}
