//! `membership`, `protect`, `owner` and `guests`, and how several policies combine.

use insta::assert_snapshot;
use roomwright::room::RoomType;

use super::advice::reported;
use super::{facts, grants, resolved};

/// A policy for custom rooms, with this template.
fn with(template: &str) -> String {
    format!(
        "version: 1\npolicies:\n  - name: p\n    match: {{ title: 'T {{client}}', type: custom }}\n    template:\n      folders: ['{{client}}']\n{template}"
    )
}

#[test]
fn an_invalid_key_about_people_is_an_error_with_a_fix() {
    let all = "      membership: exact
      owner: Bob
      protect: [{ group: a, user: b@x.org }, { user: Carol }]
      guests:
        invite: [{ email: Eve, role: viewer }, { email: f@x.org, role: room-manager }]
        allowed_domains: ['@x.org']
        highest: readr
";
    assert_snapshot!(reported(&with(all)), @r"
    8:14 no-address: `Bob` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    9:17 no-subject: an entry of `protect` names either a `group` or a `user`
      write `- group: NAME` or `- user: E-MAIL`
    9:54 no-address: `Carol` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    11:27 no-address: `Eve` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    11:72 guest-manager: nobody can be invited as Room manager
      DocSpace gives that role only to accounts that exist: use `grants` with `user`
    12:27 bad-domain: `@x.org` is not a domain
      write the part after the `@`, such as `partner.example`
    13:18 unknown-role: unknown role `readr`
      known here: commenter, content-creator, editor, form-filler, reviewer, room-manager, viewer
    ");
}

#[test]
fn an_empty_key_is_an_error() {
    for (line, message) in [
        ("      membership:\n", "`membership` is empty"),
        ("      owner:\n", "`owner` is empty"),
        ("      guests: { highest: }\n", "`highest` is empty"),
        (
            "      guests: { allowed_domains: }\n",
            "`allowed_domains` is empty",
        ),
    ] {
        let reported = reported(&with(line));
        assert!(reported.contains(message), "{reported}");
    }
    let reported = reported(&with("").replace("    template:", "    drift:\n    template:"));
    assert!(reported.contains("`drift` is empty"), "{reported}");
}

#[test]
fn an_exact_room_without_a_grant_is_a_warning() {
    assert_snapshot!(reported(&with("      membership: exact\n")), @r"
    6:7 exact-without-grants: `membership: exact` at a.yaml:7:19 removes everyone except the owner: the templates of the policy `p` have no grants
      write `grants`, or remove `membership: exact`
    ");
    assert_eq!(
        reported(&with(
            "      membership: exact\n      grants: [{ group: HR, role: viewer }]\n"
        )),
        ""
    );
}

#[test]
fn a_guest_beyond_the_limits_is_an_error_if_the_address_is_known_in_advance() {
    let guests = |limits: &str, role: &str| {
        with(&format!(
            "      guests: {{ invite: [{{ email: eva@partner.example, role: {role} }}]{limits} }}\n"
        ))
    };
    assert_eq!(reported(&guests("", "viewer")), "");
    assert_eq!(
        reported(&guests(", allowed_domains: [PARTNER.example]", "viewer")),
        ""
    );
    assert_eq!(reported(&guests(", highest: Editor", "reviewer")), "");
    assert_snapshot!(reported(&guests(", allowed_domains: [other.example]", "viewer")), @r"
    6:7 guest-refused: `eva@partner.example` is not invited: `allowed_domains` is other.example; see a.yaml:7:26
      change the invitation, or `allowed_domains` or `highest` under `guests`
    ");
    assert_snapshot!(reported(&guests("", "editor")), @r"
    6:7 guest-refused: `eva@partner.example` is not invited as Editor: the highest role of guests is Viewer; see a.yaml:7:26
      change the invitation, or `allowed_domains` or `highest` under `guests`
    ");
}

#[test]
fn a_title_must_not_choose_an_owner_or_a_guest() {
    let of_title = reported(&with(
        "      owner: '{client}'\n      guests: { invite: [{ email: '{client}', role: viewer }] }\n",
    ));
    assert_eq!(
        of_title.matches("person-from-room").count(),
        2,
        "{of_title}"
    );
    let of_list = with("      vars: { desk: [a@x.org, b@x.org] }\n      owner: '{desk}'\n");
    assert!(
        reported(&of_list).contains("the owner at a.yaml"),
        "{of_list}"
    );
}

#[test]
fn a_policy_that_matches_on_the_creator_must_match_the_owner_that_it_sets() {
    let owned = |matches: &str, owner: &str| {
        format!(
            "version: 1\ntables:\n  desk: {{ a: in@x.org, default: out@y.org }}\npolicies:\n  - name: p\n    match: {{ title: 'T {{client}}', type: custom, {matches} }}\n    template: {{ owner: '{owner}', folders: ['{{client}} {{desk[client]}}'] }}\n"
        )
    };
    assert_eq!(reported(&owned("creator: '*@x.org'", "boss@x.org")), "");
    assert_eq!(
        reported(&owned("except: { creator: '*@x.org' }", "boss@y.org")),
        ""
    );
    for (matches, owner) in [
        ("creator: '*@x.org'", "boss@y.org"),
        ("creator: '*@x.org'", "{desk[client]}"),
        ("except: { creator: 'boss@*' }", "boss@y.org"),
    ] {
        let reported = reported(&owned(matches, owner));
        assert!(
            reported.contains("owner-not-matched"),
            "{matches} {owner}: {reported}"
        );
    }
    assert_snapshot!(reported(&owned("creator: '*@x.org'", "boss@y.org")), @r"
    5:11 owner-not-matched: the policy `p` gives its rooms to `boss@y.org` (see a.yaml:7:24), but matches no room of that owner: see its `creator`
      let `creator` match the new owner as well: after the change, the new owner is the room's creator
    ");
}

#[test]
fn what_the_files_do_not_say_of_a_new_owner_is_a_warning() {
    let id = "8d3b4d2e-1b7c-4d4e-9f4b-0a1b2c3d4e5f";
    let owned = |matches: &str, owner: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom, {matches} }}, template: {{ owner: {owner} }} }}\n"
        ))
    };
    assert_snapshot!(owned("creator_group: HR", "new@x.org"), @r"
    3:13 owner-may-not-match: the policy `p` gives its rooms to `new@x.org` (see a.yaml:3:79), and no longer applies to them then if its `creator_group` does not fit that account, which these files do not say
      after the change, the new owner is the room's creator: make sure that it fits, or match on the title or on addresses with `creator`
    ");
    let by_id = format!("creator: {id}");
    for (matches, owner) in [
        ("creator_name: 'A*'", "new@x.org"),
        ("creator: '*@x.org', creator_group: HR", "new@x.org"),
        ("creator: '*@x.org'", id),
        (&by_id, "new@x.org"),
    ] {
        let found = owned(matches, owner);
        assert!(found.contains("owner-may-not-match"), "{matches}\n{found}");
    }
    for (matches, owner) in [
        ("except: { title: 'A*', creator_group: HR }", "new@x.org"),
        ("except: { creator_name: 'A*' }", "new@x.org"),
        (
            "except: { creator: '*@x.org', creator_group: HR }",
            "new@x.org",
        ),
        (&by_id, id),
    ] {
        assert_eq!(owned(matches, owner), "", "{matches}");
    }
    let other = owned("creator: '*@y.org', creator_group: HR", "new@x.org");
    assert!(other.contains("owner-not-matched"), "{other}");
}

