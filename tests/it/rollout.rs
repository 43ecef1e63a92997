//! Before the service starts: what would happen to every room, and what is missing (`plan`, `doctor`).

use std::os::unix::fs::PermissionsExt;

use jiff::ToSpan;
use roomwright::simulator::{EmployeeStatus, EmployeeType, Fault, FaultKind, RoomType};
use serde_json::Value;

use crate::process_harness::{DEEP, Site};
use crate::wait;
use crate::world::now;

#[tokio::test(flavor = "multi_thread")]
async fn plan_of_every_room_writes_nothing_and_ends_in_totals() {
    let site = Site::new(DEEP).await;
    // Without a store, it would take only a quarter of the calls per minute.
    let limits = "limits: { requests_per_minute: 4000 }\n";
    std::fs::write(site.directory.path().join("roomwright.yaml"), limits).unwrap();
    let boss = &site.cast.boss;
    for number in 0..120 {
        let title = if number % 3 == 0 { "Team" } else { "Other" };
        site.portal
            .create_room(boss, RoomType::Custom, &format!("{title} {number}"));
    }
    site.portal.create_shared_room(
        boss,
        RoomType::Custom,
        "Team that we manage",
        &[(&site.cast.me, 9)],
    );
    site.portal
        .create_template_room(boss, RoomType::Custom, "Team template");
    site.portal.clear_requests();
    let (code, text) = site.run(&["plan", "--all", "--log", "warn"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("Team 0 (room"), "{text}");
    assert!(!text.contains("Other 1 (room"), "{text}");
    let totals = text.rsplit_once("\nrooms ").unwrap().1;
    insta::assert_snapshot!(format!("rooms {totals}"), @r"
    rooms                               121
      skipped                              80
      would-change                         41
    changes
      folders to create                   205
      tags to add                          41
      grants to add                       123
      roles to raise                        0
      settings to change                    0
    writes                              367
      rooms to adopt (2 writes each)       40
      days at the daily write limit       0.0
    ");
    assert_eq!(site.portal.writes(), []);
    assert!(!site.directory.path().join("roomwright.db").exists());
    let (code, text) = site.run(&["plan", "--all", "--json", "--log", "off"]);
    assert_eq!(code, Some(2), "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["rooms"].as_array().unwrap().len(), 41);
    assert_eq!(json["totals"]["rooms"], 121);
    assert_eq!(json["totals"]["writes"], 367);
    assert_eq!(json["totals"]["outcomes"]["would-change"], 41);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_of_all_rooms_ends_when_the_portal_becomes_unavailable() {
    let site = Site::new(DEEP).await;
    for _ in 0..30 {
        site.a_room();
    }
    site.portal
        .fault(Fault::on("*", "*", FaultKind::Html(503)).after(20));
    let (code, text) = site.run(&["plan", "--all", "--log", "off"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("of 30 rooms were checked"), "{text}");
    assert!(text.contains("503"), "{text}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_no_problem_in_a_complete_setup() {
    let site = Site::new(DEEP).await;
    let (code, text) = site.run(&["doctor", "--log", "off"]);
    assert_eq!(code, Some(0), "{text}");
    let text = text.replace(&site.portal.url(), "http://portal");
    insta::assert_snapshot!(text, @r"
    ✓ secrets  DocSpace can store the webhook secret
    ✓ limits   they are within the portal's limits
    ✓ host     http://portal responds like DocSpace
    ✓ tls      the portal is on this machine, and the key does not leave it
    ✓ key      the key works and does not expire
    ✓ scopes   the key has all scopes that are needed
    ✓ account  roomwright is a DocSpace admin
    ✓ names    3 names found
    ✓ store    `roomwright.db` does not exist yet; `serve` creates it
    ! webhook  the key lacks the scope `*:read`, so webhooks cannot be seen
               → add `*:read` to the key, or look in DocSpace under Developer tools → Webhooks
    ");
    assert_eq!(site.portal.writes(), []);
    site.portal.stop();
}

/// A problem, how to cause it, and what `doctor` reports and advises.
type Case = (&'static str, fn(&Site), [&'static str; 2]);

const CASES: [Case; 14] = [
    (
        "a revoked key",
        |site| {
            site.portal.revoke_key(&site.cast.key);
        },
        ["✗ key", "create a new one as a DocSpace admin"],
    ),
    (
        "a missing scope",
        |site| {
            site.portal.set_scopes(&site.cast.key, &["rooms:write"]);
        },
        [
            "lacks the scopes files:write, accounts:read",
            "create a key with the scopes",
        ],
    ),
    (
        "a key that ends soon",
        |site| {
            let at = now().checked_add(20.hours()).unwrap();
            site.portal.expire_key(&site.cast.key, at);
        },
        [
            "! key      the key expires at",
            "create a new one before that",
        ],
    ),
    (
        "an account that is not an admin",
        |site| {
            site.portal.set_type(&site.cast.me, EmployeeType::RoomAdmin);
        },
        [
            "✗ account  roomwright is a Room admin",
            "make it a DocSpace admin",
        ],
    ),
    (
        "a limit above the portal's own",
        |site| configure(site, "limits: { requests_per_minute: 1501 }\n"),
        ["✗ limits", "`serve` does not start until this is fixed"],
    ),
    (
        "a secret that DocSpace cannot store and everybody can read",
        |site| {
            let secret = site.directory.path().join("previous");
            std::fs::write(&secret, "a b c d e f g").unwrap();
            std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
            configure(
                site,
                "docspace: { webhook_secret_previous_file: previous }\n",
            );
        },
        [
            "DOCSPACE_WEBHOOK_SECRET_PREVIOUS: it has a space",
            "chmod o-r",
        ],
    ),
    (
        "an unknown group in a match",
        |site| matches(site, "creator_group: [HR, Hr abroad, Nobody]"),
        [
            "the portal has no group `Nobody` (policy `teams`",
            "`creator_group`",
        ],
    ),
    (
        "an unknown tag in an exception",
        |site| matches(site, "except: { tagged: no-roomwright }"),
        [
            "the portal has no tag `no-roomwright` (policy `teams`",
            "and refuses rooms",
        ],
    ),
    (
        "a tag in a match that some room has",
        |site| {
            let room = site.a_room();
            assert!(site.portal.add_tag(&site.cast.boss, &room, "urgent"));
            matches(site, "tagged: Urgent");
        },
        ["✓ match    1 tag of `tagged` found", "✓ names"],
    ),
    (
        "a group without members",
        |site| {
            site.portal.delete_group(&site.cast.people["HR"]);
        },
        ["the portal has no group `HR`", "create the group"],
    ),
    (
        "two groups of the same name",
        |site| {
            site.portal.add_group::<&str>("hr", &[]);
        },
        [
            "2 groups are named `HR`",
            "write the id of the group that you mean",
        ],
    ),
    (
        "a disabled person",
        |site| {
            site.portal
                .set_status(&site.cast.people["ed"], EmployeeStatus::Terminated);
        },
        [
            "the account of `ed@example.org` is disabled",
            "remove the person from the policy",
        ],
    ),
    (
        "a proxy that answers for the portal",
        |site| site.portal.fault(Fault::on("*", "*", FaultKind::Html(200))),
        [
            "does not respond like DocSpace",
            "what a proxy in between returns",
        ],
    ),
    (
        "a room that the account owns without an adoption",
        |site| {
            let admin = site.portal.portal_owner();
            let room = site.a_room();
            site.portal.change_owner(&admin, &room, &site.cast.me);
        },
        [", and no adoption is open", "release"],
    ),
];

fn configure(site: &Site, text: &str) {
    std::fs::write(site.directory.path().join("roomwright.yaml"), text).unwrap();
}

/// Adds an item to the policy.
fn matches(site: &Site, part: &str) {
    let more = format!("match: {{ {part}, title:");
    let policy = DEEP.replace("match: { title:", &more);
    std::fs::write(site.directory.path().join("policies/rooms.yaml"), policy).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_reports_each_problem_and_what_to_do() {
    for (what, begin, printed) in CASES {
        let site = Site::new(DEEP).await;
        // An empty store.
        site.serve().await.end().await;
        begin(&site);
        let (_, text) = site.run(&["doctor", "--log", "off"]);
        for words in printed {
            assert!(text.contains(words), "{what}: {words}\n{text}");
        }
        assert!(!text.contains(&site.cast.key), "{what}: {text}");
        let (code, json) = site.run(&["doctor", "--json", "--log", "off"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["version"], 1);
        let findings = json["findings"].as_array().unwrap();
        let is_wrong = findings.iter().any(|finding| finding["level"] == "wrong");
        assert_eq!(code, Some(if is_wrong { 1 } else { 0 }), "{what}: {json}");
        site.portal.stop();
    }
}

/// The lines of `doctor` with another variable, or without it.
fn doctor(site: &Site, variable: &str, value: Option<&str>) -> (Option<i32>, String) {
    let mut command = site.command(env!("CARGO_BIN_EXE_roomwright"));
    match value {
        Some(value) => command.env(variable, value),
        None => command.env_remove(variable),
    };
    let output = command.args(["doctor", "--log", "off"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_checks_nothing_that_depends_on_a_portal_that_it_cannot_use() {
    let site = Site::new(DEEP).await;
    site.serve().await.end().await;
    let broken = [
        ("DOCSPACE_API_HOST", Some("http://127.0.0.1:1"), "✗ host"),
        ("DOCSPACE_API_KEY", Some("sk-wrong"), "✗ key"),
        ("DOCSPACE_API_KEY", None, "✗ settings no API key"),
    ];
    for (variable, value, expected) in broken {
        let (code, text) = doctor(&site, variable, value);
        assert_eq!(code, Some(1), "{text}");
        assert_eq!(text.matches('✗').count(), 1, "{text}");
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("✓ store"), "{text}");
        assert!(!text.contains("scope"), "{text}");
        assert!(!text.contains("! webhook"), "{text}");
    }
    site.portal.stop();
}

#[test]
fn doctor_lists_all_missing_settings_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let output = crate::cli::run(directory.path(), &["doctor"]);
    insta::assert_snapshot!(crate::cli::shown(&output), @"
    exit 1
    ✗ settings no portal
               → set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml
    ✗ settings no API key
               → set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml
    ✓ limits   they are within the portal's limits
    ✗ policies there is no directory `policies`
               → name another with `--policies DIR`, or create one with `roomwright init`
    ✓ store    `roomwright.db` does not exist yet; `serve` creates it
    ! webhook  no webhook secret is set, so `serve` does not start
               → set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_distinguishes_an_unknown_host_from_one_that_does_not_respond() {
    let site = Site::new(DEEP).await;
    for (host, words) in [
        ("http://nowhere.invalid", "DNS, and whether"),
        ("http://127.0.0.1:1", "cannot be reached"),
        // The simulated portal has no TLS.
        (&*site.portal.url().replace("http://", "https://"), "✗ tls"),
    ] {
        let mut command = site.command(env!("CARGO_BIN_EXE_roomwright"));
        command.env("DOCSPACE_API_HOST", host);
        let output = command.args(["doctor", "--log", "off"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{host}: {text}");
        assert!(text.contains(words), "{host}: {text}");
    }
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adoption_that_a_kill_left_open_is_reported_prominently() {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let owner = Fault::on("POST", "files/owner", FaultKind::HoldAfter);
    site.portal.fault(owner);
    let room = site.a_room();
    wait::for_future("the take", site.portal.wait_held()).await;
    service.signal("KILL");
    assert_eq!(service.ended().await, None);
    site.portal.clear_faults();
    site.portal.release_held();
    for arguments in [&["doctor", "--log", "off"][..], &["rooms", "--log", "off"]] {
        let (_, text) = site.run(arguments);
        let loud = format!("THE ADOPTION OF ROOM {room} IS NOT FINISHED");
        assert!(text.contains(&loud), "{arguments:?}: {text}");
    }
    let (code, _) = site.run(&["doctor", "--log", "off"]);
    assert_eq!(code, Some(1));
    let service = site.serve().await;
    site.is_deep(&room, "after the start").await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_apply_report_a_key_or_account_that_cannot_do_the_work_before_any_room() {
    for (words, cause) in [
        (
            "the account of the API key, `roomwright`, is a Room admin",
            (|site| {
                let admin = EmployeeType::RoomAdmin;
                site.portal.set_type(&site.cast.me, admin);
            }) as fn(&Site),
        ),
        ("does not accept the API key", |site| {
            site.portal.revoke_key(&site.cast.key);
        }),
    ] {
        let site = Site::new(DEEP).await;
        let room = site.a_room().to_string();
        cause(&site);
        for command in [["plan", "--all"], ["plan", &room], ["apply", &room]] {
            let (code, text) = site.run(&command);
            assert_eq!(code, Some(1), "{text}");
            assert!(text.contains(words), "{text}");
            assert_eq!(text.matches("run `roomwright doctor`").count(), 1, "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
        site.portal.stop();
    }
}
