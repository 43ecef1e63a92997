//! The policies that we ship, and the schema.

use std::path::Path;

use jiff::civil::date;
use roomwright::policy::{PolicySet, reference, schema};
use roomwright::resolve::resolve;
use roomwright::room::{Creator, Facts, RoomType, Unresolved};
use roomwright::yaml;

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
fn committed_reference_of_the_language_is_fresh() {
    let committed = std::fs::read_to_string("docs/language-reference.md").unwrap_or_default();
    assert!(
        committed == reference::markdown(),
        "docs/language-reference.md is stale; run `cargo run -- schema --markdown > docs/language-reference.md`"
    );
}
