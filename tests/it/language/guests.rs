//! The limits of invitations, over several policies.

use insta::assert_snapshot;
use roomwright::resolve::Resolution;
use roomwright::room::RoomType;

use super::advice::reported;
use super::{facts, grants, resolved};

/// The policy `cap`, and the policy `dept` for custom rooms whose titles begin with X; each with its guests.
fn two(cap: &str, dept: &str) -> String {
    format!(
        "version: 1\npolicies:\n  - {{ name: cap, {cap} }}\n  - {{ name: dept, match: {{ title: 'X*', type: custom }}, {dept} }}\n"
    )
}

fn all_rooms(priority: i32, guests: &str) -> String {
    format!("priority: {priority}, match: all, template: {{ guests: {{ {guests} }} }}")
}

const EVIL: &str =
    "template: { guests: { highest: editor, invite: [{ email: a@evil.example, role: editor }] } }";
const GOOD: &str = "template: { guests: { invite: [{ email: a@partner.example, role: editor }] } }";

fn shortfalls(resolution: &Resolution) -> String {
    let all = resolution.desired.shortfalls.iter();
    all.map(|short| short.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_limits_of_a_policy_with_a_higher_priority_hold_for_all_invitations() {
    let text = two(
        &all_rooms(100, "highest: viewer, allowed_domains: [partner.example]"),
        EVIL,
    );
    let room = resolved(&[&text], &facts("X", RoomType::Custom));
    assert!(grants(&room).is_empty());
    assert_snapshot!(shortfalls(&room), @"`a@evil.example` is not invited: `allowed_domains` is partner.example by policy `cap`, template `of cap`, a.yaml:3:101 (policy `dept`, template `of dept`, a.yaml:4:105)");
    assert_snapshot!(reported(&text), @r"
    4:13 always-overridden: what the policy `dept` says about the highest role of guests at a.yaml:4:88 never takes effect: `cap`, of higher priority, always overrides it (this one overrides it 3:13)
      remove the line, or give the policy a higher `priority`
    4:67 guest-refused: `a@evil.example` is not invited: `allowed_domains` is partner.example by the policy `cap` at a.yaml:3:101; see a.yaml:4:105
      change the invitation, or `allowed_domains` or `highest` under `guests`
    ");
}

#[test]
fn a_policy_may_allow_what_another_one_invites() {
    for priority in [-1, 0, 1] {
        let text = two(&all_rooms(priority, "highest: editor"), GOOD);
        assert_eq!(reported(&text), "", "{priority}");
        let room = resolved(&[&text], &facts("X", RoomType::Custom));
        assert_eq!(grants(&room), ["a@partner.example: editor"]);
    }
    let text = two(
        "match: { title: Y*, type: custom }, template: { guests: { highest: editor } }",
        GOOD,
    );
    assert!(
        reported(&text).contains("guest-refused"),
        "{}",
        reported(&text)
    );
}

#[test]
fn a_limit_that_holds_only_in_some_rooms_is_no_error_before() {
    let cap =
        "priority: 9, match: { title: '* secret' }, template: { guests: { highest: viewer } }";
    let dept = "template: { guests: { highest: editor, invite: [{ email: a@partner.example, role: editor }] } }";
    let text = two(cap, dept);
    assert_eq!(reported(&text), "");
    let room = resolved(&[&text], &facts("X secret", RoomType::Custom));
    assert!(grants(&room).is_empty());
    assert!(shortfalls(&room).contains("the highest role of guests is Viewer by policy `cap`"));
}

#[test]
fn a_policy_with_a_still_higher_priority_can_lift_a_limit() {
    let text = format!(
        "{}  - {{ name: vip, priority: 200, match: {{ title: 'X vip*', type: custom }}, template: {{ guests: {{ highest: editor }} }} }}\n",
        two(&all_rooms(100, "highest: viewer"), GOOD)
    );
    assert_eq!(reported(&text), "");
    let room = resolved(&[&text], &facts("X vip", RoomType::Custom));
    assert_eq!(grants(&room), ["a@partner.example: editor"]);
    assert!(grants(&resolved(&[&text], &facts("X", RoomType::Custom))).is_empty());
}

#[test]
fn different_limits_of_equal_priority_conflict() {
    let text = two(
        &all_rooms(
            0,
            "highest: viewer, allowed_domains: [b.example, a.example]",
        ),
        "template: { guests: { highest: editor, allowed_domains: [a.example, b.example] } }",
    );
    assert_snapshot!(reported(&text), @r"
    4:13 conflict: the policies `cap` and `dept` both match a Custom room `xx`, and disagree about the highest role of guests: Viewer at a.yaml:3:74, and Editor at a.yaml:4:88 (the other policy 3:13)
      give one of them a higher `priority`; otherwise such a room is refused
    ");
    let room = resolved(&[&text], &facts("X", RoomType::Custom));
    assert_snapshot!(room.desired.conflicts[0].to_string(), @"policies disagree about the highest role of guests: Viewer by policy `cap`, template `of cap`, a.yaml:3:74; Editor by policy `dept`, template `of dept`, a.yaml:4:88");
}

#[test]
fn an_address_from_a_fixed_variable_is_checked_too() {
    let dept = "vars: { who: a@evil.example }, template: { guests: { allowed_domains: [partner.example], invite: [{ email: '{who}', role: viewer }] } }";
    let text = reported(&two(&all_rooms(-1, "highest: viewer"), dept));
    assert!(text.contains("guest-refused: `a@evil.example`"), "{text}");
}

#[test]
fn a_role_that_only_guests_have_is_used() {
    let text = "version: 1\nroles: { Reader: viewer, Most: editor }\npolicies:\n  - { name: p, match: { type: custom }, template: { guests: { highest: Most, invite: [{ email: a@x.example, role: Reader }] } } }\n";
    assert_eq!(reported(text), "");
}
