//! `explain` as JSON, and of live rooms.

use insta::assert_snapshot;
use roomwright::simulator::{EmployeeType, RoomType};
use serde_json::Value;

use super::{run, shown, with_policy};
use crate::process_harness::Site;

const POLICY: &str = r#"version: 1
templates:
  client:
    folders: ["Correspondence {client}"]
    grants: [{ group: Legal department, role: editor }]
    settings: { tags: [client], indexing: true }
  quiet:
    grants: [{ group: Legal department, role: viewer }, { group: HR, role: none }]
    settings: { indexing: false }
policies:
  - name: client-rooms
    match: { title: "Client - {client} - 20[0-9][0-9]", type: collaboration }
    template: client
    priority: 1
  - name: quiet-rooms
    match: { type: collaboration }
    template: quiet
  - name: teams
    match: { title: "Team *", type: collaboration, tagged: team }
    template: client
    vars: { client: us }
"#;

#[test]
fn explain_as_json_has_its_own_format_with_a_version() {
    let directory = with_policy(POLICY);
    let output = run(
        directory.path(),
        &[
            "explain",
            "--title",
            "Client – ACME – 2026",
            "--type",
            "collaboration",
            "--creator",
            "anna@example.org",
            "--creator-group",
            "Legal department",
            "--date",
            "2026-07-01",
            "--json",
        ],
    );
    assert_snapshot!(shown(&output), @r#"
    exit 0
    {
      "version": 1,
      "title": "Client – ACME – 2026",
      "type": "collaboration",
      "creator": {
        "email": "anna@example.org",
        "id": null,
        "name": null,
        "groups": [
          "legal department"
        ]
      },
      "created": "2026-07-01",
      "tags": [],
      "matched": [
        {
          "policy": "client-rooms",
          "template": "client",
          "priority": 1,
          "observes": false,
          "captures": {
            "client": "ACME"
          },
          "place": "policies/rooms.yaml:11:11"
        },
        {
          "policy": "quiet-rooms",
          "template": "quiet",
          "priority": 0,
          "observes": false,
          "captures": {},
          "place": "policies/rooms.yaml:15:11"
        }
      ],
      "stopped": [],
      "undecided": [],
      "mismatched": [
        {
          "policy": "teams",
          "place": "policies/rooms.yaml:18:11",
          "reasons": [
            "the title does not match `Team *`",
            "the room does not have the tag `team` (no `--tag` given)"
          ]
        }
      ],
      "unstated": [],
      "room": {
        "folders": [
          {
            "path": "Correspondence ACME",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "policies/rooms.yaml:4:15"
              }
            ]
          }
        ],
        "tags": [
          {
            "tag": "client",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "policies/rooms.yaml:6:24"
              }
            ]
          }
        ],
        "settings": [
          {
            "setting": "indexing",
            "value": "on",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "policies/rooms.yaml:6:43"
              }
            ],
            "overruled": [
              {
                "value": "off",
                "by": {
                  "policy": "quiet-rooms",
                  "template": "quiet",
                  "place": "policies/rooms.yaml:9:27"
                }
              }
            ]
          }
        ],
        "owner": null,
        "membership": null,
        "protected": [],
        "repairing": [],
        "notifying": [],
        "grants": [
          {
            "kind": "group",
            "subject": "Legal department",
            "role": "editor",
            "invites": false,
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "policies/rooms.yaml:5:14"
              }
            ],
            "overruled": [
              {
                "role": "viewer",
                "by": {
                  "policy": "quiet-rooms",
                  "template": "quiet",
                  "place": "policies/rooms.yaml:8:14"
                }
              }
            ]
          }
        ],
        "not_made": [
          {
            "kind": "group",
            "subject": "HR",
            "by": [
              {
                "policy": "quiet-rooms",
                "template": "quiet",
                "place": "policies/rooms.yaml:8:57"
              }
            ]
          }
        ],
        "missing": [],
        "conflicts": []
      },
      "would_be": null
    }
    "#);
}

