//! Rooms with more folders and members than fit on one page.

use roomwright::simulator::{EmployeeType, Fault, FaultKind, Options, Recorded, RoomView};
use roomwright::store::RoomRow;

use crate::wait;
use crate::world::{SAMPLE, Setup, World};

/// The result of a run over a room that had many folders and members, some of them from the policy.
async fn a_large_room(members: usize, unstable_ties: bool) -> (World, RoomRow, RoomView) {
    let text = SAMPLE.replace("Archive]", "Archive, Plans/2026/Drafts]");
    let setup = Setup::of(&text);
    let world = World::built(Setup {
        portal: Options {
            unstable_ties,
            ..setup.portal.clone()
        },
        ..setup
    })
    .await;
    let portal = &world.portal;
    portal.fault(Fault::on("GET", "files/rooms/{id}", FaultKind::Pause).times(1));
    let room = world.our_room();
    wait::for_future("the first read", portal.wait_held()).await;
    // The oldest folders are on the last page.
    portal.add_folder(&world.boss, &room, "Tasks");
    let plans = portal.add_folder(&world.boss, &room, "Plans");
    portal.add_folder(&world.boss, &plans, "2026");
    for n in 0..150 {
        portal.add_folder(&world.boss, &room, &format!("Folder {n:03}"));
    }
    // All have the same first name, by which the portal sorts.
    for n in 0..members {
        let (name, mail) = (format!("Nora N{n}"), format!("n{n}@example.org"));
        let person = portal.add_person(&name, &mail, EmployeeType::User);
        portal.grant(&room, &person, 2);
    }
    portal.grant(&room, &world.people["vera"], 10);
    portal.release_held();
    let row = world.settled(&room).await;
    let view = world.portal.room(&room).unwrap();
    (world, row, view)
}

fn is_complete(world: &World, row: &RoomRow, view: &RoomView, members: usize) {
    assert_eq!(row.outcome, "changed", "{}", row.summary);
    // Documents, Archive and Drafts were missing.
    assert_eq!((view.folders.len(), view.doubled()), (156, vec![]));
    // In addition: Vera, Mia, Ed, HR, and our account.
    assert_eq!(view.access.len(), members + 5);
    assert_eq!(
        view.access[&world.people["vera"]], 10,
        "nobody loses rights"
    );
}

#[tokio::test]
async fn rooms_of_many_folders_and_members_are_read_completely() {
    let (world, row, view) = a_large_room(150, false).await;
    is_complete(&world, &row, &view, 150);
    world.end().await;
}

#[tokio::test]
async fn members_that_fill_their_pages_exactly_are_read_completely() {
    // With Vera and the owner, a hundred and two hundred.
    for members in [98, 198] {
        let (world, row, view) = a_large_room(members, false).await;
        is_complete(&world, &row, &view, members);
        let past = format!("startIndex={}", members + 2);
        let reads_past = |call: &Recorded| {
            call.route == Some("files/rooms/{id}/share") && call.query.ends_with(&past)
        };
        assert!(world.portal.requests().iter().any(reads_past));
        world.end().await;
    }
}

#[tokio::test]
async fn rooms_whose_listings_come_in_changing_order_are_read_completely() {
    let (world, row, view) = a_large_room(150, true).await;
    is_complete(&world, &row, &view, 150);
    world.end().await;
}

#[tokio::test]
async fn a_room_whose_listings_change_order_is_read_completely_or_not_at_all() {
    let (world, row, view) = a_large_room(150, true).await;
    if row.outcome == "changed" {
        is_complete(&world, &row, &view, 150);
    }
    assert!(matches!(row.outcome.as_str(), "changed" | "failed"));
    assert_eq!(view.doubled(), [""; 0]);
    assert_eq!(view.access[&world.people["vera"]], 10);
    assert!(view.access.len() > 150, "nobody was removed");
    world.end().await;
}
