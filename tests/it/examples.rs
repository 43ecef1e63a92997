//! Every folder of `examples/` with policies: no problem is found in them, their tests pass, and `explain` says of their
//! rooms what is written. The documentation cannot lie.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{run, shown};

/// The folders with policies. Seeds of the simulated portal and alert rules are none.
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
fn no_example_has_a_problem_and_their_tests_pass_and_reach_every_policy() {
    for directory in examples() {
        let validated = run(&directory, &["validate", ".", "--deny-warnings"]);
        let told = shown(&validated);
        assert_eq!(validated.status.code(), Some(0), "{directory:?} {told}");
        let tested = run(&directory, &["test", ".", "--coverage"]);
        let told = shown(&tested);
        assert_eq!(tested.status.code(), Some(0), "{directory:?} {told}");
        assert!(!told.contains("no test has a room"), "{directory:?} {told}");
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
        let told = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        writeln!(shown, "{told}{wrong}").unwrap();
    }
    shown
}
