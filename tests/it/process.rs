//! The real process: reloads, restarts, two processes with one store, and a store that fails.

use std::time::Duration;

use roomwright::simulator::{EntryId, Fault, FaultKind, Options, Trigger};

use crate::process_harness::{Service, Site};
use crate::wait::{self, LIMIT};
use crate::world::{SECRET, contended, now};

const POLICY: &str = "version: 1\ntemplates:\n  t: { folders: [Documents, Tasks] }\npolicies:\n  - { name: teams, match: { title: 'Team *' }, template: t }\n";

#[tokio::test(flavor = "multi_thread")]
async fn hangup_reads_the_policies_again_and_a_broken_edit_keeps_the_last_good_ones() {
    let site = Site::new(POLICY).await;
    let file = site.directory.path().join("policies/rooms.yaml");
    let service = site.hooked().await;
    let first = site.a_room();
    service
        .until("the first room", || site.paths(&first) == 2)
        .await;
    std::fs::write(&file, POLICY.replace("folders", "foldres")).unwrap();
    service.signal("HUP");
    service
        .until("the broken edit", || {
            service.log().contains("did you mean `folders`")
        })
        .await;
    let second = site.a_room();
    service
        .until("the second room", || site.paths(&second) == 2)
        .await;
    std::fs::write(&file, POLICY.replace("Tasks", "Tasks, Notes")).unwrap();
    service.signal("HUP");
    service
        .until("the good edit", || {
            service.log().contains("reloaded the policies")
        })
        .await;
    let third = site.a_room();
    service
        .until("the third room", || site.paths(&third) == 3)
        .await;
    assert!(!service.log().contains(&site.cast.key) && !service.log().contains(SECRET));
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_kill_is_done_after_it() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    // While the key is revoked, no room can be processed, but events are accepted.
    site.portal.revoke_key(&site.cast.key);
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    service.signal("KILL");
    assert_eq!(service.ended().await, None);
    site.portal.restore_key(&site.cast.key);
    let service = site.serve().await;
    service
        .until("the room", || {
            site.portal.room(&room).unwrap().paths() == ["Documents", "Tasks"]
        })
        .await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_serve_processes_a_room_apply_reports_it_and_retry_runs_it_once_more() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    site.portal.fault(
        Fault::on(
            "POST",
            "files/folder/{id}",
            FaultKind::Delay(Duration::from_secs(1)),
        )
        .times(1),
    );
    let room = site.a_room();
    service
        .until("the first folder", || !site.portal.writes().is_empty())
        .await;
    let (code, text) = site.run(&["apply", &room.to_string()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("another process is working on it"), "{text}");
    let event = site.portal.deliveries()[0].event.to_string();
    let (code, text) = site.run(&["deliveries", "retry", &event]);
    assert_eq!(code, Some(0), "{text}");
    let store = site.store().await;
    site.settled(&store, &room, "after all three").await;
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        ["Documents", "Tasks"]
    );
    let (code, text) = site.run(&["apply", &room.to_string()]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_store_never_work_on_one_room_at_once() {
    let options = Options {
        retry_scale: 0.1,
        ..contended()
    };
    let site = Site::at(options, POLICY).await;
    // The leases must outlast a busy disk. Otherwise one service takes a room over and both change it.
    let patient = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 2 s }\n";
    std::fs::write(site.directory.path().join("roomwright.yaml"), patient).unwrap();
    let (first, second) = (site.hooked().await, site.hooked().await);
    let rooms: Vec<EntryId> = (0..30).map(|_| site.a_room()).collect();
    // Both get the event of each room, in any order and more than once.
    for delivery in site.portal.deliveries() {
        site.portal.deliver_again(delivery.event);
        site.portal.redeliver(delivery.event);
    }
    site.portal.wait_deliveries_settled().await;
    let store = site.store().await;
    for room in &rooms {
        site.settled(&store, room, "two services").await;
        let view = site.portal.room(room).unwrap();
        assert_eq!(view.paths(), ["Documents", "Tasks"]);
        assert_eq!(view.owner, site.cast.boss);
        let takes = site.portal.writes().into_iter().filter(|call| {
            let body = call.body.clone().unwrap_or_default();
            call.route == Some("files/owner") && body["folderIds"][0] == room.to_json()
        });
        assert_eq!(takes.count(), 2, "taken once and given back once");
    }
    let share = |service: &Service| service.log().matches("configured room").count();
    // The log lines of both about rooms that were changed more than once.
    let twice = || {
        let logs = [first.log(), second.log()];
        let of = |room: &EntryId| -> Vec<&str> {
            let (id, word) = (format!("room.id={room} "), format!("room {room}: changed"));
            let lines = logs.iter().flat_map(|log| log.lines());
            let lines: Vec<&str> = lines.filter(|line| line.contains(&id)).collect();
            let changes = lines.iter().filter(|line| line.contains(&word));
            if changes.count() > 1 {
                lines
            } else {
                Vec::new()
            }
        };
        rooms.iter().flat_map(of).collect::<Vec<_>>().join("\n")
    };
    first
        .until("both work, and no room is changed twice", || {
            let (one, other) = (share(&first), share(&second));
            assert!(one + other <= rooms.len(), "{one} and {other}: {}", twice());
            one > 0 && other > 0
        })
        .await;
    assert_eq!(first.end().await, Some(0));
    assert_eq!(second.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_until_there_is_space_and_no_accepted_delivery_is_lost() {
    let site = Site::new(POLICY).await;
    // Files are limited to 160 KiB; the signal that would end the process is ignored.
    let service = site
        .serve_under("trap '' XFSZ; ulimit -S -f 160; exec \"$0\" serve")
        .await;
    site.portal.revoke_key(&site.cast.key);
    site.portal.add_webhook(
        &site.cast.me,
        &service.hook,
        SECRET,
        Trigger::RoomCreated.bit(),
    );
    let full = || {
        site.portal
            .deliveries()
            .iter()
            .any(|delivery| delivery.status == 503)
    };
    let mut rooms = 0;
    while !full() {
        assert!(rooms < 2000, "the disk does not fill");
        site.a_room();
        rooms += 1;
        site.portal.wait_deliveries_settled().await;
    }
    reports_the_store(&service).await;
    let space = std::process::Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid"])
        .arg(service.child.id().to_string())
        .status();
    assert!(space.unwrap().success());
    has_recovered(&service).await;
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    let last = site.portal.deliveries().pop().unwrap();
    assert!(last.delivered, "room {room}: {last:?}");
    service.signal("KILL");
    assert_eq!(service.ended().await, None);
    let store = site.store().await;
    let kept: Vec<i64> = store
        .deliveries(3000, now())
        .await
        .unwrap()
        .iter()
        .map(|delivery| delivery.id)
        .collect();
    for delivery in site.portal.deliveries() {
        assert_eq!(
            delivery.delivered,
            kept.contains(&delivery.event),
            "event {}",
            delivery.event
        );
    }
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_written_or_is_damaged_stops_the_start_with_the_reason() {
    let site = Site::new(POLICY).await;
    site.serve().await.end().await;
    let file = site.directory.path().join("roomwright.db");
    let good = std::fs::read(&file).unwrap();
    // A file that is not a database, and a database with damaged pages.
    let mut broken = good.clone();
    for byte in broken.iter_mut().skip(4096).take(8192) {
        *byte = 0x5a;
    }
    for damage in [b"hello, this is not a database at all".repeat(200), broken] {
        std::fs::write(&file, damage).unwrap();
        let (code, text) = site.run(&["serve"]);
        assert_eq!(code, Some(1), "{text}");
        assert!(
            text.contains("damaged") && text.contains("roomwright.db"),
            "{text}"
        );
    }
    std::fs::write(&file, good).unwrap();
    let (code, text) = site.run_unprivileged(&["serve"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("is not writable"), "{text}");
    site.portal.stop();
}

fn alarms(service: &Service) -> usize {
    service.log().matches("the store cannot be written").count()
}

/// Not ready, and one alarm, however many deliveries were refused.
async fn reports_the_store(service: &Service) {
    assert_eq!(alarms(service), 1, "{}", service.log());
    let (status, body) = service.readiness().await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("the store cannot be written"), "{body}");
}

async fn has_recovered(service: &Service) {
    service
        .until("the store can be written again", || {
            service.log().contains("the store can be written again")
        })
        .await;
    let (_, body) = service.readiness().await;
    assert!(!body.contains("cannot be written"), "{body}");
}

async fn a_delivery_is_refused(site: &Site) {
    wait::for_ok("a refused delivery", || async {
        let deliveries = site.portal.deliveries();
        let refused = deliveries.iter().find(|delivery| delivery.status == 503);
        refused.map(drop).ok_or_else(|| format!("{deliveries:?}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_locked_or_moved_away_is_503_until_it_is_back_and_the_room_is_done_then() {
    for is_moved in [false, true] {
        let site = Site::new(POLICY).await;
        let service = site.hooked().await;
        let file = site.directory.path().join("roomwright.db");
        let elsewhere = site.directory.path().join("elsewhere");
        let lock = rusqlite::Connection::open(&file).unwrap();
        lock.busy_timeout(LIMIT).unwrap();
        if is_moved {
            std::fs::rename(&file, &elsewhere).unwrap();
        } else {
            lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        }
        let room = site.a_room();
        a_delivery_is_refused(&site).await;
        reports_the_store(&service).await;
        assert_eq!(site.portal.writes().len(), 0, "no room is claimed");
        if is_moved {
            std::fs::rename(&elsewhere, &file).unwrap();
        } else {
            lock.execute_batch("COMMIT").unwrap();
        }
        has_recovered(&service).await;
        site.portal.wait_deliveries_settled().await;
        let event = site.portal.deliveries()[0].event;
        site.portal.deliver_again(event);
        let store = site.store().await;
        site.settled(&store, &room, "after the outage").await;
        assert_eq!(
            site.portal.room(&room).unwrap().paths(),
            ["Documents", "Tasks"]
        );
        assert_eq!(alarms(&service), 1);
        assert_eq!(service.end().await, Some(0));
        site.portal.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_became_read_only_is_503_until_it_can_be_written() {
    let site = Site::new(POLICY).await;
    let service = site.serve_unprivileged().await;
    let (me, hook) = (&site.cast.me, &service.hook);
    site.portal
        .add_webhook(me, hook, SECRET, Trigger::RoomCreated.bit());
    let file = site.directory.path().join("roomwright.db");
    let lock = rusqlite::Connection::open(&file).unwrap();
    lock.busy_timeout(LIMIT).unwrap();
    // An open file stays writable: the service reopens the store only after an error.
    site.may_write(false);
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let room = site.a_room();
    a_delivery_is_refused(&site).await;
    lock.execute_batch("COMMIT").unwrap();
    wait::for_ok("the store is not writable", || async {
        let (_, body) = service.readiness().await;
        if body.contains("is not writable") {
            Ok(())
        } else {
            Err(body)
        }
    })
    .await;
    reports_the_store(&service).await;
    site.may_write(true);
    has_recovered(&service).await;
    site.portal.wait_deliveries_settled().await;
    site.portal.deliver_again(site.portal.deliveries()[0].event);
    let store = site.store().await;
    site.settled(&store, &room, "after it was read-only").await;
    store.close().await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
