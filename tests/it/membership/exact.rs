//! `membership: exact`: exactly those whom the policy names, within the limits on removals.

use roomwright::simulator::{EmployeeType, EntryId, Fault, FaultKind, RoomType};

use super::{access, apply, code};
use crate::wait;
use crate::world::{Setup, World};

const EXACT: &str = "
version: 1
templates:
  team:
    membership: exact
    protect: [{ user: ed@example.org }]
    grants: [{ user: vera@example.org, role: viewer }, { group: HR, role: editor }]
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

/// A room in which mia is Room manager, vera Content creator, and ed Editor.
fn room_with_members(world: &World) -> EntryId {
    let people = &world.people;
    world.portal.create_shared_room(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &[
            (&people["mia"], 9),
            (&people["vera"], 11),
            (&people["ed"], 10),
        ],
    )
}

#[tokio::test]
async fn an_exact_room_has_only_the_members_that_the_policy_names() {
    let world = World::new(EXACT).await;
    let room = room_with_members(&world);
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert_eq!(code(&world, &room, "vera"), Some(2));
    assert_eq!(code(&world, &room, "HR"), Some(10));
    assert_eq!(code(&world, &room, "mia"), None);
    // Protected people, the owner and our account stay.
    assert_eq!(code(&world, &room, "ed"), Some(10));
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.owner, world.boss);
    assert_eq!(view.access.get(&world.me), Some(&9));
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    world.end().await;
}

#[tokio::test]
async fn a_member_added_to_an_exact_room_is_reported_and_removed_by_apply() {
    let world = World::new(EXACT).await;
    let room = room_with_members(&world);
    world.settled(&room).await;
    world.portal.grant(&room, &world.people["mia"], 11);
    assert_eq!(world.delivered_again(&room).await, "drifted");
    let report = world.row(&room).await.unwrap().report;
    assert!(report.contains("people changed it"), "{report}");
    assert_eq!(code(&world, &room, "mia"), Some(11));
    let done = apply(&world, &room).await;
    assert_eq!(done.outcome.as_str(), "changed", "{done}");
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}

#[tokio::test]
async fn more_removals_than_the_limit_refuse_the_room_untouched() {
    let mut setup = Setup::of(EXACT);
    setup.removals = 1;
    let world = World::built(setup).await;
    let room = room_with_members(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(
        row.summary.contains("`limits.removals` is 1"),
        "{}",
        row.summary
    );
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn removals_per_day_are_limited_and_apply_continues() {
    let mut setup = Setup::of(EXACT);
    setup.removals_per_day = 1;
    let world = World::built(setup).await;
    let room = room_with_members(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report.contains("`limits.removals_per_day` is 1"),
        "{}",
        row.report
    );
    // Additions are made all the same.
    assert_eq!(code(&world, &room, "HR"), Some(10));
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}

#[tokio::test]
async fn nobody_is_removed_from_a_room_whose_policy_names_an_unknown_person() {
    let world = World::new(&EXACT.replace("group: HR", "group: Humans")).await;
    let room = room_with_members(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report.contains("mia is not removed: Humans"),
        "{}",
        row.report
    );
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(code(&world, &room, "vera"), Some(2));
    world.end().await;
}

#[tokio::test]
async fn a_member_who_joins_an_exact_room_during_a_run_is_not_removed_in_that_run() {
    let world = World::new(EXACT).await;
    let friend = world
        .portal
        .add_person("Fay", "fay@example.org", EmployeeType::User);
    world
        .portal
        .fault(Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause).times(1));
    let room = room_with_members(&world);
    wait::for_future("the grants", world.portal.wait_held()).await;
    world.portal.grant(&room, &friend, 10);
    world.portal.release_held();
    world.settled(&room).await;
    assert_eq!(access(&world, &room, &friend), Some(10));
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}
