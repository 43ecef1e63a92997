//! The shipped policies, and the schemas.

use std::path::Path;

use insta::assert_snapshot;

use jiff::civil::date;
use roomwright::policy::{PolicySet, reference, schema};
use roomwright::resolve::resolve;
use roomwright::room::{Creator, Facts, RoomType, Unresolved};
use roomwright::yaml;

use crate::cli::run;
use crate::language::paths;

fn shipped() -> PolicySet {
    let sources = roomwright::policies::read(Path::new("policies")).unwrap();
    let (set, problems) = PolicySet::validate(&sources);
    assert_eq!(yaml::render(&sources, &problems, false), "");
    set.unwrap()
}

#[test]
fn shipped_policies_have_no_problem() {
    assert_eq!(shipped().policies().len(), 4);
}

#[test]
fn a_client_room_gets_what_the_policy_says() {
    let facts = Facts {
        title: "Client – ACME – 2026".to_owned(),
        kind: RoomType::Collaboration,
        creator: Creator {
            id: "x".into(),
            name: "Anna Berg".into(),
            email: "anna.berg@LEGAL.example.org".into(),
            ..Creator::default()
        },
        created: date(2026, 7, 1),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    };
    let resolution = resolve(&shipped(), &facts);
    let folders = paths(&resolution.desired);
    assert_eq!(
        folders,
        [
            "Documents",
            "Tasks",
            "Archive/2026",
            "Contracts",
            "Contracts/Drafts",
            "Contracts/Signed",
            "Correspondence ACME"
        ]
    );
    let (grants, conflicts) = resolution.desired.grants();
    assert!(conflicts.is_empty());
    let grants: Vec<String> = grants
        .iter()
        .map(|(name, settled)| format!("{name}: {}", settled.access))
        .collect();
    assert_eq!(
        grants,
        [
            "HR: viewer",
            "Legal department: editor",
            "anna.berg@example.org: room-manager"
        ]
    );
    let tags: Vec<&str> = resolution
        .desired
        .tags
        .iter()
        .map(|tag| tag.value.as_str())
        .collect();
    assert_eq!(tags, ["collaboration", "client", "ACME"]);
}

#[test]
fn committed_schema_is_fresh() {
    let committed = std::fs::read_to_string("schema/policy.schema.json").unwrap_or_default();
    assert!(
        committed == schema::text(),
        "schema/policy.schema.json is stale; run `cargo run -- schema > schema/policy.schema.json`"
    );
}

#[test]
fn committed_schema_of_the_configuration_is_fresh() {
    let committed = std::fs::read_to_string("schema/roomwright.schema.json").unwrap_or_default();
    assert!(
        committed == roomwright::config::schema::text(),
        "schema/roomwright.schema.json is stale; run `cargo run -- schema --configuration > schema/roomwright.schema.json`"
    );
}

#[test]
fn committed_reference_of_the_language_is_fresh() {
    let committed = std::fs::read_to_string("docs/language-reference.md").unwrap_or_default();
    assert!(
        committed == reference::markdown(),
        "docs/language-reference.md is stale; run `cargo run -- schema --markdown > docs/language-reference.md`"
    );
}

/// The error about a policy directory with such an entry next to a valid file.
fn said_of(make: impl Fn(&Path)) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.yaml"), "version: 1\n").unwrap();
    make(directory.path());
    let said = roomwright::policies::read(directory.path()).unwrap_err();
    let said = said.to_string();
    said.replace(&directory.path().display().to_string(), "policies")
}

#[test]
fn validate_reports_every_entry_that_cannot_be_read_with_the_problems_of_the_others() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    symlink(".", file("loop")).unwrap();
    symlink("/dev/zero", file("b.yaml")).unwrap();
    std::fs::write(file("c.yaml"), b"version: 1\n# \xff\n").unwrap();
    let policy = "version: 1\npolicies: [{ name: a, match: all, template: there, mtch: x }]\n";
    std::fs::write(file("z.yaml"), policy).unwrap();
    let output = run(directory.path(), &["validate", ".", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = json["problems"].as_array().unwrap().iter();
    let found: Vec<(&str, &str)> = found
        .map(|problem| {
            let text = |key: &str| problem[key].as_str().unwrap();
            (text("file"), text("code"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("z.yaml", "unknown-key"),
            ("b.yaml", "unreadable-file"),
            ("c.yaml", "unreadable-file"),
            ("loop", "unreadable-file"),
        ]
    );
}

#[test]
fn entries_that_reading_would_never_finish_are_reported_and_not_read() {
    use std::os::unix::fs::symlink;

    let fifo = said_of(|directory| {
        let made = std::process::Command::new("mkfifo")
            .arg(directory.join("b.yaml"))
            .status();
        assert!(made.unwrap().success());
    });
    assert_snapshot!(fifo, @"`policies/b.yaml` cannot be read: it is not a regular file, and reading it may never end; remove it");
    let device = said_of(|directory| symlink("/dev/zero", directory.join("b.yaml")).unwrap());
    assert_snapshot!(device, @"`policies/b.yaml` cannot be read: it is not a regular file, and reading it may never end; remove it");
    let circle = said_of(|directory| {
        std::fs::create_dir(directory.join("below")).unwrap();
        symlink("..", directory.join("below/back")).unwrap();
    });
    assert_snapshot!(circle, @"`policies/below/back` cannot be read: it is a link to a directory that it lies in; remove the link");
    let links = said_of(|directory| {
        symlink("c.yaml", directory.join("b.yaml")).unwrap();
        symlink("b.yaml", directory.join("c.yaml")).unwrap();
    });
    assert!(links.contains("cannot be read"), "{links}");
}
