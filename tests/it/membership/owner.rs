//! `owner`: the room is given to the person whom the policy names.

use roomwright::simulator::{Fault, FaultKind};

use super::apply;
use crate::world::World;

const OWNED: &str = "
version: 1
templates:
  team: { owner: mia@example.org, folders: [Documents] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

#[tokio::test]
async fn a_room_is_given_to_its_owner_last_and_the_former_one_stays_room_manager() {
    let world = World::new(OWNED).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.owner, world.people["mia"]);
    assert_eq!(view.access.get(&world.boss), Some(&9));
    assert_eq!(world.report(&room).await.overruled, Vec::<String>::new());
    let writes = world.portal.writes();
    assert_eq!(writes.last().unwrap().route, Some("files/owner"));
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    // Whoever takes the room back keeps it.
    assert!(world.portal.change_owner(&world.me, &room, &world.boss));
    assert_eq!(world.delivered_again(&room).await, "drifted");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn a_room_stays_with_its_owner_when_the_other_account_cannot_own_rooms() {
    let world = World::new(&OWNED.replace("mia@", "vera@")).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report
            .contains("the room cannot be given to `vera@example.org`"),
        "{}",
        row.report
    );
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    assert_eq!(world.paths(&room), ["Documents"]);
    world.end().await;
}

#[tokio::test]
async fn a_lost_response_to_the_change_of_owner_is_checked() {
    for done in [false, true] {
        let world = World::new(OWNED).await;
        let kind = if done {
            FaultKind::DoAndDrop
        } else {
            FaultKind::CloseBefore
        };
        world
            .portal
            .fault(Fault::on("POST", "files/owner", kind).times(1));
        let room = world.our_room();
        assert_eq!(world.settled(&room).await.outcome, "changed", "{done}");
        assert_eq!(world.portal.room(&room).unwrap().owner, world.people["mia"]);
        world.end().await;
    }
}

#[tokio::test]
async fn a_sweep_never_changes_the_owner() {
    let world = World::new(OWNED).await;
    // Without a webhook, only the sweep finds the room.
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    let room = world.a_room();
    let sweep = roomwright::service::Sweep::new(
        world.worker.clone(),
        std::time::Duration::from_secs(60),
        std::time::Duration::from_secs(60),
    );
    let found = sweep
        .pass(roomwright::service::Reach::Newest)
        .await
        .unwrap();
    assert_eq!(found.due.len(), 1);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.report);
    assert_eq!(world.paths(&room), ["Documents"]);
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.people["mia"]);
    world.end().await;
}