#[test]
fn a_creator_who_nearly_matches_is_reported_with_the_difference() {
    let policy = |name: &str, creator: &str| {
        format!("  - {{ name: {name}, match: {{ creator: '{creator}' }}, template: t }}\n")
    };
    let directory = with_policy(&format!(
        "version: 1\ntemplates: {{ t: {{ folders: [A] }} }}\npolicies:\n{}{}{}",
        policy("others", "*@example.com"),
        policy("anna", "anna.berg@example.org"),
        policy("sales", "*@sales.example.org"),
    ));
    let flags = ["--title", "x", "--type", "custom", "--date", "2026-07-01"];
    let creator = ["--creator", "ana.berg@example.org"];
    let output = run(
        directory.path(),
        &[&["explain"], &flags[..], &creator].concat(),
    );
    assert_snapshot!(shown(&output), @"
    exit 0
    x (custom, created 2026-07-01)
      ✗ anna (policies/rooms.yaml:5:13): the creator matches `anna.berg@example.org` except for a missing `n`
      ✗ others (policies/rooms.yaml:4:13): the creator does not match `*@example.com`
      ✗ sales (policies/rooms.yaml:6:13): the creator does not match `*@sales.example.org`
    no policy matches; roomwright does not change this room
    ");
}

#[test]
fn a_policy_that_is_near_in_every_part_comes_first_and_except_says_what_holds() {
    let directory = with_policy(
        "version: 1
templates: { t: { folders: [A] } }
policies:
  - { name: data-rooms, match: { title: 'Project*', type: vdr }, template: t }
  - { name: projects, match: { title: 'Project {p}', creator: '*@example.org', except: { title: ['* draft', '* clean'], type: [custom, vdr] } }, template: t }
  - { name: typo, match: { title: 'Projekt *', creator: '*@exampel.org' }, template: t }
",
    );
    let room = ["--title", "Project X clean", "--type", "custom"];
    let facts = ["--date", "2026-07-01", "--creator", "mia@example.org"];
    let output = run(
        directory.path(),
        &[&["explain"], &room[..], &facts].concat(),
    );
    assert_snapshot!(shown(&output), @"
    exit 0
    Project X clean (custom, created 2026-07-01)
      ✗ typo (policies/rooms.yaml:6:13): the title matches `Projekt *` except for `c` instead of `k`; the creator matches `*@exampel.org` except for a missing `e` and an extra `e`
      ✗ data-rooms (policies/rooms.yaml:4:13): the type does not match `vdr`
      ✗ projects (policies/rooms.yaml:5:13): its `except` holds: the title matches `* clean` and the type matches `custom` or `vdr`
    no policy matches; roomwright does not change this room
    ");
}

const ROOMS: &str = r#"
version: 1
templates:
  workspace:
    grants:
      - { user: mia@example.org, role: room-manager }
      - { user: vera@example.org, role: viewer }
      - { user: rita@example.org, role: editor }
      - { group: HR, role: editor }
policies:
  - name: workspaces
    match: { title: "Team *", creator_group: Managers }
    template: workspace
  - name: offices
    match: { title: "Office *" }
    template: workspace
"#;

/// A site with a room that people changed, and its id.
async fn site() -> (Site, String) {
    let site = Site::new(ROOMS).await;
    let (portal, cast) = (&site.portal, &site.cast);
    let rita = portal.add_person("rita", "rita@example.org", EmployeeType::User);
    let sales = portal.add_group("Sales", &[&rita, &cast.people["ed"]]);
    portal.add_group("Managers", &[&cast.boss]);
    let of = |name: &str| cast.people[name].as_str();
    let grants = [
        (cast.me.as_str(), 9),
        (of("mia"), 9),
        (of("vera"), 2),
        (of("ed"), 6),
        (of("HR"), 5),
        (sales.as_str(), 10),
    ];
    let room = portal.create_shared_room(&cast.boss, RoomType::Custom, "Team Apollo", &grants);
    (site, room.to_string())
}

/// The explanation of a live room, with a fixed id and date.
fn explained(site: &Site, room: &str, more: &[&str]) -> String {
    let flags = ["explain", "--room", room, "--log", "off"];
    let (code, text) = site.run(&[&flags, more].concat());
    let text = text.replace(&format!("room {room},"), "room ID,");
    let (before, after) = text.split_once(", created ").expect(&text);
    format!(
        "exit {}\n{before}, created DAY{}",
        code.unwrap(),
        &after[10..]
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_live_room_explain_says_why_each_person_and_group_is_in_it() {
    let (site, room) = site().await;
    assert_snapshot!(explained(&site, &room, &[]), @"
    exit 0
    Team Apollo (room ID, custom, created DAY)
      ✓ workspaces (priority 0, template workspace) policies/rooms.yaml:11:11
      ✗ offices (policies/rooms.yaml:14:11): the title does not match `Office *`

    the room gets
      grant   HR: Editor                                 workspaces (policies/rooms.yaml:9:9)
      grant   mia@example.org: Room manager              workspaces (policies/rooms.yaml:6:9)
      grant   rita@example.org: Editor                   workspaces (policies/rooms.yaml:8:9)
      grant   vera@example.org: Viewer                   workspaces (policies/rooms.yaml:7:9)

    who is in the room, and why
      person  Bo Boss (boss@example.org): owner                  owns the room
      person  roomwright (roomwright@example.org): Room manager  service account
      group   HR: Reviewer                                       workspaces (policies/rooms.yaml:9:9) asks for Editor instead
      group   Sales: Editor                                      added by hand: no policy asks for it
      person  ed (ed@example.org): Commenter                     added by hand: no policy asks for it; overrides Editor through Sales
      person  mia (mia@example.org): Room manager                workspaces (policies/rooms.yaml:6:9)
      person  vera (vera@example.org): Viewer                    workspaces (policies/rooms.yaml:7:9); overrides Reviewer through HR
      person  rita (rita@example.org): Editor                    through Sales
      absent  rita: Editor                                       workspaces (policies/rooms.yaml:8:9) asks for it
    ");
    assert!(site.portal.writes().is_empty());
    assert!(!site.directory.path().join("roomwright.db").exists());
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_live_room_explain_says_the_same_as_json() {
    let (site, room) = site().await;
    let (code, text) = site.run(&["explain", "--room", &room, "--json", "--log", "off"]);
    assert_eq!(code, Some(0), "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["title"], "Team Apollo");
    assert_eq!(json["creator"]["email"], "boss@example.org");
    assert_eq!(json["creator"]["groups"][0], "managers");
    assert_eq!(json["live"]["room"].as_str(), Some(room.as_str()));
    let members = json["live"]["members"].as_array().unwrap().iter();
    let why = members.map(|member| {
        let text = |key: &str| member[key].as_str().unwrap_or("-").to_owned();
        [text("name"), text("role"), text("why"), text("through")].join(" ")
    });
    let why: Vec<String> = why.collect();
    assert_snapshot!(why.join("\n"), @"
    Bo Boss - owner -
    roomwright room-manager us -
    HR reviewer differs -
    Sales editor hand -
    ed commenter hand -
    mia room-manager asked -
    vera viewer asked -
    rita editor through Sales
    ");
    assert_eq!(json["live"]["absent"][0]["name"], "rita");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmanaged_or_missing_room_is_refused_and_facts_come_from_one_side() {
    let (site, _) = site().await;
    let explain = |more: &[&str]| site.run(&[&["explain", "--log", "off"], more].concat());
    assert_snapshot!(explain(&["--room", "9999"]).1, @"room 9999 cannot be explained: the portal has no such room");
    assert_eq!(explain(&["--room", "9999"]).0, Some(4));
    let (code, text) = explain(&["--room", "9999", "--title", "Team Apollo"]);
    assert_eq!(code, Some(64), "{text}");
    let (code, text) = explain(&["--type", "custom"]);
    assert_eq!(code, Some(64), "{text}");
    assert!(text.contains("explain [OPTIONS] --room <ID>"), "{text}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_live_room_explain_says_what_the_portal_does_not_have() {
    let policy = "version: 1\npolicies: [{ name: p, match: all, template: { grants: [{ group: Lagal, role: viewer }] } }]\n";
    let site = Site::new(policy).await;
    let room = site.a_room().to_string();
    let text = explained(&site, &room, &[]);
    let unmet = "what the room cannot get\n  ! the portal has no group `Lagal` (policy `p`";
    assert!(text.contains(unmet), "{text}");
    site.portal.stop();
}
