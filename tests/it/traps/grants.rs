//! Traps around roles, people and groups.

use roomwright::simulator::{EmployeeType, Fault, FaultKind, RoomType};

use super::shared;
use crate::wait;
use crate::world::{SAMPLE, World};

#[tokio::test]
async fn every_grant_that_is_sent_is_a_number_that_the_server_knows() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let sent = shared(&world);
    assert_eq!(sent.len(), 4);
    for invitation in sent {
        let access = invitation["access"].as_i64().unwrap();
        assert!([9, 11, 10, 7, 5, 6, 2].contains(&access), "{access}");
    }
    world.end().await;
}

#[tokio::test]
async fn in_every_room_type_exactly_the_possible_roles_land_and_the_others_are_named() {
    let roles = [
        ("room-manager", 9),
        ("content-creator", 11),
        ("editor", 10),
        ("form-filler", 7),
        ("reviewer", 5),
        ("commenter", 6),
        ("viewer", 2),
    ];
    for (kind, possible) in [
        (RoomType::Custom, vec![9, 11, 10, 5, 6, 2]),
        (RoomType::Public, vec![9, 11]),
        (RoomType::FillingForms, vec![9, 11, 7]),
        (RoomType::Editing, vec![9, 11, 10, 2]),
        (RoomType::VirtualData, vec![9, 11, 10, 2, 7]),
    ] {
        let grants: String = roles
            .iter()
            .map(|(role, _)| format!("      - {{ user: {role}@example.org, role: {role} }}\n"))
            .collect();
        let text = format!(
            "version: 1\ntemplates:\n  t:\n    grants:\n{grants}policies:\n  - {{ name: p, match: {{ title: 'Team *' }}, template: t }}\n"
        );
        let world = World::new(&text).await;
        let people = roles.map(|(role, code)| {
            let mail = format!("{role}@example.org");
            let id = world
                .portal
                .add_person(role, &mail, EmployeeType::RoomAdmin);
            (role, code, id)
        });
        let room = world.portal.create_room(&world.boss, kind, "Team Apollo");
        let row = world.settled(&room).await;
        let view = world.portal.room(&room).unwrap();
        for (role, code, id) in people {
            let wanted = possible.contains(&code).then_some(code);
            assert_eq!(view.access.get(&id).copied(), wanted, "{kind:?} {role}");
            assert_eq!(
                row.summary.contains(&format!("`{role}` cannot be")),
                wanted.is_none(),
                "{kind:?} {role}: {}",
                row.summary
            );
        }
        let refused = world
            .portal
            .writes()
            .into_iter()
            .filter(|call| call.status == 403);
        assert_eq!(refused.count(), 0, "{kind:?}: an impossible role is sent");
        world.end().await;
    }
}

#[tokio::test]
async fn a_group_as_room_manager_is_named_and_never_sent() {
    // A role name can mean another role in each room type, so only a run can detect this.
    let text = SAMPLE
        .replace("role: viewer }\npolicies", "role: Lead }\npolicies")
        .replace(
            "templates:",
            "roles:\n  Lead: { default: room-manager, public: content-creator }\ntemplates:",
        );
    let mut sources = roomwright::yaml::Sources::default();
    sources.add("policies/test.yaml", &text);
    let (_, problems) = roomwright::policy::PolicySet::check(&sources);
    let rendered = roomwright::yaml::render(&sources, &problems, false);
    assert!(
        rendered.contains("Room manager") && rendered.contains("group"),
        "{rendered}"
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`HR`"), "{}", row.summary);
    assert!(
        shared(&world)
            .iter()
            .all(|sent| sent["id"] != world.people["HR"].as_str())
    );
    world.end().await;
}

#[tokio::test]
async fn someone_who_loses_the_right_to_manage_does_not_affect_the_others() {
    let world = World::new(SAMPLE).await;
    world
        .portal
        .fault(Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause).times(1));
    let room = world.a_room();
    wait::for_future("the grants", world.portal.wait_held()).await;
    world
        .portal
        .set_type(&world.people["mia"], EmployeeType::User);
    world.portal.release_held();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`mia`"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    for (who, code) in [
        ("mia", None),
        ("ed", Some(10)),
        ("vera", Some(2)),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&world.people[who]).copied(), code, "{who}");
    }
    world.end().await;
}

#[tokio::test]
async fn an_empty_list_of_members_causes_no_write() {
    let world = World::new(SAMPLE).await;
    let nobody = FaultKind::Status {
        status: 200,
        retry_after: None,
        body: r#"{"response":[],"count":0,"total":0,"status":0,"statusCode":200}"#.to_owned(),
    };
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}/share", nobody));
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "failed", "{}", row.summary);
    assert!(row.summary.contains("cannot see"), "{}", row.summary);
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn the_owner_and_the_service_account_are_never_sent() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    grants:\n      - { user: boss@example.org, role: editor }\n      - { user: roomwright@example.org, role: editor }\n",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    for sent in shared(&world) {
        assert!(sent["id"] != world.boss.as_str() && sent["id"] != world.me.as_str());
    }
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn unknown_ids_are_named_and_never_sent() {
    let (person, group) = (
        "11111111-2222-4333-8444-555555555555",
        "66666666-7777-4888-9999-aaaaaaaaaaaa",
    );
    let text = SAMPLE.replace(
        "    grants:\n",
        &format!("    grants:\n      - {{ user: {person}, role: viewer }}\n      - {{ group: {group}, role: viewer }}\n"),
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains(person) && row.summary.contains(group),
        "{}",
        row.summary
    );
    let access = world.portal.room(&room).unwrap().access;
    assert!(!access.contains_key(person) && !access.contains_key(group));
    world.end().await;
}

#[tokio::test]
async fn a_guest_that_the_account_cannot_see_is_named_and_all_others_get_their_roles() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    grants:\n      - { user: gil@example.com, role: viewer }\n",
    );
    let world = World::new(&text).await;
    world.portal.set_type(&world.me, EmployeeType::RoomAdmin);
    let guest = world
        .portal
        .add_person("Gil Guest", "gil@example.com", EmployeeType::Guest);
    let room = world.our_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("gil@example.com"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"]);
    for (who, code) in [("mia", 9), ("ed", 10), ("vera", 2), ("HR", 2)] {
        assert_eq!(view.access.get(&world.people[who]), Some(&code), "{who}");
    }
    assert!(!view.access.contains_key(&guest));
    world.end().await;
}
