//! Conflicts about names and values that depend on variables: `validate` finds what a room would show.

use insta::assert_snapshot;
use roomwright::decide::Refusal;
use roomwright::room::RoomType;

use super::advice::reported;
use super::{facts, resolved};

/// What is reported for two policies with the same priority for custom rooms.
fn pair(a: &str, b: &str) -> String {
    reported(&format!(
        "version: 1\ntables:\n  t: {{ ACME: HR, default: IT }}\npolicies:\n  - {{ name: a, {a} }}\n  - {{ name: b, {b} }}\n"
    ))
}

/// A policy for a title that gives a group a role.
fn grants(title: &str, group: &str, role: &str) -> String {
    format!(
        "match: {{ title: '{title}', type: custom }}, template: {{ grants: [{{ group: '{group}', role: {role} }}] }}"
    )
}

fn vars(policy: &str, vars: &str) -> String {
    format!("{policy}, vars: {{ {vars} }}")
}

#[test]
fn names_that_differ_in_every_room_are_no_conflict() {
    for (a, b) in [
        (
            vars(&grants("Client *", "{g}", "viewer"), "g: HR"),
            vars(&grants("*ACME", "{g}", "editor"), "g: IT"),
        ),
        (
            grants("Client {c}", "Team {c}", "viewer"),
            grants("{c} ACME", "Team {c}", "editor"),
        ),
        (
            grants("Client {c}", "Team {c}", "viewer"),
            grants("*ACME", "Staff ACME", "editor"),
        ),
        (
            grants("Client {c}", "Team {c}", "viewer"),
            grants("* {c}", "Team {c}", "viewer"),
        ),
        (
            grants("Client {c}", "{c}", "viewer"),
            grants("*", "Staff", "editor"),
        ),
        (
            grants("Client {c}", "{t[c]}", "viewer"),
            grants("*", "Staff", "editor"),
        ),
        (
            grants("{c={HR,IT}} *", "{c}", "viewer"),
            grants("*", "Staff", "editor"),
        ),
        (
            grants("{c={HR,IT}} *", "{c}", "viewer"),
            grants("HR *", "IT", "editor"),
        ),
    ] {
        let found = pair(&a, &b);
        assert!(!found.contains("conflict:"), "{a}\n{b}\n{found}");
    }
}

#[test]
fn names_that_are_equal_in_some_room_are_a_conflict_that_names_the_room() {
    for (a, b, room) in [
        (
            grants("Client {c}", "Team {c}", "viewer"),
            grants("*ACME", "Team ACME", "editor"),
            "`client acme`",
        ),
        (
            vars(&grants("Client *", "{g}", "viewer"), "g: HR"),
            grants("*", "HR", "editor"),
            "`client ",
        ),
        (
            vars(&grants("Client *", "{g}", "viewer"), "g: [IT, hr]"),
            grants("*", "HR", "editor"),
            "`client ",
        ),
        (
            grants("Client {c}", "Team {c}", "viewer"),
            grants("{x} {d}", "Team {d}", "editor"),
            "`client ",
        ),
        (
            grants("{c} - {d}", "{c} readers", "viewer"),
            grants("* - {e}", "{e} readers", "editor"),
            "",
        ),
        (
            grants("{c={HR,IT}} *", "{c}", "viewer"),
            grants("*", "it", "editor"),
            "`it ",
        ),
        (
            grants("{c={HR,IT}} *", "{c}", "viewer"),
            grants("* {d=I?}", "{d}", "editor"),
            "`it it`",
        ),
        (
            grants("Client {c}", "{c:upper} team", "viewer"),
            grants("* Legal", "Legal team", "editor"),
            "`client legal`",
        ),
    ] {
        let found = pair(&a, &b);
        let is_found = found.contains("conflict:") && found.contains(room);
        assert!(is_found, "{a}\n{b}\n{found}");
    }
}

#[test]
fn values_with_captures_are_a_conflict_if_they_differ_in_some_room() {
    let marked = |title: &str, text: &str| {
        format!(
            "match: {{ title: '{title}', type: vdr }}, template: {{ settings: {{ watermark: {{ show: [date], text: '{text}' }} }} }}"
        )
    };
    let owned = |title: &str, owner: &str| {
        format!(
            "match: {{ title: '{title}', type: vdr }}, template: {{ owner: '{{o}}' }}, vars: {{ o: {owner}@example.org }}"
        )
    };
    for (a, b, is_conflict) in [
        (marked("Client {c}", "{c}"), marked("{c} *", "{c}"), true),
        (
            marked("Client {c}", "{c}"),
            marked("Client {c}", "{c}"),
            false,
        ),
        (
            marked("Client {c}", "of {c}"),
            marked("Client {d}", "of {d}"),
            false,
        ),
        (owned("A*", "anna"), owned("*B", "ben"), true),
        (owned("A*", "anna"), owned("*B", "ANNA"), false),
    ] {
        let found = pair(&a, &b);
        assert_eq!(
            found.contains("conflict:"),
            is_conflict,
            "{a}\n{b}\n{found}"
        );
    }
}

#[test]
fn captures_that_are_equal_in_the_shortest_room_are_searched_in_longer_ones() {
    let mark = "template: { settings: { watermark: { text: 'For {n}' } } }";
    for (a, b) in [("Client {n}", "{n} Client"), ("{n} x", "x {n}")] {
        let policy = |title: &str| format!("match: {{ title: '{title}', type: custom }}, {mark}");
        let found = pair(&policy(a), &policy(b));
        assert!(found.contains("conflict:"), "{a}\n{b}\n{found}");
        let grant = grants(a, "G {n}", "viewer");
        let (_, matched) = grant.split_once("template:").unwrap();
        let shared = format!(
            "version: 1\ntemplates: {{ t: {matched} }}\npolicies:\n  - {{ name: a, match: {{ title: '{a}', type: custom }}, template: t }}\n  - {{ name: b, match: {{ title: '{b}', type: custom }}, template: t }}\n"
        );
        let found = reported(&shared);
        assert!(found.contains("captures-may-differ:"), "{found}");
    }
}

