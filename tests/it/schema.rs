//! The JSON Schema and the reader accept and refuse the same files.

use roomwright::policy::{PolicySet, schema};
use roomwright::yaml::{Severity, Sources, parse, to_json};

/// What the schema finds in texts, and not in numbers, which YAML does not tell from texts.
const PARTLY_FORM: [&str; 2] = ["bad-quota", "bad-color"];

/// What only checks beyond the form of a file can find: the schema cannot know it.
const BEYOND_FORM: [&str; 28] = [
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
    "unknown-type",
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

fn reader_refuses(text: &str) -> Option<bool> {
    let mut sources = Sources::default();
    sources.add("x.yaml", text);
    let (_, problems) = PolicySet::validate(&sources);
    let errors: Vec<&str> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.code)
        .collect();
    // A file that is no YAML at all has no form to compare.
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

/// Whether the schema alone refuses, as in an editor.
fn schema_refuses(text: &str) -> Option<bool> {
    let mut sources = Sources::default();
    let id = sources.add("x.yaml", text);
    let mut problems = Vec::new();
    let node = parse(&sources, id, &mut problems)?;
    let validator = jsonschema::draft7::new(&schema::schema()).unwrap();
    Some(!validator.is_valid(&to_json(&node)))
}

fn shipped() -> Vec<String> {
    let mut all = Vec::new();
    for directory in [
        "policies",
        "examples/clients",
        "examples/departments",
        "examples/vendor-sample",
    ] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".yaml") && name != "rooms.yaml" {
                all.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(all.len() >= 7);
    all
}

#[test]
fn the_schema_accepts_every_shipped_policy() {
    for text in shipped() {
        assert_eq!(schema_refuses(&text), Some(false), "{text}");
    }
}

/// Each line of each file is left out, emptied, doubled, renamed, or given another kind of value.
#[test]
fn schema_and_reader_refuse_the_same_edits() {
    let mut compared = 0;
    for text in shipped() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if line.trim_start().starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let head = line
                .split_once(": ")
                .map_or(*line, |(head, _)| head)
                .trim_end_matches(':');
            let edits = [
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
            ];
            for edit in edits {
                let mut edited = lines.clone();
                edited[number] = &edit;
                let edited = edited.join("\n");
                if let (Some(reader), Some(schema)) =
                    (reader_refuses(&edited), schema_refuses(&edited))
                {
                    assert_eq!(
                        reader,
                        schema,
                        "line {}: `{edit}` (reader refuses: {reader}, schema refuses: {schema})\n{edited}",
                        number + 1
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 300, "{compared}");
}
