//! What operators see: metrics, alerts, `status`, the log, and the reasons why a start fails.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use jiff::SignedDuration;
use roomwright::simulator::EmployeeType;
use roomwright::telemetry::metrics::METRICS;

use crate::process_harness::{Service, Site};

const POLICY: &str = "version: 1\ntemplates:\n  t: { folders: [Documents, Tasks], settings: { tags: [team] } }\npolicies:\n  - { name: teams, match: { title: 'Team *' }, template: t }\n";
const ALERTS: &str = include_str!("../../examples/alerts/roomwright.rules.yaml");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

async fn metrics(service: &Service) -> String {
    let answer = reqwest::get(format!("{}/metrics", service.admin))
        .await
        .unwrap();
    answer.text().await.unwrap()
}

/// The value of a metric, written with its labels.
fn value(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_counted_from_its_delivery_to_its_last_call() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    let room = site.a_room();
    service
        .until("the room", || service.log().contains("configured room"))
        .await;
    site.portal.wait_deliveries_settled().await;
    let printed = metrics(&service).await;
    for (name, expected) in [
        ("roomwright_deliveries_total{result=\"stored\"}", 1.0),
        ("roomwright_deliveries_total{result=\"bad-signature\"}", 0.0),
        ("roomwright_runs_total{outcome=\"changed\"}", 1.0),
        ("roomwright_configured_seconds_count", 1.0),
        ("roomwright_ready{check=\"store\"}", 1.0),
        ("roomwright_ready{check=\"policies\"}", 1.0),
        ("roomwright_ready{check=\"portal\"}", 1.0),
        ("roomwright_queue_rooms", 0.0),
        ("roomwright_rooms{outcome=\"changed\"}", 1.0),
        ("roomwright_rooms{outcome=\"failed\"}", 0.0),
        ("roomwright_open_adoptions", 0.0),
        ("roomwright_throttled_total", 0.0),
    ] {
        assert_eq!(value(&printed, name), Some(expected), "{name}\n{printed}");
    }
    let writes = site.portal.writes().len();
    let counted = value(&printed, "roomwright_calls_total{kind=\"write\"}").unwrap();
    assert!((counted - writes as f64).abs() < 0.5, "{counted} {writes}");
    let left = value(&printed, "roomwright_budget_left{per=\"day\"}").unwrap();
    assert!((left - (8_800.0 - counted)).abs() < 0.5, "{left} {counted}");
    let log = service.log();
    let line = log
        .lines()
        .find(|line| line.contains("configured room"))
        .unwrap();
    let start = format!("configured room {room} \"Team Apollo\" (teams) in ");
    assert!(
        line.contains(&start) && line.contains(": 2 folders, 1 tag"),
        "{line}"
    );
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_in_an_alert_or_the_documentation_exists() {
    let names = |text: &str| -> BTreeSet<String> {
        text.match_indices("roomwright_")
            .map(|(at, _)| {
                let name = text[at..].chars();
                let name: String = name
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                name.trim_end_matches("_bucket").to_owned()
            })
            .collect()
    };
    let existing: BTreeSet<String> = METRICS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let alerts = names(ALERTS);
    assert!(
        alerts.len() > 8 && alerts.is_subset(&existing),
        "{alerts:?}"
    );
    assert_eq!(names(OPERATIONS), existing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_sender_is_named_and_a_flood_logs_only_a_few_lines() {
    let site = Site::new(POLICY).await;
    let service = site.serve().await;
    let client = reqwest::Client::new();
    for _ in 0..200 {
        let request = client
            .post(&service.hook)
            .header("x-forwarded-for", "203.0.113.9");
        assert_eq!(request.body("{}").send().await.unwrap().status(), 401);
    }
    let printed = metrics(&service).await;
    let refused = value(
        &printed,
        "roomwright_deliveries_total{result=\"bad-signature\"}",
    );
    assert_eq!(refused, Some(200.0));
    let log = service.log();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("rejected a delivery"))
        .collect();
    // A slow machine may begin a second minute.
    assert!((5..=10).contains(&lines.len()), "{lines:#?}");
    assert!(
        lines[0].contains("from 127.0.0.1 (for 203.0.113.9, as it claims)"),
        "{}",
        lines[0]
    );
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_to_a_wrong_path_is_logged_with_the_right_one() {
    let site = Site::new(POLICY).await;
    let service = site.serve().await;
    let client = reqwest::Client::new();
    for _ in 0..20 {
        let request = client.post(format!("{}s", service.hook)).body("{}");
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    let log = service.log();
    let words = "rejected a delivery from 127.0.0.1: it was sent to `/docspace/webhooks`";
    assert!((5..=10).contains(&log.matches(words).count()), "{log}");
    assert!(log.contains("its path is `/docspace/webhook`"), "{log}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_docspace_cannot_store_and_limits_above_its_own_stop_the_start() {
    let site = Site::new(POLICY).await;
    let serve = |secret: &str| {
        let output = site
            .command(env!("CARGO_BIN_EXE_roomwright"))
            .env("DOCSPACE_WEBHOOK_SECRET", secret)
            .arg("serve")
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, printed) = serve("a b c d e f g");
    assert_eq!(code, Some(3));
    assert!(
        printed.contains("DOCSPACE_WEBHOOK_SECRET: it has a space"),
        "{printed}"
    );
    assert!(!printed.contains("a b c d e f g"), "{printed}");
    let file = site.directory.path().join("roomwright.yaml");
    std::fs::write(
        &file,
        "limits: { requests_per_minute: 1501, writes_at_once: 15 }\n",
    )
    .unwrap();
    let (code, printed) = serve(crate::world::SECRET);
    assert_eq!(code, Some(3));
    assert!(
        printed.contains("`requests_per_minute` is 1501, and DocSpace allows 1500"),
        "{printed}"
    );
    assert_eq!(printed.matches("DocSpace allows").count(), 1, "{printed}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_an_account_that_is_not_a_docspace_admin_stops_the_start() {
    let site = Site::new(POLICY).await;
    let nora = site
        .portal
        .add_person("Nora", "nora@example.org", EmployeeType::RoomAdmin);
    let key = site.portal.add_key(&nora, &crate::world::SCOPES);
    let output = site
        .command(env!("CARGO_BIN_EXE_roomwright"))
        .env("DOCSPACE_API_KEY", key)
        .arg("serve")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{printed}");
    assert!(
        printed.contains("the account of the API key, `Nora`, is a Room admin"),
        "{printed}"
    );
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_the_lines_of_the_log_with_and_without_the_service() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    let room = site.a_room();
    service
        .until("the room", || service.log().contains("configured room"))
        .await;
    let status = |arguments: &[&str]| {
        let output = site
            .command(env!("CARGO_BIN_EXE_roomwright"))
            .env(
                "ROOMWRIGHT_ADMIN_LISTEN",
                service.admin.trim_start_matches("http://"),
            )
            .args(arguments)
            .output()
            .unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), printed)
    };
    let log = service.log();
    let line = log
        .lines()
        .find(|line| line.contains("configured room"))
        .unwrap();
    let (_, line) = line.split_once("configured").unwrap();
    let (line, _) = line.split_once(" room.id=").unwrap();
    let line = format!("configured{line}");
    let (code, printed) = status(&["status"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(
        printed.contains("service     ready at 127.0.0.1:"),
        "{printed}"
    );
    assert!(
        printed.contains("1 changed") && printed.contains(&line),
        "{printed}\n{line}"
    );
    let (code, printed) = status(&["status", "--json"]);
    assert_eq!(code, Some(0), "{printed}");
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["service"]["checks"][0]["check"], "store");
    assert_eq!(printed["history"][0]["line"], line.as_str());
    assert_eq!(printed["store"]["outcomes"]["changed"], 1);
    let (code, printed) = status(&["rooms", &room.to_string()]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(&line), "{printed}");
    let admin = service.admin.clone();
    assert_eq!(service.end().await, Some(0));
    let output = site
        .command(env!("CARGO_BIN_EXE_roomwright"))
        .env(
            "ROOMWRIGHT_ADMIN_LISTEN",
            admin.trim_start_matches("http://"),
        )
        .arg("status")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("the service does not respond at") && printed.contains(&line),
        "{printed}"
    );
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_is_an_error_with_the_nearest_known_one() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    let room = site.a_room();
    service
        .until("the room", || service.log().contains("configured room"))
        .await;
    site.portal.wait_deliveries_settled().await;
    let event = site.portal.deliveries()[0].event;
    let (near, title) = (format!("{room}1"), "Team Apollo");
    let hint = format!("did you mean `{room}`?");
    let named = format!("room `{room}` has this title");
    let next = (event + 1).to_string();
    let nearest = format!("the nearest is `{event}`");
    for (arguments, code, printed) in [
        (&["rooms", near.as_str()][..], 1, hint.as_str()),
        (&["rooms", title], 1, &named),
        (&["rooms", "--outcome", "chnged"], 64, "'changed'"),
        (&["deliveries", "show", &next], 1, &nearest),
        (
            &["deliveries", "list", "--state", "waitng"],
            64,
            "'waiting'",
        ),
        (&["statu"], 64, "'status'"),
        (&["plan", "99999"], 4, "no such room"),
        (&["apply", "99999"], 4, "no such room"),
    ] {
        let (ended, text) = site.run(arguments);
        assert_eq!(ended, Some(code), "{arguments:?} {text}");
        assert!(text.contains(printed), "{arguments:?} {text}");
    }
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_everyone_can_read_is_reported_and_a_private_one_is_not() {
    let site = Site::new(POLICY).await;
    let [open, closed] = ["open", "closed"].map(|name| site.directory.path().join(name));
    for (path, mode) in [(&open, 0o644), (&closed, 0o600)] {
        std::fs::write(path, crate::world::SECRET).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = site.command(env!("CARGO_BIN_EXE_roomwright"));
    command
        .env_remove("DOCSPACE_WEBHOOK_SECRET")
        .env("DOCSPACE_WEBHOOK_SECRET_FILE", &open)
        .env("DOCSPACE_WEBHOOK_SECRET_PREVIOUS_FILE", &closed)
        .arg("serve");
    let service = Service::start(&mut command).await;
    let log = service.log();
    let printed = format!("can read the secret in `{}`", open.display());
    assert!(log.contains(&printed), "{log}");
    assert!(!log.contains(&closed.display().to_string()), "{log}");
    assert!(
        !log.contains("in clear"),
        "this machine is not another one: {log}"
    );
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_waits_for_apply_counts_until_it_is_done() {
    let site = Site::new(POLICY).await;
    let rooms = [site.a_room(), site.a_room()];
    for room in &rooms {
        assert!(site.portal.age(room, SignedDuration::from_hours(1)));
    }
    let service = site.serve().await;
    let waiting = async || {
        let (_, body) = service.readiness().await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["sweep"]["waiting"].as_u64().unwrap()
    };
    assert_eq!(waiting().await, 2);
    let (code, printed) = site.run(&["apply", &rooms[0].to_string()]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(waiting().await, 1);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
