//! `roomwright webhook` and `doctor` as processes.

use insta::assert_snapshot;
use roomwright::simulator::{EmployeeType, RoomType, Trigger};

use crate::process_harness::{Service, Site};
use crate::world::{SCOPES, SECRET, now};

const POLICY: &str = "version: 1\ntemplates: { t: { folders: [Documents] } }\npolicies: [{ name: teams, match: { title: 'Team *' }, template: t }]\n";

/// The output of a command about the webhook of a service, without ports and times.
fn said(site: &Site, service: &Service, arguments: &[&str]) -> String {
    let url = ["--url", &service.hook];
    let (code, text) = site.run(&[arguments, &url].concat());
    let text = text.replace(&service.hook, "URL");
    let is_time = |word: &str| word.starts_with("20") && word.contains('T');
    let timeless = |line: &str| {
        let words = line.split(' ');
        let words = words.map(|word| {
            if is_time(word.trim_end_matches(',')) {
                "TIME"
            } else {
                word
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = text.lines().map(timeless).collect();
    format!("exit {}\n{}", code.unwrap(), lines.join("\n"))
}

async fn site(scopes: &[&str]) -> (Site, Service) {
    let site = Site::new(POLICY).await;
    assert!(site.portal.set_scopes(&site.cast.key, scopes));
    let service = site.serve().await;
    (site, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_created_and_checked_and_missed_events_are_replayed() {
    let (site, service) = site(&["*"]).await;
    assert_snapshot!(said(&site, &service, &["webhook", "status"]), @"
    exit 1
    ✗ webhook  no webhook for `room.created` points to URL
               → run `roomwright webhook ensure` to create one, or create it in DocSpace, as the service account, for `room.created`
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "replay"]), @"
    exit 1
    error: no webhook for `room.created` points to URL, so there is no log to replay: run `roomwright webhook ensure` to create one
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "ensure"]), @"
    exit 0
    created webhook 1 `roomwright` for `room.created` to URL
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "ensure"]), @"
    exit 0
    webhook 1 `roomwright` already points to URL; nothing was changed
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "ensure", "--json"]), @r#"
    exit 0
    {
      "done": "nothing",
      "id": 1,
      "url": "URL",
      "version": 1
    }
    "#);
    assert_snapshot!(said(&site, &service, &["webhook", "status"]), @"
    exit 0
    ✓ webhook  `roomwright` (1) of the service account points to URL
    ✓ webhook  nothing was delivered yet, and none failed
    ✓ webhook  every event in the portal's log since TIME has arrived
    ");
    site.portal.set_webhook_secret(1, "Another-1-secret");
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    assert_snapshot!(said(&site, &service, &["webhook", "status"]), @"
    exit 1
    ✓ webhook  `roomwright` (1) of the service account points to URL
    ! webhook  nothing was delivered yet, the last failure was at TIME
    ✗ webhook  its deliveries are rejected because of their signatures, last at TIME
               → its secret differs from DOCSPACE_WEBHOOK_SECRET: run `roomwright webhook ensure` to set it in the webhook of the service account
    ! webhook  1 event in the portal's log never arrived: room 51 `Team Apollo`
               → run `roomwright webhook replay`; `serve` does so automatically if `docspace.webhook_url` is set
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "replay"]), @"
    exit 0
    event 1001  room 51 `Team Apollo`
    replayed 1 event; `serve` processes the rooms
    ");
    service.until("the room", || site.paths(&room) == 1).await;
    assert_snapshot!(said(&site, &service, &["webhook", "replay"]), @"
    exit 0
    every event in the portal's log since TIME has arrived
    ");
    assert_snapshot!(said(&site, &service, &["webhook", "replay", "--json"]), @r#"
    exit 0
    {
      "events": [],
      "taken_in": 0,
      "version": 1
    }
    "#);
    assert_snapshot!(said(&site, &service, &["webhook", "ensure"]), @"
    exit 0
    changed webhook 1 `roomwright`: it sends `room.created` to URL
    ");
    let room = site.a_room();
    service
        .until("the second room", || site.paths(&room) == 1)
        .await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scope_it_reports_what_cannot_be_seen_and_what_to_do() {
    let (site, service) = site(&SCOPES).await;
    assert_snapshot!(said(&site, &service, &["webhook", "status"]), @"
    exit 1
    error: the key lacks the scope `*:read`, so webhooks cannot be seen: add `*:read` to the key, or look in DocSpace under Developer tools → Webhooks
    ");
    let reading = [&SCOPES[..], &["*:read"]].concat();
    for scopes in [&SCOPES[..], &reading] {
        site.portal.set_scopes(&site.cast.key, scopes);
        insta::allow_duplicates! {
            assert_snapshot!(said(&site, &service, &["webhook", "ensure"]), @"
            exit 1
            error: the key lacks the scope `*:write`, so webhooks cannot be changed: pass a file with a key that has it to `--key-file`, or create the webhook in DocSpace under Developer tools → Webhooks, for `room.created`, as the account of the key
            ");
        }
    }
    let key = site.portal.add_key(&site.cast.me, &["*"]);
    let file = site.directory.path().join("temporary.txt");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    let file = file.to_str().unwrap();
    assert_snapshot!(said(&site, &service, &["webhook", "ensure", "--key-file", file]), @"
    exit 0
    created webhook 1 `roomwright` for `room.created` to URL
    ");
    let (code, text) = site.run(&["webhook", "ensure", "--key-file", "/nowhere"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("--key-file: `/nowhere` cannot be read"),
        "{text}"
    );
    let (code, text) = site.run(&["webhook", "ensure", "--url", "foo"]);
    assert_eq!(code, Some(64), "{text}");
    let (code, text) = site.run(&["webhook", "status"]);
    assert_snapshot!(format!("exit {}\n{text}", code.unwrap()), @"
    exit 1
    error: the address of the webhook is not configured: set `docspace.webhook_url` in roomwright.yaml, ROOMWRIGHT_WEBHOOK_URL or `--url`, such as `https://hooks.example.com/docspace/webhook`
    ");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_and_json_show_the_webhook_of_another_account() {
    let (site, service) = site(&["*"]).await;
    let anna = site
        .portal
        .add_person("Anna", "anna@example.org", EmployeeType::DocSpaceAdmin);
    let mask = Trigger::RoomCreated.bit();
    site.portal.add_webhook(&anna, &service.hook, SECRET, mask);
    site.portal
        .create_room(&site.cast.boss, RoomType::Custom, "Other");
    site.portal.wait_deliveries_settled().await;
    let mut command = site.command("sh");
    command.env("ROOMWRIGHT_WEBHOOK_URL", &service.hook);
    let script = format!(
        "{} doctor | grep ' webhook  '",
        env!("CARGO_BIN_EXE_roomwright")
    );
    let output = command.args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.replace(&service.hook, "URL");
    let year = now().to_string()[..3].to_owned();
    let text: Vec<&str> = text
        .lines()
        .map(|line| line.split(&year).next().unwrap().trim_end())
        .collect();
    assert_snapshot!(text.join("\n"), @"
    ✓ webhook  `webhook-1` (1) of Anna points to URL
    ✓ webhook  the last delivery arrived at
    ✓ webhook  every event in the portal's log since
    ");
    let (code, text) = site.run(&["webhook", "status", "--json", "--url", &service.hook]);
    let mut seen: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(seen["url"], service.hook.as_str());
    assert_eq!(seen["webhook"]["owner"], anna.as_str());
    for varying in ["owner", "last_success"] {
        assert!(
            seen["webhook"]
                .as_object_mut()
                .unwrap()
                .remove(varying)
                .is_some()
        );
    }
    seen["url"].take();
    assert_snapshot!(format!("exit {}\n{seen:#}", code.unwrap()), @r#"
    exit 0
    {
      "missed": [],
      "problems": [],
      "under_way": [],
      "url": null,
      "version": 1,
      "webhook": {
        "enabled": true,
        "id": 1,
        "last_failure": null,
        "last_failure_reason": null,
        "name": "webhook-1",
        "ours": false,
        "ssl": false
      }
    }
    "#);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
