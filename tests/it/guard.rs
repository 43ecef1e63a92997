//! The guard of the webhook: seen, made, repaired, and what it did not bring taken in.

mod commands;
mod tls;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use roomwright::config::Mode;
use roomwright::docspace::Client;
use roomwright::service::Reach;
use roomwright::service::guard::{
    Done, Error, Guard, Problem, SetSecret, SslVerification, Watch, Watched,
};
use roomwright::simulator::{EmployeeType, EntryId, Options, RoomType, Trigger, WebhookView};

use crate::world::{SAMPLE, SCOPES, SECRET, Setup, World, client, now};

/// When no event can be under way any more.
fn later() -> Timestamp {
    now() + SignedDuration::from_hours(1)
}

/// A world without a webhook, and a guard with a key that may do this.
async fn unwatched(scopes: &[&str]) -> (World, Guard) {
    let world = World::new(SAMPLE).await;
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    let guard = guard(&world, scopes, &world.hook);
    (world, guard)
}

fn with_key(world: &World, scopes: &[&str]) -> Client {
    client(&world.portal, &world.portal.add_key(&world.me, scopes))
}

fn guard(world: &World, scopes: &[&str], url: &str) -> Guard {
    let address = Url::parse(url).unwrap();
    let secret = Some(SECRET.into());
    Guard::new(&with_key(world, scopes), Some(address), secret, now)
}

async fn ensure(guard: &Guard) -> Result<Done, Error> {
    let ensured = guard.ensure(SslVerification::Kept, SetSecret::WhenRefused);
    ensured.await.map(|(done, _)| done)
}

async fn problems(guard: &Guard) -> Vec<Problem> {
    guard.problems(guard.look().await.unwrap().as_ref())
}

/// An address at which nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/docspace/webhook", listener.local_addr().unwrap())
}

fn hooks(world: &World) -> Vec<WebhookView> {
    world.portal.webhooks()
}

fn admin(world: &World) -> String {
    let kind = EmployeeType::DocSpaceAdmin;
    world.portal.add_person("Anna", "anna@example.org", kind)
}

#[tokio::test]
async fn a_missing_webhook_is_created_and_delivers_the_next_room() {
    let (world, guard) = unwatched(&["*"]).await;
    let absent = Problem::Absent {
        address: world.hook.clone(),
    };
    assert_eq!(problems(&guard).await, [absent]);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    let Watched {
        webhook, is_ours, ..
    } = guard.look().await.unwrap().unwrap();
    assert!(is_ours && webhook.enabled && webhook.receives_rooms());
    // The portal cannot store that at once, and would switch it off at the next event.
    assert!(!webhook.ssl);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    assert_eq!(problems(&guard).await, []);
    assert!(
        guard
            .look()
            .await
            .unwrap()
            .unwrap()
            .webhook
            .last_success
            .is_some()
    );
    world.portal.clear_requests();
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_webhook_of_the_account_is_repaired_and_keeps_its_other_settings() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::FolderCreated.bit();
    let id = world
        .portal
        .add_webhook(&world.me, &world.hook, SECRET, mask);
    world.portal.set_webhook_enabled(id, false);
    let found = problems(&guard).await;
    assert_eq!(found, [Problem::Disabled, Problem::OtherEvents]);
    let before = hooks(&world).remove(0);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Changed);
    let expected = WebhookView {
        enabled: true,
        mask: mask | Trigger::RoomCreated.bit(),
        ..before
    };
    assert_eq!(hooks(&world), [expected]);
    // The secret too: what it brings is accepted.
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn another_secret_is_seen_by_the_refusals_and_replaced() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &world.hook, "Another-1-secret", mask);
    world.a_room();
    world.portal.wait_deliveries_settled().await;
    let found = problems(&guard).await;
    assert!(
        matches!(found[..], [Problem::WrongSecret { .. }]),
        "{found:?}"
    );
    // Changed later than it failed.
    world.portal.advance(SignedDuration::from_mins(1));
    assert_eq!(ensure(&guard).await.unwrap(), Done::Changed);
    assert_eq!(problems(&guard).await, []);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_secret_is_set_on_request_before_any_delivery_was_rejected() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &world.hook, "Another-1-secret", mask);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    let without = Guard::new(
        &with_key(&world, &["*"]),
        guard.address().cloned(),
        None,
        now,
    );
    let asked = async |guard: &Guard| guard.ensure(SslVerification::Kept, SetSecret::Always).await;
    assert!(matches!(asked(&without).await, Err(Error::NoSecret)));
    assert_eq!(asked(&guard).await.unwrap().0, Done::Changed);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn webhooks_of_other_people_are_used_where_they_work_and_never_changed() {
    let (world, guard) = unwatched(&["*"]).await;
    let anna = admin(&world);
    let mask = Trigger::RoomCreated.bit();
    let id = world.portal.add_webhook(&anna, &world.hook, SECRET, mask);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    assert!(!guard.look().await.unwrap().unwrap().is_ours);
    world.portal.set_webhook_enabled(id, false);
    assert_eq!(problems(&guard).await, [Problem::Disabled]);
    let hers = hooks(&world);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(hooks(&world)[..1], hers);
    let [_, ours] = &hooks(&world)[..] else {
        panic!("{:?}", hooks(&world))
    };
    assert_eq!((&ours.owner, ours.enabled), (&world.me, true));
    assert_eq!(problems(&guard).await, []);
    world.end().await;
}

