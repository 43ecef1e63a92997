//! The commands as they are called: exit code, standard output, standard error.

mod configuration;
mod explain;
mod explain_text;
mod init;
mod invalid_configuration;

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::store::{OpenMode, Store};
use serde_json::Value;

/// Runs a command with an empty environment.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomwright"));
    command.current_dir(directory).args(arguments).env_clear();
    command.output().unwrap()
}

/// The exit code and the whole output of a command.
pub(crate) fn shown(output: &Output) -> String {
    format!(
        "exit {}\n{}{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const POLICY: &str = r#"version: 1
templates:
  client:
    folders: ["Correspondence {client}"]
    grants: [{ group: Legal department, role: editor }]
policies:
  - name: client-rooms
    match: { title: "Client - {client} - 20[0-9][0-9]", type: collaboration }
    template: client
  - name: teams
    match: { title: "Team *", type: collaboration }
    template: client
    vars: { client: us }
"#;

pub(crate) fn with_policy(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/rooms.yaml"), text).unwrap();
    directory
}

#[test]
fn broken_policies_are_exit_3_with_every_problem() {
    let directory = with_policy(&POLICY.replace("collaboration", "colaboration"));
    assert_snapshot!(shown(&run(directory.path(), &["validate"])), @r#"
    exit 3
    error[unknown-type]: `colaboration` matches no room type; did you mean `collaboration`?
     --> policies/rooms.yaml:8:63
      |
    8 |     match: { title: "Client - {client} - 20[0-9][0-9]", type: colaboration }
      |                                                               ^^^^^^^^^^^^
      |
      = help: available: form-filling, collaboration, custom, public, vdr

    error[unknown-type]: `colaboration` matches no room type; did you mean `collaboration`?
      --> policies/rooms.yaml:11:37
       |
    11 |     match: { title: "Team *", type: colaboration }
       |                                     ^^^^^^^^^^^^
       |
       = help: available: form-filling, collaboration, custom, public, vdr

    because of their errors, these policies were not compared with the others: `client-rooms`, `teams`
    1 file: 2 errors, 0 warnings
    "#);
    let json = run(directory.path(), &["validate", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (
            value["problems"][0]["code"].as_str(),
            value["problems"][0]["line"].as_u64()
        ),
        (Some("unknown-type"), Some(8))
    );
    let left_out = value["left_out"].as_str().unwrap();
    assert!(left_out.contains("`client-rooms`, `teams`"), "{left_out}");
    assert_eq!(
        run(
            directory.path(),
            &["explain", "--title", "x", "--type", "custom"]
        )
        .status
        .code(),
        Some(3)
    );
}

#[test]
fn problems_of_policies_are_not_mixed_into_json_output() {
    let directory = with_policy("version: 1\npolicies: [x]\n");
    let explained = run(
        directory.path(),
        &["explain", "--title", "x", "--type", "custom", "--json"],
    );
    assert_eq!(explained.status.code(), Some(3));
    let value: serde_json::Value = serde_json::from_slice(&explained.stdout).unwrap();
    assert_eq!(value["problems"][0]["line"], 2);
    let planned = run(directory.path(), &["plan", "7", "--json"]);
    assert_eq!(planned.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&planned.stdout), "");
    assert!(String::from_utf8_lossy(&planned.stderr).contains("rooms.yaml:2:12"));
}

#[tokio::test]
async fn text_from_outside_cannot_control_a_terminal() {
    let evil = "Team \u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}8m\nroom 8 is in sync \u{202e}gnp";
    let directory = tempfile::tempdir().unwrap();
    let file = format!(
        "sqlite:{}",
        directory.path().join("roomwright.db").display()
    );
    let store = Store::open(&file, OpenMode::Create).await.unwrap();
    let delivery = Delivery {
        id: -7,
        trigger: "room.created".to_owned(),
        room: Some(RoomId::new(format!("sbox-{evil}"))),
        title: evil.to_owned(),
        received_at: crate::world::now(),
    };
    let body = serde_json::to_string(&serde_json::json!({ "title": evil })).unwrap();
    store.accept(&delivery, &body).await.unwrap();
    store.close().await;
    for arguments in [
        &["rooms"][..],
        &["rooms", "sbox-\u{1b}[2J"],
        &["deliveries", "list"],
        &["deliveries", "show", "-7"],
        &["deliveries", "retry", "-7"],
        &["rooms", "--json"],
        &["deliveries", "list", "--json"],
        &["deliveries", "show", "-7", "--json"],
    ] {
        let output = run(directory.path(), arguments);
        let text = shown(&output);
        let is_bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(is_bad), "{arguments:?}: {text:?}");
        assert!(!text.contains("\nroom 8"), "{arguments:?}: {text}");
        if arguments.last() == Some(&"--json") {
            let value: Value = serde_json::from_slice(&output.stdout).unwrap();
            let printed = serde_json::to_string(&value).unwrap();
            assert!(printed.contains("\u{9b}8m"), "{printed:?}");
        }
    }
}

#[test]
fn wrong_usage_is_exit_64() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        run(directory.path(), &["frobnicate"]).status.code(),
        Some(64)
    );
    assert_eq!(run(directory.path(), &["plan"]).status.code(), Some(64));
    assert_eq!(run(directory.path(), &["--version"]).status.code(), Some(0));
}

#[test]
fn the_demo_configures_its_rooms_and_exits() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &["demo"]);
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("5 rooms: 4 changed, 1 skipped, 0 refused, 0 failed"),
        "{text}"
    );
    assert!(
        text.contains(
            "duplicate folders: 0; unfinished adoptions: 0; calls that DocSpace does not have: 0"
        ),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
