//! `drift: repair`: what people removed is restored, within limits; what they renamed counts as present.

use roomwright::room::RoomId;
use roomwright::service::{Reach, Sweep};
use roomwright::simulator::EntryId;

use crate::world::{Setup, World};

const REPAIR: &str = "
version: 1
templates:
  team: { folders: [Documents, Contracts/Drafts], grants: [{ user: ed@example.org, role: editor }] }
  extra: { folders: [Extra] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: team, drift: repair }
  - { name: extras, match: { title: 'Team *' }, template: extra }
";

fn folder(world: &World, room: &EntryId, path: &str) -> EntryId {
    let view = world.portal.room(room).unwrap();
    let found = view.folders.iter().find(|folder| folder.path == path);
    found.unwrap().id.clone()
}

#[tokio::test]
async fn what_people_removed_is_restored_and_what_they_renamed_counts_as_present() {
    let world = World::new(REPAIR).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert!(
        world
            .portal
            .rename(&world.boss, &folder(&world, &room, "Contracts"), "Verträge")
    );
    assert!(
        world
            .portal
            .delete_folder(&folder(&world, &room, "Documents"))
    );
    assert!(world.portal.revoke(&room, &world.people["ed"]));
    assert_eq!(world.delivered_again(&room).await, "changed");
    assert_eq!(
        world.paths(&room),
        ["Documents", "Extra", "Verträge", "Verträge/Drafts"]
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.get(&world.people["ed"]), Some(&10));
    let report = world.row(&room).await.unwrap().report;
    assert!(
        report.contains("the folder Contracts was renamed or moved: it is Verträge now"),
        "{report}"
    );
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    world.end().await;
}

#[tokio::test]
async fn missing_items_of_a_reporting_policy_are_reported_and_not_restored() {
    let world = World::new(REPAIR).await;
    let room = world.a_room();
    world.settled(&room).await;
    for path in ["Extra", "Documents"] {
        assert!(world.portal.delete_folder(&folder(&world, &room, path)));
    }
    assert_eq!(world.delivered_again(&room).await, "changed");
    assert_eq!(
        world.paths(&room),
        ["Contracts", "Contracts/Drafts", "Documents"]
    );
    assert_eq!(world.delivered_again(&room).await, "drifted");
    world.end().await;
}

#[tokio::test]
async fn the_limit_of_repaired_rooms_per_hour_holds() {
    let mut setup = Setup::of(REPAIR);
    setup.repaired_rooms_per_hour = 1;
    let world = World::built(setup).await;
    let rooms = [world.a_room(), world.a_room()];
    for room in &rooms {
        assert_eq!(world.settled(room).await.outcome, "changed");
        assert!(
            world
                .portal
                .delete_folder(&folder(&world, room, "Documents"))
        );
    }
    assert_eq!(world.delivered_again(&rooms[0]).await, "changed");
    assert_eq!(world.delivered_again(&rooms[1]).await, "waiting");
    let row = world.row(&rooms[1]).await.unwrap();
    assert!(
        row.summary.contains("`limits.repaired_rooms_per_hour`"),
        "{}",
        row.summary
    );
    assert!(!world.paths(&rooms[1]).contains(&"Documents".to_owned()));
    world.stop.cancel();
    world.end().await;
}

#[tokio::test]
async fn the_daily_sweep_queues_rooms_that_are_to_be_repaired() {
    let world = World::new(REPAIR).await;
    let room = world.a_room();
    world.settled(&room).await;
    assert!(
        world
            .portal
            .delete_folder(&folder(&world, &room, "Documents"))
    );
    let minute = std::time::Duration::from_secs(60);
    let sweep = Sweep::new(world.worker.clone(), minute, minute);
    assert_eq!(sweep.pass(Reach::Newest).await.unwrap().checked, 0);
    let before = world.row(&room).await.unwrap().at;
    assert_eq!(sweep.pass(Reach::All).await.unwrap().checked, 1);
    world
        .until("the room is repaired", &room, |row| row.at > before)
        .await;
    assert!(world.paths(&room).contains(&"Documents".to_owned()));
    let known = world
        .store
        .known(vec![RoomId::new(room.to_string())])
        .await
        .unwrap();
    assert_eq!(known.len(), 1);
    world.end().await;
}
