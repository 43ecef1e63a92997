//! `status` of a service that has a problem.

use std::time::{Duration, Instant};

use roomwright::simulator::{Fault, FaultKind};

use crate::process_harness::{BINARY, DEEP, Service, Site};
use crate::wait;

/// The exit code and the output of `status` about a running service.
fn status(site: &Site, service: &Service) -> (Option<i32>, String) {
    about(site, service, "status")
}

fn about(site: &Site, service: &Service, what: &str) -> (Option<i32>, String) {
    let admin = service.admin.trim_start_matches("http://");
    let mut command = site.command(BINARY);
    command.env("ROOMWRIGHT_ADMIN_LISTEN", admin);
    let output = command.args([what, "--log", "off"]).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// Waits until `status` prints these words.
async fn says(site: &Site, service: &Service, words: &str) {
    wait::for_ok(words, || async {
        let (_, text) = status(site, service);
        if text.contains(words) {
            Ok(())
        } else {
            Err(text)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_says_is_shown_while_the_store_is_locked() {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    site.a_room();
    says(&site, &service, "1 changed").await;
    let db = rusqlite::Connection::open(site.directory.path().join("roomwright.db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (code, text) = status(&site, &service);
    assert_eq!(code, Some(1), "{text}");
    for words in [
        "service     ",
        "store       ! the store cannot be opened: the store `roomwright.db` is locked",
        "1 changed",
        "webhook     not watched",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    drop(db);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_webhook_and_a_failing_sweep_are_shown() {
    let site = Site::new(DEEP).await;
    assert!(site.portal.set_scopes(&site.cast.key, &["*"]));
    let body =
        r#"{"error":{"message":"no","type":"System.Exception"},"status":1,"statusCode":500}"#;
    let broken = FaultKind::Status {
        status: 500,
        retry_after: None,
        body: body.to_owned(),
    };
    site.portal.fault(Fault::on("GET", "files/rooms", broken));
    let mut serve = site.command(BINARY);
    serve.env(
        "ROOMWRIGHT_WEBHOOK_URL",
        "http://hooks.example/docspace/webhook",
    );
    let service = Service::start(serve.args(["serve", "--observe"])).await;
    says(
        &site,
        &service,
        "webhook     ! no webhook for `room.created` points to http://hooks.example",
    )
    .await;
    says(
        &site,
        &service,
        "! the last sweep failed, and is retried: the portal failed",
    )
    .await;
    let (_, text) = about(&site, &service, "doctor");
    let words = "! service  the last sweep of the list of rooms failed";
    assert!(text.contains(words), "{text}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_answers_429_is_not_ready_and_doctor_does_not_wait_for_it() {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let busy = FaultKind::Status {
        status: 429,
        retry_after: None,
        body: String::new(),
    };
    site.portal.fault(Fault::on("*", "*", busy));
    site.a_room();
    says(&site, &service, "! the portal answers every call with 429").await;
    let start = Instant::now();
    let (code, text) = site.run(&["doctor", "--log", "off"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{text}");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✗ portal   the portal is busy"), "{text}");
    assert!(text.contains("who else uses the service account"), "{text}");
    assert!(!text.contains("DOCSPACE_API_HOST"), "{text}");
    site.portal.clear_faults();
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_key_is_not_reported_as_a_portal_that_is_not_available() {
    let site = Site::new(DEEP).await;
    site.portal.revoke_key(&site.cast.key);
    let service = site.serve().await;
    let log = service.log();
    let lines = log.lines().filter(|line| line.contains("ERROR"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("the API key cannot be used"), "{log}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_rooms_without_a_hit_says_that_none_has_the_outcome() {
    let site = Site::new(DEEP).await;
    site.serve().await.end().await;
    for (arguments, words) in [
        (&["rooms"][..], "no rooms yet"),
        (
            &["rooms", "--outcome", "drifted"],
            "no room has this outcome",
        ),
    ] {
        let (code, text) = site.run(arguments);
        assert_eq!((code, text.trim()), (Some(0), words));
    }
    site.portal.stop();
}
