//! The sweep finds rooms that no event announced, and writes to nothing else.

use std::future::ready;
use std::time::Duration;

use jiff::SignedDuration;
use roomwright::room::RoomId;
use roomwright::service::{Reach, Retention, Sweep};
use roomwright::simulator::{EmployeeStatus, EmployeeType, EntryId, Fault, FaultKind, RoomType};

use crate::wait;
use crate::world::{SAMPLE, Setup, World, now};

fn sweep(world: &World) -> Sweep {
    let day = Duration::from_secs(24 * 60 * 60);
    Sweep::new(world.worker.clone(), day, day)
}

fn id(room: &EntryId) -> RoomId {
    RoomId::new(room.to_string())
}

/// A world whose portal sends no events.
async fn without_webhook() -> World {
    without_webhook_for(SAMPLE).await
}

async fn without_webhook_for(policies: &str) -> World {
    let world = World::new(policies).await;
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    world
}

/// Makes 250 rooms that are older than the store.
fn older_rooms(world: &World, word: &str) {
    for number in 0..250 {
        let title = format!("{word} {number}");
        let room = world
            .portal
            .create_room(&world.boss, RoomType::Custom, &title);
        world.portal.age(&room, SignedDuration::from_hours(1));
    }
}

#[tokio::test]
async fn a_room_without_an_event_is_configured_and_one_without_a_policy_costs_no_call() {
    let world = without_webhook().await;
    let room = world.a_room();
    let other = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Something else");
    let sweep = sweep(&world);
    let found = sweep.pass(Reach::Newest).await.unwrap();
    assert_eq!(found.due, [id(&room)]);
    world
        .until("it is configured", &room, |row| row.outcome == "changed")
        .await;
    world.is_as_the_sample_says(&room);
    assert_eq!(world.row(&other).await, None);
    world.settled(&room).await;
    world.portal.clear_requests();
    let again = sweep.pass(Reach::Newest).await.unwrap();
    assert_eq!(again.due, []);
    assert!(world.portal.requests().len() < 5);
    world.end().await;
}

