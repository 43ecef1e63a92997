//! The recordings in `tests/recorded`: one file for each scenario, one line for each call.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::template::Template;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    scenario: String,
    #[serde(rename = "what")]
    _what: String,
    #[serde(rename = "accounts used")]
    _accounts: Vec<String>,
    calls: usize,
}

/// A call and the answer of the real server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// An account, a key, or an unknown caller.
    #[serde(rename = "as")]
    pub(super) caller: Option<String>,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Option<Template>,
    /// The exact text of the body.
    pub(super) raw: Option<String>,
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) answer: Template,
    /// Symbol → JSON pointer to its id.
    #[serde(default)]
    pub(super) binds: BTreeMap<String, String>,
    /// Whether the call is repeated until the answer is the recorded one.
    #[serde(default)]
    pub(super) poll: bool,
    #[serde(rename = "why")]
    _why: Option<String>,
}

const FOLDER: &str = "tests/recorded";

/// The accounts, groups and keys that the recordings need.
pub(super) fn accounts() -> String {
    fs::read_to_string(Path::new(FOLDER).join("accounts.json")).unwrap()
}

/// The names of the recorded scenarios.
pub(super) fn names() -> Vec<String> {
    let paths = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

pub(super) fn calls(scenario: &str) -> Vec<Call> {
    let path = Path::new(FOLDER).join(format!("{scenario}.jsonl"));
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Header = serde_json::from_str(lines.next().unwrap()).unwrap();
    let calls: Vec<Call> = lines
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{scenario} {}: {e}", at + 1))
        })
        .collect();
    assert_eq!(header.scenario, scenario);
    assert_eq!(header.calls, calls.len(), "calls of {scenario}");
    calls
}
