//! Conflicts about names and values that depend on variables: `validate` finds what a room would show.

use super::advice::reported;

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
