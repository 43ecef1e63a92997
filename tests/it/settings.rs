//! Settings against the simulated portal: one call for all differences, and none without any.

use roomwright::simulator::{EntryId, RoomType};
use serde_json::json;

use crate::world::World;

const SETTINGS: &str = r#"
version: 1
templates:
  vault:
    folders: [Documents]
    settings:
      quota: 5 GB
      deny_download: true
      indexing: true
      lifetime: { keep: 24 months, then: trash }
      watermark: { show: [user-name, date], text: "For {client}", rotate: -45 }
      color: 4781d1
      cover: COVER
policies:
  - { name: vaults, match: { title: "Client {client}" }, template: vault }
"#;

fn settings(cover: &str) -> String {
    SETTINGS.replace("COVER", cover)
}

fn room(world: &World) -> EntryId {
    let boss = &world.boss;
    world
        .portal
        .create_room(boss, RoomType::VirtualData, "Client ACME")
}

fn is_as_written(world: &World, room: &EntryId) {
    let view = world.portal.room(room).unwrap();
    assert_eq!(view.quota, 5 << 30);
    assert!(view.deny_download && view.indexing);
    let lifetime = view.lifetime.unwrap();
    assert_eq!(
        (
            lifetime.period,
            lifetime.value,
            lifetime.deletes_permanently
        ),
        (1, 24, false)
    );
    let watermark = view.watermark.unwrap();
    assert_eq!(watermark["additions"], json!(9));
    assert_eq!(watermark["text"], json!("For ACME"));
    assert_eq!(watermark["rotate"], json!(-45));
    assert_eq!(view.color, "4781D1");
    assert_eq!(view.watermark_writes, 1);
}

fn changes(world: &World) -> usize {
    let writes = world.portal.writes();
    writes
        .iter()
        .filter(|write| write.method == "PUT" && write.route == Some("files/rooms/{id}"))
        .count()
}

/// Processes the room again.
async fn again(world: &World, room: &EntryId) -> String {
    let event = world.portal.deliveries()[0].event;
    world.portal.clear_requests();
    world.portal.deliver_again(event);
    world
        .until("another run", room, |_| {
            let requests = world.portal.requests();
            requests.iter().any(|call| call.path.contains("/share"))
        })
        .await;
    world.settled(room).await.outcome
}

#[tokio::test]
async fn all_settings_are_set_in_few_calls_and_never_again() {
    let world = World::new(&settings("bookmark")).await;
    let room = room(&world);
    assert_eq!(world.settled(&room).await.outcome, "changed");
    is_as_written(&world, &room);
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.cover.as_deref(), Some("bookmark"));
    // Indexing comes before the folders, the others after them. Only an adoption shows the quota of a foreign room.
    assert_eq!(changes(&world), 3);
    assert_eq!(again(&world, &room).await, "in-sync");
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn all_settings_of_a_managed_room_are_one_call() {
    let world =
        World::new(&settings("bookmark").replace("indexing: true", "indexing: false")).await;
    let room = world.portal.create_shared_room(
        &world.boss,
        RoomType::VirtualData,
        "Client ACME",
        &[(&world.me, 9)],
    );
    world.settled(&room).await;
    assert_eq!(changes(&world), 1);
    world.end().await;
}

#[tokio::test]
async fn a_cover_that_the_portal_does_not_have_is_the_only_thing_missing() {
    let world = World::new(&settings("no-such-cover")).await;
    let room = room(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(row.report.contains("`cover`"), "{}", row.report);
    is_as_written(&world, &room);
    world.end().await;
}
