//! The reference of the configuration names every key and variable that exists and no other.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;

use roomwright::config::{self, Config, Flags};

use super::{CONFIGURATION, rows};

/// The keys of a table of the file, from the error about an unknown key.
fn keys(file: &str) -> Vec<String> {
    // A table of user-defined keys accepts any.
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
        // Paths in the file are relative to it.
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
    // The comparison detects another value.
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
