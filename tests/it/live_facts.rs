//! Behaviour of the running server that its source does not suggest, and how roomwright handles it.

use roomwright::simulator::{EmployeeType, RoomType};

use crate::world::World;

/// A person whose address differs from another only in an accent.
const ACCENT: &str = r#"
version: 1
templates:
  t:
    grants: [{ user: "jörg@example.org", role: viewer }]
policies:
  - { name: p, match: { title: "Team *" }, template: t }
"#;

#[tokio::test]
async fn a_grant_to_an_address_with_an_accent_never_goes_to_the_address_without_it() {
    let world = World::new(ACCENT).await;
    let plain = world
        .portal
        .add_person("Jorg Plain", "jorg@example.org", EmployeeType::User);
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(
        row.summary.contains("no account `jörg@example.org`"),
        "{}",
        row.summary
    );
    assert!(
        !world
            .portal
            .room(&room)
            .unwrap()
            .access
            .contains_key(&plain)
    );
    world.end().await;
}

/// A policy with the owner's name in a folder title.
const NAMED: &str = r#"
version: 1
templates:
  t: { folders: ["Notes of {creator.name}"] }
policies:
  - { name: p, match: { title: "Team *" }, template: t }
"#;

#[tokio::test]
async fn names_are_decoded_before_they_are_used_and_shown() {
    let world = World::new(NAMED).await;
    let owner = world.portal.add_person(
        "Müller & Söhne O'Neill",
        "mueller@example.org",
        EmployeeType::RoomAdmin,
    );
    let room = world
        .portal
        .create_room(&owner, RoomType::Custom, "Team Apollo");
    let report = world.report(&room).await;
    assert_eq!(world.paths(&room), ["Notes of Müller & Söhne O'Neill"]);
    assert_eq!(report.owner, "Müller & Söhne O'Neill");
    world.end().await;
}

/// A policy with a folder tree, for a room with many other folders.
const DEEP: &str = r#"
version: 1
templates:
  t: { folders: [Contracts/2026/Drafts, Contracts/2026/Signed, Plans] }
policies:
  - { name: p, match: { title: "Team *" }, template: t }
"#;

#[tokio::test]
async fn only_the_folders_of_the_policy_are_read_in_a_tree_of_more_than_a_hundred() {
    let world = World::new(DEEP).await;
    let portal = &world.portal;
    portal.set_webhook_enabled(1, false);
    let room = world.our_room();
    let contracts = portal.add_folder(&world.boss, &room, "CONTRACTS");
    let year = portal.add_folder(&world.boss, &contracts, "2026");
    portal.add_folder(&world.boss, &year, "Signed");
    let other = portal.add_folder(&world.boss, &room, "Other");
    for n in 0..120 {
        portal.add_folder(&world.boss, &other, &format!("Folder {n:03}"));
    }
    let id = roomwright::room::RoomId::new(room.to_string());
    world.store.wake(&id, crate::world::now()).await.unwrap();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "changed", "{}", row.summary);
    let view = portal.room(&room).unwrap();
    assert_eq!((view.folders.len(), view.doubled()), (126, vec![]));
    let walked = portal
        .requests()
        .into_iter()
        .filter(|request| request.path.contains("/subfolders"));
    // In each of two reads: the room, Contracts, 2026; never Other.
    assert_eq!(walked.clone().count(), 6);
    assert!(
        walked
            .into_iter()
            .all(|request| !request.path.contains(&format!("/{other}/")))
    );
    world.end().await;
}

#[tokio::test]
async fn every_listing_of_folders_and_rooms_requests_an_order() {
    let world = World::new(crate::world::SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let reader = roomwright::docspace::Reader::new(&world.worker.client);
    assert_eq!(reader.rooms().await.unwrap().len(), 1);
    let listings: Vec<_> = world
        .portal
        .requests()
        .into_iter()
        .filter(|request| matches!(request.route, Some("files/{id}" | "files/rooms")))
        .filter(|request| !request.write)
        .collect();
    assert!(listings.len() >= 3, "{listings:?}");
    for listing in listings {
        assert!(
            listing.query.contains("sortBy=") && !listing.query.contains("CustomOrder"),
            "{listing:?}"
        );
    }
    world.end().await;
}

#[tokio::test]
async fn the_answer_to_a_delivery_is_short_ascii() {
    let world = World::new(crate::world::SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for answer in [
        http.get(&world.hook).send().await.unwrap(),
        http.post(&world.hook).body("{}").send().await.unwrap(),
    ] {
        let text = answer.text().await.unwrap();
        assert!(text.is_ascii() && text.len() < 200, "{text}");
    }
    let delivery = world.portal.deliveries().pop().unwrap();
    assert!(delivery.delivered, "{delivery:?}");
    world.end().await;
}
