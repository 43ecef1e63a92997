//! The commands as they are called: exit code, standard output, standard error.

#[path = "cli_configuration.rs"]
mod configuration;
#[path = "cli_explain.rs"]
mod explain;

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::store::{OpenMode, Store};
use serde_json::Value;

/// Runs a command to its end, with nothing in its environment.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomwright"));
    command.current_dir(directory).args(arguments).env_clear();
    command.output().unwrap()
}

/// What a command left: how it ended, and all that it printed.
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

fn with_policy(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/rooms.yaml"), text).unwrap();
    directory
}

#[test]
fn the_files_of_init_are_valid_and_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &["init"]).status.code(), Some(0));
    assert_snapshot!(shown(&run(directory.path(), &["validate"])), @"
    exit 0
    1 file, 1 policy: valid, 0 warnings
    ");
    let again = run(directory.path(), &["init"]);
    assert_snapshot!(shown(&again), @"
    exit 1
    error: `policies/rooms.yaml` is there already, and nothing was written; name another directory: `roomwright init DIR`
    ");
    let explained = run(
        directory.path(),
        &[
            "explain",
            "--title",
            "Project Apollo",
            "--type",
            "custom",
            "--creator",
            "x@example.org",
            "--date",
            "2026-07-01",
        ],
    );
    assert_snapshot!(shown(&explained), @r"
    exit 0
    Project Apollo (custom, created 2026-07-01)
      ✓ projects (priority 0, template project) policies/rooms.yaml:26:11
          project = Apollo

    the room gets
      folder  Documents                                  projects (policies/rooms.yaml:14:9)
      folder  Archive
      folder    2026                                     projects (policies/rooms.yaml:15:9)
      folder  Meetings                                   projects (policies/rooms.yaml:16:9)
      folder    Minutes                                  projects (policies/rooms.yaml:17:13)
      folder  Plan Apollo                                projects (policies/rooms.yaml:18:9)
      tag     project                                    projects (policies/rooms.yaml:22:14)
      tag     Apollo                                     projects (policies/rooms.yaml:22:23)
      grant   Everyone: Viewer                           projects (policies/rooms.yaml:20:9)
    ");
}

/// What `init` says comes next, carried out.
fn next_commands(directory: &Path, said: &str) {
    let (_, commands) = said.split_once("then ").unwrap();
    let commands: Vec<&str> = commands.split('`').skip(1).step_by(2).collect();
    assert_eq!(commands.len(), 3, "{said}");
    for command in commands {
        let line = command.replacen("roomwright", env!("CARGO_BIN_EXE_roomwright"), 1);
        let mut shell = Command::new("bash");
        let output = shell.current_dir(directory).args(["-c", &line]).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {}", shown(&output));
    }
}

#[test]
fn the_next_steps_of_init_work_in_an_empty_directory_and_next_to_other_policies() {
    let empty = tempfile::tempdir().unwrap();
    let said = shown(&run(empty.path(), &["init"]));
    assert_snapshot!(said, @"
    exit 0
    wrote policies/rooms.yaml
    wrote schema/policy.schema.json
    next: edit policies/rooms.yaml, then `roomwright validate`, `roomwright test` and `roomwright explain --title 'Project Apollo' --type custom --creator you@example.org`
    ");
    next_commands(empty.path(), &said);
    // As in a clone of the repository.
    let clone = with_policy(POLICY);
    let theirs = clone.path().join("policies/rooms.yaml");
    std::fs::rename(theirs, clone.path().join("policies/legal.yaml")).unwrap();
    let said = shown(&run(clone.path(), &["init"]));
    assert_snapshot!(said, @"
    exit 0
    wrote my-rooms/policies/rooms.yaml
    wrote my-rooms/schema/policy.schema.json
    next: edit my-rooms/policies/rooms.yaml, then `roomwright validate --policies my-rooms/policies`, `roomwright test --policies my-rooms/policies` and `roomwright explain --policies my-rooms/policies --title 'Project Apollo' --type custom --creator you@example.org`
    ");
    next_commands(clone.path(), &said);
}

#[test]
fn explain_shows_what_matches_and_why_other_policies_do_not() {
    let directory = with_policy(POLICY);
    let explain = |title: &str, kind: &str| {
        shown(&run(
            directory.path(),
            &[
                "explain",
                "--title",
                title,
                "--type",
                kind,
                "--date",
                "2026-07-01",
            ],
        ))
    };
    assert_snapshot!(explain("Client – ACME – 2026", "collaboration"), @"
    exit 0
    Client – ACME – 2026 (collaboration, created 2026-07-01)
      ✓ client-rooms (priority 0, template client) policies/rooms.yaml:7:11
          client = ACME
      ✗ teams (policies/rooms.yaml:10:11): the title does not match `Team *`

    the room gets
      folder  Correspondence ACME                        client-rooms (policies/rooms.yaml:4:15)
      grant   Legal department: Editor                   client-rooms (policies/rooms.yaml:5:14)
    ");
    assert_snapshot!(explain("Lunch", "collaboration"), @"
    exit 0
    Lunch (collaboration, created 2026-07-01)
      ✗ client-rooms (policies/rooms.yaml:7:11): the title does not match `Client - {client} - 20[0-9][0-9]`
      ✗ teams (policies/rooms.yaml:10:11): the title does not match `Team *`
    no policy matches: such a room is left alone
    ");
    assert_snapshot!(explain("Lunch", "colaboration"), @"
    exit 64
    error: invalid value 'colaboration' for '--type <TYPE>': one of: form-filling, collaboration, custom, public, vdr; did you mean `collaboration`?

    For more information, try '--help'.
    ");
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

    1 file: 2 errors, 0 warnings
    "#);
    let json = run(directory.path(), &["validate", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (value[0]["code"].as_str(), value[0]["line"].as_u64()),
        (Some("unknown-type"), Some(8))
    );
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
fn a_missing_setting_is_reported_with_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    assert_snapshot!(shown(&run(empty.path(), &["validate"])), @"
    exit 3
    error: there is no directory `policies`: name another with `--policies DIR`, or create one with `roomwright init`
    ");
    assert_snapshot!(shown(&run(empty.path(), &["rooms"])), @"
    exit 1
    error: the store cannot be opened: there is no store at `roomwright.db`: `roomwright serve` or `apply` creates it
    ");
    let directory = with_policy(POLICY);
    assert_snapshot!(shown(&run(directory.path(), &["plan", "7"])), @"
    exit 3
    error: no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml
    ");
    assert_snapshot!(shown(&run(directory.path(), &["serve"])), @"
    exit 3
    error: no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook
    ");
    assert!(!directory.path().join("roomwright.db").exists());
}

#[test]
fn an_invalid_configuration_is_reported_with_its_place() {
    let directory = with_policy(POLICY);
    std::fs::write(
        directory.path().join("roomwright.yaml"),
        "listen: 0.0.0.0:3000\nretry: { first: 5 seconds }\ndocspace: { hots: https://x }\nlimits: { reads_at_once: 0 }\n",
    )
    .unwrap();
    assert_snapshot!(shown(&run(directory.path(), &["plan", "7"])), @"
    exit 3
    error[wrong-value]: `5 seconds` is not a duration; write a number with `ms`, `s`, `min`, `h`, `days` or `years`
     --> roomwright.yaml:2:17
      |
    2 | retry: { first: 5 seconds }
      |                 ^^^^^^^^^

    error[unknown-key]: unknown key `hots`; did you mean `host`? (known here: host, api_key_file, webhook_secret_file, webhook_secret_previous_file, webhook_url, ownership)
     --> roomwright.yaml:3:13
      |
    3 | docspace: { hots: https://x }
      |             ^^^^

    error[zero]: 0 would stop everything; write at least 1
     --> roomwright.yaml:4:26
      |
    4 | limits: { reads_at_once: 0 }
      |                          ^
    ");
}

#[test]
fn a_pause_of_zero_is_reported_with_its_place() {
    let directory = with_policy(POLICY);
    let text = "retry:\n  first: 0 s\n  longest: 0 ms\n  after_lost_answer: 0 min\n  attempts: 1\n";
    std::fs::write(directory.path().join("roomwright.yaml"), text).unwrap();
    let output = run(directory.path(), &["plan", "7"]);
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for place in ["2:10", "3:12", "4:22"] {
        assert!(told.contains(&format!("roomwright.yaml:{place}")), "{told}");
    }
    assert_eq!(told.matches("write at least `1 s`").count(), 3, "{told}");
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
            let told = serde_json::to_string(&value).unwrap();
            assert!(told.contains("\u{9b}8m"), "{told:?}");
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
            "folders made twice: 0; adoptions not finished: 0; calls the server does not have: 0"
        ),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

const LAYERS: &str = r#"version: 1
roles: { Reader: { default: viewer, public: none } }
templates:
  base:
    grants: [{ group: HR, role: editor }, { group: IT, role: Reader }]
  child:
    extends: base
    grants: [{ group: "{who}", role: viewer }, { user: a@example.org, role: room-manager }]
    vars: { who: hr }
  bosses:
    grants: [{ group: Board, role: room-manager }]
  empty: {}
policies:
  - { name: layers, match: { title: "Layers*" }, template: child }
  - { name: bosses, match: { title: "Board*", type: custom, creator: "*@example.org" }, template: empty, mode: observe }
  - { name: wrong, match: { title: "Wrong*" }, template: bosses }
"#;

fn explain(directory: &Path, title: &str, kind: &str, more: &[&str]) -> String {
    let mut arguments = vec!["explain", "--title", title, "--type", kind];
    arguments.extend(["--date", "2026-07-01"]);
    arguments.extend(more);
    shown(&run(directory, &arguments))
}

#[test]
fn explain_shows_overridden_cancelled_and_impossible_grants() {
    let directory = with_policy(LAYERS);
    assert_snapshot!(explain(directory.path(), "Layers", "public", &[]), @r"
    exit 4
    Layers (public, created 2026-07-01)
      ✓ layers (priority 0, template child) policies/rooms.yaml:14:13
      ✗ wrong (policies/rooms.yaml:16:13): the title does not match `Wrong*`
      ✗ bosses (policies/rooms.yaml:15:13): the title does not match `Board*`; the type does not match `custom`; the creator does not match `*@example.org` (no `--creator` given)

    the room gets
      grant   a@example.org: Room manager                layers (policies/rooms.yaml:8:48)
      grant   IT: not made here (`none`)                 layers (policies/rooms.yaml:5:43)
      missing `HR` cannot be Viewer here: in a Public room, groups can be Content creator layers (policies/rooms.yaml:8:14)
    ");
    assert_snapshot!(explain(directory.path(), "Wrong", "custom", &[]), @r"
    exit 4
    Wrong (custom, created 2026-07-01)
      ✓ wrong (priority 0, template bosses) policies/rooms.yaml:16:13
      ✗ layers (policies/rooms.yaml:14:13): the title does not match `Layers*`
      ✗ bosses (policies/rooms.yaml:15:13): the title does not match `Board*`; the creator does not match `*@example.org` (no `--creator` given)

    the room gets
      missing `Board` cannot be Room manager here: in a Custom room, groups can be Content creator, Editor, Reviewer, Commenter, Viewer wrong (policies/rooms.yaml:11:14)
    ");
    assert_snapshot!(explain(directory.path(), "Board", "custom", &["--creator", "x@example.org"]), @"
    exit 0
    Board (custom, created 2026-07-01)
      ✓ bosses (priority 0, template empty, observes only) policies/rooms.yaml:15:13
      ✗ layers (policies/rooms.yaml:14:13): the title does not match `Layers*`
      ✗ wrong (policies/rooms.yaml:16:13): the title does not match `Wrong*`

    the room gets
      nothing

    with the observing policies it would be
      nothing
    ");
}

#[test]
fn explain_shows_overridden_values_and_conditions_that_were_not_checked() {
    let directory = with_policy(LAYERS);
    let told = explain(directory.path(), "Layers", "custom", &[]);
    let line = told.lines().position(|line| line.contains("HR: Viewer"));
    let next = told.lines().nth(line.unwrap() + 1).unwrap();
    assert!(
        next.contains("overruled: Editor") && next.contains("rooms.yaml:5:14"),
        "{told}"
    );
    let told = explain(directory.path(), "Board", "custom", &[]);
    assert!(
        told.contains("does not match `*@example.org` (no `--creator` given)"),
        "{told}"
    );
}

#[test]
fn explain_refuses_an_empty_title_with_a_hint() {
    let directory = with_policy(LAYERS);
    assert_snapshot!(explain(directory.path(), " ", "custom", &[]), @"
    exit 64
    error: invalid value ' ' for '--title <TITLE>': a room always has a title; write `--title 'Client - ACME'`

    For more information, try '--help'.
    ");
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
    assert_eq!(value[0]["line"], 2);
    let planned = run(directory.path(), &["plan", "7", "--json"]);
    assert_eq!(planned.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&planned.stdout), "");
    assert!(String::from_utf8_lossy(&planned.stderr).contains("rooms.yaml:2:12"));
}

#[test]
fn init_shows_the_next_steps_for_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    assert_snapshot!(shown(&run(directory.path(), &["init", "new"])), @"
    exit 0
    wrote new/policies/rooms.yaml
    wrote new/schema/policy.schema.json
    next: edit new/policies/rooms.yaml, then `roomwright validate --policies new/policies`, `roomwright test --policies new/policies` and `roomwright explain --policies new/policies --title 'Project Apollo' --type custom --creator you@example.org`
    ");
}
