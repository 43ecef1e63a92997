//! A thousand files of forty lines: reading and checking them, compared with only parsing their YAML. And a directory of
//! ten thousand files, as every command reads it, compared with reading and parsing them one after another.

use std::fmt::Write as _;

use granit_parser::{Options, Parser};
use roomwright::policies;
use roomwright::policy::PolicySet;
use roomwright::yaml::{self, Sources};

use super::{head, ratio, row, time};

const FILES: usize = 1_000;

/// The file of a department, with unique names.
fn file(number: usize) -> String {
    let mut text = String::from("# A department's rooms\nversion: 1\n\nroles:\n");
    let _ = writeln!(text, "  Chief {number}: room-manager");
    let _ = writeln!(
        text,
        "  Reader {number}: {{ default: viewer, form-filling: form-filler, public: none }}"
    );
    let _ = write!(
        text,
        "
templates:
  base-{number}:
    folders:
      - Documents
      - Tasks
      - Archive/{{date.year}}
    grants:
      - {{ group: Department {number}, role: editor }}
      - {{ group: Audit, role: Reader {number} }}
  client-{number}:
    extends: base-{number}
    vars:
      region: north
    folders:
      - Contracts:
          - Drafts
          - Signed
      - \"Correspondence {{client}}\"
    grants:
      - {{ user: chief{number}@example.org, role: Chief {number} }}
    settings:
      tags: [client, \"{{client}}\", \"{{region}}\"]

policies:
  - name: clients-{number}
    description: Rooms of the department, one per client and year
    match:
      title: \"D{number} - {{client}} - 20[0-9][0-9]\"
      type: [collaboration, custom]
      creator: \"*@d{number}.example.org\"
    template: client-{number}
    priority: 50
  - name: teams-{number}
    match:
      title: [\"Team {number} *\", \"D{number} team *\"]
      type: [collaboration, custom]
    template: base-{number}
"
    );
    assert_eq!(text.lines().count(), 44);
    text
}

pub(super) fn run() {
    let files: Vec<String> = (0..FILES).map(file).collect();
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(format!("policies/{number:04}.yaml"), text.clone());
    }
    let (set, problems) = PolicySet::check(&sources);
    assert!(
        set.is_some() && problems.is_empty(),
        "{}",
        yaml::render(&sources, &problems, false)
    );
    let parsed = time(|| {
        let events =
            |text: &String| Parser::new_from_str_with_options(text, Options::default()).count();
        files.iter().map(events).sum::<usize>()
    });
    let read = time(|| PolicySet::check(&sources).1.len());
    let all = time(|| PolicySet::validate(&sources).1.len());
    head(&["1,000 files of 44 lines", "÷ bare YAML events"]);
    for (what, took) in [
        ("the events of the YAML parser alone", parsed),
        ("read into the model and checked", read),
        ("the JSON Schema as well, as `validate` does", all),
    ] {
        row(&[what.to_owned(), format!("{:.2}", ratio(took, parsed))]);
    }
    println!();
    directory();
}

/// Ten thousand files on disk.
fn directory() {
    const FILES: usize = 10_000;
    let directory = std::env::temp_dir().join(format!("roomwright-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let paths: Vec<_> = (0..FILES)
        .map(|number| directory.join(format!("{number:05}.yaml")))
        .collect();
    for (number, path) in paths.iter().enumerate() {
        std::fs::write(path, file(number)).unwrap();
    }
    let serial = time(|| {
        let events = |path| {
            let text = std::fs::read_to_string(path).unwrap();
            Parser::new_from_str_with_options(&text, Options::default()).count()
        };
        paths.iter().map(events).sum::<usize>()
    });
    let all = time(|| {
        let sources = policies::read(&directory).unwrap();
        PolicySet::check(&sources).1.len()
    });
    std::fs::remove_dir_all(&directory).unwrap();
    head(&[
        "10,000 files of 44 lines",
        "÷ reading and parsing one after another",
    ]);
    for (what, took) in [
        ("read, and the YAML parser's events alone", serial),
        ("read, checked and indexed, as every command does", all),
    ] {
        row(&[what.to_owned(), format!("{:.2}", ratio(took, serial))]);
    }
}
