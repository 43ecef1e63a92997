//! Why a room was not configured: the log, `rooms` and the record say it and what to do.

use roomwright::room::RoomId;
use roomwright::simulator::{
    EmployeeStatus, EmployeeType, EntryId, Fault, FaultKind, RoomType, Trigger,
};

use crate::process_harness::{Service, Site};
use crate::wait;
use crate::world::now;

const POLICY: &str = r#"
version: 1
templates:
  good: { folders: [Documents, Tasks], grants: [{ group: HR, role: viewer }] }
  half: { folders: [Documents], grants: [{ group: Nobodies, role: content-creator }] }
policies:
  - { name: good, match: { title: 'Good *' }, template: good }
  - { name: half, match: { title: 'Half *' }, template: half }
  - { name: tagged, match: { title: 'Tagged *', tagged: unknown }, template: half }
  - { name: seen, match: { title: 'Seen *' }, template: good, mode: observe }
"#;

/// An error in DocSpace's own format.
fn no_space() -> FaultKind {
    let error = serde_json::json!({
        "message": "no space left", "type": "System.IO.IOException", "stack": "", "hresult": -2147024784,
    });
    FaultKind::Status {
        status: 500,
        retry_after: None,
        body: serde_json::json!({ "error": error, "status": 1, "statusCode": 500 }).to_string(),
    }
}

struct Reasons {
    site: Site,
    service: Service,
}

impl Reasons {
    fn room(&self, owner: &str, title: &str) -> EntryId {
        self.site.portal.create_room(owner, RoomType::Custom, title)
    }

    /// The log and the record of the room contain this, and say what to do.
    async fn are(&self, room: &EntryId, line: &str, also: &[&str]) {
        let named = format!("room.id={room} ");
        let printed = || {
            let log = self.service.log();
            log.lines()
                .any(|printed| printed.contains(&named) && printed.contains(line))
        };
        self.service.until(line, printed).await;
        let store = self.site.store().await;
        let id = RoomId::new(room.to_string());
        wait::until("the record of the run", || async {
            let row = store.room(&id).await.unwrap();
            row.is_some_and(|row| row.at.is_some())
        })
        .await;
        store.close().await;
        let (_, printed) = self.site.run(&["rooms", &room.to_string(), "--log", "off"]);
        for words in also {
            assert!(printed.contains(words), "{line}: {words}\n{printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn for_every_outcome_the_log_and_the_record_say_why_and_what_to_do() {
    let site = Site::new(POLICY).await;
    let quick =
        "retry: { first: 50 ms, longest: 200 ms, attempts: 2, after_lost_answer: 200 ms }\n";
    std::fs::write(site.directory.path().join("roomwright.yaml"), quick).unwrap();
    let service = site.hooked().await;
    let reasons = Reasons { site, service };
    let (portal, boss) = (&reasons.site.portal, &reasons.site.cast.boss);

    let other = reasons.room(boss, "Boss's own");
    let why = format!("`roomwright explain --room {other}`");
    reasons
        .are(
            &other,
            "no policy matches it",
            &["no policy matches it", &why],
        )
        .await;

    let half = reasons.room(boss, "Half 1");
    let missing = "the portal has no group `Nobodies` (policy `half`, template `half`, policies/rooms.yaml:5:";
    reasons
        .are(&half, "partly", &[missing, "next run", "`roomwright apply"])
        .await;

    let folder = portal.room(&half).unwrap().folders[0].id.clone();
    assert!(portal.delete_folder(&folder));
    assert!(portal.fire(Trigger::RoomCreated, &half, boss));
    let restores = format!("`roomwright apply {half}` restores that");
    let people = "people changed 1 folder since an earlier run";
    reasons.are(&half, people, &[people, &restores]).await;

    let tagged = reasons.room(boss, "Tagged 1");
    let correct = "the portal has no tag `unknown`; correct the name in its `match`";
    reasons.are(&tagged, "refused room", &[correct]).await;

    let seen = reasons.room(boss, "Seen 1");
    let would = "if its policies with `mode: observe` applied, it would get 2 folders, 1 grant";
    reasons.are(&seen, would, &[would, "observes only"]).await;

    let good = reasons.room(boss, "Good 1");
    reasons
        .are(&good, "configured room", &["2 folders, 1 grant"])
        .await;
    assert!(portal.revoke(&good, &reasons.site.cast.people["HR"]));
    assert!(portal.fire(Trigger::RoomCreated, &good, boss));
    let restores = format!("`roomwright apply {good}` restores it");
    reasons
        .are(&good, "people changed it", &[&restores, "+ HR: Viewer"])
        .await;

    // The portal's message is shown next to the number of attempts.
    portal.fault(Fault::on("POST", "files/folder/{id}", no_space()));
    let failed = reasons.room(boss, "Good 2");
    let said = "missing: folder Documents, folder Tasks, grant to HR; the last call that failed: the portal failed at POST files/folder/";
    reasons
        .are(
            &failed,
            "gave up on room",
            &[
                said,
                "(500): no space left",
                "fix the cause, then run `roomwright apply",
            ],
        )
        .await;
    portal.clear_faults();

    let kind = EmployeeType::RoomAdmin;
    let tom = portal.add_person("Tom", "tom@example.org", kind);
    let paused = Fault::on("GET", "files/rooms/{id}", FaultKind::Pause);
    portal.fault(paused.times(1));
    let lost = reasons.room(&tom, "Good 3");
    wait::for_future("the run over the room", portal.wait_held()).await;
    assert!(portal.set_status(&tom, EmployeeStatus::Terminated));
    portal.release_held();
    let advice =
        "the account is not active; fix the account, or give the room to someone else in DocSpace";
    reasons.are(&lost, "refused room", &[advice]).await;

    portal.fault(Fault::on("*", "*", FaultKind::Html(503)));
    let waiting = reasons.room(boss, "Good 4");
    let away = "the portal is not available";
    reasons
        .are(
            &waiting,
            "postponed room",
            &[away, "answered 503", "due since"],
        )
        .await;
    // The room could not be read; its title comes from the delivery.
    let (_, printed) = reasons.site.run(&["rooms", "--log", "off"]);
    let line = printed
        .lines()
        .find(|line| line.starts_with(&waiting.to_string()));
    assert!(line.unwrap().contains("Good 4"), "{printed}");
    portal.clear_faults();
    let service = &reasons.service;
    let configured = format!("configured room {waiting} ");
    service
        .until("another run", || service.log().contains(&configured))
        .await;
    let store = reasons.site.store().await;
    let id = RoomId::new(waiting.to_string());
    wait::until("the record of that run", || async {
        let row = store.room(&id).await.unwrap();
        row.is_some_and(|row| row.outcome == "changed")
    })
    .await;
    let overview = store.overview(now()).await.unwrap();
    store.close().await;
    let counts: Vec<(&str, u64)> = overview
        .outcomes
        .iter()
        .map(|(outcome, rooms)| (outcome.as_str(), *rooms))
        .collect();
    let expected = [
        ("changed", 1),
        ("drifted", 1),
        ("failed", 1),
        ("in-sync", 1),
        ("partial", 1),
        ("refused", 2),
        ("skipped", 1),
    ];
    assert_eq!(counts, expected);
    let (_, printed) = reasons.site.run(&["status", "--log", "off"]);
    for words in ["1 given up", "1 drifted, 1 failed", "2 refused, 1 skipped"] {
        assert!(printed.contains(words), "{words}\n{printed}");
    }
    assert_eq!(reasons.service.end().await, Some(0));
    reasons.site.portal.stop();
}
