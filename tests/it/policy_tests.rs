//! `roomwright test`: compares what policy files expect with what rooms get.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;

use crate::cli::{run, shown};
use crate::language::advice::reported;

const POLICY: &str = r#"version: 1
templates:
  client:
    folders: [Contracts: [Drafts], "Letters {client}", "Archive/{date.year}"]
    grants: [{ group: HR, role: viewer }, { group: Board, role: commenter }]
    settings: { tags: ["{client}"], quota: 5 GB, lifetime: { keep: 2 years, then: trash } }
policies:
  - name: clients
    match: { title: "Client {client}", creator: "*@legal.example.org" }
    template: client
  - name: others
    match: { title: "Client *", type: custom }
    template: { grants: [{ group: HR, role: editor }] }
    priority: -1
  - name: secret
    match: { title: "Client X*", type: custom, tagged: secret }
    template: { grants: [{ group: HR, role: none }, { group: Board, role: editor }] }
"#;

/// A directory with these policies and tests.
fn with_tests(tests: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    let text = format!("{POLICY}tests:\n{tests}");
    std::fs::write(directory.path().join("policies/a.yaml"), text).unwrap();
    directory
}

pub(crate) fn test(directory: &Path, flags: &[&str]) -> String {
    let mut arguments = vec!["test"];
    arguments.extend(flags);
    shown(&run(directory, &arguments))
}

fn tested(tests: &str) -> String {
    test(with_tests(tests).path(), &[])
}

const ACME: &str = "room: { title: client acme, type: custom, creator: a@legal.example.org }";

