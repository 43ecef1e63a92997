//! Missed events are found in the log of the portal and replayed.

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use roomwright::service::Reach;
use roomwright::service::guard::Guard;
use roomwright::simulator::{Options, RoomType, Trigger};

use super::{later, missed_rooms, nowhere, unwatched, with_key};
use crate::world::{SAMPLE, SECRET, Setup, World, now};

#[tokio::test]
async fn missed_events_are_replayed_once_from_the_log() {
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
        .unwrap()
        .events;
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
    // A concurrent replay stores nothing more, and a second check finds nothing.
    assert_eq!(guard.replay(&missed, &world.store).await.unwrap(), 0);
    let missed = guard
        .missed(&watched, &world.store, Reach::All)
        .await
        .unwrap()
        .events;
    assert_eq!(missed, []);
    world.end().await;
}

#[tokio::test]
async fn events_that_another_server_accepted_count_as_missed() {
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
        missed.await.unwrap().events.len()
    };
    assert_eq!(missed(&world).await, 0);
    // Answered with 200, but stored elsewhere.
    let url = format!("sqlite:{}", world.scratch.path().join("other.db").display());
    let other = roomwright::store::Store::open(&url, roomwright::store::OpenMode::Create);
    let other = other.await.unwrap();
    let room = world.a_room();
    world.settled(&room).await;
    let found = guard.missed(&watched, &other, Reach::All).await.unwrap();
    assert!(
        found
            .events
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
        .unwrap()
        .events;
    assert_eq!(missed, []);
    world.end().await;

    let (world, _) = unwatched(&[]).await;
    let mask = Trigger::RoomCreated.bit();
    let url = nowhere();
    world.portal.add_webhook(&world.me, &url, SECRET, mask);
    world.a_room();
    world.portal.wait_deliveries_settled().await;
    // There was no answer, so the event may not have been sent yet.
    for (clock, expected) in [(now as fn() -> Timestamp, 0), (later, 1)] {
        let address = Url::parse(&url).ok();
        let guard = Guard::new(&with_key(&world, &["*:read"]), address, None, clock);
        let watched = guard.look().await.unwrap().unwrap();
        let missed = guard.missed(&watched, &world.store, Reach::All).await;
        let missed = missed.unwrap();
        assert_eq!(
            [missed.events.len(), missed.under_way.len()],
            [expected, 1 - expected]
        );
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
        .unwrap()
        .events;
    assert_eq!(missed.len(), rooms.len());
    // All events of the newest page arrived: only a full check finds older ones.
    guard.replay(&missed[..100], &world.store).await.unwrap();
    world.portal.clear_requests();
    for (reach, expected) in [(Reach::Newest, 0), (Reach::All, 1)] {
        let missed = guard
            .missed(&watched, &world.store, reach)
            .await
            .unwrap()
            .events;
        assert_eq!(missed.len(), expected, "{reach:?}");
    }
    world.stop.cancel();
    world.running.await.unwrap();
    world.portal.stop();
}
