//! `validate` for programs, and the codes of the problems.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use roomwright::yaml::CODES;
use serde_json::Value;

use crate::cli::{run, shown};

/// The codes that have a section on the page.
fn documented() -> Vec<String> {
    let page = std::fs::read_to_string("docs/problems.md").unwrap();
    let sections = page.split("\n## ").skip(1);
    let sections = sections.map(|section| {
        let (title, text) = section.split_once('\n').unwrap();
        assert!(text.trim().len() > 20, "{title}");
        title.to_owned()
    });
    sections.collect()
}

#[test]
fn every_code_has_a_section_and_every_section_a_code() {
    assert_eq!(documented(), CODES);
    assert!(CODES.is_sorted());
}

#[test]
fn every_code_is_used() {
    let mut sources = String::new();
    let mut open = vec![std::path::PathBuf::from("src")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("yaml/code.rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let unused: BTreeSet<&str> = CODES
        .into_iter()
        .filter(|code| !sources.contains(&format!("\"{code}\"")))
        .collect();
    assert_eq!(unused, BTreeSet::new());
}

#[test]
fn a_code_is_explained() {
    let explain = |code: &str| shown(&run(Path::new("."), &["validate", "--explain", code]));
    assert_snapshot!(explain("[cut-text]"), @r"
    exit 0
    cut-text

    A space followed by `#` starts a comment, which cuts off the text. Quote it: `'Lot #3'`. A comment after a text has a space
    after its `#`.
    ");
    assert_snapshot!(explain("conflicts"), @r"
    exit 64
    error: there is no code `conflicts`; did you mean `conflict`? docs/problems.md lists all codes
    ");
}

const WRONG: &str = "version: 1
templates:
  t: { folders: [A, A], grants: [{ group: HR, rol: viewer }] }
policies:
  - { name: p, match: all, template: t }
  - { name: p, match: all, template: u }
";

fn wrong() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/a b.yaml"), WRONG).unwrap();
    directory
}

#[test]
fn problems_are_annotations_of_a_pull_request() {
    let directory = wrong();
    let output = run(directory.path(), &["validate", "--format", "github"]);
    assert_snapshot!(shown(&output), @r"
    exit 3
    ::warning file=policies/a b.yaml,line=3,col=21,endLine=3,endColumn=22,title=same-folder::`A` is the same folder as an entry above%0Ahelp: case, the kind of dashes, quotes and blanks, and characters that DocSpace stores as `_` make no difference; keep one of them
    ::error file=policies/a b.yaml,line=3,col=47,endLine=3,endColumn=50,title=unknown-key::unknown key `rol`; did you mean `role`? (known here: group, user, role, on_missing)
    ::error file=policies/a b.yaml,line=6,col=13,endLine=6,endColumn=14,title=duplicate-policy::the policy `p` is defined twice
    ");
}

#[test]
fn problems_are_a_sarif_log() {
    let directory = wrong();
    let output = run(directory.path(), &["validate", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(3));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    for result in results {
        let id = &result["ruleId"];
        assert!(
            rules
                .iter()
                .any(|rule| rule["id"] == *id && rule["help"]["text"] != ""),
            "{id}"
        );
    }
    let twice = results
        .iter()
        .find(|result| result["ruleId"] == "duplicate-policy");
    assert_snapshot!(serde_json::to_string_pretty(twice.unwrap()).unwrap(), @r#"
    {
      "level": "error",
      "locations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "policies/a%20b.yaml"
            },
            "region": {
              "endColumn": 14,
              "endLine": 6,
              "startColumn": 13,
              "startLine": 6
            }
          }
        }
      ],
      "message": {
        "text": "the policy `p` is defined twice"
      },
      "relatedLocations": [
        {
          "message": {
            "text": "first here"
          },
          "physicalLocation": {
            "artifactLocation": {
              "uri": "policies/a%20b.yaml"
            },
            "region": {
              "startColumn": 13,
              "startLine": 5
            }
          }
        }
      ],
      "ruleId": "duplicate-policy"
    }
    "#);
    let json = run(directory.path(), &["validate", "--json"]);
    let list: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(list["problems"].as_array().unwrap().len(), results.len());
}
