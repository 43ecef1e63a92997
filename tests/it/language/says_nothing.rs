//! Lists, tables and roles that are valid but say nothing.

use insta::assert_snapshot;

use super::advice::reported;

#[test]
fn exact_membership_without_a_role_is_reported_with_those_who_stay() {
    let with = |template: &str| {
        reported(&format!(
            "version: 1\nroles: {{ Reader: {{ default: viewer, custom: none }} }}\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: {{ membership: exact, {template} }} }}\n"
        ))
    };
    assert_snapshot!(with("grants: [{ group: HR, role: none }, { group: IT, role: Reader }]"), @"
    4:51 exact-without-grants: `membership: exact` at a.yaml:4:65 removes everyone except the owner: the templates of the policy `p` grant nobody a role
      write `grants`, or remove `membership: exact`
    ");
    assert_snapshot!(with("protect: [{ group: HR }], grants: [{ group: IT, role: Reader }]"), @"
    4:51 exact-without-grants: `membership: exact` at a.yaml:4:65 removes everyone except the owner and those under `protect`: the templates of the policy `p` grant nobody a role
      write `grants`, or remove `membership: exact`
    ");
    assert!(
        !with("grants: [{ group: HR, role: viewer }, { group: IT, role: Reader }]")
            .contains("exact")
    );
}

#[test]
fn empty_lists_and_tables_that_say_nothing_are_reported() {
    let with = |body: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, {body} }}\n"
        ))
    };
    assert_snapshot!(with("template: {}"), @"
    3:51 empty-list: the template is empty: the policy gives rooms nothing
      write what rooms get, or remove the policy
    ");
    assert_snapshot!(with("vars: {}, template: { settings: {}, guests: {}, folders: [], grants: [], protect: [] }"), @"
    3:47 empty-list: `vars` is empty and says nothing
      remove the key, or write an entry
    3:73 empty-list: `settings` is empty and says nothing
      remove the key, or write an entry
    3:85 empty-list: `guests` is empty and says nothing
      remove the key, or write an entry
    3:98 empty-list: `folders` is empty and says nothing
      remove the key, or write an entry
    3:110 empty-list: `grants` is empty and says nothing
      remove the key, or write an entry
    3:123 empty-list: `protect` is empty and says nothing
      remove the key, or write an entry
    ");
    assert_snapshot!(with("template: { folders: [{ A: [] }, { B: [{ C: [] }] }], settings: { tags: [] }, guests: { invite: [] } }"), @"
    3:68 empty-list: the list of children of the folder `A` is empty
      write `- A`, or its children
    3:85 empty-list: the list of children of the folder `C` is empty
      write `- C`, or its children
    3:113 empty-list: `tags` is empty and says nothing
      remove the key, or write an entry
    3:137 empty-list: `invite` is empty and says nothing
      remove the key, or write an entry
    ");
    assert_eq!(with("template: {}, final: true"), "");
    let expected = "version: 1\npolicies:\n  - { name: p, match: { type: custom }, template: { folders: [A] } }\ntests:\n  - { name: t, room: { title: A, type: public }, expect: { policies: [], folders: [], grants: {}, settings: {} } }\n";
    assert_eq!(reported(expected), "");
}

#[test]
fn an_empty_list_of_parents_is_an_error() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t: { extends: [], folders: [A] }\npolicies:\n  - { name: p, match: { type: custom }, template: { extends: [], folders: [A] } }\n  - { name: q, match: { type: public }, template: t }\n"), @"
    3:17 empty-list: the list names no template
      remove the key, or write a template's name
    5:62 empty-list: the list names no template
      remove the key, or write a template's name
    ");
}

#[test]
fn an_invitation_without_a_role_is_an_error() {
    let with = |role: &str| {
        reported(&format!(
            "version: 1\nroles: {{ Reader: {{ default: viewer, custom: none }} }}\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: {{ grants: [{{ group: HR, role: Reader }}], guests: {{ invite: [{{ email: a@x.org, role: {role} }}] }} }} }}\n"
        ))
    };
    assert_snapshot!(with("none"), @"
    4:135 guest-without-role: an invitation needs a role, and `none` gives none
      write a role such as `viewer`, or remove the invitation
    ");
    assert_snapshot!(with("Reader"), @"
    4:51 guest-without-role: the role `Reader` of the invitation at a.yaml:4:111 means `none` in every room of the policy `p`
      invite with a role that these rooms have, or remove the invitation
    ");
    assert_eq!(with("viewer"), "");
}
