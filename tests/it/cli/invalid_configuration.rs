//! A configuration that is missing or invalid: each problem with its place and what to do.

use insta::assert_snapshot;

use super::{POLICY, run, shown, with_policy};

#[test]
fn a_missing_setting_is_reported_with_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    assert_snapshot!(shown(&run(empty.path(), &["validate"])), @"
    exit 3
    error: there is no directory `policies`: name another with `--policies DIR`, or create one with `roomwright init`
    ");
    assert_snapshot!(shown(&run(empty.path(), &["rooms"])), @"
    exit 1
    error: the store cannot be opened: there is no store at `roomwright.db`: `roomwright serve` or `apply` creates it
    ");
    let directory = with_policy(POLICY);
    assert_snapshot!(shown(&run(directory.path(), &["plan", "7"])), @"
    exit 3
    error: no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml
    no API key: set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml
    ");
    assert_snapshot!(shown(&run(directory.path(), &["serve"])), @"
    exit 3
    error: no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml
    no API key: set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml
    no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook
    ");
    assert!(!directory.path().join("roomwright.db").exists());
}

#[test]
fn an_invalid_configuration_is_reported_with_its_place() {
    let directory = with_policy(POLICY);
    std::fs::write(
        directory.path().join("roomwright.yaml"),
        "listen: 0.0.0.0:3000\nretry: { first: 5 seconds }\ndocspace: { hots: https://x }\nlimits: { reads_at_once: 0 }\n",
    )
    .unwrap();
    assert_snapshot!(shown(&run(directory.path(), &["plan", "7"])), @"
    exit 3
    error[wrong-value]: `5 seconds` is not a duration; write a number with `ms`, `s`, `min`, `h`, `days` or `years`
     --> roomwright.yaml:2:17
      |
    2 | retry: { first: 5 seconds }
      |                 ^^^^^^^^^

    error[unknown-key]: unknown key `hots`; did you mean `host`? (known here: host, api_key_file, webhook_secret_file, webhook_secret_previous_file, webhook_url, ownership)
     --> roomwright.yaml:3:13
      |
    3 | docspace: { hots: https://x }
      |             ^^^^

    error[zero]: 0 would stop everything; write at least 1
     --> roomwright.yaml:4:26
      |
    4 | limits: { reads_at_once: 0 }
      |                          ^
    ");
}

#[test]
fn a_secret_that_cannot_be_read_is_reported_with_its_setting() {
    let directory = with_policy(POLICY);
    let file = directory.path().join("roomwright.yaml");
    std::fs::write(file, "docspace: { api_key_file: nowhere }\n").unwrap();
    assert_snapshot!(shown(&run(directory.path(), &["plan", "7"])), @"
    exit 3
    error: docspace.api_key_file: `nowhere` cannot be read: No such file or directory (os error 2)
    ");
}

#[test]
fn a_pause_of_zero_is_reported_with_its_place() {
    let directory = with_policy(POLICY);
    let text = "retry:\n  first: 0 s\n  longest: 0 ms\n  after_lost_answer: 0 min\n  attempts: 1\n";
    std::fs::write(directory.path().join("roomwright.yaml"), text).unwrap();
    let output = run(directory.path(), &["plan", "7"]);
    let printed = shown(&output);
    assert_eq!(output.status.code(), Some(3), "{printed}");
    for place in ["2:10", "3:12", "4:22"] {
        assert!(
            printed.contains(&format!("roomwright.yaml:{place}")),
            "{printed}"
        );
    }
    assert_eq!(
        printed.matches("write at least `1 s`").count(),
        3,
        "{printed}"
    );
}
