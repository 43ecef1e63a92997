//! A test of policy files cannot pass by stating nothing, and says what a room does not get.

use insta::assert_snapshot;

use crate::policy_tests::test;

const POLICY: &str = "version: 1
tables: { desk: { ACME: HR } }
policies:
  - name: clients
    match: { title: 'Client {client}', type: custom }
    template: { grants: [{ group: '{desk[client]}', role: viewer }], settings: { tags: [b] } }
  - name: watched
    match: { title: 'Client *', type: custom }
    template: { folders: [Later] }
    mode: observe
";

fn tested(tests: &str, flags: &[&str]) -> String {
    tested_for(POLICY, tests, flags)
}

fn tested_for(policy: &str, tests: &str, flags: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    let text = format!("{policy}tests:\n{tests}");
    std::fs::write(directory.path().join("policies/a.yaml"), text).unwrap();
    test(directory.path(), flags)
}

const ACME: &str = "room: { title: Client ACME, type: custom }";

#[test]
fn an_empty_list_of_tags_under_settings_is_compared() {
    let tests = format!(
        "  - {{ name: no tags, {ACME}, expect: {{ settings: {{ tags: [] }} }} }}\n  - {{ name: no tags but a quota, {ACME}, expect: {{ settings: {{ tags: [], quota: 1 GB }} }} }}\n"
    );
    assert_snapshot!(tested(&tests, &[]), @r"
    exit 1
      ✗ no tags (policies/a.yaml:12:13)
          + tag b                                      clients (policies/a.yaml:6:89)
      ✗ no tags but a quota (policies/a.yaml:13:13)
          + tag b                                      clients (policies/a.yaml:6:89)
          - setting quota: 1 GB                        expected at policies/a.yaml:13:117
    2 tests: 0 passed, 2 failed
    ");
}

#[test]
fn what_a_room_does_not_get_is_shown_with_a_test_that_passes() {
    let tests =
        "  - { name: no desk, room: { title: Client X, type: custom }, expect: { grants: {} } }\n";
    assert_snapshot!(tested(tests, &[]), @r"
    exit 0
      ✓ no desk
          missing: `{desk[client]}` has no value here: the table `desk` has neither `X` nor a `default` (policy `clients`, template `of clients`, policies/a.yaml:6:26)
    1 test: all passed
    ");
}

#[test]
fn a_room_that_no_policy_matches_cannot_only_be_expected_not_to_be_refused() {
    let tests = format!(
        "  - {{ name: applies, {ACME}, expect: {{ refused: false }} }}\n  - {{ name: applies not, room: {{ title: X, type: custom }}, expect: {{ refused: false }} }}\n  - {{ name: says so, room: {{ title: X, type: custom }}, expect: {{ refused: false, policies: [] }} }}\n"
    );
    assert_snapshot!(tested(&tests, &[]), @r"
    exit 1
      ✓ applies
      ✗ applies not (policies/a.yaml:13:13)
          ! no policy applies to the room              so `refused: false` checks nothing; expect what it gets, or `policies: []`
      ✓ says so
    3 tests: 2 passed, 1 failed
    ");
    assert!(tested(&tests, &["--update"]).contains("2 passed, 1 failed"));
}

#[test]
fn lines_that_are_only_observed_do_not_count_as_untested() {
    let tests =
        format!("  - {{ name: all, {ACME}, expect: {{ grants: {{ HR: viewer }}, tags: [b] }} }}\n");
    assert_snapshot!(tested(&tests, &["--coverage"]), @r"
    exit 0
      ✓ all
    1 test: all passed

    tested: 2 of 2 policies, 2 of 2 lines of their templates
    ");
}

#[test]
fn a_setting_that_is_expected_to_be_removed_is_missed_if_no_policy_removes_it() {
    let removing = POLICY.replace("{ tags: [b] }", "{ tags: [b], lifetime: none }");
    let tests =
        format!("  - {{ name: t, {ACME}, at_least: {{ settings: {{ lifetime: none }} }} }}\n");
    let said = tested(&tests, &[]);
    assert!(said.starts_with("exit 1\n"), "{said}");
    assert!(said.contains("- setting lifetime: none"), "{said}");
    let said = tested_for(&removing, &tests, &[]);
    assert!(said.starts_with("exit 0\n"), "{said}");
}

#[test]
fn a_single_value_that_differs_is_named_once() {
    let tests = format!(
        "  - {{ name: exact, {ACME}, expect: {{ membership: exact, owner: chair@example.org }} }}\n"
    );
    assert_snapshot!(tested(&tests, &[]), @r"
    exit 1
      ✗ exact (policies/a.yaml:12:13)
          ≠ owner: none, not chair@example.org         expected at policies/a.yaml:12:100
          ≠ membership: additive, not exact            expected at policies/a.yaml:12:86
    1 test: 0 passed, 1 failed
    ");
}
