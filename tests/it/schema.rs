//! The JSON Schema and the reader accept and refuse the same files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use roomwright::policy::{PolicySet, schema};
use roomwright::yaml::{Severity, Sources, parse, to_json};

/// What the schema finds in texts but not in numbers, which YAML does not distinguish from texts.
const PARTLY_FORM: [&str; 3] = ["bad-quota", "bad-color", "unknown-type"];

/// What only checks beyond the format find: the schema cannot express it.
const BEYOND_FORM: [&str; 29] = [
    "bad-domain",
    "conflict",
    "bad-date",
    "duplicate-test",
    "expected-twice",
    "no-expectation",
    "no-title",
    "unknown-policy",
    "variable-in-test",
    "unknown-role",
    "unknown-template",
    "unknown-table",
    "templates-disagree",
    "person-from-room",
    "undefined-variable",
    "impossible-role",
    "duplicate-key",
    "bad-glob",
    "bad-folder",
    "bad-text",
    "role-without-default",
    "extends-cycle",
    "no-name",
    "empty-list",
    "empty-match",
    "no-address",
    "regex-in-title",
    "captures-differ",
    "own-tag",
];

/// The errors that the program finds.
fn codes(text: &str) -> Vec<&'static str> {
    let mut sources = Sources::default();
    sources.add("x.yaml", text);
    let (_, problems) = PolicySet::validate(&sources);
    problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.code)
        .collect()
}

fn reader_refuses(text: &str) -> Option<bool> {
    let errors = codes(text);
    // A file that is not YAML has no format to compare.
    if errors.iter().any(|code| {
        matches!(
            *code,
            "syntax"
                | "alias"
                | "anchor"
                | "tag"
                | "empty-file"
                | "bad-key"
                | "merge-key"
                | "missing-colon"
                | "odd-blank"
        )
    }) {
        return None;
    }
    assert!(
        !errors.contains(&"schema"),
        "only the schema refuses:\n{text}"
    );
    if errors.iter().any(|code| PARTLY_FORM.contains(code)) {
        return None;
    }
    Some(errors.iter().any(|code| !BEYOND_FORM.contains(code)))
}

/// Whether the schema alone rejects it, as in an editor.
fn schema_refuses(text: &str) -> Option<bool> {
    let mut sources = Sources::default();
    let id = sources.add("x.yaml", text);
    let mut problems = Vec::new();
    let node = parse(&sources, id, &mut problems)?;
    let validator = jsonschema::draft7::new(&schema::schema()).unwrap();
    Some(!validator.is_valid(&to_json(&node)))
}

/// Every policy file of the repository.
fn shipped() -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![PathBuf::from("policies"), PathBuf::from("examples")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(path).unwrap();
                // Lists of rooms, seeds and alert rules are not policies.
                if text.lines().any(|line| line == "version: 1") {
                    all.push(text);
                }
            }
        }
    }
    assert!(all.len() >= 14, "{}", all.len());
    all
}

#[test]
fn the_schema_refuses_plain_values_that_no_text_allows() {
    let refused = |line: &str, template: &str, kind: &str| {
        let text = format!(
            "version: 1\ntemplates:\n  t: {{ folders: [{line}], settings: {{ {template} }} }}\npolicies:\n  - {{ name: 007, match: {{ type: {kind} }}, template: t }}\n"
        );
        schema_refuses(&text).unwrap()
    };
    for settings in [
        "quota: 5",
        "quota: true",
        "lifetime: { keep: 24, then: trash }",
        "watermark: {}",
    ] {
        assert!(refused("A", settings, "custom"), "{settings}");
    }
    for kind in ["5", "true", "[custom, 6]"] {
        assert!(refused("A", "quota: 5 GB", kind), "{kind}");
    }
    // Plain texts that look like something else stay texts.
    for folder in ["NO", "007", "2026", "true", "1.5", "x"] {
        let settings = "quota: 5 GB, color: 478100, tags: [12, yes]";
        assert!(!refused(folder, settings, "custom"), "{folder}");
    }
}

#[test]
fn the_schema_accepts_every_shipped_policy() {
    for text in shipped() {
        assert_eq!(schema_refuses(&text), Some(false), "{text}");
    }
}

/// Each is edited once: lines of one section and depth with the same key are equivalent.
fn kind_of<'l>(section: &'l str, line: &'l str) -> (&'l str, usize, &'l str) {
    let depth = line.len() - line.trim_start().len();
    let key = line.trim_start().trim_start_matches("- ");
    let key = key.split_once(':').map_or("", |(key, _)| key);
    (section, depth, key)
}

/// Each line of each file is removed, emptied, duplicated, renamed, or given another kind of value.
#[test]
fn the_schema_and_the_reader_reject_the_same_edits() {
    let (mut compared, mut wrong) = (0, Vec::new());
    let files = shipped();
    let mut edited_before = BTreeSet::new();
    for text in &files {
        let lines: Vec<&str> = text.lines().collect();
        let mut section = "";
        for (number, line) in lines.iter().enumerate() {
            if line.trim_start().starts_with('#') || line.trim().is_empty() {
                continue;
            }
            if !line.starts_with([' ', '-']) {
                section = line;
            }
            if !edited_before.insert(kind_of(section, line)) {
                continue;
            }
            for edit in edits(line) {
                let mut edited = lines.clone();
                edited[number] = &edit;
                let edited = edited.join("\n");
                let (reader, schema) = (reader_refuses(&edited), schema_refuses(&edited));
                if let (Some(reader), Some(schema)) = (reader, schema) {
                    compared += 1;
                    if reader != schema {
                        let printed = codes(&edited).join(", ");
                        wrong.push(format!("`{line}` → `{edit}`: the reader says {printed:?}, schema refuses: {schema}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 1_000, "{compared}");
}

fn edits(line: &str) -> [String; 10] {
    let head = line
        .split_once(": ")
        .map_or(line, |(head, _)| head)
        .trim_end_matches(':');
    [
        String::new(),
        format!("{head}:"),
        format!("{head}: 7"),
        format!("{head}: true"),
        format!("{head}: 1.5"),
        format!("{head}: 99999999999"),
        format!("{head}: [x]"),
        format!("{head}: {{ x: y }}"),
        format!("{head}x: y"),
        line.replace("name:", "nmae:")
            .replace("group:", "gruop:")
            .replace("folders", "foldres"),
    ]
}
