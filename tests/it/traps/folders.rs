//! Traps around folders and their titles.

use roomwright::simulator::{Fault, FaultKind, FolderType, NoticeKind, Recorded, RoomType};

use crate::wait;
use crate::world::{SAMPLE, World};

/// A policy whose folder title can be too long only in a room.
fn one_folder(title: &str) -> String {
    SAMPLE.replace(
        "[Documents, Tasks, Archive]",
        &format!("[\"{title}\", Tasks]"),
    )
}

#[tokio::test]
async fn a_title_that_grows_too_long_is_named_and_never_sent() {
    let text = SAMPLE.replace(
        "[Documents, Tasks, Archive]",
        r#"["{room.title} - {room.title}", Tasks]"#,
    );
    let world = World::new(&text).await;
    let title = format!("Team {}", "x".repeat(100));
    let room = world
        .portal
        .create_room(&world.boss, RoomType::Custom, &title);
    let row = world.settled(&room).await;
    assert!(
        row.summary.contains("165"),
        "{}: {}",
        row.outcome,
        row.summary
    );
    for call in world.portal.writes() {
        let sent = call.body.unwrap_or_default()["title"]
            .as_str()
            .unwrap_or_default()
            .encode_utf16()
            .count();
        assert!(sent <= 165, "{sent}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_title_of_emoji_is_as_long_as_its_utf16_units() {
    let problems = |count: usize| {
        let mut sources = roomwright::yaml::Sources::default();
        sources.add("policies/test.yaml", one_folder(&"🎉".repeat(count)));
        let (_, problems) = roomwright::policy::PolicySet::check(&sources);
        roomwright::yaml::render(&sources, &problems, false)
    };
    let is_too_long = |count| problems(count).contains("longer than 165 characters");
    assert!(is_too_long(83) && !is_too_long(82));
    // The room's title adds eleven units. The sent and the stored title are equally long: 165 or 167 units.
    for (count, fits) in [(77, true), (78, false)] {
        let text = one_folder(&format!("{}{{room.title}}", "🎉".repeat(count)));
        let world = World::new(&text).await;
        let room = world.our_room();
        let row = world.settled(&room).await;
        let stored = format!("{}Team Apollo", "_".repeat(2 * count));
        assert_eq!(
            world.paths(&room).contains(&stored),
            fits,
            "{}",
            row.summary
        );
        assert_eq!(row.outcome, if fits { "changed" } else { "partial" });
        assert_eq!(row.summary.contains("165"), !fits, "{}", row.summary);
        let refused = |call: &Recorded| call.status >= 400;
        assert!(!world.portal.writes().iter().any(refused));
        world.end().await;
    }
}

#[tokio::test]
async fn a_system_folder_with_the_wanted_title_is_not_used() {
    let text = "version: 1\ntemplates:\n  t: { folders: [Tasks/Open] }\npolicies:\n  - { name: p, match: { title: 'Team *' }, template: t }\n";
    let world = World::new(text).await;
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}", FaultKind::Pause).times(1));
    let room = world.portal.create_shared_room(
        &world.boss,
        RoomType::FillingForms,
        "Team Apollo",
        &[(&world.me, 9)],
    );
    wait::for_future("the first read", world.portal.wait_held()).await;
    let system = world
        .portal
        .add_folder_of_type(&room, "Tasks", FolderType::ReadyForm);
    world.portal.release_held();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Tasks", "Tasks", "Tasks/Open"]);
    assert!(view.folders.iter().all(|folder| folder.parent != system));
    world.end().await;
}

#[tokio::test]
async fn agents_are_skipped() {
    let world = World::new(SAMPLE).await;
    let beside = world
        .portal
        .create_room(&world.me, RoomType::Ai, "Team agent");
    let agent = world.portal.create_agent(&world.me, "Team agent");
    for room in [&beside, &agent] {
        let id = roomwright::room::RoomId::new(room.to_string());
        world.store.wake(&id, crate::world::now()).await.unwrap();
        let row = world.settled(room).await;
        assert_eq!(row.outcome, "skipped", "{}", row.summary);
    }
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_folder_that_the_server_calls_invalid_is_named() {
    let world = World::new(SAMPLE).await;
    let invalid = FaultKind::Status {
        status: 400,
        retry_after: None,
        body: r#"{"response":{"title":"One or more validation errors occurred.","status":400,"errors":{"Folder.Title":["The field Title is not valid."]}},"count":1,"status":1,"statusCode":400}"#.to_owned(),
    };
    world
        .portal
        .fault(Fault::on("POST", "files/folder/{id}", invalid).times(1));
    let room = world.our_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains("The field Title is not valid"),
        "{}",
        row.summary
    );
    assert_eq!(world.paths(&room).len(), 2, "the other folders exist");
    world.end().await;
}

#[tokio::test]
async fn only_the_owner_is_notified_of_the_folders() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let notified: Vec<_> = world
        .portal
        .notices()
        .into_iter()
        .filter(|notice| notice.person != world.boss && notice.person != world.me)
        .collect();
    assert_eq!(notified, [], "no folder and no role without `notify`");
    assert!(
        world
            .portal
            .notices()
            .iter()
            .any(|notice| notice.kind == NoticeKind::FolderCreated)
    );
    world.end().await;
}
