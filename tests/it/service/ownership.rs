//! Foreign rooms, and rooms that the service account manages.

use roomwright::decide::Ownership;
use roomwright::simulator::EmployeeType;

use crate::world::{SAMPLE, Setup, World, held, meanwhile};

#[tokio::test]
async fn a_foreign_room_is_given_back_to_its_owner() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    let report = world.report(&room).await;
    assert!(report.adopted);
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    let owners = world
        .portal
        .writes()
        .into_iter()
        .filter(|call| call.route == Some("files/owner"))
        .count();
    assert_eq!(owners, 2);
    world.end().await;
}

#[tokio::test]
async fn a_room_the_account_manages_is_written_without_an_adoption() {
    let world = World::new(SAMPLE).await;
    let room = world.our_room();
    let report = world.report(&room).await;
    assert!(!report.adopted);
    assert_eq!(report.calls.writes, 4);
    world.end().await;
}

#[tokio::test]
async fn a_foreign_room_is_refused_untouched_if_ownership_is_never() {
    let world = World::built(Setup {
        ownership: Ownership::Never,
        ..Setup::of(SAMPLE)
    })
    .await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "refused");
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_room_whose_owner_could_not_take_it_back_is_refused() {
    let world = World::new(SAMPLE).await;
    let room = meanwhile(
        &world,
        held("GET", "files/rooms/{id}"),
        || world.a_room(),
        |_| {
            world.portal.set_type(&world.boss, EmployeeType::User);
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(
        row.summary.contains("could not become the owner again"),
        "{}",
        row.summary
    );
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}
