//! Checks every folder of `examples/` with policies: there are no problems, the tests pass, and `explain` prints the
//! committed text about its rooms. The tests in the documentation and in the shipped policies pass too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::Value;

use crate::cli::{run, shown};
use crate::policy_tests::test;

/// The folders with policies, without seeds of the simulated portal and alert rules.
fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("examples").unwrap();
    let all = entries.map(|entry| entry.unwrap().path());
    let all: Vec<PathBuf> = all
        .filter(|path| path.join("policies.yaml").exists())
        .collect();
    assert!(all.len() >= 12, "{all:?}");
    all
}

#[test]
fn examples_have_no_problems_and_their_tests_pass_and_reach_every_policy() {
    for directory in examples() {
        let validated = run(&directory, &["validate", ".", "--deny-warnings"]);
        let printed = shown(&validated);
        assert_eq!(validated.status.code(), Some(0), "{directory:?} {printed}");
        let tested = run(&directory, &["test", ".", "--coverage"]);
        let printed = shown(&tested);
        assert_eq!(tested.status.code(), Some(0), "{directory:?} {printed}");
        assert!(
            !printed.contains("no test has a room"),
            "{directory:?} {printed}"
        );
    }
}

#[test]
fn every_example_explains_its_rooms_as_written() {
    for directory in examples() {
        let expected = directory.join("explain.txt");
        let written = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(explained(&directory), written, "{}", expected.display());
    }
}

fn explained(directory: &Path) -> String {
    let text = std::fs::read_to_string(directory.join("rooms.json")).unwrap();
    let rooms: Value = serde_json::from_str(&text).unwrap();
    let mut shown = String::new();
    for room in rooms.as_array().unwrap() {
        let mut arguments = vec!["explain", "--policies", "."];
        let keys = [
            ("title", "--title"),
            ("type", "--type"),
            ("creator", "--creator"),
            ("creator_groups", "--creator-group"),
            ("tags", "--tag"),
            ("date", "--date"),
        ];
        let known = keys.iter().filter(|(key, _)| !room[key].is_null()).count();
        assert_eq!(known, room.as_object().unwrap().len(), "{room}");
        for (key, flag) in keys {
            let values: Vec<&Value> = match &room[key] {
                Value::Array(list) => list.iter().collect(),
                Value::Null => Vec::new(),
                one => vec![one],
            };
            for value in values {
                arguments.extend([flag, value.as_str().unwrap()]);
            }
        }
        let output = run(directory, &arguments);
        let printed = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        writeln!(shown, "{printed}{wrong}").unwrap();
    }
    shown
}

#[test]
fn the_tests_of_the_language_page_pass() {
    let page = include_str!("../../docs/language.md");
    let (_, section) = page.split_once("\n## Tests\n").unwrap();
    let (_, rest) = section.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.yaml"), text).unwrap();
    assert_snapshot!(test(directory.path(), &["."]), @r"
    exit 0
      ✓ a client's room is read by HR
    1 test: all passed
    ");
}

#[test]
fn the_tests_of_the_shipped_policies_pass_and_check_every_line() {
    assert_snapshot!(test(Path::new("."), &["--coverage"]), @r"
    exit 0
      ✓ a data room is numbered and cannot be copied from
      ✓ an ACME room gets the client tree
      ✓ rooms of other people are not client rooms
      ✓ a team has a workspace that HR reads
      ✓ nobody reads a public workspace
      ✓ an offer has a calculation, and Finance can read it
      ✓ a draft is left alone
    7 tests: all passed

    tested: 4 of 4 policies, 34 of 34 lines of their templates
    ");
}
