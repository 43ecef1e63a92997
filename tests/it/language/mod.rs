//! The messages about invalid policy files, and the analysis of several policies.

pub(crate) mod advice;
mod analysis;
mod conflicts;
mod errors;
mod globs;
mod guests;
mod limits;
mod meaning;
mod misread;
mod people;
mod says_nothing;
mod settings;
mod tables;
mod templates;
mod texts;
mod traps;
mod values;
mod variables;

use insta::assert_snapshot;
use jiff::civil::date;
use roomwright::policy::PolicySet;
use roomwright::resolve::{Desired, Resolution, resolve};
use roomwright::room::{Creator, Facts, RoomType, Unresolved};
use roomwright::yaml::{Sources, render};

fn check(files: &[&str]) -> (Option<PolicySet>, String) {
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(
            format!("{}.yaml", ["a", "b", "c"][number]),
            (*text).to_owned(),
        );
    }
    let (set, problems) = PolicySet::validate(&sources);
    (set, render(&sources, &problems, false))
}

fn problems(text: &str) -> String {
    check(&[text]).1
}

fn facts(title: &str, kind: RoomType) -> Facts {
    Facts {
        title: title.to_owned(),
        kind,
        creator: Creator {
            id: "u1".into(),
            name: "Anna Berg".into(),
            email: "anna@legal.example.org".into(),
            ..Creator::default()
        },
        created: date(2026, 7, 1),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    }
}

fn resolved(files: &[&str], facts: &Facts) -> Resolution {
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(
            format!("{}.yaml", ["a", "b", "c"][number]),
            (*text).to_owned(),
        );
    }
    // Policies that can disagree can still be resolved.
    let (set, problems) = PolicySet::check(&sources);
    resolve(&set.unwrap_or_else(|| panic!("{problems:?}")), facts)
}

/// The desired folders.
pub(crate) fn paths(desired: &Desired) -> Vec<String> {
    let folders = desired.folders.iter();
    folders.map(|folder| folder.value.to_string()).collect()
}

fn grants(resolution: &Resolution) -> Vec<String> {
    let (grants, conflicts) = resolution.desired.grants();
    let mut lines: Vec<String> = grants
        .iter()
        .map(|(name, settled)| format!("{name}: {}", settled.access))
        .collect();
    lines.extend(
        conflicts
            .iter()
            .map(|conflict| format!("conflict about {}", conflict.about)),
    );
    lines
}

const HEAD: &str = "version: 1\ntemplates:\n  t:\n    folders: [A]\n";
const TAIL: &str = "policies:\n  - { name: p, match: all, template: t }\n";

