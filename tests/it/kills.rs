//! A real process is killed or stopped at every call of a run.

use std::time::{Duration, Instant};

use futures::StreamExt;
use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Fault, FaultKind, Later};

use crate::process_harness::{BINARY, DEEP, Service, Site};
use crate::wait::{self, LIMIT};

/// How many processes run at once.
const AT_ONCE: usize = 10;

/// How many calls a run over a foreign room makes.
async fn calls_of_a_run() -> u32 {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    site.portal.clear_requests();
    let room = site.a_room();
    site.is_deep(&room, "no fault").await;
    let calls = site.portal.requests().len();
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
    u32::try_from(calls).unwrap()
}

/// Holds a call, signals the process, and checks that a new process finishes the room.
async fn interrupted(number: u32, kind: FaultKind, signal: &'static str) {
    let what = format!("{signal} at call {number}, {kind:?}");
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    site.portal
        .fault(Fault::on("*", "*", kind).after(number).times(1));
    let room = site.a_room();
    service
        .until(&format!("{what}: the call"), || site.portal.held() > 0)
        .await;
    service.signal(signal);
    if signal == "TERM" {
        service
            .until("the stop", || {
                service.log().contains("waiting for runs in progress")
            })
            .await;
        site.portal.release_held();
        assert_eq!(service.ended().await, Some(0), "{what}");
        let store = site.store().await;
        let row = store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
            .unwrap();
        assert!(
            row.job
                .is_none_or(|job| job.leased_until.is_none() && job.given_up.is_none()),
            "{what}: the room is still claimed"
        );
        assert_eq!(store.adoptions().await.unwrap(), [], "{what}");
        assert_eq!(
            site.portal.room(&room).unwrap().owner,
            site.cast.boss,
            "{what}"
        );
        store.close().await;
    } else {
        assert_eq!(service.ended().await, None, "{what}");
        site.portal.release_held();
    }
    let service = site.serve().await;
    site.is_deep(&room, &what).await;
    assert_eq!(service.end().await, Some(0), "{what}");
    site.portal.stop();
}

