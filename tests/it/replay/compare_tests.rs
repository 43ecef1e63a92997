//! The comparison finds differences, and accepts what may differ.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::compare::compare;
use super::names::Names;
use super::recording::Call;
use super::wire::Answer;

fn call(answer: Value) -> Call {
    let mut call = json!({
        "as": null, "method": "GET", "path": "/x", "body": null,
        "status": 200, "headers": {"content-type": "application/json; charset=utf-8"},
        "binds": {"room:a": "/response/id", "guid:1": "/response/link"},
    });
    call["answer"] = answer;
    serde_json::from_value(call).unwrap()
}

fn answer(body: Value) -> Answer {
    let content_type = "Application/JSON; charset=utf-8";
    Answer {
        status: 200,
        headers: BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]),
        body,
    }
}

fn names(values: Value) -> Names {
    let Value::Object(values) = values else {
        panic!("{values}");
    };
    Names::new(values)
}

/// The differences between the answer and the recorded one, as text.
fn texts(names: &mut Names, recorded: Value, got: Value) -> Vec<String> {
    compare(&call(recorded), &answer(got), names)
        .into_iter()
        .map(|d| format!("{}: {} / {}", d.at, d.expected, d.got))
        .collect()
}

fn differences(recorded: Value, got: Value) -> Vec<String> {
    let mut names = names(json!({
        "room:known": 7, "user:ra1": "ABC-1", "run": "h4n8wq", "portal": "http://localhost:1",
    }));
    texts(&mut names, recorded, got)
}

#[track_caller]
fn equal(recorded: Value, got: Value) {
    let none: [&str; 0] = [];
    assert_eq!(differences(recorded, got), none);
}

#[track_caller]
fn differs(recorded: Value, got: Value, how: &str) {
    assert_eq!(differences(recorded, got), [how]);
}

#[test]
fn another_status_is_reported_with_the_servers_message() {
    let mut got = answer(json!({"error": {"type": "Refused", "message": "no"}}));
    got.status = 403;
    let mut names = Names::default();
    let found = compare(&call(json!({"x": 1})), &got, &mut names);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].at.as_str(), found[0].got.as_str()),
        ("status", "403 Refused no")
    );
}

#[test]
fn nothing_is_learned_from_an_answer_of_another_status() {
    let mut got = answer(json!({"response": {"id": 5}}));
    got.status = 500;
    let mut names = Names::default();
    compare(&call(json!({})), &got, &mut names);
    assert_eq!(names.get("room:a"), None);
}

#[test]
fn a_header_is_compared_without_case_and_reported_if_missing() {
    let mut got = answer(json!({}));
    got.headers.clear();
    let found = compare(&call(json!({})), &got, &mut Names::default());
    assert_eq!(
        (found[0].at.as_str(), found[0].got.as_str()),
        ("content-type", "(absent)")
    );
}

#[test]
fn members_and_their_kinds_count() {
    equal(
        json!({"a": 1, "b": [null, true]}),
        json!({"b": [null, true], "a": 1}),
    );
    differs(json!({"a": 1, "b": 2}), json!({"a": 1}), "/b: 2 / (absent)");
    differs(json!({"a": 1}), json!({"a": 1, "b": 2}), "/b: (absent) / 2");
    differs(json!({"a": "1"}), json!({"a": 1}), "/a: \"1\" / 1");
    differs(json!({"a": 1}), json!({"a": true}), "/a: 1 / true");
    differs(json!({"a": null}), json!({"a": 0}), "/a: null / 0");
    differs(json!({"a": {}}), json!({"a": []}), "/a: {} / []");
    differs(json!({"a": []}), json!({"a": null}), "/a: [] / null");
    differs(
        json!({"a": "Text"}),
        json!({"a": "text"}),
        "/a: \"Text\" / \"text\"",
    );
    equal(json!({"a": 2}), json!({"a": 2.0}));
}

#[test]
fn elements_and_their_order_count() {
    assert_eq!(
        differences(json!([1]), json!([1, 2])),
        [": 1 elements / 2 elements", "/1: (absent) / 2"]
    );
    assert_eq!(
        differences(json!([1, 2]), json!([2, 1])),
        ["/0: 1 / 2", "/1: 2 / 1"]
    );
}

#[test]
fn in_any_order_each_element_is_paired_with_its_best_match() {
    let two = json!(["{{any order}}", {"id": 1, "a": 1, "b": 1}, {"id": 2, "a": 2, "b": 2}]);
    equal(
        two.clone(),
        json!([{"id": 2, "a": 2, "b": 2}, {"id": 1, "a": 1, "b": 1}]),
    );
    // The element with the same id, although another one has more in common.
    differs(
        two.clone(),
        json!([{"id": 2, "a": 2, "b": 2}, {"id": 1, "a": 1, "b": 3}]),
        "/0/b: 1 / 3",
    );
    differs(
        two,
        json!([{"id": 1, "a": 1, "b": 1}]),
        "/1: {\"a\":2,\"b\":2,\"id\":2} / (absent)",
    );
    assert_eq!(
        differences(json!(["{{any order}}", 1]), json!([2, 1])),
        [": 1 elements / 2 elements", "/1: (absent) / 2"]
    );
}

