//! Problems in the formats of code review: SARIF, and GitHub's annotations.

use serde_json::{Value, json};

use crate::room::escape_control;
use crate::yaml::{CODES, Place, ProblemRecord};

/// What docs/problems.md says about a code.
pub(super) fn section(code: &str) -> Option<&'static str> {
    const PAGE: &str = include_str!("../../docs/problems.md");
    let sections = PAGE.split("\n## ").skip(1);
    let mut sections = sections.filter_map(|section| section.split_once('\n'));
    let (_, text) = sections.find(|(title, _)| *title == code)?;
    Some(text.trim())
}

/// As a log in SARIF 2.1.0.
pub(super) fn sarif(problems: &[ProblemRecord]) -> Value {
    let rules: Vec<Value> = CODES
        .iter()
        .filter(|code| problems.iter().any(|problem| problem.code == **code))
        .map(|code| json!({ "id": code, "help": { "text": section(code).unwrap_or_default() } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "roomwright",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": problems.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(problem: &ProblemRecord) -> Value {
    let region = json!({
        "startLine": problem.place.line, "startColumn": problem.place.column,
        "endLine": problem.end_line, "endColumn": problem.end_column,
    });
    let related: Vec<Value> = problem
        .related
        .iter()
        .map(|related| {
            let place = &related.place;
            let region = json!({ "startLine": place.line, "startColumn": place.column });
            json!({
                "physicalLocation": location(place, &region),
                "message": { "text": related.message },
            })
        })
        .collect();
    json!({
        "ruleId": problem.code,
        "level": problem.severity,
        "message": { "text": message(problem) },
        "locations": [{ "physicalLocation": location(&problem.place, &region) }],
        "relatedLocations": related,
    })
}

/// What is wrong, and what to do.
fn message(problem: &ProblemRecord) -> String {
    match &problem.help {
        Some(help) => format!("{}\nhelp: {help}", problem.message),
        None => problem.message.clone(),
    }
}

fn location(place: &Place, region: &Value) -> Value {
    json!({ "artifactLocation": { "uri": uri(&place.file) }, "region": region })
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// As workflow commands, one per line.
pub(super) fn github(problems: &[ProblemRecord]) -> String {
    let line = |problem: &ProblemRecord| {
        let place = &problem.place;
        format!(
            "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}\n",
            problem.severity,
            property(&place.file),
            place.line,
            place.column,
            problem.end_line,
            problem.end_column,
            problem.code,
            data(&message(problem))
        )
    };
    problems.iter().map(line).collect()
}

fn data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(escape_control).collect();
    let text = lines.join("\n");
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