#[test]
fn policies_of_equal_priority_that_disagree_about_people_conflict() {
    let two = |mine: &str, theirs: &str| {
        format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: {{ {mine} }} }}\n  - {{ name: q, match: {{ title: 'T *', type: custom }}, template: {{ {theirs} }} }}\n"
        )
    };
    let grant = "grants: [{ group: HR, role: viewer }]";
    assert_snapshot!(reported(&two("owner: a@x.org", "owner: b@x.org")), @r"
    4:13 conflict: the policies `p` and `q` both match a Custom room `t x`, and disagree about the owner: a@x.org at a.yaml:3:60, and b@x.org at a.yaml:4:74 (the other policy 3:13)
      give one of them a higher `priority`; otherwise such a room is refused
    ");
    let membership = reported(&two(
        &format!("membership: exact, {grant}"),
        &format!("membership: additive, {grant}"),
    ));
    assert!(
        membership.contains("disagree about `membership`: exact"),
        "{membership}"
    );
    // A policy without a value does not disagree.
    assert_eq!(
        reported(&two(&format!("membership: exact, {grant}"), grant)),
        ""
    );
    let text = two("owner: A@x.org", "owner: a@X.org");
    let resolution = resolved(&[&text], &facts("T 1", RoomType::Custom));
    let owner = resolution.desired.owner().unwrap().unwrap();
    assert_eq!(owner.wanted.by.len(), 2);
}

#[test]
fn the_nearest_template_and_the_highest_priority_decide_the_membership() {
    let text = "version: 1
templates:
  base: { membership: exact, owner: a@x.org, grants: [{ group: HR, role: viewer }], guests: { invite: [{ email: e@x.org, role: viewer }], highest: editor } }
  child: { extends: base, membership: additive, owner: b@x.org, guests: { invite: [{ email: E@x.org, role: editor }] } }
policies:
  - { name: p, match: { type: custom }, template: child, drift: repair, notify: true }
  - { name: q, match: { title: 'T *', type: custom }, template: { membership: exact, protect: [{ group: [Audit, Board] }], grants: [{ group: HR, role: viewer }] }, priority: 5 }
";
    assert_eq!(reported(text), "");
    let resolution = resolved(&[text], &facts("T 1", RoomType::Custom));
    let desired = &resolution.desired;
    let membership = desired.membership.as_ref().unwrap();
    assert_eq!(membership.value.as_str(), "exact");
    assert_eq!(membership.by[0].policy, "q");
    let owner = desired.owner().unwrap().unwrap();
    assert_eq!(owner.wanted.value.text(), "b@x.org");
    assert_eq!(grants(&resolution), ["HR: viewer", "E@x.org: editor"]);
    assert_eq!(desired.protected.len(), 2);
    assert!(desired.repairing.contains("p") && desired.notifying.contains("p"));
}

#[test]
fn a_role_that_means_none_here_overrules_nothing_and_is_not_overruled() {
    let text = "version: 1
roles: { Reader: { default: viewer, custom: none } }
policies:
  - { name: high, match: { type: custom }, priority: 9, template: { grants: [{ group: HR, role: Reader }] } }
  - { name: middle, match: { type: custom }, priority: 5, template: { grants: [{ group: HR, role: editor }] } }
  - { name: low, match: { type: custom }, template: { grants: [{ group: HR, role: none }] } }
";
    let resolution = resolved(&[text], &facts("A", RoomType::Custom));
    let (grants, _) = resolution.desired.grants();
    let overruled = grants[0].1.overruled.iter();
    let by: Vec<&str> = overruled.map(|(_, by)| by.policy.as_str()).collect();
    assert_eq!(by, ["low"]);
}
