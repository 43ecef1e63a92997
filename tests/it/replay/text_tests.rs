//! Symbols, times and addresses in texts, and how requests are built.

use serde_json::json;

use super::names::{Names, Unbound};
use super::template::Template;
use super::text::{fits, is_time, quoted, symbols, unquoted, whole};

fn names() -> Names {
    Names::new([
        ("room:a".to_owned(), json!(7)),
        ("email:u".to_owned(), json!("O'Brien+x@example.test")),
        ("user:u".to_owned(), json!("ABC")),
    ])
}

#[test]
fn symbols_are_found_in_double_braces() {
    let found: Vec<(bool, &str)> = symbols("{{a}} {b} {{}} {{#c:1}} {{{d}} {{e")
        .into_iter()
        .map(|symbol| (symbol.number, symbol.name))
        .collect();
    assert_eq!(found, [(false, "a"), (true, "c:1"), (false, "d")]);
    assert!(whole("{{#a}}").unwrap().number);
    assert!(whole("x {{a}}").is_none() && whole("{{a}}{{b}}").is_none());
}

#[test]
fn times_have_the_form_of_iso_8601() {
    for text in [
        "2026-11-02T03:04:05",
        "2026-11-02T03:04:05Z",
        "2026-11-02T03:04:05.1-02:00",
    ] {
        assert!(is_time(text), "{text}");
    }
    for text in [
        "2026-11-02",
        "2026-11-02T03:04:05.Z",
        "2026-11-02T03:04:05+2",
        "2026-11-02 03:04:05",
    ] {
        assert!(!is_time(text), "{text}");
    }
}

#[test]
fn a_gap_matches_one_character_or_more() {
    assert!(fits("{{x}}", "a") && !fits("{{x}}", ""));
    assert!(fits("{{x}}{{y}}", "ab") && !fits("{{x}}{{y}}", "a"));
    assert!(fits("a{{x}}b{{y}}c", "abbbc") && !fits("a{{x}}b{{y}}c", "abbc"));
    assert!(fits("{{x}}ab", "abab") && !fits("{{x}}ab", "ab"));
}

#[test]
fn addresses_are_encoded_and_decoded() {
    assert_eq!(quoted("a b/\u{e9}~"), "a%20b%2F%C3%A9~");
    assert_eq!(unquoted("a%20b%2f%C3%A9%zz%4+"), "a b/\u{e9}%zz%4+");
}

#[test]
fn symbols_in_a_path_are_replaced_by_encoded_values() {
    assert_eq!(
        names().path("/r/{{room:a}}?q={{email:u}}").unwrap(),
        "/r/7?q=O%27Brien%2Bx%40example.test"
    );
    assert_eq!(
        names().path("/r/{{room:b}}"),
        Err(Unbound("room:b".to_owned()))
    );
}

#[test]
fn a_body_keeps_its_order_and_its_numbers() {
    let sent = |text: &str| {
        let template: Template = serde_json::from_str(text).unwrap();
        names().body(&template).map(|body| body.to_string())
    };
    assert_eq!(
        sent(r#"{"z": "{{#room:a}}", "a": ["{{room:a}}", "x {{#room:a}}", 2.5, null], "{{user:u}}": true}"#).unwrap(),
        r#"{"z":7,"a":["7","x 7",2.5,null],"abc":true}"#
    );
    assert_eq!(sent(r#"{"a": ["{{#x}}"]}"#), Err(Unbound("x".to_owned())));
    assert_eq!(sent(r#"{"{{x}}": 1}"#), Err(Unbound("x".to_owned())));
}
