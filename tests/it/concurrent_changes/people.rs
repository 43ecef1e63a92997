//! People get rights, lose them, leave, or are renamed during a run.

use roomwright::simulator::{EmployeeStatus, EmployeeType};

use crate::wait;
use crate::world::{SAMPLE, World, held, meanwhile};

#[tokio::test]
async fn changes_that_people_make_during_the_take_are_kept() {
    let world = World::new(SAMPLE).await;
    let (ed, guest) = (&world.people["ed"], "guest@example.com");
    let guest = world
        .portal
        .add_person("Gil Guest", guest, EmployeeType::Guest);
    let room = meanwhile(
        &world,
        held("POST", "files/owner"),
        || world.a_room(),
        |room| {
            world.portal.add_folder(&world.boss, room, "tasks");
            world.portal.add_folder(&world.boss, room, "Minutes");
            world.portal.grant(room, ed, 11);
            world.portal.grant(room, &guest, 2);
        },
    )
    .await;
    world.settled(&room).await;
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Minutes", "tasks"]);
    assert_eq!(view.access[ed], 11, "nobody loses rights");
    assert_eq!(view.access[&guest], 2);
    assert_eq!(view.owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn rights_that_people_get_while_folders_are_created_are_kept() {
    let world = World::new(SAMPLE).await;
    let ed = &world.people["ed"];
    let room = meanwhile(
        &world,
        held("POST", "files/folder/{id}"),
        || world.a_room(),
        |room| {
            world.portal.grant(room, ed, 11);
        },
    )
    .await;
    world.settled(&room).await;
    assert_eq!(world.portal.room(&room).unwrap().access[ed], 11);
    world.end().await;
}

#[tokio::test]
async fn people_who_are_disabled_or_deleted_during_the_run_are_named_and_all_others_get_their_roles()
 {
    let world = World::new(SAMPLE).await;
    let room = meanwhile(
        &world,
        held("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            world
                .portal
                .set_status(&world.people["ed"], EmployeeStatus::Terminated);
            world.portal.delete_group(&world.people["HR"]);
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(
        row.summary.contains("`ed`") && row.summary.contains("`HR`"),
        "{}",
        row.summary
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access[&world.people["vera"]], 2);
    assert_eq!(view.access[&world.people["mia"]], 9);
    world.end().await;
}

#[tokio::test]
async fn people_who_go_or_change_their_address_before_they_are_looked_up_are_named_as_missing() {
    let world = World::new(SAMPLE).await;
    let (portal, people) = (&world.portal, &world.people);
    let room = meanwhile(
        &world,
        held("GET", "files/rooms/{id}"),
        || world.a_room(),
        |_| {
            portal.remove_person(&people["ed"]);
            portal.rename_person(&people["vera"], "Vera Married", "married@example.org");
            portal.rename_person(&people["mia"], "Mia Married", "mia@example.org");
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    for gone in ["ed@example.org", "vera@example.org"] {
        assert!(row.summary.contains(gone), "{gone}: {}", row.summary);
    }
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"]);
    for (who, code) in [
        ("mia", Some(9)),
        ("ed", None),
        ("vera", None),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&people[who]).copied(), code, "{who}");
    }
    assert_eq!(view.owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn people_who_change_their_address_after_they_were_looked_up_are_still_the_same_people() {
    let world = World::new(SAMPLE).await;
    let (portal, people) = (&world.portal, &world.people);
    let room = meanwhile(
        &world,
        held("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            portal.remove_person(&people["ed"]);
            portal.rename_person(&people["vera"], "Vera Married", "married@example.org");
        },
    )
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`ed`"), "{}", row.summary);
    assert!(!row.summary.contains("vera"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    for (who, code) in [
        ("mia", Some(9)),
        ("ed", None),
        ("vera", Some(2)),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&people[who]).copied(), code, "{who}");
    }
    world.end().await;
}

#[tokio::test]
async fn members_who_go_between_two_pages_leave_the_second_one_empty() {
    let world = World::new(SAMPLE).await;
    let mut people = Vec::new();
    for n in 0..150 {
        let (name, mail) = (format!("N{n:03}"), format!("n{n}@example.org"));
        people.push(world.portal.add_person(&name, &mail, EmployeeType::User));
    }
    let room = meanwhile(
        &world,
        held("GET", "files/rooms/{id}"),
        || world.our_room(),
        |room| {
            for person in &people {
                world.portal.grant(room, person, 2);
            }
            let second_page = held("GET", "files/rooms/{id}/share").after(1);
            world.portal.fault(second_page.times(1));
        },
    )
    .await;
    wait::for_future("the second page", world.portal.wait_held()).await;
    for person in &people[..100] {
        world.portal.revoke(&room, person);
    }
    world.portal.release_held();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    // Nobody who left is added again, nobody else is removed, and our account is a member.
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.len(), 50 + 4 + 1);
    assert!(
        people[..100]
            .iter()
            .all(|gone| !view.access.contains_key(gone))
    );
    world.end().await;
}

#[tokio::test]
async fn a_group_that_is_renamed_during_the_run_is_still_the_same_group() {
    let world = World::new(SAMPLE).await;
    let room = meanwhile(
        &world,
        held("PUT", "files/rooms/{id}/share"),
        || world.a_room(),
        |_| {
            world.portal.rename_group(&world.people["HR"], "People");
        },
    )
    .await;
    assert_eq!(world.settled(&room).await.outcome, "changed");
    world.is_as_the_sample_says(&room);
    world.end().await;
}
