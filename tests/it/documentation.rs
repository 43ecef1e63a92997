//! The Markdown files: links lead somewhere, each page is in the table of contents, and the reference of the
//! configuration names what exists and nothing else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use roomwright::config::{self, Config, Flags};

use crate::cli::shown;
use crate::process_harness::Site;

const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");
const CONFIGURATION: &str = include_str!("../../docs/configuration.md");

/// Every Markdown file that is ours.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut open = vec![PathBuf::from(".")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // What is built, and what is no part of the repository.
                if !matches!(name.as_str(), "target" | ".git" | "dist" | "found") {
                    open.push(path);
                }
            } else if name.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 8, "{pages:?}");
    pages
}

/// The text without its code, in which brackets mean other things.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let outside = line.split('`').step_by(2);
            prose.push_str(&outside.collect::<Vec<_>>().join(" "));
            prose.push('\n');
        }
    }
    prose
}

fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let starts = prose.match_indices("](");
    let link = |at: usize| prose[at + 2..].split(')').next().unwrap().to_owned();
    starts
        .map(|(at, _)| link(at))
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        .collect()
}

/// What a heading can be linked by.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        if !in_block && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            anchors.insert(kept.collect::<String>().replace(' ', "-"));
        }
    }
    anchors
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.clone(),
                // The map of the modules is the first page of the code's own documentation.
                path if path.starts_with("crate::") => continue,
                path => page.parent().unwrap().join(path),
            };
            let found = target.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !found {
                broken.push(format!("{} → {link}", page.display()));
            }
            checked += 1;
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(checked > 20, "{checked}");
}

#[test]
fn the_table_of_contents_has_every_page_of_the_documentation() {
    let summary = fs::read_to_string("docs/SUMMARY.md").unwrap();
    let linked: BTreeSet<String> = links(&summary).into_iter().collect();
    for entry in fs::read_dir("docs").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(!is_page || linked.contains(&name), "{name} is not in it");
    }
}

/// The cells of the tables whose first header is this, without their backticks; `–` is nothing.
fn rows(first: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in CONFIGURATION.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", name, default, _, ""] if inside && !name.starts_with('-') => {
                rows.push((name.replace('`', ""), default.replace('`', "")));
            }
            ["", name, ..] if *name == first => inside = true,
            ["", ..] => {}
            _ => inside = false,
        }
    }
    rows
}

/// The keys of a table of the file, from what the program says of a key that no table has.
fn keys(file: &str) -> Vec<String> {
    // A table of people's own keys takes any.
    let Err(error) = config::check("roomwright.yaml", file) else {
        return Vec::new();
    };
    let error = error.to_string();
    let Some((_, known)) = error.split_once("(known here: ") else {
        return Vec::new();
    };
    let (known, _) = known.split_once(')').unwrap();
    known.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_configuration_is_in_its_reference_and_no_other() {
    let mut existing = BTreeSet::new();
    for key in keys("no_such_key: x\n") {
        let below = keys(&format!("{key}: {{ no_such_key: x }}\n"));
        if below.is_empty() {
            existing.insert(key.clone());
        }
        existing.extend(below.iter().map(|below| format!("{key}.{below}")));
    }
    assert!(existing.contains("listen") && existing.contains("retry.first"));
    let documented: BTreeSet<String> = rows("key").into_iter().map(|(key, _)| key).collect();
    assert_eq!(documented, existing);
}

#[test]
fn the_defaults_of_the_reference_are_those_in_force() {
    let directory = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let path = directory.path().join("roomwright.yaml");
        fs::write(&path, text).unwrap();
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        let config = format!("{:?}", Config::load(&flags, &|_| None).unwrap());
        // What the file names stands beside it.
        config.replace(&format!("{}/", directory.path().display()), "")
    };
    let nothing = load("");
    let mut written = 0;
    for (key, default) in rows("key") {
        if default == "–" {
            continue;
        }
        let text = match key.split_once('.') {
            Some((table, key)) => format!("{table}: {{ {key}: {default} }}\n"),
            None => format!("{key}: {default}\n"),
        };
        assert_eq!(load(&text), nothing, "{text}");
        written += 1;
    }
    assert!(written > 10, "{written}");
    // The comparison sees a value that differs.
    assert_ne!(load("limits: { writes_at_once: 6 }\n"), nothing);
}

#[test]
fn every_variable_that_is_read_is_in_the_reference_and_no_other() {
    let asked = RefCell::new(BTreeSet::new());
    let environment = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roomwright.yaml");
    fs::write(&path, "").unwrap();
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    Config::load(&flags, &environment).unwrap();
    let documented: BTreeSet<String> = rows("variable").into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented, asked.into_inner());
}

#[test]
fn the_example_of_the_reference_is_a_configuration() {
    let text = CONFIGURATION.split("```yaml\n").nth(1).unwrap();
    let text = text.split("```").next().unwrap();
    config::check("roomwright.yaml", text).unwrap();
}

#[test]
fn a_key_and_a_link_that_are_wrong_are_seen() {
    assert_eq!(
        links("[a](b.md) `[c](d.md)` [e](https://f)\n```\n[g](h)\n```\n"),
        ["b.md"]
    );
    assert_eq!(
        anchors("# What *adopting* a room means\n## `x`: y!\n"),
        BTreeSet::from(["what-adopting-a-room-means".to_owned(), "x-y".to_owned()])
    );
}

