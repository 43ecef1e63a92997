//! Webhook → store → worker → client → simulated portal, all through HTTP.

use std::sync::Arc;
use std::time::Duration;

use roomwright::decide::Ownership;
use roomwright::room::RoomId;
use roomwright::simulator::{
    EmployeeStatus, EmployeeType, Fault, FaultKind, Later, Options, Recorded, RoomType, RoomView,
    ThirdParty,
};
use roomwright::store::RoomRow;
use roomwright::webhook::{self, Secrets, WebhookState};
use tokio_util::sync::CancellationToken;

use crate::world::{LIMIT, SAMPLE, SECRET, Setup, World, now};

#[tokio::test]
async fn the_sample_ends_in_exactly_its_room() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn the_same_event_once_twice_and_fifty_times_gives_the_same_room() {
    for times in [1, 2, 50] {
        let world = World::new(SAMPLE).await;
        let room = world.a_room();
        let id = world.portal.deliveries()[0].event;
        for n in 1..times {
            if n % 3 == 0 {
                world.portal.redeliver(id);
            } else {
                world.portal.deliver_again(id);
            }
        }
        world.settled(&room).await;
        world.is_as_the_sample_says(&room);
        let made = world
            .portal
            .writes()
            .iter()
            .filter(|call| call.path.ends_with(&format!("files/folder/{room}")))
            .count();
        assert_eq!(made, 3, "{times} deliveries");
        world.end().await;
    }
}

