//! Every warning and error that the code logs is explained to operators.

use std::fs;
use std::path::PathBuf;

/// The texts of all warnings and errors in the code.
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

/// The last string literal of a call, given the text after its opening parenthesis.
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
        // One clause between the values is enough.
        let clauses = alarm.split(['{', '}', ';', ':', ',']).map(plain);
        let mut clauses = clauses.map(|clause| clause.trim().to_owned());
        clauses.any(|clause| clause.len() > 8 && page.contains(&clause))
    };
    // A message that is only a value is explained where the value is created.
    let alarms = alarms().into_iter().filter(|alarm| alarm.len() > 20);
    let alarms: Vec<String> = alarms.collect();
    assert!(alarms.len() > 20, "{alarms:#?}");
    let unexplained: Vec<_> = alarms.iter().filter(|alarm| !is_explained(alarm)).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}
