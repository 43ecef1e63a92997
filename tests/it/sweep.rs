//! The sweep: what no event told of is found, and nothing else is written to.

use std::time::Duration;

use jiff::SignedDuration;
use roomwright::room::RoomId;
use roomwright::service::{Reach, Sweep};
use roomwright::simulator::{EntryId, RoomType};

use crate::world::{SAMPLE, World};

fn sweep(world: &World) -> Sweep {
    let day = Duration::from_secs(24 * 60 * 60);
    Sweep::new(world.worker.clone(), day, day)
}

fn id(room: &EntryId) -> RoomId {
    RoomId::new(room.to_string())
}

/// A world whose portal tells us nothing.
async fn deaf() -> World {
    let world = World::new(SAMPLE).await;
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    world
}

#[tokio::test]
async fn a_room_of_which_no_event_told_is_configured_and_one_without_a_policy_costs_no_call() {
    let world = deaf().await;
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
async fn a_fresh_store_and_two_hundred_older_rooms_lead_to_no_write() {
    let world = deaf().await;
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
async fn a_room_that_our_account_owns_is_reported_and_not_worked_on() {
    let world = deaf().await;
    let room = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team Apollo");
    let found = sweep(&world).pass(Reach::All).await.unwrap();
    assert_eq!((found.owned, found.due), (vec![id(&room)], vec![]));
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_short_sweep_goes_on_while_there_is_news_and_stops_at_what_is_known() {
    let world = deaf().await;
    for number in 0..250 {
        let title = format!("Old {number}");
        let room = world
            .portal
            .create_room(&world.boss, RoomType::Custom, &title);
        world.portal.age(&room, SignedDuration::from_hours(1));
    }
    let sweep = sweep(&world);
    assert_eq!(sweep.pass(Reach::Newest).await.unwrap().listed, 100);
    assert_eq!(sweep.pass(Reach::All).await.unwrap().listed, 250);
    world.end().await;
}
