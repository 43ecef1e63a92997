//! `doctor` in a damaged setup: what is wrong is a finding, and the rest is checked all the same.

use std::fs;

use roomwright::simulator::{EmployeeType, Fault, FaultKind};
use serde_json::Value;

use crate::process_harness::{BINARY, DEEP, Site};
use crate::world::SCOPES;

/// Two policies of equal priority that disagree about a group.
const CONFLICT: &str = "version: 1
templates:
  a: { grants: [{ group: HR, role: viewer }] }
  b: { grants: [{ group: HR, role: editor }] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: a }
  - { name: apollo, match: { title: '* Apollo' }, template: b }
";

fn doctor(site: &Site) -> (Option<i32>, String) {
    site.run(&["doctor", "--log", "off"])
}

fn is_json(site: &Site, words: &str) {
    let (_, json) = site.run(&["doctor", "--json", "--log", "off"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let wrong = findings.iter().find(|one| one["level"] == "wrong").unwrap();
    assert!(wrong["found"].as_str().unwrap().contains(words), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_with_errors_are_a_finding_and_everything_else_is_checked() {
    let site = Site::new(&DEEP.replace("folders", "foldres")).await;
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(1), "{text}");
    for words in [
        "✗ policies policies/rooms.yaml:5:5: unknown key `foldres`",
        "`roomwright validate` shows every error",
        "✓ key",
        "✓ account",
        "✓ store",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    is_json(&site, "unknown key `foldres`");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_errors_is_a_finding() {
    let site = Site::new(DEEP).await;
    fs::write(site.directory.path().join("roomwright.yaml"), "liste: 3\n").unwrap();
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✗ settings"), "{text}");
    assert!(text.contains("unknown key `liste`"), "{text}");
    is_json(&site, "unknown key `liste`");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_disagree_are_reported_by_doctor_and_at_the_start_and_at_a_reload() {
    let site = Site::new(CONFLICT).await;
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✗ policies policies/rooms.yaml:"), "{text}");
    assert!(text.contains("disagree about"), "{text}");
    assert!(text.contains("✓ names    1 name found"), "{text}");
    let service = site.serve().await;
    let warnings = || {
        let log = service.log();
        let lines = log.lines().filter(|line| line.contains("WARN"));
        lines
            .filter(|line| line.contains("rejects the policies") && line.contains("errors=1"))
            .count()
    };
    service.until("the warning", || warnings() == 1).await;
    let more = CONFLICT.replace("'* Apollo'", "'* Apollo*'");
    fs::write(site.directory.path().join("policies/rooms.yaml"), more).unwrap();
    service.until("the next warning", || warnings() == 2).await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_missing_directory_is_wrong_and_a_locked_one_says_what_holds_it() {
    let site = Site::new(DEEP).await;
    let nowhere = [
        "--store",
        "sqlite:nowhere/rooms.db",
        "doctor",
        "--log",
        "off",
    ];
    let (code, text) = site.run(&nowhere);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✗ store"), "{text}");
    assert!(text.contains("there is no directory `nowhere`"), "{text}");
    site.serve().await.end().await;
    let db = rusqlite::Connection::open(site.directory.path().join("roomwright.db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("✗ store    the store `roomwright.db` is locked"),
        "{text}"
    );
    assert!(
        text.contains("→ another program, such as a database tool"),
        "{text}"
    );
    drop(db);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_has_no_account_yet_is_no_finding() {
    let guests =
        "    guests: { invite: [{ email: eva@partner.example, role: viewer }] }\n    settings";
    let site = Site::new(&DEEP.replace("    settings", guests)).await;
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(0), "{text}");
    let found = "✓ names    3 names found; 1 guest without an account to invite";
    assert!(text.contains(found), "{text}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_portal_is_not_blamed_on_its_address() {
    let site = Site::new(DEEP).await;
    let fault = FaultKind::Status {
        status: 500,
        retry_after: None,
        body: r#"{"error":{"message":"no","type":"System.Exception"},"status":1,"statusCode":500}"#
            .to_owned(),
    };
    site.portal.fault(Fault::on("*", "*", fault));
    let (code, text) = doctor(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("✗ portal   the portal failed at GET"),
        "{text}"
    );
    assert!(text.contains("look at its own log"), "{text}");
    assert!(!text.contains("DOCSPACE_API_HOST"), "{text}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_account_used_is_reported() {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let room = site.a_room();
    site.is_deep(&room, "the room").await;
    assert_eq!(service.end().await, Some(0));
    let zoe = site
        .portal
        .add_person("Zoe", "zoe@example.org", EmployeeType::DocSpaceAdmin);
    let key = site.portal.add_key(&zoe, &SCOPES);
    let mut command = site.command(BINARY);
    command.env("DOCSPACE_API_KEY", key);
    let output = command.args(["doctor", "--log", "off"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = "! store    it was used with another service account before, `roomwright`";
    assert!(text.contains(words), "{text}");
    assert_eq!(output.status.code(), Some(0), "{text}");
    let (_, text) = doctor(&site);
    assert!(!text.contains("another service account"), "{text}");
    site.portal.stop();
}
