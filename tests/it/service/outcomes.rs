//! What a run changes in a room, and what it leaves as it is.

use roomwright::simulator::RoomType;

use crate::wait;
use crate::world::{SAMPLE, World, held, meanwhile, now};

#[tokio::test]
async fn the_sample_ends_in_exactly_its_room() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_room_in_sync_takes_three_reads_and_no_write() {
    let world = World::new(SAMPLE).await;
    let room = world.our_room();
    world.settled(&room).await;
    // An hour later, template copies are no longer requested; here the answer is cached.
    let id = world.portal.deliveries()[0].event;
    world.portal.clear_requests();
    world.portal.deliver_again(id);
    wait::until("the delivery and three calls", || async {
        let deliveries = world.portal.deliveries();
        world.portal.requests().len() >= 3 && deliveries.iter().all(|sent| sent.delivered)
    })
    .await;
    assert_eq!(world.report(&room).await.outcome, "in-sync");
    assert_eq!(world.portal.writes().len(), 0);
    let of_the_room: Vec<_> = world
        .portal
        .requests()
        .into_iter()
        .filter(|call| call.path.contains(&room.to_string()))
        .map(|call| call.path)
        .collect();
    assert_eq!(of_the_room.len(), 3, "{of_the_room:?}");
    world.end().await;
}

#[tokio::test]
async fn an_existing_folder_is_kept_and_not_duplicated() {
    let world = World::new(SAMPLE).await;
    // The service reads the room only after people have begun.
    let room = meanwhile(
        &world,
        held("GET", "files/rooms/{id}"),
        || world.a_room(),
        |room| {
            world.portal.add_folder(&world.boss, room, "documents");
            world.portal.add_folder(&world.boss, room, "Of our own");
        },
    )
    .await;
    world.settled(&room).await;
    assert_eq!(
        world.paths(&room),
        ["Archive", "Of our own", "Tasks", "documents"]
    );
    world.end().await;
}

#[tokio::test]
async fn titles_that_the_server_alters_converge() {
    let text = SAMPLE.replace(
        "[Documents, Tasks, Archive]",
        r#"["Q&A: offers", "50 % + tax", "🎉 party", "a.b. "]"#,
    );
    let world = World::new(&text).await;
    let room = world.our_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert_eq!(
        world.paths(&room),
        ["50 % _ tax", "Q&A_ offers", "__ party", "a.b."]
    );
    let first = world.row(&room).await.unwrap();
    world.portal.clear_requests();
    world.portal.redeliver(world.portal.deliveries()[0].event);
    let second = world
        .until("another run", &room, |row| {
            row.job.is_none() && row.report != first.report
        })
        .await;
    assert_eq!(second.outcome, "in-sync", "{}", second.summary);
    assert_eq!(world.portal.writes(), []);
    assert_eq!(world.portal.room(&room).unwrap().doubled(), [""; 0]);
    world.end().await;
}

#[tokio::test]
async fn a_room_configured_once_is_not_changed_again_by_later_events() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let tasks = world
        .portal
        .room(&room)
        .unwrap()
        .folders
        .iter()
        .find(|folder| folder.path == "Tasks")
        .unwrap()
        .id
        .clone();
    world.portal.rename(&world.boss, &tasks, "To do");
    world.portal.clear_requests();
    world.portal.redeliver(world.portal.deliveries()[0].event);
    world
        .until("the drift is seen", &room, |row| row.outcome == "drifted")
        .await;
    assert_eq!(world.portal.writes().len(), 0);
    assert_eq!(world.paths(&room), ["Archive", "Documents", "To do"]);
    world.end().await;
}

#[tokio::test]
async fn a_run_waits_for_the_copy_of_a_template() {
    let world = World::new(SAMPLE).await;
    let room = world.portal.start_template_copy(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &["Documents", "Plans"],
    );
    let row = world
        .until("it waits", &room, |row| row.outcome == "waiting")
        .await;
    assert_eq!(world.portal.writes().len(), 0);
    let job = row.job.unwrap();
    assert_eq!(job.attempts, 0);
    assert!(job.due > now());
    world.end().await;
}

#[tokio::test]
async fn observing_writes_nothing_and_reports_what_would_be_done() {
    let world = World::new(&SAMPLE.replace(
        "    template: workspace",
        "    template: workspace\n    mode: observe",
    ))
    .await;
    let room = world.a_room();
    let report = world.report(&room).await;
    assert_eq!(world.portal.writes().len(), 0);
    assert!(
        report
            .to_string()
            .contains("if the observing policies applied, the plan would be"),
        "{report}"
    );
    world.end().await;
}

#[tokio::test]
async fn siblings_in_a_room_with_indexing_are_created_in_written_order() {
    let text = SAMPLE
        .replace(
            "[Documents, Tasks, Archive]",
            "[Zeta, Alpha, Mid/One, Mid/Two]",
        )
        .replace("      - { user: ed@example.org, role: editor }\n", "");
    let world = World::new(&text).await;
    let room = world.portal.create_indexed_room(&world.boss, "Team Apollo");
    world.settled(&room).await;
    let mut made = world.portal.room(&room).unwrap().folders;
    made.sort_by_key(|folder| (folder.path.matches('/').count(), folder.order));
    let made: Vec<String> = made.into_iter().map(|folder| folder.path).collect();
    assert_eq!(made, ["Zeta", "Alpha", "Mid", "Mid/One", "Mid/Two"]);
    world.end().await;
}
