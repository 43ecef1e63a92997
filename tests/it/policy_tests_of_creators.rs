//! Tests whose room leaves out who created it.

use insta::assert_snapshot;

use crate::language::advice::reported;
use crate::policy_tests::test;

#[test]
fn a_test_that_fails_because_of_a_creator_whom_it_leaves_out_names_the_key() {
    let policies = r#"version: 1
policies:
  - name: outside
    match: { title: "Client *", type: custom, except: { creator: "*@legal.example.org" } }
    template: { folders: [A] }
  - name: one
    match: { title: "One *", creator: [8d0e8a3c-1111-2222-3333-444444444444, a@example.org] }
    template: { folders: [A] }
  - name: led
    match: { title: "Led *", creator_name: "Anna *", creator_group: Leads }
    template: { folders: [A] }
  - name: texts
    match: { title: "Text *", type: custom }
    template: { folders: ["By {creator.name}"], settings: { tags: [x] } }
tests:
  - { name: except, room: { title: Client A, type: custom }, expect: { policies: [outside] } }
  - { name: another title, room: { title: A, type: custom }, expect: { policies: [] } }
  - { name: the id, room: { title: One A, type: custom, creator: b@example.org }, expect: { policies: [] } }
  - { name: both, room: { title: One A, type: custom, creator: [b@example.org, 8d0e8a3c-1111-2222-3333-444444444444] }, expect: { policies: [one] } }
  - { name: name and groups, room: { title: Led A, type: custom }, expect: { policies: [] } }
  - { name: no groups, room: { title: Led A, type: custom, creator_name: Anna B, creator_groups: [] }, expect: { policies: [] } }
  - { name: an address and no groups, room: { title: Led A, type: custom, creator: b@example.org, creator_name: Anna B }, expect: { policies: [] } }
  - { name: a text, room: { title: Text A, type: custom }, expect: { folders: ["By Anna"] } }
  - { name: no text, room: { title: Text A, type: custom }, expect: { tags: [x] } }
"#;
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/a.yaml"), policies).unwrap();
    assert_snapshot!(test(directory.path(), &[]), @r"
    exit 1
      ✓ except
      ✓ another title
      ✓ the id
      ✓ both
      ✓ name and groups
      ✓ no groups
      ✓ an address and no groups
      ✗ a text (policies/a.yaml:23:13)
          - folder By Anna                             expected at policies/a.yaml:23:80
          ! it depends on the creator's display name   add to `room`: `creator_name: Anna Berg`
          missing: `By {creator.name}` needs `{creator.name}`, which has no value here (policy `texts`, template `of texts`, policies/a.yaml:14:27)
      ✓ no text
          missing: `By {creator.name}` needs `{creator.name}`, which has no value here (policy `texts`, template `of texts`, policies/a.yaml:14:27)
    9 tests: 8 passed, 1 failed
    ");
    let two = policies.replace(
        "[b@example.org, 8d0e8a3c",
        "[b@example.org, c@example.org, 8d0e8a3c",
    );
    assert_snapshot!(reported(&two), @r"
    19:80 wrong-value: `c@example.org` is a second creator, and a room has one
      write one e-mail address, one id, or both of the same account
    ");
}
