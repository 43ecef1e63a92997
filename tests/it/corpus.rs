//! Invalid input: the corpus of the fuzzer, and sizes that must take bounded time.

use std::path::Path;
use std::time::{Duration, Instant};

use roomwright::policy::PolicySet;
use roomwright::policy::glob::{FoldMode, Glob};
use roomwright::room::{stored_title, title_units};
use roomwright::yaml::{MAX_FILE, Sources, render};

#[path = "../../fuzz/targets.rs"]
mod targets;

/// Many times the usual duration; quadratic work takes even longer.
const LONG: Duration = Duration::from_secs(20);

fn replay(name: &str, target: fn(&[u8])) {
    let directory = Path::new("fuzz/corpus").join(name);
    let mut files = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let ended = std::panic::catch_unwind(|| target(&input));
        assert!(ended.is_ok(), "{}", path.display());
        files += 1;
    }
    assert!(files >= 10, "{}: {files} files", directory.display());
}

#[test]
fn the_fuzz_corpus_passes() {
    replay("signature", targets::signature);
    replay("payload", targets::payload);
    replay("policy", targets::policy);
    replay("glob", targets::glob);
    replay("config", targets::config);
}

/// The messages about a file, and whether it can be used.
fn checked(text: String) -> (bool, String) {
    let start = Instant::now();
    let mut sources = Sources::default();
    sources.add("policies/large.yaml", text);
    let (set, problems) = PolicySet::check(&sources);
    let reported = render(&sources, &problems, false);
    assert!(start.elapsed() < LONG, "it took {:?}", start.elapsed());
    (set.is_some(), reported)
}

const HEAD: &str = "version: 1\ntemplates:\n  t: { folders: [A] }\npolicies:\n  - { name: all, match: all, template: t }\n";

/// This many policies for different rooms.
fn policies(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for n in 0..count {
        text.push_str(&format!(
            "  - {{ name: p{n}, match: {{ title: 'Room {n} *' }}, template: t }}\n"
        ));
    }
    text
}

#[test]
fn a_file_of_5_mb_is_read_and_a_larger_one_is_an_error() {
    let mut text = format!("{HEAD}# ");
    text.push_str(&"x".repeat(MAX_FILE - text.len()));
    assert_eq!(text.len(), MAX_FILE);
    assert_eq!(checked(text.clone()), (true, String::new()));
    text.push('x');
    let (usable, reported) = checked(text);
    assert!(
        !usable && reported.contains("the file is larger than 5 MB"),
        "{reported}"
    );
}

#[test]
fn a_file_full_of_folders_is_read_in_bounded_time() {
    let mut text = "version: 1\ntemplates:\n  t:\n    folders:\n".to_owned();
    for n in 0.. {
        let line = format!("      - Folder number {n} of a very large template\n");
        if text.len() + line.len() > MAX_FILE {
            break;
        }
        text.push_str(&line);
    }
    let (_, reported) = checked(text);
    assert!(
        reported.len() < 1_000_000,
        "{} bytes are reported",
        reported.len()
    );
}

#[test]
fn ten_thousand_braces_are_an_error_with_a_limit() {
    let braces = format!("{}{}", "{".repeat(10_000), "}".repeat(10_000));
    let text = format!(
        "version: 1\ntemplates:\n  t: {{ folders: ['{braces}'] }}\npolicies:\n  - {{ name: p, match: {{ title: '{braces}' }}, template: t }}\n"
    );
    let (usable, reported) = checked(text);
    assert!(
        !usable && reported.contains("longer than 1000 characters"),
        "{reported}"
    );
    let short = format!("{}a,b{}", "{x,".repeat(200), "}".repeat(200));
    let bad = Glob::new(&short, FoldMode::Titles).unwrap_err();
    assert!(bad.0.contains("more than 8 levels deep"), "{}", bad.0);
    let (usable, reported) = checked(format!(
        "version: 1\ntemplates:\n  t: {}{}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    ));
    assert!(!usable && reported.contains("64 levels"), "{reported}");
}

#[test]
fn twenty_thousand_unknown_keys_are_reported_in_bounded_time() {
    let mut text = HEAD.to_owned();
    for n in 0..20_000 {
        text.push_str(&format!("polisy{n}: 1\n"));
    }
    let (usable, reported) = checked(text);
    assert!(!usable && reported.contains("unknown key `polisy0`"));
    assert!(
        reported.len() < 20_000_000,
        "{} bytes are reported",
        reported.len()
    );
}

#[test]
fn words_and_lines_of_megabytes_are_reported_in_bounded_time() {
    let word = "polices".repeat(500_000);
    let (usable, _) = checked(format!("{HEAD}? {word}\n: 1\n"));
    assert!(!usable);
    let mut line = "{ version: 1".to_owned();
    for n in 0..200_000 {
        line.push_str(&format!(", polisy{n}: 1"));
    }
    let (usable, reported) = checked(format!("{line} }}\n"));
    assert!(!usable);
    assert!(
        reported.len() < 10_000_000,
        "{} bytes are reported",
        reported.len()
    );
}

#[test]
fn twenty_thousand_policies_are_checked_in_bounded_time() {
    let (usable, reported) = checked(policies(20_000));
    assert!(
        usable,
        "{}",
        reported.lines().take(20).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn twenty_thousand_problems_in_one_file_are_shown_in_bounded_time() {
    let text = policies(20_000).replace(" *' }", " {a' }");
    let (usable, reported) = checked(text);
    assert!(!usable);
    // The first problems, and a note that there are more.
    assert_eq!(reported.matches("`{` without `}`").count(), 50);
    assert!(reported.contains("more problems"), "{reported}");
}

#[test]
fn a_title_of_400_combining_characters_is_matched_and_stored_in_bounded_time() {
    let title = format!("e{}", "\u{301}".repeat(399));
    assert_eq!(title_units(&title), 400);
    assert_eq!(stored_title(&title), title);
    let start = Instant::now();
    for (glob, fits) in [
        ("*\u{301}*\u{301}*\u{301}*\u{301}*x", false),
        ("{a}\u{301}{b}\u{301}{c}", true),
        ("É*", true),
        ("{a=*\u{301}*}{b=*\u{301}*}{c=*\u{301}*}!", false),
    ] {
        let glob = Glob::new(glob, FoldMode::Titles).unwrap();
        assert_eq!(glob.is_match(&title), fits, "{}", glob.as_str());
    }
    assert!(start.elapsed() < LONG);
}