#[tokio::test]
async fn a_key_that_stops_working_is_noticed_without_a_room_and_the_portal_recovers_by_itself() {
    let world = without_webhook().await;
    let day = Duration::from_secs(24 * 60 * 60);
    let sweep = Sweep::new(world.worker.clone(), Duration::from_millis(20), day);
    let sweeping = tokio::spawn({
        let stop = world.stop.clone();
        async move { sweep.run(&stop).await }
    });
    let paused = || world.worker.paused.borrow().clone();
    let status = |status| world.portal.set_status(&world.me, status);
    status(EmployeeStatus::Terminated);
    let reason = wait::for_some("the pause", || ready(paused())).await;
    assert!(reason.contains("does not accept the API key"), "{reason}");
    status(EmployeeStatus::Active);
    wait::until("the portal is available", || ready(paused().is_none())).await;
    world.stop.cancel();
    sweeping.await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn a_fresh_store_and_two_hundred_older_rooms_lead_to_no_write() {
    let world = without_webhook().await;
    for _ in 0..200 {
        let room = world.a_room();
        assert!(world.portal.age(&room, SignedDuration::from_hours(1)));
    }
    let found = sweep(&world).pass(Reach::All).await.unwrap();
    assert_eq!((found.listed, found.older, found.due), (200, 200, vec![]));
    assert_eq!(world.portal.writes(), []);
    assert_eq!(world.store.next_due().await.unwrap(), None);
    world.end().await;
}

#[tokio::test]
async fn a_room_that_the_account_owns_is_reported_and_not_changed() {
    let world = without_webhook().await;
    let room = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team Apollo");
    let found = sweep(&world).pass(Reach::All).await.unwrap();
    assert_eq!((found.owned, found.due), (vec![id(&room)], vec![]));
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_short_sweep_continues_while_there_are_new_rooms_and_stops_at_known_ones() {
    let world = without_webhook().await;
    older_rooms(&world, "Old");
    let sweep = sweep(&world);
    assert_eq!(sweep.pass(Reach::Newest).await.unwrap().listed, 100);
    assert_eq!(sweep.pass(Reach::All).await.unwrap().listed, 250);
    world.end().await;
}

/// How often a listing was requested.
fn requests_to(world: &World, route: &str) -> usize {
    let requests = world.portal.requests().into_iter();
    requests.filter(|call| call.route == Some(route)).count()
}

#[tokio::test]
async fn a_sweep_of_eight_thousand_rooms_costs_a_page_for_a_hundred_and_reads_accounts_where_policies_ask()
 {
    const ROOMS: usize = 8_000;
    const ACCOUNTS: usize = 1_000;
    let policy = SAMPLE.replace(
        "{ title: \"Team *\" }",
        "{ title: \"Team *\", creator: \"*@example.org\" }",
    );
    let world = without_webhook_for(&policy).await;
    let people: Vec<String> = (0..ACCOUNTS)
        .map(|number| {
            let domain = if number % 4 == 0 { "com" } else { "org" };
            let email = format!("owner-{number}@example.{domain}");
            let name = format!("Owner {number}");
            world
                .portal
                .add_person(&name, &email, EmployeeType::RoomAdmin)
        })
        .collect();
    for number in 0..ROOMS {
        let word = if number % 30 == 0 { "Team" } else { "Other" };
        let owner = &people[number / 30 % ACCOUNTS];
        let title = format!("{word} {number}");
        let room = world.portal.create_room(owner, RoomType::Custom, &title);
        world.portal.age(&room, SignedDuration::from_hours(1));
    }
    world.portal.clear_requests();
    let sweep = sweep(&world);
    let found = sweep.pass(Reach::All).await.unwrap();
    // 267 rooms have such a title; a quarter of them have other owners.
    assert_eq!((found.listed, found.older), (ROOMS, 200));
    assert_eq!((found.due.len(), found.gone.len()), (0, 0));
    assert_eq!(world.portal.writes(), []);
    let accounts = requests_to(&world, "people/filter");
    assert!((1..=ACCOUNTS / 100 + 1).contains(&accounts), "{accounts}");
    let calls = world.portal.requests().len();
    assert!(calls < 700, "{calls} calls");
    assert_eq!(calls, ROOMS / 100 + accounts + 1);
    // Owners are cached for a day.
    world.portal.clear_requests();
    assert_eq!(sweep.pass(Reach::All).await.unwrap().older, 200);
    assert_eq!(requests_to(&world, "people/filter"), 0);
    world.portal.clear_requests();
    sweep.pass(Reach::Newest).await.unwrap();
    let calls = world.portal.requests().len();
    assert!(calls < 5, "{calls} calls");
    world.end().await;
}

#[tokio::test]
async fn a_room_that_another_policy_matches_now_is_reported_and_not_changed() {
    let policy = SAMPLE.replace(
        "{ title: \"Team *\" }",
        "{ title: \"Team *\", creator: \"boss@example.org\" }",
    );
    let world = without_webhook_for(&policy).await;
    let rooms = [world.a_room(), world.a_room(), world.a_room()];
    let sweep = sweep(&world);
    assert_eq!(sweep.pass(Reach::All).await.unwrap().due.len(), 3);
    for room in &rooms {
        world
            .until("it is configured", room, |row| row.outcome == "changed")
            .await;
        world.settled(room).await;
    }
    assert_eq!(sweep.pass(Reach::All).await.unwrap().moved, 0);
    assert!(
        world
            .portal
            .rename(&world.boss, &rooms[0], "Something else")
    );
    let admin = world.portal.portal_owner();
    let mia = &world.people["mia"];
    assert!(world.portal.change_owner(&admin, &rooms[1], mia));
    world.portal.clear_requests();
    let found = sweep.pass(Reach::All).await.unwrap();
    assert_eq!((found.moved, found.due, found.gone), (2, vec![], vec![]));
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_deleted_room_is_checked_once_more_and_removed_with_its_adoption_later() {
    let world = without_webhook().await;
    let (room, other) = (world.a_room(), world.a_room());
    let sweep = sweep(&world);
    sweep.pass(Reach::Newest).await.unwrap();
    for room in [&room, &other] {
        world
            .until("it is configured", room, |row| row.outcome == "changed")
            .await;
        world.settled(room).await;
    }
    assert!(world.portal.delete_room(&world.boss, &room));
    let found = sweep.pass(Reach::All).await.unwrap();
    assert_eq!((found.gone, found.moved), (vec![id(&room)], 0));
    world
        .until("it is gone", &room, |row| row.outcome == "skipped")
        .await;
    world.settled(&room).await;
    assert_eq!(sweep.pass(Reach::All).await.unwrap().gone, []);
    assert!(world.store.was_adopted(&id(&room)).await.unwrap());
    let day = Duration::from_secs(24 * 60 * 60);
    let kept = Retention {
        deliveries: day,
        history: 30 * day,
    };
    let after = |days: i64| now() + SignedDuration::from_hours(24 * days);
    kept.pass(&world.store, after(29)).await.unwrap();
    assert!(world.row(&room).await.is_some());
    kept.pass(&world.store, after(31)).await.unwrap();
    assert_eq!(world.row(&room).await, None);
    // An adoption is known as long as its record exists.
    kept.pass(&world.store, after(31)).await.unwrap();
    assert!(!world.store.was_adopted(&id(&room)).await.unwrap());
    assert!(world.row(&other).await.is_some());
    assert!(world.store.was_adopted(&id(&other)).await.unwrap());
    world.end().await;
}

#[tokio::test]
async fn a_failed_sweep_resumes_where_it_was() {
    let world = without_webhook().await;
    older_rooms(&world, "Team");
    let sweep = sweep(&world);
    let no_page = Fault::on("GET", "files/rooms", FaultKind::Html(502));
    // A page that fails once or twice is requested again; one that keeps failing ends the sweep.
    world.portal.fault(no_page.clone().times(2));
    world.portal.fault(no_page.after(2).times(3));
    assert!(sweep.pass(Reach::All).await.is_err());
    world.portal.clear_requests();
    let found = sweep.pass(Reach::All).await.unwrap();
    assert_eq!((found.listed, found.older), (250, 250));
    assert_eq!(requests_to(&world, "files/rooms"), 1);
    world.end().await;
}

#[tokio::test]
async fn a_full_sweep_that_fails_at_the_start_is_repeated_soon_and_not_only_a_day_later() {
    let world = without_webhook().await;
    older_rooms(&world, "Team");
    let day = Duration::from_secs(24 * 60 * 60);
    let sweep = Sweep::new(world.worker.clone(), Duration::from_millis(20), day);
    let no_page = Fault::on("GET", "files/rooms", FaultKind::Html(502));
    world.portal.fault(no_page.after(1).times(6));
    assert!(sweep.pass(Reach::All).await.is_err());
    let sweeping = tokio::spawn({
        let (sweep, stop) = (sweep.clone(), world.stop.clone());
        async move { sweep.run(&stop).await }
    });
    let last_page = || {
        let requests = world.portal.requests().into_iter();
        requests
            .filter(|call| call.query.contains("startIndex=200"))
            .count()
    };
    wait::until("the last page is read", || ready(last_page() > 0)).await;
    // Then short sweeps follow, which stop at the first page.
    world.portal.clear_requests();
    wait::until("short sweeps", || {
        ready(requests_to(&world, "files/rooms") > 3)
    })
    .await;
    assert_eq!(last_page(), 0);
    world.stop.cancel();
    sweeping.await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn new_rooms_that_no_policy_matches_are_passed_over_by_later_short_sweeps() {
    let world = without_webhook().await;
    for number in 0..250 {
        let title = format!("Lunch {number}");
        world
            .portal
            .create_room(&world.boss, RoomType::Custom, &title);
    }
    let sweep = sweep(&world);
    assert_eq!(sweep.pass(Reach::Newest).await.unwrap().listed, 250);
    assert_eq!(sweep.pass(Reach::Newest).await.unwrap().listed, 100);
    let room = world.a_room();
    let found = sweep.pass(Reach::Newest).await.unwrap();
    assert_eq!((found.listed, found.due), (200, vec![id(&room)]));
    world.end().await;
}

#[tokio::test]
async fn a_delivery_that_no_policy_matches_costs_one_read_and_one_for_an_owner_not_yet_known() {
    let policy = SAMPLE.replace(
        "{ title: \"Team *\" }",
        "{ title: \"Team *\", creator: \"mia@example.org\" }",
    );
    let world = World::built(Setup {
        directory: Duration::from_secs(60),
        ..Setup::of(&policy)
    })
    .await;
    // The own account is requested once.
    let first = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Something else");
    world.settled(&first).await;
    for (title, calls) in [("Something else", 1), ("Team 1", 2), ("Team 2", 1)] {
        world.portal.clear_requests();
        let room = world
            .portal
            .create_room(&world.boss, RoomType::Custom, title);
        assert_eq!(world.settled(&room).await.outcome, "skipped", "{title}");
        assert_eq!(world.portal.requests().len(), calls, "{title}");
    }
    world.end().await;
}