#[tokio::test]
async fn a_webhook_of_an_account_that_cannot_see_all_rooms_does_not_count() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.boss, &world.hook, SECRET, mask);
    let owner = Some("Bo Boss".to_owned());
    assert_eq!(problems(&guard).await, [Problem::OwnerNoAdmin { owner }]);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(problems(&guard).await, []);
    // As a Room admin we would make such a one ourselves.
    world.portal.remove_webhook(2);
    world.portal.set_type(&world.me, EmployeeType::RoomAdmin);
    assert!(matches!(ensure(&guard).await, Err(Error::NotAdmin)));
    world.end().await;
}

#[tokio::test]
async fn webhooks_for_other_addresses_events_or_items_are_ignored() {
    let (world, guard) = unwatched(&["*"]).await;
    let anna = admin(&world);
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &nowhere(), SECRET, mask);
    let other = Trigger::FolderCreated.bit();
    world.portal.add_webhook(&anna, &world.hook, SECRET, other);
    assert!(matches!(
        problems(&guard).await[..],
        [Problem::Absent { .. }]
    ));
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(hooks(&world).len(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_key_without_the_right_asks_for_nothing_that_it_may_not_see() {
    let (world, guard) = unwatched(&SCOPES).await;
    world.portal.clear_requests();
    assert!(matches!(guard.look().await, Err(Error::MayNotRead)));
    assert!(matches!(ensure(&guard).await, Err(Error::MayNotRead)));
    let asked: Vec<_> = world.portal.requests();
    assert!(
        asked.iter().all(|call| call.route == Some("keys/@self")),
        "{asked:?}"
    );
    let reading = [&SCOPES[..], &["*:read"]].concat();
    let guard = super::guard::guard(&world, &reading, &world.hook);
    assert!(matches!(
        problems(&guard).await[..],
        [Problem::Absent { .. }]
    ));
    assert!(matches!(ensure(&guard).await, Err(Error::MayNotChange)));
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn an_address_that_the_portal_does_not_reach_is_not_taken() {
    let (world, _) = unwatched(&["*"]).await;
    for url in [nowhere(), format!("{}/somewhere", world.service)] {
        let guard = guard(&world, &["*"], &url);
        let refused = ensure(&guard).await;
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
    }
    assert_eq!(hooks(&world), []);
    world.end().await;
}

/// Rooms of whose events the portal was told that this is no address for them, and a guard of their webhook.
async fn missed_rooms(world: &World, rooms: usize) -> (Guard, Vec<EntryId>) {
    let url = format!("{}/elsewhere", world.service);
    let mask = Trigger::RoomCreated.bit();
    world.portal.add_webhook(&world.me, &url, SECRET, mask);
    let rooms = (0..rooms).map(|_| world.a_room()).collect();
    world.portal.wait_deliveries_settled().await;
    (guard(world, &["*:read"], &url), rooms)
}

#[tokio::test]
async fn events_that_never_arrived_are_taken_in_once_from_the_log() {
    let (world, _) = unwatched(&[]).await;
    let (guard, rooms) = missed_rooms(&world, 3).await;
    world
        .portal
        .create_template_room(&world.me, RoomType::Custom, "Team template");
    world.portal.wait_deliveries_settled().await;
    let watched = guard.look().await.unwrap().unwrap();
    let missed = guard
        .missed(&watched, &world.store, Reach::All)
        .await
        .unwrap();
    assert_eq!(missed.len(), 3, "{missed:?}");
    assert!(
        missed
            .iter()
            .all(|event| event.delivery.title == "Team Apollo")
    );
    assert_eq!(guard.replay(&missed, &world.store).await.unwrap(), 3);
    for room in &rooms {
        world.settled(room).await;
        world.is_as_the_sample_says(room);
    }
    let stored = world.store.deliveries(10, now()).await.unwrap();
    assert_eq!(stored.len(), 3);
    assert!(stored.iter().all(|row| row.seen == 1));
    // Somebody who looked at the same time takes in nothing, and a second look finds nothing.
    assert_eq!(guard.replay(&missed, &world.store).await.unwrap(), 0);
    let missed = guard
        .missed(&watched, &world.store, Reach::All)
        .await
        .unwrap();
    assert_eq!(missed, []);
    world.end().await;
}

#[tokio::test]
async fn events_that_another_server_accepted_count_as_missed_and_those_that_arrived_do_not() {
    let (world, guard) = unwatched(&["*:read"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &world.hook, SECRET, mask);
    let room = world.a_room();
    world.settled(&room).await;
    let watched = guard.look().await.unwrap().unwrap();
    let missed = async |world: &World| {
        let missed = guard.missed(&watched, &world.store, Reach::All);
        missed.await.unwrap().len()
    };
    assert_eq!(missed(&world).await, 0);
    // Answered with 200, and not stored here.
    let url = format!("sqlite:{}", world.scratch.path().join("other.db").display());
    let other = roomwright::store::Store::open(&url, roomwright::store::OpenMode::Create);
    let other = other.await.unwrap();
    let room = world.a_room();
    world.settled(&room).await;
    let found = guard.missed(&watched, &other, Reach::All).await.unwrap();
    assert!(
        found
            .iter()
            .any(|event| event.room.as_str() == room.to_string())
    );
    other.close().await;
    world.end().await;
}

#[tokio::test]
async fn events_older_than_the_store_or_still_in_delivery_are_not_replayed() {
    let yesterday = Setup {
        portal: Options {
            now: Some(now() - SignedDuration::from_hours(24)),
            retry_scale: 0.01,
            ..Options::default()
        },
        ..Setup::of(SAMPLE)
    };
    let world = World::built(yesterday).await;
    let (guard, _) = missed_rooms(&world, 2).await;
    let watched = guard.look().await.unwrap().unwrap();
    let missed = guard
        .missed(&watched, &world.store, Reach::All)
        .await
        .unwrap();
    assert_eq!(missed, []);
    world.end().await;

    let (world, _) = unwatched(&[]).await;
    let mask = Trigger::RoomCreated.bit();
    let url = nowhere();
    world.portal.add_webhook(&world.me, &url, SECRET, mask);
    world.a_room();
    world.portal.wait_deliveries_settled().await;
    // There was no answer, which may also mean that nothing was sent yet.
    for (clock, expected) in [(now as fn() -> Timestamp, 0), (later, 1)] {
        let address = Url::parse(&url).ok();
        let guard = Guard::new(&with_key(&world, &["*:read"]), address, None, clock);
        let watched = guard.look().await.unwrap().unwrap();
        let missed = guard.missed(&watched, &world.store, Reach::All).await;
        assert_eq!(missed.unwrap().len(), expected);
    }
    world.end().await;
}

#[tokio::test]
async fn a_log_of_several_pages_is_read_to_its_end() {
    let (world, _) = unwatched(&[]).await;
    let (guard, rooms) = missed_rooms(&world, 101).await;
    let watched = guard.look().await.unwrap().unwrap();
    let missed = guard
        .missed(&watched, &world.store, Reach::Newest)
        .await
        .unwrap();
    assert_eq!(missed.len(), rooms.len());
    // The newest page arrived whole: what is older is found by a look at all.
    guard.replay(&missed[..100], &world.store).await.unwrap();
    world.portal.clear_requests();
    for (reach, expected) in [(Reach::Newest, 0), (Reach::All, 1)] {
        let missed = guard.missed(&watched, &world.store, reach).await.unwrap();
        assert_eq!(missed.len(), expected, "{reach:?}");
    }
    world.stop.cancel();
    world.running.await.unwrap();
    world.portal.stop();
}

fn watch(world: &World, guard: Guard, mode: Mode) -> Watch {
    let brake = world.worker.client.brake();
    brake.set(mode == Mode::Observe);
    Watch::new(guard, world.worker.clone(), Duration::from_secs(3600))
}

#[tokio::test]
async fn the_service_creates_and_repairs_its_webhook_at_most_once_a_day() {
    let (world, guard) = unwatched(&["*"]).await;
    let watch = watch(&world, guard, Mode::Enforce);
    watch.pass(Reach::All).await;
    assert_eq!(watch.problem(), None);
    let [hook] = &hooks(&world)[..] else {
        panic!("none was made")
    };
    world.portal.set_webhook_enabled(hook.id, false);
    watch.pass(Reach::Newest).await;
    let problem = watch.problem().unwrap();
    assert!(problem.starts_with("it is disabled"), "{problem}");
    assert!(!hooks(&world)[0].enabled);
    world.end().await;
}

#[tokio::test]
async fn the_service_reports_missing_scopes_and_changes_nothing_while_it_observes() {
    let (world, guard) = unwatched(&["*"]).await;
    let observing = watch(&world, guard, Mode::Observe);
    observing.pass(Reach::All).await;
    let problem = observing.problem().unwrap();
    assert!(
        problem.starts_with("no webhook for `room.created` leads to"),
        "{problem}"
    );
    let guard = super::guard::guard(&world, &SCOPES, &world.hook);
    let blind = watch(&world, guard, Mode::Enforce);
    blind.pass(Reach::All).await;
    let problem = blind.problem().unwrap();
    assert!(problem.contains("lacks the scope `*:read`"), "{problem}");
    assert_eq!(world.portal.writes(), []);
    assert_eq!(hooks(&world), []);
    world.end().await;
}

#[tokio::test]
async fn the_service_takes_in_what_never_arrived() {
    let (world, _) = unwatched(&[]).await;
    let (guard, rooms) = missed_rooms(&world, 1).await;
    let watch = watch(&world, guard, Mode::Enforce);
    watch.pass(Reach::All).await;
    world.settled(&rooms[0]).await;
    world.is_as_the_sample_says(&rooms[0]);
    world.portal.clear_requests();
    // In order: the key, the webhooks, their owner, a page of the log.
    watch.pass(Reach::Newest).await;
    assert!(world.portal.requests().len() < 5);
    world.end().await;
}