#[test]
fn all_problems_of_a_file_are_reported_at_once() {
    assert_snapshot!(problems(r#"
version: 1
roles:
  Editor: edtior
  Viewer: editor
templates:
  client:
    foldres: [A]
    grants:
      - { group: HR, rol: viewer }
      - { group: HR, user: x@example.org, role: viewer }
      - { group: Legal, role: Manger }
policies:
  - name: p
    match: { title: "Client {client", type: colaboration }
    template: clinet
    priority: high
"#), @r#"
    error[unknown-access]: `edtior` is not a DocSpace role; did you mean `editor`?
     --> a.yaml:4:11
      |
    4 |   Editor: edtior
      |           ^^^^^^
      |
      = help: one of: room-manager, content-creator, editor, form-filler, reviewer, commenter, viewer, none

    error[role-name-taken]: `Viewer` is DocSpace's own word and must mean `Viewer` by default
     --> a.yaml:5:3
      |
    5 |   Viewer: editor
      |   ^^^^^^
      |
      = help: give your role another name

    error[unknown-key]: unknown key `foldres`; did you mean `folders`? (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
     --> a.yaml:8:5
      |
    8 |     foldres: [A]
      |     ^^^^^^^

    error[unknown-key]: unknown key `rol`; did you mean `role`? (known here: group, user, role, on_missing)
      --> a.yaml:10:22
       |
    10 |       - { group: HR, rol: viewer }
       |                      ^^^

    error[two-subjects]: a grant has either `group` or `user`, not both
      --> a.yaml:11:28
       |
    11 |       - { group: HR, user: x@example.org, role: viewer }
       |                            ^^^^^^^^^^^^^

    error[unknown-role]: unknown role `Manger`
      --> a.yaml:12:31
       |
    12 |       - { group: Legal, role: Manger }
       |                               ^^^^^^
       |
       = help: known here: commenter, content-creator, Editor, form-filler, reviewer, room-manager, Viewer

    error[bad-glob]: `{` without `}`; write `\{` in single quotes for the character itself
      --> a.yaml:15:21
       |
    15 |     match: { title: "Client {client", type: colaboration }
       |                     ^^^^^^^^^^^^^^^^

    error[unknown-type]: `colaboration` matches no room type; did you mean `collaboration`?
      --> a.yaml:15:45
       |
    15 |     match: { title: "Client {client", type: colaboration }
       |                                             ^^^^^^^^^^^^
       |
       = help: available: form-filling, collaboration, custom, public, vdr

    error[unknown-template]: there is no template `clinet`; did you mean `client`?
      --> a.yaml:16:15
       |
    16 |     template: clinet
       |               ^^^^^^
       |
       = help: available: client

    error[wrong-type]: expected a whole number, found `high`
      --> a.yaml:17:15
       |
    17 |     priority: high
       |               ^^^^
    "#);
}

#[test]
fn text_stays_text_and_the_schema_agrees() {
    let text = "version: 1\ntemplates:\n  t:\n    folders: [NO, on, 01, 7.30, 2026, 1_000, \"{n}\"]\n    vars: { n: 12 }\n    settings: { tags: [true, 3.5] }\npolicies:\n  - { name: 1, match: { title: 2026 }, template: t }\n";
    let (set, problems) = check(&[text]);
    assert_eq!(problems, "");
    let resolution = resolve(&set.unwrap(), &facts("2026", RoomType::Custom));
    let folders = paths(&resolution.desired);
    assert_eq!(folders, ["NO", "on", "01", "7.30", "2026", "1_000", "12"]);
}

#[test]
fn a_role_that_a_room_type_does_not_have_is_an_error_if_the_policy_states_the_type() {
    let with = |matches: &str| {
        problems(&format!(
            "version: 1\ntemplates:\n  t:\n    grants: [{{ group: HR, role: viewer }}]\npolicies:\n  - {{ name: p, match: {matches}, template: t }}\n"
        ))
    };
    let written = with("{ type: public }");
    assert!(
        written.starts_with("error[impossible-role]")
            && written.contains("available: Content creator"),
        "{written}"
    );
    let absent = with("all");
    assert!(absent.starts_with("warning[impossible-role]"), "{absent}");
    assert_eq!(with("{ type: [custom, collaboration] }"), "");
}

#[test]
fn an_undefined_variable_is_reported_at_the_policy_that_does_not_define_it() {
    let text = "version: 1\ntemplates:\n  t:\n    folders: [\"For {cleint}\"]\npolicies:\n  - { name: p, match: { title: \"Client {client}\" }, template: t }\n";
    let reported = problems(text);
    assert!(
        reported.contains("has no value for `{cleint}`")
            && reported.contains("did you mean `client`"),
        "{reported}"
    );
}

#[test]
fn templates_that_extend_themselves_are_reported_with_the_cycle() {
    let text = "version: 1\ntemplates:\n  a: { extends: b }\n  b: { extends: c }\n  c: { extends: a }\npolicies:\n  - { name: p, match: all, template: a }\n";
    let reported = problems(text);
    assert!(reported.contains("`a` → `b` → `c` → `a`"), "{reported}");
}

const SHARED: &str = r#"
version: 1
roles: { Reader: { default: viewer, public: none } }
templates:
  base:
    folders: [Documents, "Archive/{date.year}"]
    grants: [{ group: HR, role: Reader }, { group: IT, role: viewer }]
    settings: { tags: [base] }
"#;

#[test]
fn a_child_adds_to_its_parent_and_overrides_it() {
    let child = r#"
version: 1
templates:
  child:
    extends: base
    roles: { Reader: editor }
    folders: [Documents, Extra]
    grants: [{ group: it, role: Reader }]
    settings: { tags: [BASE, own] }
policies:
  - { name: p, match: { type: [custom, public] }, template: child }
"#;
    // The parent's Reader keeps its own meaning; the child's definition does not change it.
    let resolution = resolved(
        &[SHARED, &child.replace("[custom, public]", "custom")],
        &facts("x", RoomType::Custom),
    );
    assert_eq!(grants(&resolution), ["HR: viewer", "it: editor"]);
    let folders = paths(&resolution.desired);
    assert_eq!(folders, ["Documents", "Archive/2026", "Extra"]);
    let tags: Vec<&str> = resolution
        .desired
        .tags
        .iter()
        .map(|tag| tag.value.as_str())
        .collect();
    assert_eq!(tags, ["base", "own"]);
}

fn two(priorities: [i32; 2], roles: [&str; 2]) -> String {
    format!(
        "version: 1\ntemplates:\n  one: {{ grants: [{{ group: HR, role: {} }}] }}\n  two: {{ grants: [{{ group: hr, role: {} }}] }}\npolicies:\n  - {{ name: first, match: {{ type: custom }}, template: one, priority: {} }}\n  - {{ name: second, match: {{ title: '*' , type: custom }}, template: two, priority: {} }}\n",
        roles[0], roles[1], priorities[0], priorities[1]
    )
}

#[test]
fn the_higher_priority_wins_and_equals_that_disagree_are_a_conflict() {
    let room = facts("x", RoomType::Custom);
    assert_eq!(
        grants(&resolved(&[&two([1, 0], ["viewer", "editor"])], &room)),
        ["HR: viewer"]
    );
    assert_eq!(
        grants(&resolved(&[&two([0, 1], ["viewer", "editor"])], &room)),
        ["HR: editor"]
    );
    assert_eq!(
        grants(&resolved(&[&two([0, 0], ["editor", "editor"])], &room)),
        ["HR: editor"]
    );
    assert_eq!(
        grants(&resolved(&[&two([0, 0], ["viewer", "editor"])], &room)),
        ["conflict about the role of `HR`"]
    );
    assert_eq!(
        grants(&resolved(&[&two([0, 0], ["none", "editor"])], &room)),
        ["conflict about the role of `hr`"]
    );
}

#[test]
fn policies_that_can_disagree_are_an_error_with_both_places() {
    let reported = problems(&two([0, 0], ["viewer", "editor"]));
    assert!(reported.starts_with("error[conflict]"), "{reported}");
    assert!(
        reported.contains("`first` and `second`")
            && reported.contains("a.yaml:3:19")
            && reported.contains("a.yaml:4:19"),
        "{reported}"
    );
    let decided = problems(&two([0, 1], ["viewer", "editor"]));
    assert!(!decided.contains("conflict"), "{decided}");
}

#[test]
fn observing_policies_change_nothing_and_are_reported_as_would_be() {
    let text = two([0, 0], ["viewer", "editor"])
        .replace("template: two,", "template: two, mode: observe,");
    let resolution = resolved(&[&text], &facts("x", RoomType::Custom));
    assert_eq!(grants(&resolution), ["HR: viewer"]);
    assert_eq!(resolution.would_be.unwrap().grants().1.len(), 1);
}

#[test]
fn a_value_with_a_slash_makes_no_level_and_a_long_one_is_reported() {
    let text = "version: 1\ntemplates:\n  t: { folders: [\"{room.title}/Notes\", \"{room.title} {room.title}\"] }\npolicies:\n  - { name: p, match: all, template: t }\n";
    let long = "x".repeat(100);
    let resolution = resolved(&[text], &facts(&long, RoomType::Custom));
    assert_eq!(resolution.desired.folders.len(), 1);
    assert!(
        resolution.desired.shortfalls[0]
            .reason
            .contains("201 characters long")
    );
    let resolution = resolved(&[text], &facts("a/b", RoomType::Custom));
    assert_eq!(resolution.desired.folders[0].value.0, ["a_b", "Notes"]);
}

#[test]
fn keys_in_the_wrong_place_are_unknown_and_not_ignored() {
    for key in [
        "owners: [x@example.org]",
        "notify: true",
        "drift: repair",
        "logo: x",
    ] {
        let reported = problems(&format!("{HEAD}    {key}\n{TAIL}"));
        assert!(
            reported.starts_with("error[unknown-key]"),
            "{key}: {reported}"
        );
    }
    let reported = problems(&format!("{HEAD}    membership: exactly\n{TAIL}"));
    assert!(reported.starts_with("error[unknown-word]"), "{reported}");
}
