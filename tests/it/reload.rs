//! Files that change while the service runs: policies, tables, `mode`.

use std::os::unix::fs::symlink;
use std::time::Duration;

use roomwright::room::RoomId;
use roomwright::simulator::{Fault, FaultKind};
use serde_json::Value;

use crate::process_harness::{Service, Site};
use crate::wait;
use crate::world::{SAMPLE, World, now};

const POLICY: &str = "version: 1\ntemplates:\n  t: { folders: [Documents] }\npolicies:\n  - { name: teams, match: { title: 'Team *' }, template: t }\n";

async fn ready(service: &Service) -> (u16, Value) {
    let (status, body) = service.readiness().await;
    (status, serde_json::from_str(&body).unwrap())
}

/// The result of the last check of the policies.
async fn problem(service: &Service) -> String {
    let (_, body) = ready(service).await;
    let checks = body["checks"].as_array().unwrap().clone();
    let policies = checks.iter().find(|check| check["check"] == "policies");
    policies.unwrap()["problem"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_takes_effect_automatically_and_a_broken_one_is_reported_and_changes_nothing() {
    let site = Site::new(POLICY).await;
    let file = site.directory.path().join("policies/rooms.yaml");
    let service = site.hooked().await;
    std::fs::write(&file, POLICY.replace("folders", "foldres")).unwrap();
    let public = service.hook.replace("docspace/webhook", "readyz");
    service
        .until("the broken edit", || {
            service.log().contains("did you mean `folders`")
        })
        .await;
    let printed = problem(&service).await;
    assert!(
        printed.contains("rooms.yaml:3:8: unknown key `foldres`"),
        "{printed}"
    );
    // The public address reports no details.
    let answer = reqwest::get(&public).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.unwrap(), r#"{"status":"not ready"}"#);
    let first = site.a_room();
    service
        .until("the first room", || site.paths(&first) == 1)
        .await;
    std::fs::write(&file, POLICY.replace("Documents", "Documents, Tasks")).unwrap();
    service
        .until("the good edit", || {
            service.log().contains("reloaded the policies")
        })
        .await;
    assert_eq!(problem(&service).await, "");
    assert_eq!(ready(&service).await.0, 200);
    let second = site.a_room();
    service
        .until("the second room", || site.paths(&second) == 2)
        .await;
    assert_eq!(
        service.log().matches("the policies cannot be used").count(),
        1
    );
    for line in service.log().lines() {
        assert!(line.starts_with("20"), "more than one line: {line}");
    }
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_and_a_swapped_link_are_followed_like_policy_files() {
    let text = "version: 1\ntables:\n  office: { file: offices.csv, key: team, value: office }\ntemplates:\n  t: { folders: ['{office[team]}'] }\npolicies:\n  - { name: teams, match: { title: 'Team {team}' }, template: t }\n";
    let site = Site::new(text).await;
    // Like a directory that Kubernetes mounts: links to a link, which is replaced.
    let policies = site.directory.path().join("policies");
    let version = |name: &str, office: &str| {
        std::fs::create_dir(policies.join(name)).unwrap();
        std::fs::write(policies.join(name).join("rooms.yaml"), text).unwrap();
        let rows = format!("team,office\nApollo,{office}\n");
        std::fs::write(policies.join(name).join("offices.csv"), rows).unwrap();
    };
    version("..1", "Bonn");
    version("..2", "Cologne");
    std::fs::remove_file(policies.join("rooms.yaml")).unwrap();
    symlink("..1", policies.join("..data")).unwrap();
    for file in ["rooms.yaml", "offices.csv"] {
        symlink(format!("..data/{file}"), policies.join(file)).unwrap();
    }
    let service = site.hooked().await;
    let first = site.a_room();
    service
        .until("Bonn", || {
            site.portal.room(&first).unwrap().paths() == ["Bonn"]
        })
        .await;
    symlink("..2", policies.join("..new")).unwrap();
    std::fs::rename(policies.join("..new"), policies.join("..data")).unwrap();
    service
        .until("the swap", || {
            service.log().contains("reloaded the policies")
        })
        .await;
    let second = site.a_room();
    service
        .until("Cologne", || {
            site.portal.room(&second).unwrap().paths() == ["Cologne"]
        })
        .await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn mode_follows_the_file_and_observe_stops_writes() {
    let site = Site::new(POLICY).await;
    let file = site.directory.path().join("roomwright.yaml");
    let enforce = std::fs::read_to_string(&file).unwrap();
    let service = site.hooked().await;
    let (_, body) = ready(&service).await;
    assert_eq!(body["mode"], "enforce");
    std::fs::write(&file, format!("{enforce}mode: observe\n")).unwrap();
    service
        .until("observing", || {
            service.log().contains("`mode` is `observe` now")
        })
        .await;
    let room = site.a_room();
    service
        .until("a run", || service.log().contains("would configure room"))
        .await;
    assert_eq!(site.portal.writes().len(), 0);
    // An unreadable mode changes nothing.
    std::fs::write(&file, "mode: obsrve\n").unwrap();
    service
        .until("the broken edit", || {
            service.log().contains("did you mean `observe`")
        })
        .await;
    let (status, body) = ready(&service).await;
    assert_eq!((status, body["mode"].as_str()), (503, Some("observe")));
    std::fs::write(&file, &enforce).unwrap();
    service
        .until("enforcing", || {
            service.log().contains("`mode` is `enforce` now")
        })
        .await;
    assert!(
        service
            .log()
            .contains("what was only observed (1 room) waits for `roomwright apply --all`"),
        "{}",
        service.log()
    );
    let (_, printed) = site.run(&["rooms", &room.to_string()]);
    let next = format!("next: `roomwright apply {room}` changes it");
    assert!(printed.contains(&next), "{printed}");
    let (_, printed) = site.run(&["status"]);
    assert!(printed.contains("1 room only observed"), "{printed}");
    let second = site.a_room();
    service
        .until("the second room", || site.paths(&second) == 1)
        .await;
    assert_eq!(
        site.paths(&room),
        0,
        "rooms that were only observed wait for a command"
    );
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test]
async fn a_run_that_is_stopped_ends_between_two_writes_and_its_owner_has_the_room() {
    let world = World::new(SAMPLE).await;
    let slow = FaultKind::Delay(Duration::from_millis(300));
    world
        .portal
        .fault(Fault::on("POST", "files/folder/{id}", slow).times(1));
    let room = world.a_room();
    let folders = || {
        let writes = world.portal.writes();
        writes
            .iter()
            .filter(|call| call.path.contains("files/folder/"))
            .count()
    };
    wait::until("the first folder", || async { folders() > 0 }).await;
    world.worker.client.brake().set(true);
    assert_eq!(world.settled(&room).await.outcome, "would-change");
    assert_eq!(folders(), 1);
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    world.worker.client.brake().set(false);
    world
        .store
        .wake(&RoomId::new(room.to_string()), now())
        .await
        .unwrap();
    world
        .until("the rest is done", &room, |row| row.outcome == "changed")
        .await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}
