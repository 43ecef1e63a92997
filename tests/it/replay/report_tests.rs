//! A replay fails for a difference without an exception, and for an exception that is not needed.

use serde_json::json;

use super::compare::Difference;
use super::exceptions::{Exception, Ignored};
use super::recording::Call;
use super::report::Report;

const IGNORED: &[Ignored] = &[Ignored {
    member: "theme",
    reason: "test",
}];
const EXCEPTIONS: &[Exception] = &[
    Exception {
        scenario: "one",
        call: 2,
        member: "/response/a",
        reason: "test",
    },
    Exception {
        scenario: "other",
        call: 1,
        member: "status",
        reason: "test",
    },
];

fn call() -> Call {
    serde_json::from_value(json!({
        "as": "ra1", "method": "PUT", "path": "/x", "body": {"a": 1}, "status": 200, "headers": {}, "answer": "",
    }))
    .unwrap()
}

fn found(at: &str) -> Vec<Difference> {
    vec![Difference {
        at: at.to_owned(),
        expected: "1".to_owned(),
        got: "2".to_owned(),
    }]
}

fn report(scenario: &str) -> Report {
    Report::new(scenario, IGNORED, EXCEPTIONS)
}

#[test]
fn a_replay_passes_if_everything_agrees_or_may_differ() {
    let mut report = report("one");
    report.add(1, &call(), Vec::new());
    report.add(2, &call(), found("/response/a/0"));
    report.add(3, &call(), found("/response/theme/x"));
    assert_eq!(report.verdict(), Ok(()));
}

#[test]
fn a_difference_is_reported_with_its_request() {
    let mut report = report("none");
    report.add(1, &call(), Vec::new());
    report.add(2, &call(), found("/response/a"));
    report.leave_out(3, &call(), "why");
    let report_text = "none: 1 calls agree, 1 differ, 1 skipped\n\
                2. ra1 PUT /x {\"a\":1}\n     /response/a: expected 1, got 2\n\
                3. ra1 PUT /x {\"a\":1}\n     skipped: why";
    assert_eq!(report.verdict(), Err(report_text.to_owned()));
}

#[test]
fn an_exception_applies_only_to_its_scenario_call_and_member() {
    let report = report("one");
    assert!(report.agrees(2, &found("/response/a")));
    assert!(!report.agrees(2, &found("/response/ab")));
    assert!(!report.agrees(1, &found("/response/a")));
    assert!(!report.agrees(1, &found("status")));
}

#[test]
fn an_exception_that_is_not_needed_fails() {
    let mut report = report("one");
    report.add(2, &call(), Vec::new());
    let report_text = report.verdict().unwrap_err();
    assert!(
        report_text.ends_with("2. /response/a agrees, so its exception is not needed: test"),
        "{report_text}"
    );
}

#[test]
fn at_most_sixty_lines_are_reported() {
    let mut report = report("none");
    for number in 1..100 {
        report.add(number, &call(), found("/a"));
    }
    let report_text = report.verdict().unwrap_err();
    assert_eq!(report_text.lines().count(), 60);
    assert!(
        report_text.ends_with("… and 140 more lines"),
        "{report_text}"
    );
}
