//! Dead keys and dark portals: no verdict, no attempt, one alarm, and everything goes on by itself afterwards.

use jiff::ToSpan;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeStatus, EntryId, Fault, FaultKind};

use crate::process_harness::{DEEP, Service, Site};
use crate::wait;
use crate::world::{SCOPES, now};

/// A trouble with the portal, what `readyz` says of it, and how it ends.
struct Trouble {
    name: &'static str,
    begin: fn(&Site),
    end: fn(&Site),
    told: &'static str,
    /// How often the portal is asked before it is over.
    tries: usize,
}

/// Where the answer comes at once.
const TRIES: usize = 4;

fn everything(site: &Site, kind: FaultKind) {
    site.portal.fault(Fault::on("*", "*", kind));
}

fn troubles() -> Vec<Trouble> {
    let healed = |site: &Site| site.portal.clear_faults();
    vec![
        Trouble {
            name: "revoked",
            begin: |site| {
                site.portal.revoke_key(&site.cast.key);
            },
            end: |site| {
                site.portal.restore_key(&site.cast.key);
            },
            told: "does not accept the API key",
            tries: TRIES,
        },
        Trouble {
            name: "expired",
            begin: |site| {
                site.portal
                    .expire_key(&site.cast.key, now().checked_sub(2.seconds()).unwrap());
            },
            end: |site| {
                let later = now().checked_add(1.hour()).unwrap();
                site.portal.expire_key(&site.cast.key, later);
            },
            told: "does not accept the API key",
            tries: TRIES,
        },
        Trouble {
            name: "our account dismissed",
            begin: |site| {
                site.portal
                    .set_status(&site.cast.me, EmployeeStatus::Terminated);
            },
            end: |site| {
                site.portal
                    .set_status(&site.cast.me, EmployeeStatus::Active);
            },
            told: "does not accept the API key",
            tries: TRIES,
        },
        Trouble {
            name: "a scope lost",
            begin: |site| {
                site.portal.set_scopes(&site.cast.key, &SCOPES[..1]);
            },
            end: |site| {
                site.portal.set_scopes(&site.cast.key, &SCOPES);
            },
            told: "lacks the scopes files:write, accounts:read",
            tries: TRIES,
        },
        Trouble {
            name: "503 everywhere",
            begin: |site| everything(site, FaultKind::Html(503)),
            end: healed,
            told: "503",
            tries: TRIES,
        },
        Trouble {
            name: "a proxy's HTML with 200",
            begin: |site| everything(site, FaultKind::Html(200)),
            end: healed,
            told: "does not come from DocSpace",
            tries: TRIES,
        },
        Trouble {
            name: "nobody answers",
            begin: |site| everything(site, FaultKind::CloseBefore),
            end: healed,
            told: "keys/@self",
            tries: TRIES,
        },
        Trouble {
            name: "every connection hangs",
            begin: |site| everything(site, FaultKind::HoldBefore),
            end: |site| {
                site.portal.clear_faults();
                site.portal.release_held();
            },
            told: "keys/@self",
            // Each takes as long as a call may.
            tries: 2,
        },
    ]
}

async fn ready(service: &Service) -> (u16, String) {
    let url = format!("{}/readyz", service.admin);
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn until_ready(service: &Service, status: u16, what: &str) -> String {
    wait::for_ok(&format!("{what}: {status}"), || async {
        match ready(service).await {
            (now, text) if now == status => Ok(text),
            _ => Err(service.log()),
        }
    })
    .await
}

/// In the dark: nothing is said of the room, no attempt is used up, and the alarm was given once.
async fn is_unavailable(site: &Site, service: &Service, room: &EntryId, trouble: &Trouble) {
    let what = trouble.name;
    let told = until_ready(service, 503, what).await;
    assert!(told.contains(trouble.told), "{what}: {told}");
    let probes = site.portal.requests().len() + trouble.tries;
    service
        .until("the portal is asked again and again", || {
            site.portal.requests().len() >= probes
        })
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

async fn is_bright_again(site: &Site, service: Service, room: &EntryId, what: &str) {
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

/// Each trouble with a portal and a service of its own, all at one time.
async fn for_each_fault<F: Future<Output = ()> + Send + 'static>(case: fn(Trouble) -> F) {
    let running: Vec<_> = troubles()
        .into_iter()
        .map(|trouble| tokio::spawn(case(trouble)))
        .collect();
    for ended in running {
        ended.await.unwrap();
    }
}

async fn before_a_run(trouble: Trouble) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    (trouble.begin)(&site);
    let room = site.a_room();
    if site.portal.deliveries().is_empty() {
        // A webhook of somebody who is dismissed is not sent; so somebody asks by hand.
        let store = site.store().await;
        let id = RoomId::new(room.to_string());
        store.wake(&id, now()).await.unwrap();
        is_unavailable(&site, &service, &room, &trouble).await;
        (trouble.end)(&site);
        until_ready(&service, 200, trouble.name).await;
        site.settled(&store, &room, trouble.name).await;
        assert_eq!(service.end().await, Some(0));
        return;
    }
    is_unavailable(&site, &service, &room, &trouble).await;
    (trouble.end)(&site);
    is_bright_again(&site, service, &room, trouble.name).await;
}

async fn in_the_middle_of_a_run(trouble: Trouble) {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let paused = Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause);
    site.portal.fault(paused.times(1));
    let room = site.a_room();
    wait::for_future("the grants", site.portal.wait_held()).await;
    (trouble.begin)(&site);
    site.portal.release_held();
    is_unavailable(&site, &service, &room, &trouble).await;
    (trouble.end)(&site);
    is_bright_again(&site, service, &room, trouble.name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_before_a_run_decides_nothing_and_ends_automatically() {
    for_each_fault(before_a_run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_during_a_run_loses_nothing_and_the_room_is_given_back() {
    for_each_fault(in_the_middle_of_a_run).await;
}
