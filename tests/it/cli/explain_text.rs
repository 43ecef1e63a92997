//! `explain` of a room that is described on the command line, as text.

use std::path::Path;

use insta::assert_snapshot;

use super::{POLICY, run, shown, with_policy};

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
    no policy matches; roomwright does not change this room
    ");
    assert_snapshot!(explain("Lunch", "colaboration"), @"
    exit 64
    error: invalid value 'colaboration' for '--type <TYPE>': one of: form-filling, collaboration, custom, public, vdr; did you mean `collaboration`?

    For more information, try '--help'.
    ");
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
      grant   IT: not granted here (`none`)              layers (policies/rooms.yaml:5:43)
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

    if the observing policies applied, it would get
      nothing
    ");
}

#[test]
fn explain_shows_overridden_values_and_conditions_that_were_not_checked() {
    let directory = with_policy(LAYERS);
    let printed = explain(directory.path(), "Layers", "custom", &[]);
    let line = printed.lines().position(|line| line.contains("HR: Viewer"));
    let next = printed.lines().nth(line.unwrap() + 1).unwrap();
    assert!(
        next.contains("overruled: Editor") && next.contains("rooms.yaml:5:14"),
        "{printed}"
    );
    let printed = explain(directory.path(), "Board", "custom", &[]);
    assert!(
        printed.contains("does not match `*@example.org` (no `--creator` given)"),
        "{printed}"
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
fn explain_refuses_a_name_for_an_address_with_the_flag_for_names() {
    let directory = with_policy(LAYERS);
    assert_snapshot!(explain(directory.path(), "Board", "custom", &["--creator", "Anna Berg"]), @"
    exit 64
    error: invalid value 'Anna Berg' for '--creator <EMAIL>': neither an e-mail address nor an id; a display name is `--creator-name`

    For more information, try '--help'.
    ");
}
