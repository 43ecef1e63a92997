//! Invalid seeds and options: the place of each error, and what to write instead.

use insta::assert_snapshot;

use super::{Running, run};
use crate::cli::shown;

fn with_seed(name: &str, text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(name), text).unwrap();
    shown(&run(directory.path(), &["--seed", name]))
}

#[test]
fn all_errors_of_a_seed_are_reported_together() {
    assert_snapshot!(with_seed("seed.yaml", "\
accounts:
  anna: { type: RoomAdmin, firstNam: Anna }
  bob: { type: Room }
  anna: { type: User }
groups:
  HR: { members: [ana] }
keys:
  k: { scopes: rooms:write }
rooms:
  r: { owner: anna, type: custm, members: { HR: king, zed: viewer } }
portal: { limiter: maybe, time zone: CET }
"), @r##"
    exit 3
    error[unknown-key]: unknown key `firstNam`; did you mean `firstName`? (known here: type, firstName, lastName, displayName, email, userName, status, activationStatus, createdBy, password, note)
     --> seed.yaml:2:28
      |
    2 |   anna: { type: RoomAdmin, firstNam: Anna }
      |                            ^^^^^^^^

    error[seed]: `Room` is not an account type; write `portal owner`, `DocSpaceAdmin`, `RoomAdmin`, `User` or `Guest`
     --> seed.yaml:3:16
      |
    3 |   bob: { type: Room }
      |                ^^^^

    error[duplicate-key]: the key `anna` occurs twice
     --> seed.yaml:4:3
      |
    2 |   anna: { type: RoomAdmin, firstNam: Anna }
      |   ---- first here
    3 |   bob: { type: Room }
    4 |   anna: { type: User }
      |   ^^^^

    error[seed]: there is no account `ana`; the accounts are anna, bob
     --> seed.yaml:6:19
      |
    6 |   HR: { members: [ana] }
      |                   ^^^

    error[seed]: `of` is missing: name an account
     --> seed.yaml:8:6
      |
    8 |   k: { scopes: rooms:write }
      |      ^^^^^^^^^^^^^^^^^^^^^^^

    error[wrong-type]: expected a list, found `rooms:write`
     --> seed.yaml:8:16
      |
    8 |   k: { scopes: rooms:write }
      |                ^^^^^^^^^^^

    error[seed]: `custm` is not a room type; write `custom`, `collaboration`, `public`, `form-filling` or `vdr`
      --> seed.yaml:10:27
       |
    10 |   r: { owner: anna, type: custm, members: { HR: king, zed: viewer } }
       |                           ^^^^^

    error[seed]: `king` is not an access right; write `room-manager`, `content-creator`, `editor`, `form-filler`, `reviewer`, `commenter` or `viewer`
      --> seed.yaml:10:49
       |
    10 |   r: { owner: anna, type: custm, members: { HR: king, zed: viewer } }
       |                                                 ^^^^

    error[seed]: there is no account or group `zed`; the accounts and groups are anna, bob, HR
      --> seed.yaml:10:60
       |
    10 |   r: { owner: anna, type: custm, members: { HR: king, zed: viewer } }
       |                                                            ^^^^^^

    error[wrong-type]: expected `true` or `false`, found `maybe`
      --> seed.yaml:11:20
       |
    11 | portal: { limiter: maybe, time zone: CET }
       |                    ^^^^^

    error[seed]: `CET` is not a time zone; write `UTC` or an offset such as `+02:00`
      --> seed.yaml:11:38
       |
    11 | portal: { limiter: maybe, time zone: CET }
       |                                      ^^^
    "##);
}

#[test]
fn a_seed_can_be_json_and_its_errors_have_places_too() {
    assert_snapshot!(with_seed("seed.json", r#"{
  "accounts": { "anna": { "type": "RoomAdmin", "status": "gone" } },
  "room": {},
  "rooms": { "r": { "owner": "bob", "type": 7 }, "r": {} }
}
"#), @r##"
    exit 3
    error[seed]: `gone` is not a status; write `active`, `pending` or `terminated`
     --> seed.json:2:58
      |
    2 |   "accounts": { "anna": { "type": "RoomAdmin", "status": "gone" } },
      |                                                          ^^^^^^

    error[unknown-key]: unknown key `room`; did you mean `rooms`? (known here: portal, accounts, groups, keys, rooms, symbols, names note)
     --> seed.json:3:3
      |
    3 |   "room": {},
      |   ^^^^^^

    error[seed]: there is no account `bob`; the accounts are anna
     --> seed.json:4:30
      |
    4 |   "rooms": { "r": { "owner": "bob", "type": 7 }, "r": {} }
      |                              ^^^^^

    error[seed]: `7` is not a room type; write `custom`, `collaboration`, `public`, `form-filling` or `vdr`
     --> seed.json:4:45
      |
    4 |   "rooms": { "r": { "owner": "bob", "type": 7 }, "r": {} }
      |                                             ^

    error[duplicate-key]: the key `r` occurs twice
     --> seed.json:4:50
      |
    4 |   "rooms": { "r": { "owner": "bob", "type": 7 }, "r": {} }
      |              --- first here                      ^^^
    "##);
}

#[test]
fn missing_keys_are_named() {
    assert_snapshot!(with_seed("seed.yaml", "\
accounts:
  anna: { firstName: Anna }
groups:
  anna: {}
keys:
  k: {}
rooms:
  r: {}
"), @r##"
    exit 3
    error[seed]: `type` is missing: write `portal owner`, `DocSpaceAdmin`, `RoomAdmin`, `User` or `Guest`
     --> seed.yaml:2:9
      |
    2 |   anna: { firstName: Anna }
      |         ^^^^^^^^^^^^^^^^^^^

    error[seed]: an account is also called `anna`; give the group another key, and write `name: anna` in it
     --> seed.yaml:4:9
      |
    4 |   anna: {}
      |         ^^

    error[seed]: `of` is missing: name an account
     --> seed.yaml:6:6
      |
    6 |   k: {}
      |      ^^

    error[seed]: `owner` is missing: name an account
     --> seed.yaml:8:6
      |
    8 |   r: {}
      |      ^^

    error[seed]: `type` is missing: write `custom`, `collaboration`, `public`, `form-filling` or `vdr`
     --> seed.yaml:8:6
      |
    8 |   r: {}
      |      ^^
    "##);
}

#[test]
fn a_file_that_is_not_a_seed_is_refused() {
    assert_snapshot!(with_seed("seed.yaml", "- accounts\n"), @r##"
    exit 3
    error[wrong-type]: expected a table, found a list
     --> seed.yaml:1:1
      |
    1 | - accounts
      | ^^^^^^^^^^
    "##);
    let cut = with_seed("seed.json", "{ \"accounts\": {");
    assert!(
        cut.starts_with("exit 3\n") && cut.contains("seed.json:1:"),
        "{cut}"
    );
    let nowhere = run(std::path::Path::new("."), &["--seed", "no-such.yaml"]);
    let nowhere = shown(&nowhere);
    assert!(
        !nowhere.starts_with("exit 0") && nowhere.contains("`no-such.yaml`"),
        "{nowhere}"
    );
}

#[test]
fn invalid_options_report_what_to_write() {
    let directory = std::path::Path::new(".");
    for (arguments, expected) in [
        (
            ["--latency", "5"],
            "write two durations, such as `40ms..120ms`",
        ),
        (["--latency", "2s..1s"], "write the shorter duration first"),
        (
            ["--contention", "2"],
            "write a number from 0 to 1, such as 0.1, or `measured`",
        ),
        (["--waits", "-1"], "write a number from 0 (no waits) to 100"),
        (["--limiter", "maybe"], "possible values: on, off"),
        (["--listen", "somewhere"], "invalid socket address"),
    ] {
        let got = shown(&run(
            directory,
            &[&format!("{}={}", arguments[0], arguments[1])],
        ));
        assert!(
            got.starts_with("exit 64") && got.contains(expected),
            "{got}"
        );
    }
}

#[tokio::test]
async fn options_reach_the_portal() {
    let portal = Running::start(&[
        "--latency",
        "1ms..2ms",
        "--contention",
        "measured",
        "--limiter",
        "on",
    ]);
    let url = format!(
        "{}/behaviour",
        portal.first_line["control"].as_str().unwrap()
    );
    let got: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(got["latency"], "1ms..2ms");
    assert_eq!(got["contention"]["nested"], 0.9);
    assert_eq!(got["limits"]["writesAtOnce"], 15);
}

#[test]
fn the_example_is_the_small_portal_itself() {
    let example = Running::start(&["--seed", "examples/simulator/small.yaml"]);
    let small = Running::start(&[]);
    assert_eq!(example.first_line["names"], small.first_line["names"]);
    assert_eq!(
        example.first_line["credentials"],
        small.first_line["credentials"]
    );
}