#[test]
fn one_template_contradicts_itself_if_its_value_differs_in_some_room() {
    let of = |a: &str, b: &str| {
        reported(&format!(
            "version: 1\ntemplates:\n  t: {{ settings: {{ watermark: {{ show: [date], text: '{{c}}' }} }} }}\npolicies:\n  - {{ name: a, match: {{ title: '{a}', type: vdr }}, template: t }}\n  - {{ name: b, match: {{ title: '{b}', type: vdr }}, template: t }}\n"
        ))
    };
    assert!(of("{c} - *", "* - {c}").contains(" conflict:"));
    assert!(!of("{c} - *", "{c} - A").contains(" conflict:"));
}

#[test]
fn captures_of_one_template_that_differ_in_some_room_are_reported() {
    for (a, b, differ) in [
        ("{client} - *", "* - {client}", true),
        ("X {client} *", "X * {client}", true),
        ("{client=[a-z]} *", "* {client=[a-z]}", true),
        ("{client=[0-9]{4}}-*", "*-{client=[0-9]{4}}", true),
        ("A {client} *", "A {client} [0-9]", false),
        ("{client} - A", "B - {client}", true),
    ] {
        let found = reported(&format!(
            "version: 1\ntemplates:\n  t: {{ folders: ['{{client}}'] }}\npolicies:\n  - {{ name: a, match: {{ title: '{a}', type: custom }}, template: t }}\n  - {{ name: b, match: {{ title: '{b}', type: custom }}, template: t }}\n"
        ));
        assert_eq!(
            found.contains("captures-may-differ:"),
            differ,
            "{a} {b}\n{found}"
        );
    }
}

/// What is reported for one policy with these templates.
fn alone(templates: &str, template: &str) -> String {
    reported(&format!(
        "version: 1\ntemplates: {{ {templates} }}\npolicies:\n  - {{ name: p, match: {{ title: 'A {{c}}', type: custom }}, template: {template} }}\n"
    ))
}

#[test]
fn one_policy_that_disagrees_with_itself_is_a_conflict() {
    assert_snapshot!(alone("t: { vars: { g: HR }, grants: [{ group: '{g}', role: viewer }], folders: ['{c}'] }, u: { grants: [{ group: hr, role: editor }] }", "[t, u]"), @r"
    4:13 conflict: the policy `p` matches a Custom room `a x`, and disagrees with itself about `{g}`: Viewer at a.yaml:2:45, and Editor at a.yaml:2:112
      keep one of these lines; otherwise such a room is refused
    ");
    for (templates, template) in [
        (
            "t: { vars: { u: a@x.example }, folders: ['{c}'], grants: [{ user: '{u}', role: viewer }, { user: A@x.example, role: editor }] }",
            "t",
        ),
        (
            "t: { vars: { u: [b@x.example, a@x.example] }, folders: ['{c}'], grants: [{ user: '{u}', role: viewer }, { user: a@x.example, role: editor }] }",
            "t",
        ),
        (
            "t: { grants: [{ group: 'Team {c}', role: viewer }, { group: Team IT, role: editor }] }",
            "t",
        ),
    ] {
        let found = alone(templates, template);
        assert!(found.contains("disagrees with itself"), "{found}");
    }
}

#[test]
fn one_policy_whose_nearest_template_decides_does_not_disagree_with_itself() {
    for templates in [
        "u: { vars: { g: HR }, grants: [{ group: '{g}', role: viewer }], folders: ['{c}'] }, t: { extends: u, grants: [{ group: HR, role: editor }] }",
        "t: { vars: { g: HR }, grants: [{ group: '{g}', role: viewer }, { group: HR, role: Viewer }], folders: ['{c}'] }",
        "t: { grants: [{ group: 'Team {c}', role: viewer }, { group: Staff IT, role: editor }] }",
        "t: { grants: [{ group: '{c}', role: viewer }, { group: Staff IT, role: editor }] }",
    ] {
        let found = alone(templates, "t");
        assert!(!found.contains("conflict"), "{found}");
    }
}

#[test]
fn a_policy_with_a_higher_priority_decides_what_another_one_says_twice() {
    let text = "version: 1\npolicies:\n  - { name: p, match: { type: custom }, vars: { g: HR }, template: { grants: [{ group: '{g}', role: viewer }, { group: HR, role: editor }] } }\n  - { name: q, priority: 1, match: { type: custom }, template: { grants: [{ group: HR, role: reviewer }] } }\n";
    let found = reported(text);
    assert!(!found.contains("conflict"), "{found}");
}

#[test]
fn the_advice_of_a_conflict_in_a_room_fits_one_policy() {
    let text = "version: 1\npolicies:\n  - { name: p, match: { type: custom }, vars: { g: HR }, template: { grants: [{ group: '{g}', role: viewer }, { group: HR, role: editor }] } }\n";
    let room = resolved(&[text], &facts("A", RoomType::Custom));
    let (_, conflicts) = room.desired.grants();
    let [conflict] = conflicts.as_slice() else {
        panic!("{conflicts:?}")
    };
    assert_snapshot!(Refusal::Conflict(conflict.clone()).to_string(), @"the policy `p` disagrees with itself about the role of `HR`: Viewer by policy `p`, template `of p`, a.yaml:3:79; Editor by policy `p`, template `of p`, a.yaml:3:111; keep one of these lines");
}