#[tokio::test]
async fn a_room_of_another_owner_belongs_to_them_again() {
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
async fn a_room_in_sync_takes_three_reads_and_no_write() {
    let world = World::new(SAMPLE).await;
    let room = world.our_room();
    world.settled(&room).await;
    // An hour later nobody asks about template copies any more; here the answer is cached.
    let id = world.portal.deliveries()[0].event;
    world.portal.clear_requests();
    world.portal.deliver_again(id);
    let wait = async {
        while world.portal.requests().len() < 3
            || !world
                .portal
                .deliveries()
                .iter()
                .all(|delivery| delivery.delivered)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();
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
async fn a_bad_signature_is_401_and_nothing_is_stored() {
    let world = World::new(SAMPLE).await;
    let client = reqwest::Client::new();
    for signature in [
        None,
        Some("sha256=00"),
        Some("sha256=3250512949560E01DF760C2CBD9658D47B13749EE5847B71DBA463B8C24BC0B6"),
    ] {
        let mut request = client
            .post(&world.hook)
            .body(r#"{"event":{"id":1,"trigger":"room.created"},"payload":{"id":57}}"#);
        if let Some(signature) = signature {
            request = request.header("x-docspace-signature-256", signature);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(world.store.deliveries(10, now()).await.unwrap(), []);
    assert_eq!(world.store.rooms(None).await.unwrap(), []);
    world.end().await;
}

#[tokio::test]
async fn the_webhook_answers_probes_and_reports_readiness() {
    let world = World::new(SAMPLE).await;
    let client = reqwest::Client::new();
    assert_eq!(client.head(&world.hook).send().await.unwrap().status(), 200);
    assert_eq!(
        client
            .get(&world.hook)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        r#"{"status":"ok"}"#
    );
    assert_eq!(
        client
            .get(format!("{}/readyz", world.service))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let large = client
        .post(&world.hook)
        .body(vec![b'x'; 2 * 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(large.status(), 413);
    world.end().await;
}

#[tokio::test]
async fn other_triggers_and_templates_are_answered_and_nothing_is_done() {
    let world = World::new(SAMPLE).await;
    world
        .portal
        .create_template_room(&world.me, RoomType::Custom, "Team template");
    let wait = async {
        while !world
            .portal
            .deliveries()
            .iter()
            .all(|delivery| delivery.delivered)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();
    assert_eq!(world.portal.deliveries()[0].status, 200);
    assert_eq!(world.store.rooms(None).await.unwrap(), []);
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn an_existing_folder_is_kept_and_not_duplicated() {
    let world = World::new(SAMPLE).await;
    // The service sees the room only after its people have begun.
    world.portal.fault(
        Fault::on(
            "GET",
            "files/rooms/{id}",
            FaultKind::Delay(Duration::from_millis(100)),
        )
        .times(1),
    );
    let room = world.a_room();
    world.portal.add_folder(&world.boss, &room, "documents");
    world.portal.add_folder(&world.boss, &room, "Of our own");
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
        .until("it was looked at again", &room, |row| {
            row.job.is_none() && row.report != first.report
        })
        .await;
    assert_eq!(second.outcome, "in-sync", "{}", second.summary);
    assert_eq!(world.portal.writes(), []);
    assert_eq!(world.portal.room(&room).unwrap().doubled(), [""; 0]);
    world.end().await;
}

#[tokio::test]
async fn rooms_that_policies_cannot_govern_are_skipped_with_the_reason() {
    let world = World::new(SAMPLE).await;
    let third_party = world.portal.create_third_party_room(
        &world.me,
        ThirdParty::WebDav,
        RoomType::Custom,
        "Team Cloud",
    );
    let unmatched = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Lunch");
    let private = world
        .portal
        .create_private_room(&world.me, RoomType::Custom, "Team secret");
    let archived = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team past");
    world.portal.archive(&world.me, &archived);
    let gone = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team gone");
    world.portal.delete_room(&world.me, &gone);
    for (room, why) in [
        (&third_party, "third-party"),
        (&unmatched, "no policy"),
        (&private, "private"),
        (&archived, "archived"),
        (&gone, "no such room"),
    ] {
        let row = world.settled(room).await;
        assert_eq!(row.outcome, "skipped", "{why}");
        assert!(row.summary.contains(why), "{}", row.summary);
    }
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_grant_that_fails_does_not_prevent_the_others() {
    let text = SAMPLE.replace("      - { group: HR, role: viewer }\n", "      - { group: HR, role: viewer }\n      - { group: Nobody, role: viewer }\n      - { user: ed@example.org, role: room-manager }\n").replace("      - { user: ed@example.org, role: editor }\n", "");
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(row.summary.contains("no group `Nobody`"), "{}", row.summary);
    assert!(
        row.summary.contains("cannot be Room manager"),
        "{}",
        row.summary
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.get(&world.people["HR"]), Some(&2));
    assert_eq!(view.owner, world.boss);
    // What cannot be is not even asked for.
    for call in world.portal.writes() {
        assert_ne!(call.status, 403, "{call:?}");
        let body = call.body.unwrap_or_default().to_string();
        assert!(!body.contains(&world.people["ed"]), "{body}");
    }
    assert_eq!(row.job.unwrap().attempts, 0);
    world.end().await;
}

#[tokio::test]
async fn two_groups_of_one_name_are_reported_with_both_ids() {
    let world = World::new(SAMPLE).await;
    let second = world.portal.add_group::<&str>("hr", &[]);
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains(&second) && row.summary.contains(&world.people["HR"]),
        "{}",
        row.summary
    );
    world.end().await;
}

#[tokio::test]
async fn policies_that_disagree_stop_the_room_before_the_first_write() {
    let text = format!("{SAMPLE}  - name: second\n    match: all\n    template: other\n").replace(
        "policies:\n",
        "  other:\n    grants: [{ group: HR, role: editor }]\npolicies:\n",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(
        row.summary.contains("workspaces") && row.summary.contains("second"),
        "{}",
        row.summary
    );
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn without_hand_back_a_foreign_room_is_refused_untouched() {
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
    world.portal.fault(
        Fault::on(
            "GET",
            "files/rooms/{id}",
            FaultKind::Delay(Duration::from_millis(100)),
        )
        .times(1),
    );
    let room = world.a_room();
    world.portal.set_type(&world.boss, EmployeeType::User);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(row.summary.contains("returned to"), "{}", row.summary);
    assert_eq!(world.portal.writes().len(), 0);
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
    let wait = async {
        while world
            .store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
            .unwrap()
            .outcome
            != "drifted"
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();
    assert_eq!(world.portal.writes().len(), 0);
    assert_eq!(world.paths(&room), ["Archive", "Documents", "To do"]);
    world.end().await;
}

#[tokio::test]
async fn a_template_that_is_being_copied_is_waited_for() {
    let world = World::new(SAMPLE).await;
    let room = world.portal.start_template_copy(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &["Documents", "Plans"],
    );
    let wait = async {
        loop {
            let row = world
                .store
                .room(&RoomId::new(room.to_string()))
                .await
                .unwrap();
            if row.is_some_and(|row| row.outcome == "waiting") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();
    assert_eq!(world.portal.writes().len(), 0);
    let job = world
        .store
        .room(&RoomId::new(room.to_string()))
        .await
        .unwrap()
        .unwrap()
        .job
        .unwrap();
    assert_eq!(job.attempts, 0);
    assert!(job.due > now());
    world.end().await;
}

#[tokio::test]
async fn a_lost_response_is_checked_and_never_repeated_blindly() {
    for (path, method) in [
        ("files/folder/{id}", "POST"),
        ("files/rooms/{id}/share", "PUT"),
        ("files/owner", "POST"),
        ("files/rooms/{id}/tags", "PUT"),
    ] {
        for kind in [
            FaultKind::DoAndDrop,
            FaultKind::CloseBefore,
            FaultKind::TruncatedJson,
            FaultKind::DropAndDoLater(Later::NextListing),
        ] {
            let text = SAMPLE.replace(
                "    grants:\n",
                "    settings: { tags: [sample] }\n    grants:\n",
            );
            let world = World::new(&text).await;
            world
                .portal
                .fault(Fault::on(method, path, kind.clone()).times(1));
            let room = world.a_room();
            let row = world.settled(&room).await;
            assert!(
                matches!(row.outcome.as_str(), "changed" | "in-sync" | "drifted"),
                "{path} {kind:?}: {}",
                row.summary
            );
            // Only a folder that the portal makes after it was looked at is there twice: that one, and once more.
            let late = kind == FaultKind::DropAndDoLater(Later::NextListing);
            let doubled = usize::from(late && path == "files/folder/{id}");
            let view = world.portal.room(&room).unwrap();
            assert_eq!(view.doubled().len(), doubled, "{path} {kind:?}");
            assert_eq!(view.folders.len(), 3 + doubled, "{path} {kind:?}");
            let mut paths = view.paths();
            paths.dedup();
            assert_eq!(paths, ["Archive", "Documents", "Tasks"], "{path} {kind:?}");
            world.is_shared_as_the_sample_says(&room);
            world.end().await;
        }
    }
}

#[tokio::test]
async fn a_dead_key_gives_no_verdict_and_uses_no_attempt() {
    let world = World::new(SAMPLE).await;
    let key = world.portal.add_key(&world.me, &[]);
    world.portal.revoke_key(&key);
    world
        .portal
        .set_status(&world.me, EmployeeStatus::Terminated);
    let room = world.a_room();
    let ready = format!("{}/readyz", world.service);
    let client = reqwest::Client::new();
    let wait = async {
        while client.get(&ready).send().await.unwrap().status() != 503 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // A webhook of somebody who is gone is not sent; the event came before.
    if world.portal.deliveries().is_empty() {
        world
            .store
            .wake(&RoomId::new(room.to_string()), now())
            .await
            .unwrap();
    }
    tokio::time::timeout(LIMIT, wait).await.unwrap();
    assert_eq!(
        world
            .store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
            .unwrap()
            .job
            .unwrap()
            .attempts,
        0
    );
    world.portal.set_status(&world.me, EmployeeStatus::Active);
    let back = async {
        while client.get(&ready).send().await.unwrap().status() != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, back).await.unwrap();
    world.end().await;
}

/// A room of ours in which many folders and members are before we look, some of them wanted, and what became of it.
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
    portal.wait_held().await;
    // The oldest are on the last page.
    portal.add_folder(&world.boss, &room, "Tasks");
    let plans = portal.add_folder(&world.boss, &room, "Plans");
    portal.add_folder(&world.boss, &plans, "2026");
    for n in 0..150 {
        portal.add_folder(&world.boss, &room, &format!("Folder {n:03}"));
    }
    // All of one first name, which the portal sorts by.
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

fn is_whole(world: &World, row: &RoomRow, view: &RoomView, members: usize) {
    assert_eq!(row.outcome, "changed", "{}", row.summary);
    // Documents, Archive and Drafts were missing.
    assert_eq!((view.folders.len(), view.doubled()), (156, vec![]));
    // Beside Vera: Mia, Ed, HR, and our account.
    assert_eq!(view.access.len(), members + 5);
    assert_eq!(
        view.access[&world.people["vera"]], 10,
        "nobody's right falls"
    );
}

#[tokio::test]
async fn rooms_of_many_folders_and_members_are_read_whole() {
    let (world, row, view) = a_large_room(150, false).await;
    is_whole(&world, &row, &view, 150);
    world.end().await;
}

#[tokio::test]
async fn members_that_fill_their_pages_exactly_are_read_whole() {
    // With Vera and the owner a hundred and two hundred.
    for members in [98, 198] {
        let (world, row, view) = a_large_room(members, false).await;
        is_whole(&world, &row, &view, members);
        let past = format!("startIndex={}", members + 2);
        let reads_past = |call: &Recorded| {
            call.route == Some("files/rooms/{id}/share") && call.query.ends_with(&past)
        };
        assert!(world.portal.requests().iter().any(reads_past));
        world.end().await;
    }
}

#[tokio::test]
async fn rooms_whose_listings_come_in_another_order_each_time_are_read_whole() {
    let (world, row, view) = a_large_room(150, true).await;
    is_whole(&world, &row, &view, 150);
    world.end().await;
}

#[tokio::test]
async fn a_room_whose_listings_change_order_is_read_completely_or_not_at_all() {
    let (world, row, view) = a_large_room(150, true).await;
    if row.outcome == "changed" {
        is_whole(&world, &row, &view, 150);
    }
    assert!(matches!(row.outcome.as_str(), "changed" | "failed"));
    assert_eq!(view.doubled(), [""; 0]);
    assert_eq!(view.access[&world.people["vera"]], 10);
    assert!(view.access.len() > 150, "nobody was taken out");
    world.end().await;
}

#[tokio::test]
async fn a_room_that_keeps_failing_becomes_a_dead_letter_that_an_event_revives() {
    let world = World::new(SAMPLE).await;
    world.portal.fault(Fault::on(
        "GET",
        "files/rooms/{id}/share",
        FaultKind::Html(502),
    ));
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "failed");
    let job = row.job.unwrap();
    assert!(job.dead.unwrap().contains("after 4 attempts"));
    assert_eq!(world.portal.writes().len(), 0);
    let delivery = &world.store.deliveries(1, now()).await.unwrap()[0];
    assert_eq!(delivery.state, "dead");
    world.portal.clear_faults();
    world.portal.redeliver(world.portal.deliveries()[0].event);
    let wait = async {
        while world
            .store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
            .unwrap()
            .job
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_store_that_cannot_accept_is_503() {
    let world = World::new(SAMPLE).await;
    let room = world.our_room();
    world.settled(&room).await;
    let sent = world.portal.deliveries().remove(0);
    let (body, signature) = (sent.body, sent.signature.unwrap());
    world.stop.cancel();
    world.running.await.unwrap();
    world.store.close().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = format!("http://{}/docspace/webhook", listener.local_addr().unwrap());
    let secrets = Secrets::Required {
        current: SECRET.into(),
        previous: None,
    };
    let door = WebhookState {
        store: world.store.clone(),
        secrets,
        clock: now,
        readiness: Arc::new(|| true),
    };
    let stop = CancellationToken::new();
    let served = tokio::spawn(webhook::serve(
        listener,
        webhook::router(door),
        stop.clone(),
    ));
    let answer = reqwest::Client::new()
        .post(&hook)
        .header("x-docspace-signature-256", signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    stop.cancel();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_personal_grant_below_that_of_a_group_is_not_made() {
    let text = SAMPLE.replace(
        "{ group: HR, role: viewer }",
        "{ group: HR, role: content-creator }",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let report = world.report(&room).await;
    assert_eq!(report.outcome, "changed");
    assert!(
        report.to_string().contains("vera has more through HR"),
        "{report}"
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.get(&world.people["vera"]), None);
    assert_eq!(
        world.portal.effective_access(&room, &world.people["vera"]),
        11
    );
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
            .contains("with the observing policies it would be"),
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
