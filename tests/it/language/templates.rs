//! Several templates, several parents, and inline templates.

use insta::assert_snapshot;
use roomwright::room::RoomType;

use super::advice::reported;
use super::{facts, grants, paths, resolved};

const SHARED: &str = "version: 1
templates:
  base: { folders: [Base], grants: [{ group: HR, role: viewer }], settings: { quota: 1 GB } }
  left: { extends: base, folders: [Left], grants: [{ group: hr, role: editor }] }
  right: { extends: base, folders: [Right], settings: { color: '000000' } }
  far: { folders: [Far], grants: [{ group: HR, role: commenter }], settings: { quota: 2 GB } }
";

fn with(rest: &str) -> String {
    format!("{SHARED}{rest}")
}

fn folders(text: &str) -> Vec<String> {
    paths(&resolved(&[text], &facts("x", RoomType::Custom)).desired)
}

const UNUSED: &str =
    "  - { name: u, match: { title: u, type: custom }, template: far, priority: 9 }\n";

#[test]
fn several_templates_add_up_and_an_extending_one_overrides() {
    for choice in [
        "template: [left, right]",
        "template: { extends: [left, right] }",
    ] {
        let text = with(&format!(
            "policies:\n  - {{ name: p, match: {{ type: custom }}, {choice} }}\n{UNUSED}"
        ));
        assert_eq!(folders(&text), ["Base", "Left", "Right"], "{choice}");
        let resolution = resolved(&[&text], &facts("x", RoomType::Custom));
        assert_eq!(grants(&resolution), ["hr: editor"]);
        let settings: Vec<String> = resolution
            .desired
            .settings
            .values()
            .map(|setting| setting.wanted.value.to_string())
            .collect();
        assert_eq!(settings, ["1 GB", "000000"]);
    }
}