/// Before each call reaches the portal, and after each before its answer arrives.
async fn at_every_call(signal: &'static str) {
    let calls = calls_of_a_run().await;
    assert!(calls > 15, "{calls} calls");
    let points = (0..calls).flat_map(|number| {
        [
            (number, FaultKind::HoldBefore),
            (number, FaultKind::HoldAfter),
        ]
    });
    futures::stream::iter(points)
        .map(|(number, kind)| tokio::spawn(interrupted(number, kind, signal)))
        .buffer_unordered(AT_ONCE)
        .for_each(|ended| async { ended.unwrap() })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_call_leaves_nothing_undone_and_nothing_done_twice() {
    at_every_call("KILL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_call_ends_in_time_and_holds_no_room() {
    at_every_call("TERM").await;
}

/// The process is killed during a call that the portal carries out only after the next process has started.
async fn done_late(route: &'static str, number: u32) {
    let what = format!("{route}, call {number}");
    let site = Site::new(DEEP).await;
    // Long enough for the start of the next process.
    let patient = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 1 s }\n";
    std::fs::write(site.directory.path().join("roomwright.yaml"), patient).unwrap();
    let service = site.hooked().await;
    let later = FaultKind::DropAndDoLater(Later::OnDemand);
    site.portal
        .fault(Fault::on("POST", route, later).after(number).times(1));
    let room = site.a_room();
    service
        .until("the call was made", || site.portal.faults_struck() == [1])
        .await;
    service.signal("KILL");
    assert_eq!(service.ended().await, None, "{what}");
    let service = site.serve().await;
    assert_eq!(site.portal.do_pending().await, 1, "{what}");
    site.is_deep(&room, &what).await;
    assert_eq!(service.end().await, Some(0), "{what}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_the_portal_carries_out_after_a_kill_are_found_and_a_room_taken_late_is_given_back()
 {
    // The take, the give-back, a folder and a subfolder.
    let cases = [
        ("files/owner", 0),
        ("files/owner", 1),
        ("files/folder/{id}", 0),
        ("files/folder/{id}", 2),
    ];
    let cases = cases.map(|(route, number)| tokio::spawn(done_late(route, number)));
    for ended in futures::future::join_all(cases).await {
        ended.unwrap();
    }
}

/// A service that was killed while its account owned the room.
async fn killed_before_a_give_back() -> (Site, EntryId) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let give_back = Fault::on("POST", "files/owner", FaultKind::HoldBefore);
    site.portal.fault(give_back.after(1).times(1));
    let room = site.a_room();
    wait::for_future("the call", site.portal.wait_held()).await;
    service.signal("KILL");
    assert_eq!(service.ended().await, None);
    assert_eq!(site.portal.room(&room).unwrap().owner, site.cast.me);
    (site, room)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_a_killed_process_took_is_given_back_by_the_next_without_waiting_for_the_lease()
{
    let (site, room) = killed_before_a_give_back().await;
    let service = site.serve().await;
    let start = Instant::now();
    service
        .until("the owner has the room", || {
            site.portal.room(&room).unwrap().owner == site.cast.boss
        })
        .await;
    // The lease is 10 seconds; an idle machine takes a few hundredths of a second.
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    site.is_deep(&room, "killed between take and give-back")
        .await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_a_killed_process_took_is_given_back_although_the_policies_are_broken_then() {
    let (site, room) = killed_before_a_give_back().await;
    let policies = site.directory.path().join("policies/rooms.yaml");
    std::fs::write(policies, "version: 1\npolicies: [\n").unwrap();
    let output = site.command(BINARY).arg("serve").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("1 adopted room of an earlier run is given back"),
        "{said}"
    );
    assert_eq!(
        site.portal.room(&room).unwrap().owner,
        site.cast.boss,
        "{said}"
    );
    assert_eq!(site.run(&["release", "--log", "off"]).0, Some(0));
    site.portal.stop();
}

/// A service that was stopped during a call that gets no answer.
async fn stopped_during_an_unanswered_call(
    call: (&str, &str),
    what: &str,
) -> (Site, EntryId, Service) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let fault = Fault::on(call.0, call.1, FaultKind::HoldAfter);
    site.portal.fault(fault.times(1));
    let room = site.a_room();
    service
        .until(&format!("{what}: the call"), || site.portal.held() > 0)
        .await;
    service.signal("TERM");
    (site, room, service)
}

async fn a_new_process_finishes(site: Site, room: EntryId, what: &str) {
    let service = site.serve().await;
    site.is_deep(&room, what).await;
    assert_eq!(service.end().await, Some(0), "{what}");
    site.portal.release_held();
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_an_unanswered_call_ends_and_the_owner_has_the_room() {
    for call in [("PUT", "files/rooms/{id}/share"), ("POST", "files/owner")] {
        let what = format!("{} {} is never answered", call.0, call.1);
        let (site, room, service) = stopped_during_an_unanswered_call(call, &what).await;
        assert_eq!(service.ended().await, Some(0), "{what}");
        assert_eq!(site.portal.room(&room).unwrap().owner, site.cast.boss);
        a_new_process_finishes(site, room, &what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_while_the_portal_is_silent_it_ends_and_reports_the_open_adoption() {
    let what = "nothing is answered";
    let (site, room, service) =
        stopped_during_an_unanswered_call(("POST", "files/owner"), what).await;
    site.portal
        .fault(Fault::on("*", "*", FaultKind::HoldBefore));
    // Its last runs have 25 seconds.
    assert_eq!(service.ended_within(LIMIT * 2).await, Some(1), "{what}");
    assert_eq!(site.portal.room(&room).unwrap().owner, site.cast.me);
    site.portal.clear_faults();
    a_new_process_finishes(site, room, what).await;
}