#[test]
fn expectations_are_compared_both_ways_and_each_difference_has_its_origin() {
    assert_snapshot!(tested(&format!("  - name: all of it
    {ACME}
    date: 2026-07-01
    expect:
      policies: [clients, others]
      folders: [contracts/drafts, Letters acme, Archive/2026]
      grants: {{ hr: Viewer, Board: commenter }}
      settings: {{ quota: 5 GB, lifetime: {{ keep: 2 years, then: trash }} }}
      tags: ACME
  - name: nothing of it
    {ACME}
    date: 2026-07-01
    expect:
      policies: [clients, secret]
      folders: [Contracts, {{ Letters: [acme] }}, Archive/2026]
      grants: {{ HR: editor, Finance: viewer }}
      settings: {{ tags: [ACME, legal], quota: unlimited, indexing: true }}
")), @r"
    exit 1
      ✓ all of it
      ✗ nothing of it (policies/a.yaml:28:11)
          - policy secret                              expected at policies/a.yaml:32:27; the title matches `Client X*` except for `a` instead of `X`; the room does not have the tag `secret`
          + policy others                              others (policies/a.yaml:11:11)
          - folder Letters                             expected at policies/a.yaml:33:30
          - folder Letters/acme                        expected at policies/a.yaml:33:40
          + folder Contracts/Drafts                    clients (policies/a.yaml:4:27)
          + folder Letters acme                        clients (policies/a.yaml:4:36)
          - grant Finance: Viewer                      expected at policies/a.yaml:34:29
          ≠ grant HR: Viewer, not Editor               clients (policies/a.yaml:5:14); expected at policies/a.yaml:34:17
          + grant Board: Commenter                     clients (policies/a.yaml:5:43)
          - tag legal                                  expected at policies/a.yaml:35:32
          ≠ setting quota: 5 GB, not unlimited         clients (policies/a.yaml:6:44); expected at policies/a.yaml:35:47
          - setting indexing: on                       expected at policies/a.yaml:35:68
          + setting lifetime: 2 years, then trash      clients (policies/a.yaml:6:60)
    2 tests: 1 passed, 1 failed
    ");
}

#[test]
fn at_least_allows_additional_entries() {
    assert_snapshot!(tested(&format!("  - name: some of it
    {ACME}
    date: 2026-07-01
    at_least:
      policies: clients
      folders: [Archive]
      grants: {{ Board: commenter }}
      settings: {{ tags: [acme] }}
  - name: more than there is
    {ACME}
    date: 2026-07-01
    expect: {{ grants: {{ HR: viewer, Board: commenter }} }}
    at_least: {{ folders: [Archive/2027], tags: [legal] }}
")), @r"
    exit 1
      ✓ some of it
      ✗ more than there is (policies/a.yaml:27:11)
          - folder Archive/2027                        expected at policies/a.yaml:31:27
          - tag legal                                  expected at policies/a.yaml:31:49
    2 tests: 1 passed, 1 failed
    ");
}

#[test]
fn a_cancelled_grant_is_expected_as_none() {
    assert_snapshot!(tested("  - name: taken back
    room: { title: Client X, type: custom, creator: x@y.example, tags: [secret] }
    expect: { policies: [others, secret], grants: { HR: none, Board: editor } }
  - name: not given
    room: { title: Client X, type: custom, creator: x@y.example, tags: [secret] }
    at_least: { grants: { HR: viewer } }
  - name: given
    room: { title: Client Y, type: custom, creator: x@y.example }
    at_least: { grants: { HR: none } }
"), @r"
    exit 1
      ✓ taken back
      ✗ not given (policies/a.yaml:22:11)
          - grant HR: Viewer                           expected at policies/a.yaml:24:27; it is cancelled here: policy `secret`, template `of secret`, policies/a.yaml:17:26; policy `others`, template `of others`, policies/a.yaml:13:26
      ✗ given (policies/a.yaml:25:11)
          ≠ grant HR: Editor, not none                 others (policies/a.yaml:13:26); expected at policies/a.yaml:27:27
    3 tests: 1 passed, 2 failed
    ");
}

#[test]
fn a_refused_room_passes_only_a_test_that_expects_it() {
    let room =
        "room: { title: Client X, type: custom, creator: a@legal.example.org, tags: secret }";
    assert_snapshot!(tested(&format!("  - {{ name: says so, {room}, expect: {{ refused: true }} }}
  - {{ name: says nothing, {room}, expect: {{ policies: [clients, others, secret] }} }}
  - {{ name: is wrong, {ACME}, expect: {{ refused: true }} }}
")), @r"
    exit 1
      ✓ says so
      ✗ says nothing (policies/a.yaml:20:13)
          ! the room is refused:                       policies disagree about the role of `Board`: Commenter by policy `clients`, template `client`, policies/a.yaml:5:43; Editor by policy `secret`, template `of secret`, policies/a.yaml:17:53; policies disagree about the role of `HR`: Viewer by policy `clients`, template `client`, policies/a.yaml:5:14; none by policy `secret`, template `of secret`, policies/a.yaml:17:26
      ✗ is wrong (policies/a.yaml:21:13)
          ! the room is not refused                    the test says `refused: true`
    3 tests: 1 passed, 2 failed
    ");
}

#[test]
fn a_result_that_depends_on_the_date_needs_one_and_shortfalls_are_reported() {
    assert_snapshot!(tested(&format!("  - {{ name: without a day, {ACME}, at_least: {{ folders: [Archive/2026] }} }}
  - {{ name: needs none, {ACME}, at_least: {{ tags: [acme] }} }}
  - name: in a public room
    room: {{ title: Client A, type: public, creator: a@legal.example.org }}
    expect: {{ grants: {{ HR: viewer }} }}
")), @r"
    exit 1
      ✗ without a day (policies/a.yaml:19:13)
          ! what the room gets depends on the day      add the day of its creation: `date: 2026-07-01`
      ✓ needs none
      ✗ in a public room (policies/a.yaml:21:11)
          - grant HR: Viewer                           expected at policies/a.yaml:23:25
          missing: `Board` cannot be Commenter here: in a Public room, groups can be Content creator (policy `clients`, template `client`, policies/a.yaml:5:43)
          missing: `HR` cannot be Viewer here: in a Public room, groups can be Content creator (policy `clients`, template `client`, policies/a.yaml:5:14)
    3 tests: 1 passed, 2 failed
    ");
}

#[test]
fn a_test_that_states_nothing_or_names_something_unknown_is_an_error() {
    assert_snapshot!(reported(&format!("{POLICY}tests:
  - {{ name: a, room: {{ title: A, type: custom }} }}
  - {{ name: a, room: {{ title: A, type: custom }}, expect: {{}} }}
  - {{ name: b, room: {{ title: ' ', type: costum }}, expect: {{ policies: [client], polices: [] }} }}
  - {{ name: c, room: {{ titel: A, type: custom }}, expect: {{ folders: , grants: {{ HR: vewer }} }} }}
  - {{ name: d, room: {{ title: A, type: vdr }}, date: tomorrow, expect: {{ folders: [] }} }}
  - {{ name: e, room: {{ title: A, type: vdr }}, expect: {{ tags: [x] }}, at_least: {{ settings: {{ tags: [x] }} }} }}
  - {{ name: f, room: {{ title: A, type: vdr }}, expect: {{ settings: {{ watermark: {{ text: '{{x}}' }} }}, folders: [A//B] }} }}
")), @r"
    10:15 impossible-role: a Form filling room has no Viewer for groups (available: Content creator, Form filler); a Public room has no Viewer for groups (available: Content creator), which `viewer` grants to `HR` at a.yaml:5:14
      narrow `type` in the policy, or make the role a table by room type (`none` omits the grant)
    10:15 impossible-role: a Form filling room has no Commenter for groups (available: Content creator, Form filler); a Collaboration room has no Commenter for groups (available: Content creator, Editor, Viewer); a Public room has no Commenter for groups (available: Content creator); a VDR has no Commenter for groups (available: Content creator, Editor, Form filler, Viewer), which `commenter` grants to `Board` at a.yaml:5:43
      narrow `type` in the policy, or make the role a table by room type (`none` omits the grant)
    15:11 conflict: the policies `clients` and `secret` both match a Custom room `client x` of `x@legal.example.org`, tagged `secret`, and disagree about `Board`: Commenter at a.yaml:5:43, and Editor at a.yaml:17:53; `HR`: Viewer at a.yaml:5:14, and none at a.yaml:17:26 (the other policy 8:11)
      give one of them a higher `priority`; otherwise such a room is refused
    19:13 no-expectation: the test `a` expects nothing
      write under `expect` what the room gets: `policies`, `folders`, `grants`, `tags`, `settings`, `owner`, `membership`
    20:13 duplicate-test: the test `a` is defined twice (first here 19:13)
    20:13 no-expectation: the test `a` expects nothing
      write under `expect` what the room gets: `policies`, `folders`, `grants`, `tags`, `settings`, `owner`, `membership`
    21:31 no-title: the room has no title
      write one, such as `title: Client - ACME`
    21:42 unknown-type: `costum` is not a room type; did you mean `custom`?
      available: form-filling, collaboration, custom, public, vdr
    21:82 unknown-key: unknown key `polices`; did you mean `policies`? (known here: policies, folders, grants, tags, settings, owner, membership, refused)
    22:24 unknown-key: unknown key `titel`; did you mean `title`? (known here: title, type, creator, creator_name, creator_groups, tags)
    22:60 wrong-value: `folders` is empty; remove the key, or write `[]` for none
    23:53 bad-date: `tomorrow` is not a date
      write year, month and day: 2026-07-01
    24:92 expected-twice: the test states its tags twice (first here 24:63)
      keep it under `expect` if the list is complete, otherwise under `at_least`
    25:80 variable-in-test: `{x}` needs `{x}`, which has no value here
      write the text that the room gets
    25:109 bad-folder: the path `A//B` has an empty level
    ");
}

#[test]
fn a_filter_selects_tests_by_name_and_fails_without_any() {
    let directory = with_tests(&format!(
        "  - {{ name: One, {ACME}, expect: {{ policies: [clients, others] }} }}
  - {{ name: Two, {ACME}, expect: {{ policies: [] }} }}
"
    ));
    let test = |flags: &[&str]| test(directory.path(), flags);
    assert_snapshot!(test(&["--filter", "one"]), @r"
    exit 0
      ✓ One
    1 test: all passed
    ");
    assert_snapshot!(test(&["--filter", "T*"]), @r"
    exit 1
      ✗ Two (policies/a.yaml:20:13)
          + policy clients                             clients (policies/a.yaml:8:11)
          + policy others                              others (policies/a.yaml:11:11)
    1 test: 0 passed, 1 failed
    ");
    assert_snapshot!(test(&["--filter", "Three"]), @r"
    exit 1
    error: no test name matches `Three` (2 tests in total)
    ");
    assert_snapshot!(test(&["--filter", "{"]), @r"
    exit 64
    error: invalid value '{' for '--filter <GLOB>': `{` without `}`; write `\{` in single quotes for the character itself

    For more information, try '--help'.
    ");
    std::fs::write(directory.path().join("policies/a.yaml"), POLICY).unwrap();
    assert_snapshot!(test(&[]), @r"
    exit 1
    error: the policy files have no tests: write some under `tests`
    ");
}

#[test]
fn results_are_written_for_programs() {
    let directory = with_tests(&format!(
        "  - {{ name: '1 < 2 & \"3\"', {ACME}, expect: {{ policies: [clients, others] }} }}
  - {{ name: Two, {ACME}, expect: {{ policies: [], grants: {{ HR: editor, Board: commenter }} }} }}
"
    ));
    let output = run(
        directory.path(),
        &["test", "--json", "--junit", "junit.xml", "--coverage"],
    );
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    let kinds = json["tests"][1]["differences"].as_array().unwrap();
    let kinds: Vec<&Value> = kinds.iter().map(|difference| &difference["kind"]).collect();
    assert_eq!(kinds, ["surplus", "surplus", "other"]);
    assert_eq!(json["coverage"]["without_room"][0]["policy"], "secret");
    let xml = std::fs::read_to_string(directory.path().join("junit.xml")).unwrap();
    assert_snapshot!(xml, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="1">
      <testsuite name="roomwright" tests="2" failures="1">
        <testcase name="1 &lt; 2 &amp; &quot;3&quot;" classname="policies/a.yaml" file="policies/a.yaml" line="19"/>
        <testcase name="Two" classname="policies/a.yaml" file="policies/a.yaml" line="20">
          <failure message="the room does not get what the test expects">      + policy clients                             clients (policies/a.yaml:8:11)
          + policy others                              others (policies/a.yaml:11:11)
          ≠ grant HR: Viewer, not Editor               clients (policies/a.yaml:5:14); expected at policies/a.yaml:20:126</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn coverage_lists_the_policies_and_lines_that_no_test_checks() {
    let directory = with_tests(&format!(
        "  - name: some
    {ACME}
    date: 2026-07-01
    expect: {{ folders: [Contracts/Drafts, Letters acme, Archive/2026], tags: [acme] }}
"
    ));
    assert_snapshot!(test(directory.path(), &["--coverage"]), @r"
    exit 0
      ✓ some
    1 test: all passed

    tested: 2 of 3 policies, 5 of 12 lines of their templates
      no test has a room for the policy `secret` (policies/a.yaml:15:11)
      no test expects what policies/a.yaml:5:14 asks for
      no test expects what policies/a.yaml:5:43 asks for
      no test expects what policies/a.yaml:6:44 asks for
      no test expects what policies/a.yaml:6:60 asks for
      no test expects what policies/a.yaml:13:26 asks for
      no test expects what policies/a.yaml:17:26 asks for
      no test expects what policies/a.yaml:17:53 asks for
    ");
}

#[test]
fn update_writes_what_rooms_get_in_the_files_style_and_then_all_tests_pass() {
    let directory = with_tests(&format!(
        "  - name: in blocks
    {ACME}
    date: 2026-07-01
    expect:
      policies: clients
      folders:
        - Contracts   # of the client
      grants:
        HR: editor
      settings:
        quota: 4 GB
        tags: [x]
  - name: in brackets
    {ACME}
    date: 2026-07-01
    expect: {{ policies: [], settings: {{ quota: 4 GB, lifetime: none }} }}   # as agreed
    at_least: {{ grants: {{ HR: editor, 'It''s ]': viewer }}, tags: [Acme, x] }}
"
    ));
    assert_snapshot!(test(directory.path(), &["--update"]), @r"
    exit 0
    wrote policies/a.yaml
      ✓ in blocks
      ✓ in brackets
    2 tests: all passed
    ");
    let text = std::fs::read_to_string(directory.path().join("policies/a.yaml")).unwrap();
    assert_snapshot!(text.split("tests:\n").nth(1).unwrap(), @r"
    - name: in blocks
      room: { title: client acme, type: custom, creator: a@legal.example.org }
      date: 2026-07-01
      expect:
        policies: [clients, others]
        folders:
          - Contracts
          - Contracts/Drafts
          - Letters acme
          - Archive/2026   # of the client
        grants:
          Board: commenter
          HR: viewer
        settings:
          tags: [acme]
          quota: 5 GB
          lifetime: { keep: 2 years, then: trash }
    - name: in brackets
      room: { title: client acme, type: custom, creator: a@legal.example.org }
      date: 2026-07-01
      expect: { policies: [clients, others], settings: { quota: 5 GB, lifetime: { keep: 2 years, then: trash } } }   # as agreed
      at_least: { grants: { HR: viewer }, tags: [acme] }
    ");
    assert_snapshot!(test(directory.path(), &[]), @r"
    exit 0
      ✓ in blocks
      ✓ in brackets
    2 tests: all passed
    ");
}

#[test]
fn update_leaves_what_only_the_author_can_decide() {
    let directory = with_tests(&format!(
        "  - {{ name: no day, {ACME}, expect: {{ folders: [A] }} }}
  - {{ name: nothing left, {ACME}, at_least: {{ tags: [x] }} }}
"
    ));
    let path = directory.path().join("policies/a.yaml");
    let before = std::fs::read_to_string(&path).unwrap();
    assert_snapshot!(test(directory.path(), &["--update"]), @r"
    exit 1
    not updated: no day (policies/a.yaml:19:13): it needs a `date`
    not updated: nothing left (policies/a.yaml:20:13): the room gets nothing of what it states as `tags`
      ✗ no day (policies/a.yaml:19:13)
          ! what the room gets depends on the day      add the day of its creation: `date: 2026-07-01`
      ✗ nothing left (policies/a.yaml:20:13)
          - tag x                                      expected at policies/a.yaml:20:120
    2 tests: 0 passed, 2 failed
    ");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
}