#[test]
fn templates_in_a_list_that_disagree_are_an_error_with_both_places() {
    assert_snapshot!(reported(&with("policies:\n  - { name: p, match: { type: custom }, template: [left, far] }\n  - { name: q, match: { title: x, type: custom }, template: [right], priority: 9 }\n")), @r"
    8:51 templates-disagree: the templates `left` and `far` disagree about the role of `hr`: see a.yaml:4:52 and a.yaml:6:35
      set the value in the template or policy that lists both, or in only one of them
    8:51 templates-disagree: the templates `base` and `far` disagree about the setting `quota`: see a.yaml:3:86 and a.yaml:6:87
      set the value in the template or policy that lists both, or in only one of them
    ");
    assert_snapshot!(reported(&with("  both: { extends: [right, far] }\n  more: { extends: both }\npolicies:\n  - { name: p, match: { type: custom }, template: more }\n  - { name: q, match: { title: x, type: custom }, template: [left], priority: 9 }\n")), @r"
    7:20 templates-disagree: the templates `base` and `far` disagree about the role of `HR`: see a.yaml:3:37 and a.yaml:6:35
      set the value in the template or policy that lists both, or in only one of them
    7:20 templates-disagree: the templates `base` and `far` disagree about the setting `quota`: see a.yaml:3:86 and a.yaml:6:87
      set the value in the template or policy that lists both, or in only one of them
    ");
    // The template that lists both decides.
    let decided = with(
        "  both: { extends: [right, far], grants: [{ group: HR, role: none }], settings: { quota: 3 GB } }\npolicies:\n  - { name: p, match: { type: custom }, template: [both, right] }\n  - { name: q, match: { title: x, type: custom }, template: [left], priority: 9 }\n",
    );
    assert_eq!(reported(&decided), "");
}

#[test]
fn an_inline_template_is_like_any_other() {
    let text = with(
        "policies:\n  - name: p\n    match: { title: 'Client {client}', type: custom }\n    template:\n      extends: left\n      folders: ['For {client}']\n      grants: [{ group: HR, role: none }]\n  - { name: q, match: { title: x, type: custom }, template: [right], priority: 9 }\n  - { name: r, match: { title: y, type: custom }, template: [far], priority: 9 }\n",
    );
    let room = facts("Client ACME", RoomType::Custom);
    let resolution = resolved(&[&text], &room);
    assert_eq!(grants(&resolution), Vec::<String>::new());
    let matched = &resolution.matched[0];
    assert_eq!(
        (matched.policy.as_str(), matched.template.as_str()),
        ("p", "of p")
    );
    let folders = paths(&resolution.desired);
    assert_eq!(folders, ["Base", "Left", "For ACME"]);
    assert_eq!(reported(&text), "");
    assert_snapshot!(reported("version: 1\npolicies:\n  - { name: p, match: all, template: { foldres: [A] } }\n  - { name: q, match: all, template: { extends: 'of p' } }\n  - { name: r, match: all, template: [] }\n  - { name: s, match: all, template: [a, a] }\n"), @r"
    3:40 unknown-key: unknown key `foldres`; did you mean `folders`? (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
    4:49 unknown-template: there is no template `of p`
      define it under `templates`
    5:38 empty-list: the list names no template
      write a template's name
    6:39 unknown-template: there is no template `a`
      define it under `templates`
    6:42 unknown-template: there is no template `a`
      define it under `templates`
    ");
}

#[test]
fn cycles_through_several_parents_are_reported_for_each_member() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  a: { extends: [ok, b] }\n  b: { extends: [c, a] }\n  c: {}\n  ok: {}\n  below: { extends: a }\n  self: { extends: self }\npolicies:\n  - { name: p, match: all, template: below }\n"), @r"
    3:18 extends-cycle: the template `a` extends itself: `a` → `b` → `a`
      remove one `extends` from the cycle
    4:18 extends-cycle: the template `b` extends itself: `b` → `a` → `b`
      remove one `extends` from the cycle
    8:20 extends-cycle: the template `self` extends itself: `self` → `self`
      remove one `extends` from the cycle
    ");
}

#[test]
fn a_role_that_two_parents_define_differently_is_ambiguous() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  a: { roles: { Reader: viewer } }\n  b: { roles: { Reader: editor } }\n  c: { extends: [a, b], grants: [{ group: HR, role: reader }] }\npolicies:\n  - { name: p, match: { type: custom }, template: c }\n"), @r"
    5:53 ambiguous-role: the role `reader` means one thing in the template `a` and another in `b`
      define it under `roles` of this template
    ");
}

#[test]
fn the_policies_in_the_documentation_have_no_problem() {
    let page = include_str!("../../../docs/language.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    assert_eq!(reported(text), "");
    let room = facts("Tender a7", RoomType::Custom);
    let desired = resolved(&[text], &room).desired;
    let folders = paths(&desired);
    assert_eq!(
        folders,
        [
            "Documents",
            "Archive/2026",
            "Offers/A7 de",
            "Offers/A7 en",
            "Questions/A7 de",
            "Questions/A7 en"
        ]
    );
}

#[test]
fn words_of_the_interface_are_accepted_too() {
    let text = "version: 1
roles: { Reader: { default: Viewer, public: Content creator } }
templates:
  t: { grants: [{ group: HR, role: content creator }, { group: IT, role: Reader }] }
policies:
  - { name: p, match: { type: [Virtual Data Room, Custom room, Public room] }, template: t }
";
    for (kind, reader) in [
        (RoomType::Custom, "viewer"),
        (RoomType::Vdr, "viewer"),
        (RoomType::Public, "content-creator"),
    ] {
        let resolution = resolved(&[text], &facts("x", kind));
        assert_eq!(
            grants(&resolution),
            ["HR: content-creator".to_owned(), format!("IT: {reader}")]
        );
    }
    let other = resolved(&[text], &facts("x", RoomType::Collaboration));
    assert!(other.matched.is_empty());
}
