//! Regressions of changes of owner and of outstanding answers.

use std::time::Duration;

use roomwright::decide::Ownership;
use roomwright::simulator::{EntryId, Fault, FaultKind, Later, Recorded, RoomType};

use crate::process_harness::{DEEP, Site};
use crate::wait;
use crate::world::{SAMPLE, Setup, World};

const FOLDER: (&str, &str) = ("POST", "files/folder/{id}");
const OWNER: (&str, &str) = ("POST", "files/owner");
const ROOM: (&str, &str) = ("GET", "files/rooms/{id}");
const SHARE: (&str, &str) = ("PUT", "files/rooms/{id}/share");

fn fault((method, route): (&str, &str), kind: FaultKind) -> Fault {
    Fault::on(method, route, kind)
}

fn status(status: u16, retry_after: Option<u64>, body: &str) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after,
        body: body.to_owned(),
    }
}

/// The sample with these folders.
fn with_folders(folders: &str) -> String {
    SAMPLE.replace("[Documents, Tasks, Archive]", folders)
}

/// Holds a call, acts meanwhile, and releases the call.
async fn at(world: &World, call: (&str, &str), meanwhile: impl FnOnce()) {
    wait::for_future(&format!("{call:?}"), world.portal.wait_held()).await;
    meanwhile();
    world.portal.release_held();
}

fn calls(world: &World, (_, route): (&str, &str)) -> Vec<Recorded> {
    let mut writes = world.portal.writes();
    writes.retain(|call| call.route == Some(route));
    writes
}

#[tokio::test]
async fn a_room_is_never_adopted_if_ownership_is_never() {
    let text = with_folders("[Documents]").replace(
        "    grants:\n",
        "    settings: { tags: [team] }\n    grants:\n",
    );
    let world = World::built(Setup {
        ownership: Ownership::Never,
        ..Setup::of(&text)
    })
    .await;
    world.portal.fault(fault(ROOM, FaultKind::Pause).times(1));
    let room = world.a_room();
    let folder = std::cell::OnceCell::new();
    at(&world, ROOM, || {
        // A Room manager needs no adoption, and everything except the tag is in place.
        assert!(world.portal.grant(&room, &world.me, 9));
        for (who, code) in [("mia", 9), ("ed", 10), ("vera", 2), ("HR", 2)] {
            assert!(world.portal.grant(&room, &world.people[who], code));
        }
        let made = world.portal.add_folder(&world.boss, &room, "Documents");
        folder.set(made).unwrap();
        let tags = Fault::on("PUT", "files/rooms/{id}/tags", FaultKind::Pause);
        world.portal.fault(tags.times(1));
    })
    .await;
    at(&world, ("PUT", "tags"), || {
        assert!(world.portal.revoke(&room, &world.me));
        let folder = folder.get().unwrap();
        assert!(world.portal.rename(&world.boss, folder, "Papers"));
    })
    .await;
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert_eq!(calls(&world, OWNER), []);
    world.end().await;
}

#[tokio::test]
async fn a_change_of_owner_that_a_proxy_answered_is_checked() {
    for code in [401, 403, 404, 502] {
        let world = World::new(SAMPLE).await;
        world
            .portal
            .fault(fault(OWNER, FaultKind::DoThenStatus(code)).times(1));
        let room = world.a_room();
        let row = world.settled(&room).await;
        assert!(
            matches!(row.outcome.as_str(), "changed" | "in-sync"),
            "{code}: {}",
            row.summary
        );
        world.is_as_the_sample_says(&room);
        world.end().await;
    }
}

#[tokio::test]
async fn a_404_from_a_proxy_says_nothing_about_the_room() {
    for after in [0, 2, 4] {
        let world = World::new(SAMPLE).await;
        let gateway = status(404, None, r#"{"message":"no Route matched"}"#);
        world
            .portal
            .fault(fault(ROOM, gateway).after(after).times(3));
        let room = world.a_room();
        world.settled(&room).await;
        world.is_as_the_sample_says(&room);
        world.end().await;
    }
}

#[tokio::test]
async fn the_wait_for_a_lost_answer_starts_when_the_call_is_sent_and_not_when_it_is_queued() {
    let world = World::new(&with_folders("[Documents]")).await;
    world
        .portal
        .fault(fault(FOLDER, status(429, Some(1), "")).times(1));
    let late = FaultKind::DropAndDoLater(Later::After(Duration::from_millis(60)));
    world.portal.fault(fault(FOLDER, late).after(1).times(1));
    let room = world.a_room();
    world.settled(&room).await;
    assert_eq!(world.paths(&room), ["Documents"]);
    world.end().await;
}

#[tokio::test]
async fn a_lost_response_is_waited_for_despite_another_fault() {
    let world = World::new(&with_folders("[Documents, Tasks]")).await;
    let late = FaultKind::DropAndDoLater(Later::After(Duration::from_millis(60)));
    world.portal.fault(fault(FOLDER, late).times(1));
    world
        .portal
        .fault(fault(FOLDER, status(401, None, "")).after(1).times(1));
    let room = world.a_room();
    world.settled(&room).await;
    assert_eq!(world.paths(&room), ["Documents", "Tasks"]);
    world.end().await;
}

#[tokio::test]
async fn a_new_owner_during_the_run_is_granted_nothing() {
    let world = World::new(SAMPLE).await;
    let admin = world.portal.portal_owner();
    let mia = world.people["mia"].clone();
    world.portal.fault(fault(FOLDER, FaultKind::Pause).times(1));
    let room = world.a_room();
    at(&world, FOLDER, || {
        assert!(world.portal.change_owner(&admin, &room, &mia));
        world.portal.clear_requests();
    })
    .await;
    world.settled(&room).await;
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.owner, mia);
    assert_eq!(view.access.get(&mia), None);
    for call in calls(&world, SHARE) {
        let body = call.body.clone().unwrap();
        assert!(!body.to_string().contains(&mia), "{body}");
    }
    world.end().await;
}