#[test]
fn the_image_is_built_with_the_oldest_compiler_that_is_supported() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let line = manifest
        .lines()
        .find(|line| line.starts_with("rust-version"));
    let oldest = line.unwrap().split('"').nth(1).unwrap();
    let image = fs::read_to_string("deploy/Containerfile").unwrap();
    assert!(image.contains(&format!("FROM rust:{oldest}-")));
}

const README: &str = include_str!("../../README.md");

/// The lines of the first block of commands below a heading of the README.
fn commands(heading: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().collect()
}

/// Runs lines in a shell in which `roomwright` is the program that is tested.
fn in_shell(mut shell: Command, lines: &[&str]) {
    let function = format!("roomwright() {{ '{BINARY}' \"$@\"; }}");
    let script = format!("set -euo pipefail\n{function}\n{}\n", lines.join("\n"));
    let output = shell.args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{script}{}", shown(&output));
}

#[test]
fn the_readmes_first_five_minutes_work_in_an_empty_directory() {
    let directory = tempfile::tempdir().unwrap();
    let lines = commands("Five minutes");
    assert_eq!(lines[0], "cargo install --locked --path .");
    let mut shell = Command::new("bash");
    shell.current_dir(directory.path());
    in_shell(shell, &lines[1..]);
    assert!(directory.path().join("rooms/policies/rooms.yaml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_roll_out_and_operating_work_against_a_portal_and_write_nothing() {
    let policy = "version: 1\ntemplates: { t: { folders: [A] } }\npolicies: [{ name: a, match: { title: Nothing }, template: t }]\n";
    let site = Site::new(policy).await;
    let [doctor, plan, serve] = commands("The roll-out")[..] else {
        panic!("three steps")
    };
    in_shell(site.command("bash"), &[doctor, plan]);
    let observing = serve.split(" #").next().unwrap().trim();
    let line = observing.replacen("roomwright", "exec \"$0\"", 1);
    let service = site.serve_under(&line).await;
    assert_eq!(service.end().await, Some(0));
    let operating = commands("Operating");
    let (serving, others) = operating.split_first().unwrap();
    assert!(serving.starts_with("roomwright serve "), "{serving}");
    in_shell(site.command("bash"), others);
    assert!(site.portal.writes().is_empty());
    site.portal.stop();
}

#[test]
fn help_and_pages_name_the_same_exit_codes_and_variables() {
    let output = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let (codes, environment) = codes.split_once("\n\n").unwrap();
    let said: Vec<&str> = codes
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let page = fs::read_to_string("docs/exit-codes.md").unwrap();
    let (table, _) = page.split_once("\n## ").unwrap();
    let documented: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| cell.parse::<u8>().is_ok())
        .collect();
    assert_eq!(said, documented);
    for (name, _) in rows("variable") {
        assert!(
            environment.contains(name.trim_end_matches("_FILE")),
            "{name}"
        );
    }
}

/// All commands of a page, in its order.
fn script(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_page_of_the_first_room_works_line_by_line() {
    let page = fs::read_to_string("docs/first-room.md").unwrap();
    // Ports that are free now; others may use the page's own.
    let ports: Vec<String> = [(); 2]
        .map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
        .iter()
        .map(|socket| socket.local_addr().unwrap().port().to_string())
        .collect();
    let script = script(&page)
        .replace("127.0.0.1:8092", &format!("127.0.0.1:{}", ports[0]))
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{}", ports[1]));
    let directory = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(BINARY, bin.path().join("roomwright")).unwrap();
    // What is left of a page that fails half-way ends with its shell.
    let script =
        format!("set -eo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{script}");
    let output = Command::new("timeout")
        .args(["60", "bash", "-c", &script])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.path().display()))
        .output()
        .unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("\n  in sync\n"), "{told}");
}

/// The texts of the warnings and errors that the code logs.
fn alarms() -> Vec<String> {
    let mut alarms = Vec::new();
    let mut directories = vec![PathBuf::from("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("simulator") {
                directories.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                for level in ["tracing::warn!(", "tracing::error!("] {
                    let calls = text.split(level).skip(1);
                    alarms.extend(calls.map(last_literal));
                }
            }
        }
    }
    alarms
}

/// The last text in quotes of a call whose parenthesis is open.
fn last_literal(call: &str) -> String {
    let (mut depth, mut literal, mut inside) = (1, String::new(), None);
    let mut chars = call.chars();
    while let Some(c) = chars.next() {
        match (c, &mut inside) {
            ('\\', Some(_)) => drop(chars.next()),
            ('"', Some(text)) => {
                literal = std::mem::take(text);
                inside = None;
            }
            (c, Some(text)) => text.push(c),
            ('"', None) => inside = Some(String::new()),
            ('(', None) => depth += 1,
            (')', None) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    literal
}

#[test]
fn every_warning_and_error_of_the_log_is_explained_to_operators() {
    let plain = |text: &str| text.replace('`', "");
    let page = plain(&fs::read_to_string("docs/operations.md").unwrap());
    let is_explained = |alarm: &String| {
        // What stands between the values, and a clause of it is enough.
        let clauses = alarm.split(['{', '}', ';', ':', ',']).map(plain);
        let mut clauses = clauses.map(|clause| clause.trim().to_owned());
        clauses.any(|clause| clause.len() > 8 && page.contains(&clause))
    };
    // A line that is nothing but a value is explained where that is made.
    let alarms = alarms().into_iter().filter(|alarm| alarm.len() > 20);
    let alarms: Vec<String> = alarms.collect();
    assert!(alarms.len() > 20, "{alarms:#?}");
    let unexplained: Vec<_> = alarms.iter().filter(|alarm| !is_explained(alarm)).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}
