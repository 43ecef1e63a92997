//! What `validate` reports about policies together: each finding shows a room.

use insta::assert_snapshot;
use roomwright::policy::PolicySet;
use roomwright::yaml::{Problem, Sources};

use super::advice::reported;
use super::limits::spent;

/// Policies with inline templates.
fn policies(lines: &[&str]) -> String {
    let lines: String = lines
        .iter()
        .map(|line| format!("  - {{ {line} }}\n"))
        .collect();
    reported(&format!("version: 1\npolicies:\n{lines}"))
}

const VIEWER: &str = "template: { grants: [{ group: HR, role: viewer }] }";
const EDITOR: &str = "template: { grants: [{ group: HR, role: editor }] }";

#[test]
fn a_conflict_is_shown_with_a_room_and_both_lines() {
    assert_snapshot!(policies(&[
        &format!("name: a, match: {{ title: 'Client {{c}} *', type: [custom, vdr], creator: '*@legal.example.org' }}, {VIEWER}").replace("{c}", "*"),
        &format!("name: b, match: {{ title: '* 2026', type: custom, creator: 'anna@*', creator_group: [Staff], tagged: hot }}, {EDITOR}"),
    ]), @r"
    4:13 conflict: the policies `a` and `b` both match a Custom room `client x 2026` of `anna@legal.example.org`, a member of `staff`, tagged `hot`, and disagree about `HR`: Viewer at a.yaml:3:122, and Editor at a.yaml:4:135 (the other policy 3:13)
      give one of them a higher `priority`; otherwise such a room is refused
    ");
    assert_snapshot!(policies(&[
        "name: a, match: { title: 'A*', type: vdr }, template: { settings: { quota: 5 GB, indexing: true, watermark: { text: '{room.title}' } } }",
        "name: b, match: { title: '*B', type: vdr }, template: { settings: { quota: unlimited, indexing: true, watermark: { text: x } } }",
    ]), @r"
    4:13 conflict: the policies `a` and `b` both match a VDR `ab`, and disagree about the setting `quota`: 5 GB at a.yaml:3:82, and unlimited at a.yaml:4:82; the setting `watermark`: `ab` at a.yaml:3:115, and `x` at a.yaml:4:120 (the other policy 3:13)
      give one of them a higher `priority`; otherwise such a room is refused
    ");
}

#[test]
fn mutually_exclusive_policies_have_no_conflict() {
    for [a, b] in [
        [
            "match: { title: 'A*', type: custom }",
            "match: { title: 'B*', type: custom }",
        ],
        ["match: { type: custom }", "match: { type: vdr }"],
        [
            "match: { title: 'A*', type: custom, except: { title: '*B' } }",
            "match: { title: '*B', type: custom }",
        ],
        [
            "match: { creator_group: G, type: custom }",
            "match: { type: custom, except: { creator_group: g } }",
        ],
        [
            "match: { title: '[0-9]{2}', type: custom }",
            "match: { title: '[0-9]{3,4}', type: custom }",
        ],
        [
            "match: { creator: '*@a.org', type: custom }",
            "match: { creator: '*@b.org', type: custom }",
        ],
        [
            "match: { type: custom }, priority: 1",
            "match: { type: custom }",
        ],
        [
            "match: { type: custom }, mode: observe",
            "match: { type: custom }",
        ],
    ] {
        let found = policies(&[
            &format!("name: a, {a}, {VIEWER}"),
            &format!("name: b, {b}, {EDITOR}"),
        ]);
        assert!(!found.contains("conflict"), "{found}");
    }
}

#[test]
fn there_is_no_conflict_if_a_higher_policy_decides_or_a_final_one_overrides_both() {
    let pair = [
        format!("name: a, match: {{ title: 'A*', type: custom }}, {VIEWER}"),
        format!("name: b, match: {{ title: '*B', type: custom }}, {EDITOR}"),
    ];
    let with = |third: &str| policies(&[&pair[0], &pair[1], third]);
    assert!(with("name: c, match: { title: 'AB', type: custom }, priority: 1, template: { grants: [{ group: hr, role: none }] }").contains("conflict"));
    for third in [
        "name: c, match: { title: 'A*', type: custom }, priority: 1, template: { grants: [{ group: hr, role: commenter }] }",
        "name: c, match: { title: '*B', type: custom }, priority: 1, final: true, template: {}",
    ] {
        let found = with(third);
        assert!(!found.contains(" conflict:"), "{found}");
    }
    assert!(
        with("name: c, match: all, priority: 1, mode: observe, final: true, template: {}")
            .contains("conflict")
    );
}

#[test]
fn observing_policies_that_disagree_are_a_warning() {
    let mut sources = Sources::default();
    sources.add("a.yaml", format!("version: 1\npolicies:\n  - {{ name: a, match: {{ type: custom }}, mode: observe, {VIEWER} }}\n  - {{ name: b, match: {{ type: custom }}, mode: observe, {EDITOR} }}\n"));
    let (set, problems) = PolicySet::validate(&sources);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert!(set.is_some() && codes == ["conflict"], "{codes:?}");
}

#[test]
fn a_policy_that_can_never_match_or_never_apply_is_reported() {
    assert_snapshot!(policies(&[
        "name: a, match: { title: 'Client - *', except: { title: 'Client *' } }, template: { folders: [A] }",
    ]), @r"
    3:13 never-matches: the policy `a` can never match: no room meets all its conditions without matching its `except`
      narrow `except`, or remove the policy
    ");
    assert_snapshot!(policies(&[
        "name: all, match: { title: 'Team *' }, final: true, priority: 5, template: {}",
        "name: blue, match: { title: 'Team Blue*', type: custom }, template: { folders: [A] }",
        "name: red, match: { title: '*Red' }, template: { folders: [A] }",
        "name: green, match: { title: 'Team Green' }, mode: observe, template: { folders: [A] }",
        "name: tried, match: { title: 'Offer *' }, final: true, priority: 5, mode: observe, template: {}",
        "name: offers, match: { title: 'Offer {o}' }, template: { folders: ['{o}'] }",
    ]), @r"
    4:13 never-applies: the policy `blue` can never apply: in each room that it matches, `all` is final and of higher priority (this one is final 3:13)
      give it a higher `priority`, or narrow the final policy
    6:13 never-applies: the policy `green` can never apply: in each room that it matches, `all` is final and of higher priority (this one is final 3:13)
      give it a higher `priority`, or narrow the final policy
    ");
}

#[test]
fn a_grant_that_is_always_overridden_is_reported() {
    assert_snapshot!(policies(&[
        &format!("name: low, match: {{ title: 'A*', type: [custom, vdr] }}, {VIEWER}"),
        &format!("name: custom, match: {{ title: '*', type: custom }}, priority: 1, {EDITOR}"),
        &format!("name: vdr, match: {{ type: vdr }}, priority: 2, {EDITOR}"),
    ]), @r"
    3:13 always-overridden: what the policy `low` says about `HR` at a.yaml:3:84 never takes effect: `custom` or `vdr`, of higher priority, always overrides it (this one overrides it 4:13) (this one overrides it 5:13)
      remove the line, or give the policy a higher `priority`
    ");
    let sometimes = policies(&[
        &format!("name: low, match: {{ title: 'A*', type: [custom, vdr] }}, {VIEWER}"),
        &format!("name: custom, match: {{ title: '*', type: custom }}, priority: 1, {EDITOR}"),
    ]);
    assert_eq!(sometimes, "");
    let alike = policies(&[
        &format!("name: low, match: {{ title: 'A*', type: custom }}, {VIEWER}"),
        &format!("name: high, match: {{ type: custom }}, priority: 1, {VIEWER}"),
    ]);
    assert_eq!(alike, "");
}

#[test]
fn captures_that_differ_in_one_room_are_reported() {
    let template = "version: 1\ntemplates: { t: { folders: ['Letters {client}'] } }\npolicies:\n";
    let with = |a: &str, b: &str| {
        reported(&format!(
            "{template}  - {{ name: a, match: {{ title: '{a}' }}, template: t }}\n  - {{ name: b, match: {{ title: '{b}' }}, template: t }}\n"
        ))
    };
    assert_snapshot!(with("Client {client}", "Client {client} - *"), @r"
    5:13 captures-may-differ: the policies `a` and `b` both match a Form filling room `client x - x`, where `{client}` is `x - x` for one and `x` for the other; their template `t` creates entries for both (the other policy 4:13)
      make the titles mutually exclusive, with `except` or a longer glob
    ");
    assert_eq!(with("Client {client}", "Offer {client}"), "");
}

#[test]
fn unused_definitions_are_reported() {
    assert_snapshot!(reported("version: 1
roles: { Reader: viewer, Writer: editor }
tables: { desk: { default: x@example.org }, other: { default: y } }
templates:
  t:
    roles: { Own: viewer }
    vars: { used: a, unused: b }
    grants: [{ group: 'HR {used}', role: reader }, { user: '{desk[used]}', role: viewer }]
  never: {}
policies:
  - { name: p, match: { title: 'A {c}' }, vars: { here: x, there: y }, template: { extends: t, folders: ['{there}'] } }
"), @r"
    2:26 unused-role: no grant uses the role `Writer`
      remove it, or look for a spelling mistake where you want to use it
    3:45 unused-table: nothing looks up a value in the table `other`
      remove it, or look for a spelling mistake where you want to use it
    6:14 unused-role: no grant uses the role `Own`
      remove it, or look for a spelling mistake where you want to use it
    7:22 unused-variable: nothing uses the variable `unused`
      remove it, or look for a spelling mistake where you want to use it
    9:3 unused-template: no policy uses the template `never`
    11:13 unused-capture: nothing in the template of the policy `p` uses the capture `{c}`
      write `*` instead, or use `{c}` in a folder, a tag or a group
    11:51 unused-variable: nothing in the template of the policy `p` uses the variable `here`
      remove it, or look for a spelling mistake where you want to use it
    11:82 impossible-role: a Form filling room has no Viewer for groups (available: Content creator, Form filler); a Public room has no Viewer for groups (available: Content creator), which `reader` grants to `HR {used}` at a.yaml:8:14
      narrow `type` in the policy, or make the role a table by room type (`none` omits the grant)
    11:82 impossible-role: a Form filling room has no Viewer for people (available: Room manager, Content creator, Form filler); a Public room has no Viewer for people (available: Room manager, Content creator), which `viewer` grants to `{desk[used]}` at a.yaml:8:52
      narrow `type` in the policy, or make the role a table by room type (`none` omits the grant)
    ");
}

fn found(policies: impl Iterator<Item = String>) -> Vec<Problem> {
    let mut sources = Sources::default();
    let policies: String = policies.map(|line| format!("  - {{ {line} }}\n")).collect();
    let templates = "templates: { v: { grants: [{ group: HR, role: viewer }] }, e: { grants: [{ group: HR, role: editor }] } }";
    sources.add(
        "a.yaml",
        format!("version: 1\n{templates}\npolicies:\n{policies}"),
    );
    PolicySet::validate(&sources).1
}

#[test]
fn thousands_of_policies_are_compared_in_seconds() {
    let begun = spent();
    let template = |n: usize| ["v", "e"][n % 2];
    let by_client = (0..1_500).map(|n| {
        format!(
            "name: p{n}, match: {{ title: 'Client {n} - *', type: custom }}, template: {}",
            template(n)
        )
    });
    assert_eq!(found(by_client), []);
    let by_department = (0..1_500).map(|n| {
        format!("name: p{n}, match: {{ title: 'Team *', type: custom, creator: '*@d{n}.example.org' }}, template: {}", template(n))
    });
    assert_eq!(found(by_department), []);
    let all_at_once = (0..1_500).map(|n| {
        format!(
            "name: p{n}, match: {{ title: '*{n}*', type: custom }}, template: {}",
            template(n)
        )
    });
    let problems = found(all_at_once);
    assert_eq!((problems.len(), problems[0].code), (51, "conflict"));
    let took = spent() - begun;
    assert!(took.as_secs() < 60, "{took:?}");
}
