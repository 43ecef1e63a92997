//! Traps around the server as a whole: its language, its events, its limits, and what it remembers.

use std::collections::BTreeSet;

use roomwright::simulator::{
    Culture, EmployeeType, Fault, FaultKind, Options, RateLimits, Recorded,
};

use super::shared;
use crate::wait;
use crate::world::{SAMPLE, SECRET, Setup, World};

/// The outcomes of two rooms whose writes a portal in this language refuses, and the summary of the second.
async fn refused_in(culture: Culture) -> (Vec<(String, Vec<String>)>, String) {
    let setup = Setup::of(SAMPLE);
    let world = World::built(Setup {
        portal: Options {
            culture,
            ..setup.portal.clone()
        },
        ..setup
    })
    .await;
    let (portal, mut ends) = (&world.portal, Vec::new());
    let pause = |method, route| portal.fault(Fault::on(method, route, FaultKind::Pause).times(1));
    pause("PUT", "files/rooms/{id}/share");
    let demoted = world.a_room();
    wait::for_future("the grants", portal.wait_held()).await;
    portal.set_type(&world.people["mia"], EmployeeType::User);
    portal.release_held();
    let row = world.settled(&demoted).await;
    assert!(row.summary.contains("`mia`"), "{}", row.summary);
    let view = portal.room(&demoted).unwrap();
    let mut landed: Vec<String> = view
        .access
        .iter()
        .map(|(who, code)| format!("{who} {code}"))
        .collect();
    landed.extend(view.paths().into_iter().map(str::to_owned));
    ends.push((row.outcome, landed));
    pause("POST", "files/folder/{id}");
    let deleted = world.our_room();
    wait::for_future("the first folder", portal.wait_held()).await;
    portal.delete_room(&world.me, &deleted);
    portal.release_held();
    ends.push((world.settled(&deleted).await.outcome, Vec::new()));
    for route in ["files/rooms/{id}/share", "files/folder/{id}"] {
        let is_refusal = |call: &Recorded| call.route == Some(route) && call.status == 403;
        assert!(portal.writes().iter().any(is_refusal), "{route}");
    }
    world.end().await;
    (ends, row.summary)
}

#[tokio::test]
async fn a_portal_in_another_language_gives_the_same_outcomes() {
    let (english, said) = refused_in(Culture::English).await;
    let (german, gesagt) = refused_in(Culture::German).await;
    assert_eq!(english[0].0, "partial");
    assert_eq!(english[1].0, "skipped");
    assert_eq!(english, german);
    assert_ne!(
        said, gesagt,
        "messages of the portal are passed on unchanged"
    );
}

#[tokio::test]
async fn our_own_changes_that_come_back_as_events_start_nothing() {
    let world = World::new(SAMPLE).await;
    // A webhook for all events, next to the one for new rooms.
    world.portal.add_webhook(&world.me, &world.hook, SECRET, 0);
    let room = world.a_room();
    world.settled(&room).await;
    world.portal.wait_deliveries_settled().await;
    let echoes = world.portal.deliveries().len();
    assert!(echoes > 5, "{echoes} deliveries");
    assert!(
        world
            .portal
            .deliveries()
            .iter()
            .all(|delivery| delivery.status == 200)
    );
    world.is_as_the_sample_says(&room);
    let stored = world
        .store
        .deliveries(100, crate::world::now())
        .await
        .unwrap();
    assert!(
        stored
            .iter()
            .all(|delivery| delivery.trigger == "room.created"),
        "{stored:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn many_rooms_at_once_stay_below_the_servers_limits() {
    // Long leases: this many rooms at once are slow on a slow disk.
    let world = World::built(Setup {
        after_lost_answer: std::time::Duration::from_secs(2),
        ..Setup::of(SAMPLE)
    })
    .await;
    world.portal.set_rate_limits(Some(RateLimits::default()));
    world.portal.fault(Fault::on(
        "*",
        "*",
        FaultKind::Delay(std::time::Duration::from_millis(25)),
    ));
    let at_once = world.worker.at_once;
    let first_folders = Fault::on("POST", "files/folder/{id}", FaultKind::Pause);
    world
        .portal
        .fault(first_folders.times(u32::try_from(at_once).unwrap()));
    let rooms: Vec<_> = (0..25).map(|_| world.a_room()).collect();
    are_held_in_as_many_rooms(&world, at_once).await;
    world.portal.release_held();
    for room in &rooms {
        assert_eq!(world.settled(room).await.outcome, "changed");
        world.is_as_the_sample_says(room);
    }
    let refused = world
        .portal
        .requests()
        .into_iter()
        .filter(|call| call.status == 429);
    assert_eq!(refused.count(), 0);
    let most = world.portal.most_at_once();
    assert!(most.writes <= 12 && most.reads <= 20, "{most:?}");
    world.end().await;
}

/// This many writes are in progress at once, each in another room: rooms are written concurrently, with one write at a
/// time in each.
async fn are_held_in_as_many_rooms(world: &World, at_once: usize) {
    let under_way = wait::for_ok("the writes of all rooms", || async {
        let is_complete = world.portal.held() >= at_once;
        let mut under_way = world.portal.writes();
        under_way.retain(|call| call.status == 0);
        if is_complete {
            Ok(under_way)
        } else {
            Err(format!("{under_way:?}"))
        }
    })
    .await;
    assert_eq!(under_way.len(), at_once, "{under_way:?}");
    let rooms: BTreeSet<&str> = under_way.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(rooms.len(), at_once, "two writes in one room: {rooms:?}");
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    settings: { tags: [Team, client] }\n    grants:\n",
    );
    let world = World::new(&text).await;
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}", FaultKind::Pause).times(1));
    let room = world.our_room();
    wait::for_future("the first read", world.portal.wait_held()).await;
    world.portal.add_tag(&world.me, &room, "TEAM");
    world.portal.grant(&room, &world.people["ed"], 10);
    world.portal.release_held();
    world.settled(&room).await;
    let writes = world.portal.writes();
    let tags = writes
        .iter()
        .filter(|call| call.route == Some("files/rooms/{id}/tags"));
    let names: Vec<_> = tags
        .map(|call| call.body.clone().unwrap()["names"].clone())
        .collect();
    assert_eq!(names, [serde_json::json!(["client"])]);
    assert!(
        shared(&world)
            .iter()
            .all(|sent| sent["id"] != world.people["ed"].as_str())
    );
    assert!(
        writes
            .iter()
            .all(|call| call.route != Some("files/rooms/{id}")),
        "the room itself is never sent"
    );
    // Listings are sorted by title only: the portal remembers the order for the account, and with another order it
    // lists nothing.
    for call in world.portal.requests() {
        let query = call.query.to_lowercase();
        assert!(
            !query.contains("sortby") || query.contains("sortby=az"),
            "{}",
            call.query
        );
    }
    world.end().await;
}
