//! Invalid keys and unavailable portals: no outcome, no attempt, one alarm, and the service recovers by itself.

use jiff::ToSpan;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeStatus, EntryId, Fault, FaultKind};

use crate::process_harness::{DEEP, Service, Site};
use crate::wait;
use crate::world::{SCOPES, now};

/// An outage, what `readyz` reports, and how it ends.
struct Outage {
    name: &'static str,
    begin: fn(&Site),
    end: fn(&Site),
    reason: &'static str,
    /// How many probes to wait for before it ends.
    tries: usize,
}

/// Probes where the answer comes immediately.
const TRIES: usize = 4;

fn everything(site: &Site, kind: FaultKind) {
    site.portal.fault(Fault::on("*", "*", kind));
}

fn outages() -> Vec<Outage> {
    let faults_cleared = |site: &Site| site.portal.clear_faults();
    vec![
        Outage {
            name: "revoked",
            begin: |site| {
                site.portal.revoke_key(&site.cast.key);
            },
            end: |site| {
                site.portal.restore_key(&site.cast.key);
            },
            reason: "does not accept the API key",
            tries: TRIES,
        },
        Outage {
            name: "expired",
            begin: |site| {
                site.portal
                    .expire_key(&site.cast.key, now().checked_sub(2.seconds()).unwrap());
            },
            end: |site| {
                let later = now().checked_add(1.hour()).unwrap();
                site.portal.expire_key(&site.cast.key, later);
            },
            reason: "does not accept the API key",
            tries: TRIES,
        },
        Outage {
            name: "our account disabled",
            begin: |site| {
                site.portal
                    .set_status(&site.cast.me, EmployeeStatus::Terminated);
            },
            end: |site| {
                site.portal
                    .set_status(&site.cast.me, EmployeeStatus::Active);
            },
            reason: "does not accept the API key",
            tries: TRIES,
        },
        Outage {
            name: "a scope lost",
            begin: |site| {
                site.portal.set_scopes(&site.cast.key, &SCOPES[..1]);
            },
            end: |site| {
                site.portal.set_scopes(&site.cast.key, &SCOPES);
            },
            reason: "lacks the scopes files:write, accounts:read",
            tries: TRIES,
        },
        Outage {
            name: "503 everywhere",
            begin: |site| everything(site, FaultKind::Html(503)),
            end: faults_cleared,
            reason: "503",
            tries: TRIES,
        },
        Outage {
            name: "a proxy's HTML with 200",
            begin: |site| everything(site, FaultKind::Html(200)),
            end: faults_cleared,
            reason: "does not come from DocSpace",
            tries: TRIES,
        },
        Outage {
            name: "nobody answers",
            begin: |site| everything(site, FaultKind::CloseBefore),
            end: faults_cleared,
            reason: "keys/@self",
            tries: TRIES,
        },
        Outage {
            name: "every connection hangs",
            begin: |site| everything(site, FaultKind::HoldBefore),
            end: |site| {
                site.portal.clear_faults();
                site.portal.release_held();
            },
            reason: "keys/@self",
            // Each probe takes as long as the timeout of a call.
            tries: 2,
        },
    ]
}

async fn until_ready(service: &Service, status: u16, what: &str) -> String {
    wait::for_ok(&format!("{what}: {status}"), || async {
        match service.readiness().await {
            (now, text) if now == status => Ok(text),
            _ => Err(service.log()),
        }
    })
    .await
}

/// During the outage: the room has no outcome, no attempt is used, and there is one alarm.
async fn is_unavailable(site: &Site, service: &Service, room: &EntryId, outage: &Outage) {
    let what = outage.name;
    let reason = until_ready(service, 503, what).await;
    assert!(reason.contains(outage.reason), "{what}: {reason}");
    let probes = site.portal.requests().len() + outage.tries;
    service
        .until("repeated probes", || site.portal.requests().len() >= probes)
        .await;
    assert_eq!(
        service.log().matches("no room is processed").count(),
        1,
        "{what}"
    );
    let store = site.store().await;
    let row = store.room(&RoomId::new(room.to_string())).await.unwrap();
    let row = row.unwrap();
    assert!(
        matches!(row.outcome.as_str(), "" | "waiting"),
        "{what}: {}",
        row.summary
    );
    assert_eq!(row.job.unwrap().attempts, 0, "{what}");
    store.close().await;
}

async fn has_recovered(site: &Site, service: Service, room: &EntryId, what: &str) {
    until_ready(&service, 200, what).await;
    site.is_deep(room, what).await;
    assert_eq!(
        service.log().matches("is available again").count(),
        1,
        "{what}"
    );
    assert!(!service.log().contains(&site.cast.key), "{what}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

/// Runs all outages concurrently, each with its own portal and service.
async fn for_each_fault<F: Future<Output = ()> + Send + 'static>(case: fn(Outage) -> F) {
    let running: Vec<_> = outages()
        .into_iter()
        .map(|outage| tokio::spawn(case(outage)))
        .collect();
    for ended in running {
        ended.await.unwrap();
    }
}

async fn before_a_run(outage: Outage) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    (outage.begin)(&site);
    let room = site.a_room();
    if site.portal.deliveries().is_empty() {
        // The portal sends no webhook of a disabled account, so the room is queued directly.
        let store = site.store().await;
        let id = RoomId::new(room.to_string());
        store.wake(&id, now()).await.unwrap();
        is_unavailable(&site, &service, &room, &outage).await;
        (outage.end)(&site);
        until_ready(&service, 200, outage.name).await;
        site.settled(&store, &room, outage.name).await;
        assert_eq!(service.end().await, Some(0));
        return;
    }
    is_unavailable(&site, &service, &room, &outage).await;
    (outage.end)(&site);
    has_recovered(&site, service, &room, outage.name).await;
}

async fn in_the_middle_of_a_run(outage: Outage) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let paused = Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause);
    site.portal.fault(paused.times(1));
    let room = site.a_room();
    wait::for_future("the grants", site.portal.wait_held()).await;
    (outage.begin)(&site);
    site.portal.release_held();
    is_unavailable(&site, &service, &room, &outage).await;
    (outage.end)(&site);
    has_recovered(&site, service, &room, outage.name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_before_a_run_gives_no_outcome_and_ends_by_itself() {
    for_each_fault(before_a_run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_during_a_run_loses_nothing_and_the_room_is_given_back() {
    for_each_fault(in_the_middle_of_a_run).await;
}