#[tokio::test]
async fn siblings_keep_their_order_when_one_of_them_fails() {
    let text = with_folders("[Zeta, Alpha, Mid]")
        .replace("      - { user: ed@example.org, role: editor }\n", "");
    let world = World::new(&text).await;
    world
        .portal
        .fault(fault(FOLDER, FaultKind::CloseBefore).times(1));
    let room = world.portal.create_indexed_room(&world.boss, "Team Apollo");
    world.settled(&room).await;
    let mut made = world.portal.room(&room).unwrap().folders;
    made.sort_by_key(|folder| folder.order);
    let made: Vec<String> = made.into_iter().map(|folder| folder.path).collect();
    assert_eq!(made, ["Zeta", "Alpha", "Mid"]);
    world.end().await;
}

#[tokio::test]
async fn the_absence_of_a_template_copy_is_not_cached_for_the_next_room() {
    let world = World::new(SAMPLE).await;
    let first = world.a_room();
    world.settled(&first).await;
    world.portal.clear_requests();
    let second = world.portal.start_template_copy(
        &world.boss,
        RoomType::Custom,
        "Team Copy",
        &["Documents", "Plans"],
    );
    world
        .until("it waits", &second, |row| row.outcome == "waiting")
        .await;
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn the_group_of_all_admins_is_granted_once_though_no_listing_shows_it() {
    let text = SAMPLE.replace("group: HR,", "group: DocSpace admins,");
    let world = World::new(&text).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert_eq!(calls(&world, SHARE).len(), 1);
    world.portal.clear_requests();
    world
        .portal
        .redeliver(world.portal.deliveries()[0].event)
        .unwrap();
    world
        .until("another run", &room, |row| {
            row.outcome == "in-sync" && row.job.is_none()
        })
        .await;
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

/// A site that waits long for lost answers.
async fn patient_site() -> Site {
    let site = Site::new(DEEP).await;
    let slow = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 4 s }\n";
    std::fs::write(site.directory.path().join("roomwright.yaml"), slow).unwrap();
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_an_outstanding_answer() {
    let site = patient_site().await;
    let service = site.hooked().await;
    site.portal
        .fault(fault(FOLDER, FaultKind::DoAndDrop).times(1));
    let room: EntryId = site.a_room();
    service
        .until("an answer was lost", || {
            site.portal
                .writes()
                .iter()
                .any(|call| call.route == Some(FOLDER.1))
        })
        .await;
    service.signal("TERM");
    let asked = std::time::Instant::now();
    let log = service.log.clone();
    assert_eq!(service.ended().await, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(3), "it waited");
    assert_eq!(site.portal.room(&room).unwrap().owner, site.cast.boss);
    assert!(log.lock().unwrap().contains("no runs in progress"));
    let service = site.serve().await;
    site.is_deep(&room, "after the start").await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_is_down_at_the_start_is_reported_before_the_first_room() {
    let site = Site::new(DEEP).await;
    site.portal.revoke_key(&site.cast.key);
    let service = site.serve().await;
    let (status, body) = service.readiness().await;
    assert_eq!(status, 503);
    assert!(body.contains("does not accept the API key"), "{body}");
    site.portal.restore_key(&site.cast.key);
    service
        .until("it is served again", || {
            service.log().contains("is available again")
        })
        .await;
    assert_eq!(service.readiness().await.0, 200);
    assert_eq!(service.log().matches("no room is processed").count(), 1);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_fixed_before_a_start_queue_the_rooms_that_they_refused() {
    let disputed = format!("{DEEP}  - {{ name: others, match: {{ title: '*' }}, template: o }}\n")
        .replace(
            "policies:\n",
            "  o: { grants: [{ user: ed@example.org, role: viewer }] }\npolicies:\n",
        );
    let site = Site::new(&disputed).await;
    let service = site.hooked().await;
    let room = site.a_room();
    let store = site.store().await;
    let row = site.settled(&store, &room, "disputed").await;
    assert_eq!(row.outcome, "refused", "{}", row.summary);
    store.close().await;
    assert_eq!(service.end().await, Some(0));
    std::fs::write(site.directory.path().join("policies/rooms.yaml"), DEEP).unwrap();
    let service = site.serve().await;
    service
        .until("the room is as planned", || site.paths(&room) == 5)
        .await;
    site.is_deep(&room, "after the fix").await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_portals_name_does_not_resolve_deliveries_are_kept_and_no_attempt_is_used() {
    let site = Site::new(DEEP).await;
    let mut command = site.command(env!("CARGO_BIN_EXE_roomwright"));
    command
        .env("DOCSPACE_API_HOST", "http://portal.invalid")
        .arg("serve");
    let service = crate::process_harness::Service::start(&mut command).await;
    site.portal.add_webhook(
        &site.cast.me,
        &service.hook,
        crate::world::SECRET,
        roomwright::simulator::Trigger::RoomCreated.bit(),
    );
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    assert_eq!(service.readiness().await.0, 503);
    let store = site.store().await;
    let id = roomwright::room::RoomId::new(room.to_string());
    let row = store.room(&id).await.unwrap().unwrap();
    assert_eq!(row.outcome, "");
    assert_eq!(row.job.unwrap().attempts, 0);
    store.close().await;
    assert_eq!(service.end().await, Some(0));
    let service = site.serve().await;
    site.is_deep(&room, "the name is known again").await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
