//! What values of variables make of tags, folders and watermarks: tags on which policies match, and empty texts.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use roomwright::policy::{PolicySet, Portal, Value};
use roomwright::room::RoomType;
use roomwright::yaml::Sources;

use super::advice::reported;
use super::{facts, resolved};

/// The policy `a`, which matches on the tag `vip`, and the policy `b`.
fn tagged(b: &str) -> String {
    format!(
        "version: 1\ntables: {{ t: {{ ACME: big-vip, default: none }} }}\npolicies:\n  - {{ name: a, match: {{ type: custom, tagged: [vip, custom, big-vip] }}, template: {{ folders: [A] }} }}\n  - {{ name: b, {b} }}\n"
    )
}

#[test]
fn a_tag_with_known_variables_on_which_a_policy_matches_is_an_error() {
    assert_snapshot!(reported(&tagged("match: { type: vdr }, vars: { q: VIP }, template: { settings: { tags: ['{q}'] } }")), @r"
    4:13 own-tag: the policy `a` matches on the tag `vip`, which the policy `b` sets at a.yaml:5:87
      match on the title instead, or on a tag that people set
    ");
    for b in [
        "match: { type: vdr }, template: { vars: { q: [x, v] }, settings: { tags: ['{q}ip'] } }",
        "match: { type: vdr, title: 'C {c}' }, template: { settings: { tags: ['{t[c]}'] } }",
        "match: { type: vdr, title: 'C {c}' }, vars: { k: big }, template: { settings: { tags: ['{k}-vip', '{c}'] } }",
        "match: { type: vdr }, vars: { k: acme }, template: { settings: { tags: ['{t[k]}'] } }",
        "match: { type: [vdr, custom] }, template: { settings: { tags: ['{room.type}'] } }",
    ] {
        let found = reported(&tagged(b));
        assert!(found.contains("own-tag"), "{b}\n{found}");
    }
}

#[test]
fn a_tag_with_other_values_or_of_the_title_is_no_tag_of_its_own() {
    for b in [
        "match: { type: vdr }, vars: { q: other }, template: { settings: { tags: ['{q}'] } }",
        "match: { type: vdr, title: 'C {c}' }, template: { settings: { tags: ['{c}'] } }",
        "match: { type: vdr, title: 'C {q}' }, template: { vars: { q: vip }, settings: { tags: ['{q}'] } }",
        "match: { type: vdr }, vars: { k: other }, template: { settings: { tags: ['{t[k]}'] } }",
        "match: { type: vdr }, template: { settings: { tags: ['{room.type}'] } }",
    ] {
        let found = reported(&tagged(b));
        assert!(!found.contains("own-tag"), "{b}\n{found}");
    }
}

#[test]
fn a_tag_from_a_variable_of_the_portal_is_known_too() {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        tagged("match: { type: vdr }, template: { settings: { tags: ['{q}'] } }"),
    );
    let vars = BTreeMap::from([("q".to_owned(), Value::One("vip".to_owned()))]);
    let portal = Portal {
        vars,
        ..Portal::default()
    };
    let (_, problems) = PolicySet::check_for(&sources, &portal);
    assert_eq!(problems[0].code, "own-tag");
}

#[test]
fn an_empty_value_that_leaves_nothing_of_a_text_is_an_error() {
    let with = |template: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: vdr }}, vars: {{ v: '', l: [a, ' '] }}, template: {{ {template} }} }}\n"
        ))
    };
    assert_snapshot!(with("folders: ['A{v}/{v}', '{l}'], settings: { tags: ['{v}', '{l}{l}', 'x{v}'], watermark: { text: '{v}' } }"), @r"
    3:13 empty-text: in the policy `p`, the folder `{v}` at a.yaml:3:90 is empty
      write a value for its variable
    3:13 empty-text: in the policy `p`, the folder `{l}` at a.yaml:3:102 is empty
      write a value for its variable
    3:13 empty-text: in the policy `p`, the tag `{v}` at a.yaml:3:129 is empty
      write a value for its variable
    3:13 empty-text: in the policy `p`, the tag `{l}{l}` at a.yaml:3:136 is empty
      write a value for its variable
    3:13 empty-text: in the policy `p`, the watermark `{v}` at a.yaml:3:166 is empty
      write a value for its variable
    ");
    assert_eq!(
        with("folders: ['A{v}{l}'], settings: { watermark: { show: [date], text: '{v}' } }"),
        ""
    );
}

#[test]
fn a_watermark_that_is_empty_in_a_room_is_not_made() {
    let text = "version: 1\npolicies:\n  - { name: p, match: { type: vdr }, template: { settings: { watermark: { text: '{creator.name}' } } } }\n";
    let mut room = facts("T", RoomType::Vdr);
    room.creator.name = " ".to_owned();
    let desired = resolved(&[text], &room).desired;
    assert!(desired.settings.is_empty());
    assert_eq!(
        desired.shortfalls[0].reason,
        "the watermark `{creator.name}` is empty here"
    );
}
