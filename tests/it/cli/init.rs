//! `init`: the files that it writes, and the commands that it suggests.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use super::{POLICY, run, shown, with_policy};

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
    error: `policies/rooms.yaml` already exists, and nothing was written; name another directory: `roomwright init DIR`
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

/// Runs the next steps that `init` suggests.
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
    // Like in a clone of the repository.
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
fn init_shows_the_next_steps_for_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    assert_snapshot!(shown(&run(directory.path(), &["init", "new"])), @"
    exit 0
    wrote new/policies/rooms.yaml
    wrote new/schema/policy.schema.json
    next: edit new/policies/rooms.yaml, then `roomwright validate --policies new/policies`, `roomwright test --policies new/policies` and `roomwright explain --policies new/policies --title 'Project Apollo' --type custom --creator you@example.org`
    ");
}