#[test]
fn more_elements_may_follow_but_not_fewer() {
    equal(json!([1, "{{and more}}"]), json!([1]));
    equal(json!([1, "{{and more}}"]), json!([1, 2, 3]));
    assert_eq!(
        differences(json!([1, "{{and more}}"]), json!([])),
        [": 1 elements / 0 elements", "/0: 1 / (absent)"]
    );
}

#[test]
fn any_value_must_be_present() {
    equal(json!({"a": "{{any}}"}), json!({"a": null}));
    equal(json!({"a": "{{any}}"}), json!({"a": {"b": []}}));
    differs(
        json!({"a": "{{any}}"}),
        json!({}),
        "/a: \"{{any}}\" / (absent)",
    );
}

#[test]
fn any_time_matches_a_time() {
    equal(
        json!("{{time}}"),
        json!("2026-11-02T03:04:05.1230000+02:00"),
    );
    differs(
        json!("{{time}}"),
        json!("2026-11-02"),
        ": {{time}} / \"2026-11-02\"",
    );
    differs(json!("{{time}}"), json!(5), ": {{time}} / 5");
}

#[test]
fn a_number_within_a_text_matches_any_text_that_is_not_empty() {
    equal(json!("at {{number}}."), json!("at 17."));
    differs(
        json!("at {{number}}."),
        json!("at ."),
        ": \"at {{number}}.\" / \"at .\"",
    );
    differs(
        json!("at {{number}}."),
        json!("on 17."),
        ": \"at {{number}}.\" / \"on 17.\"",
    );
}

#[test]
fn known_symbols_are_compared() {
    equal(json!("{{#room:known}}"), json!(7));
    differs(
        json!("{{#room:known}}"),
        json!(8),
        ": {{#room:known}} = 7 / 8",
    );
    differs(
        json!("{{#room:known}}"),
        json!("7"),
        ": {{#room:known}} = 7 / \"7\"",
    );
    equal(json!("/rooms/{{room:known}}"), json!("/rooms/7"));
    differs(json!("{{room:known}}"), json!(7), ": \"7\" / 7");
    differs(
        json!("Corpus {{run}}"),
        json!("Corpus x"),
        ": \"Corpus h4n8wq\" / \"Corpus x\"",
    );
}

#[test]
fn an_id_is_compared_without_case_and_the_text_around_it_with_case() {
    equal(json!("{{user:ra1}}"), json!("aBc-1"));
    differs(
        json!("x {{user:ra1}}"),
        json!("x ABC-1"),
        ": \"x abc-1\" / \"x ABC-1\"",
    );
}

#[test]
fn symbols_are_filled_in_names_of_members_too() {
    equal(json!({"{{room:known}}": 1}), json!({"7": 1}));
    differs(
        json!({"{{room:known}}": 1}),
        json!({"8": 1, "7": 1}),
        "/8: (absent) / 1",
    );
}

#[test]
fn an_address_is_compared_without_its_encoding() {
    let recorded = json!({"href": "{{portal}}/x?y=a%20b%C3%A9"});
    equal(
        recorded.clone(),
        json!({"href": "http://localhost:1/x?y=a b\u{e9}"}),
    );
    differs(
        recorded,
        json!({"href": "http://localhost:1/x?y=a+b\u{e9}"}),
        "/href: \"http://localhost:1/x?y=a b\u{e9}\" / \"http://localhost:1/x?y=a+b\u{e9}\"",
    );
    differs(
        json!({"url": "a%20b"}),
        json!({"url": "a b"}),
        "/url: \"a%20b\" / \"a b\"",
    );
}

#[test]
fn an_id_is_learned_at_its_first_occurrence_and_compared_afterwards() {
    let mut names = Names::default();
    let recorded = json!(["{{#room:a}}", "{{#room:a}}", "{{#room:b}}"]);
    assert_eq!(
        texts(&mut names, recorded, json!([7, 8, "9"])),
        ["/1: {{#room:a}} = 7 / 8", "/2: {{#room:b}} / \"9\""]
    );
    assert_eq!(names.get("room:a"), Some(&json!(7)));
}

#[test]
fn an_id_without_a_value_matches_any_text() {
    equal(json!("{{guid:9}}"), json!("whatever"));
    equal(json!("a/{{guid:9}}/b"), json!("A/x/b"));
    differs(
        json!("a/{{guid:9}}/b"),
        json!("a//b"),
        ": \"a/{{guid:9}}/b\" / \"a//b\"",
    );
}

#[test]
fn ids_are_learned_before_they_are_compared() {
    let mut names = names(json!({"room:a": 1, "guid:1": "old"}));
    let recorded =
        json!({"count": "{{#room:a}}", "response": {"id": "{{#room:a}}", "link": "{{guid:1}}"}});
    let got = json!({"count": 5, "response": {"id": 5, "link": "NEW"}});
    // A GUID keeps its value.
    assert_eq!(
        texts(&mut names, recorded, got),
        ["/response/link: \"old\" / \"NEW\""]
    );
    assert_eq!(names.get("room:a"), Some(&json!(5)));
}
