//! The modules name only what the table of `src/ARCHITECTURE.md` allows, and files stay short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const HEART: [&str; 14] = [
    "yaml",
    "room",
    "parallel",
    "policy",
    "resolve",
    "bind",
    "testing",
    "plan",
    "decide",
    "report",
    "explanation",
    "import",
    "diff",
    "delivery",
];

/// Module → modules that it can name.
const MAY_NAME: [(&str, &[&str]); 24] = [
    ("yaml", &[]),
    ("room", &[]),
    ("parallel", &[]),
    ("policy", &["yaml", "room", "parallel"]),
    ("policies", &["yaml", "parallel"]),
    ("resolve", &["policy", "room", "yaml"]),
    ("bind", &["resolve", "policy", "room"]),
    ("testing", &["bind", "resolve", "policy", "room", "yaml"]),
    ("plan", &["bind", "resolve", "room"]),
    ("decide", &["plan", "bind", "resolve", "room"]),
    ("report", &["decide", "plan", "resolve", "room"]),
    (
        "explanation",
        &["report", "bind", "resolve", "policy", "room", "yaml"],
    ),
    (
        "import",
        &["plan", "bind", "resolve", "policy", "room", "yaml"],
    ),
    ("diff", &["bind", "resolve", "policy", "room"]),
    ("delivery", &["room"]),
    ("docspace", &["bind", "report", "room", "telemetry"]),
    ("store", &["delivery", "room"]),
    (
        "reconcile",
        &[
            "policy", "resolve", "bind", "plan", "decide", "report", "room", "docspace", "store",
        ],
    ),
    ("webhook", &["store", "delivery", "room", "telemetry"]),
    ("config", &["yaml"]),
    (
        "service",
        &[
            "bind",
            "config",
            "decide",
            "delivery",
            "docspace",
            "policies",
            "policy",
            "reconcile",
            "report",
            "room",
            "store",
            "telemetry",
            "webhook",
            "yaml",
        ],
    ),
    ("telemetry", &["room"]),
    ("simulator", &[]),
    (
        "cli",
        &[
            "bind",
            "config",
            "decide",
            "delivery",
            "diff",
            "docspace",
            "explanation",
            "import",
            "plan",
            "policies",
            "policy",
            "reconcile",
            "report",
            "resolve",
            "room",
            "service",
            "simulator",
            "store",
            "telemetry",
            "testing",
            "webhook",
            "yaml",
        ],
    ),
];

/// What the heart never uses.
const FORBIDDEN_IN_HEART: [&str; 10] = [
    "tokio", "reqwest", "axum", "rusqlite", "std::fs", "std::env", "std::net", "::now()",
    "async fn", "fastrand",
];

/// The Rust files of a directory and its subdirectories.
pub(crate) fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn module(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn sources() -> Vec<(String, PathBuf, String)> {
    let mut paths = rust_files(Path::new("src"));
    // Tests can name their neighbours.
    paths.retain(|path| {
        !["main.rs", "lib.rs", "tests.rs"]
            .iter()
            .any(|name| path.ends_with(name))
    });
    assert!(paths.len() > 40, "the sources were not found");
    paths
        .into_iter()
        .map(|path| (module(&path), path.clone(), code(&path)))
        .collect()
}

#[test]
fn modules_name_only_what_they_may() {
    let table: BTreeMap<&str, &[&str]> = MAY_NAME.into_iter().collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (module, path, code) in sources() {
        let allowed = table
            .get(module.as_str())
            .unwrap_or_else(|| panic!("`{module}` is not in the table"));
        for (at, _) in code.match_indices("crate::") {
            let name: String = code[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let named = if name.is_empty() { continue } else { name };
            if named != module && !allowed.contains(&named.as_str()) {
                found.insert(format!("{} names `{named}`", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_page_about_the_architecture_has_the_same_table() {
    let page = fs::read_to_string("src/ARCHITECTURE.md").unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ["));
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let name = cells[0].split('`').nth(1).unwrap();
        let may_name = cells.last().unwrap().trim_end_matches(" |");
        let mut names: BTreeSet<String> = may_name.split(", ").map(str::to_owned).collect();
        names.remove("–");
        shown.insert(name.to_owned(), names);
    }
    for (module, allowed) in MAY_NAME {
        // Its features are optional, so the page does not link to it.
        if module == "simulator" {
            continue;
        }
        let names = &shown[module];
        if names.contains("everything") {
            continue;
        }
        let has_heart = names.contains("heart");
        let is_short = |name: &str| has_heart && HEART.contains(&name) && !names.contains(name);
        let written = allowed.iter().filter(|name| !is_short(name));
        let written: BTreeSet<String> = written.map(|name| (*name).to_owned()).collect();
        let mut names = names.clone();
        names.remove("heart");
        assert_eq!(names, written, "{module}");
    }
}

#[test]
fn the_heart_has_no_input_output_clock_or_async() {
    for (module, path, code) in sources() {
        if HEART.contains(&module.as_str()) {
            for word in FORBIDDEN_IN_HEART {
                assert!(!code.contains(word), "{} has `{word}`", path.display());
            }
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (module, path, code) in sources() {
        if module != "cli" {
            for word in ["println!", "eprintln!", "print!(", "stdout()"] {
                assert!(!code.contains(word), "{} has `{word}`", path.display());
            }
        }
    }
}

#[test]
fn no_source_file_exceeds_400_lines() {
    let directories = ["src", "tests", "benches", "fuzz/fuzz_targets"];
    for path in directories.map(Path::new).into_iter().flat_map(rust_files) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
