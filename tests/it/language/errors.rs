//! Errors in one place do not hide what `validate` finds elsewhere.

use roomwright::policy::{PolicySet, Portal};
use roomwright::yaml::Sources;

use super::advice::reported;

/// Two policies that contradict each other, and more text.
fn with(more: &str) -> String {
    format!(
        "version: 1\ntemplates:\n  blue: {{ settings: {{ color: 0000FF }} }}\n  red: {{ settings: {{ color: FF0000 }} }}\n{more}"
    )
}

const PAIR: &str = "policies:\n  - { name: a, match: { title: 'X*', type: custom }, template: blue }\n  - { name: b, match: { title: 'X*', type: custom }, template: red }\n";

fn codes(text: &str) -> Vec<String> {
    let found = reported(text);
    let lines = found.lines().filter(|line| !line.starts_with("  "));
    let codes =
        lines.filter_map(|line| Some(line.split_once(": ")?.0.split_once(' ')?.1.to_owned()));
    codes.collect()
}

fn left_out(text: &str) -> Option<String> {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    PolicySet::validate_for(&sources, &Portal::default()).left_out
}

#[test]
fn an_error_in_a_test_does_not_hide_a_conflict() {
    let text = with(&format!(
        "{PAIR}tests:\n  - {{ name: t, room: {{ title: X, type: custm }}, expect: {{ folders: [] }} }}\n"
    ));
    assert_eq!(codes(&text), ["conflict", "unknown-type"]);
    assert_eq!(left_out(&text), None);
}

#[test]
fn an_impossible_role_does_not_hide_a_conflict() {
    let text = with(&format!(
        "{PAIR}  - {{ name: c, match: {{ title: 'X*', type: custom }}, template: {{ grants: [{{ group: HR, role: form-filler }}] }} }}\n"
    ));
    assert_eq!(codes(&text), ["conflict", "impossible-role"]);
}

#[test]
fn all_policies_that_never_match_are_reported_beside_other_errors() {
    let text = with(
        "policies:
  - { name: a, match: { title: 'X*', except: { title: '*' } }, template: blue }
  - { name: b, match: { title: 'Y*', except: { title: 'Y*' } }, template: red }
  - { name: c, match: { type: custom, except: { type: custom } }, template: red }
  - { name: d, match: { title: 'Z*' }, template: green }
",
    );
    assert_eq!(
        codes(&text),
        [
            "never-matches",
            "never-matches",
            "never-matches",
            "unknown-template"
        ]
    );
}

#[test]
fn a_policy_with_an_error_is_left_out_and_named() {
    let text = with(&format!(
        "{PAIR}  - {{ name: c, match: {{ title: 'X{{', type: custom }}, template: red }}\n"
    ));
    assert_eq!(codes(&text), ["conflict", "bad-glob"]);
    assert_eq!(
        left_out(&text).unwrap(),
        "because of their errors, these policies were not compared with the others: `c`"
    );
}

#[test]
fn what_a_left_out_policy_may_decide_is_not_reported() {
    let broken = |priority: &str| {
        codes(&with(&format!(
            "{PAIR}  - {{ name: c, priority: {priority}, match: {{ title: 'X{{', type: custom }}, template: red }}\n"
        )))
    };
    assert_eq!(broken("1"), ["bad-glob"]);
    assert_eq!(broken("-1"), ["conflict", "bad-glob"]);
    assert_eq!(broken("high"), ["wrong-type", "bad-glob"]);
}

#[test]
fn a_template_with_an_error_leaves_out_the_policies_that_use_it() {
    let text = "version: 1\ntemplates:\n  base: { grants: [{ group: HR, role: edtor }] }\n  red: { extends: base, settings: { color: FF0000 } }\n  blue: { settings: { color: 0000FF } }\n";
    let text = format!(
        "{text}{PAIR}  - {{ name: c, match: {{ title: 'X*', type: custom }}, template: {{ settings: {{ color: 00FF00 }} }} }}\n"
    );
    let found = reported(&text);
    assert!(found.contains("unknown-role"), "{found}");
    assert!(found.contains("the policies `a` and `c`"), "{found}");
    assert_eq!(found.matches("conflict").count(), 1, "{found}");
    assert!(left_out(&text).unwrap().ends_with(": `b`"));
}

#[test]
fn an_error_that_may_concern_all_policies_leaves_out_the_comparison() {
    for more in [
        "roles: { Reader: vewer }\n",
        "tables: { t: { A: '' } }\n",
        "rooms: []\n",
    ] {
        let text = with(&format!("{more}{PAIR}"));
        assert!(!codes(&text).contains(&"conflict".to_owned()), "{more}");
        let expected = "because of these errors, the policies were not compared with each other";
        assert_eq!(left_out(&text).as_deref(), Some(expected), "{more}");
    }
}

#[test]
fn every_invalid_word_of_a_role_is_reported() {
    let text = with(&format!(
        "roles: {{ R: {{ default: vewer, custom: edtor, vdr: x, public: none }} }}\n{PAIR}"
    ));
    assert_eq!(
        codes(&text),
        ["unknown-access", "unknown-access", "unknown-access"]
    );
}
