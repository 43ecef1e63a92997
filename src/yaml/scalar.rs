//! Texts in the form in which they are written into YAML.

use super::advice::in_quotes;

/// A text in a form that YAML reads as that text, in a list or table of any style: in quotes if necessary.
pub fn scalar(text: &str) -> String {
    let is_inner = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                ' ' | '.' | '_' | '@' | '/' | '-' | '+' | '&' | '(' | ')' | '–' | '’'
            )
    };
    let is_plain = text.starts_with(|c: char| c.is_alphabetic())
        && text.ends_with(|c: char| !c.is_whitespace())
        && text.chars().all(is_inner)
        && !is_word(text);
    if is_plain || is_counted(text) {
        return text.to_owned();
    }
    match text.contains(char::is_control) {
        // JSON's escapes are valid in YAML too.
        true => serde_json::Value::from(text).to_string(),
        false => in_quotes(text),
    }
}

/// Words that other YAML parsers do not read as text.
fn is_word(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether it begins with a digit but is not a number: `5 GB`, `1 Corporate`.
fn is_counted(text: &str) -> bool {
    let mut words = text.split(' ');
    words
        .next()
        .is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()) && !first.is_empty())
        && words.clone().next().is_some()
        && words.all(|word| {
            word.starts_with(|c: char| c.is_alphabetic()) && word.chars().all(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Sources, parse, to_json};
    use super::scalar;

    #[test]
    fn quotes_are_added_where_they_are_needed() {
        for (text, written) in [
            ("Archive/2026", "Archive/2026"),
            ("anna.berg@example.org", "anna.berg@example.org"),
            ("Müller & Söhne", "Müller & Söhne"),
            ("5 GB", "5 GB"),
            ("2026", "'2026'"),
            ("no", "'no'"),
            ("Lot #3", "'Lot #3'"),
            ("a: b", "'a: b'"),
            ("{x}", "'{x}'"),
            ("it's", "'it''s'"),
            ("", "''"),
            ("a\nb", r#""a\nb""#),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    proptest! {
        #[test]
        fn a_written_text_is_read_back_unchanged(text in "\\PC{0,12}|[a-z:#,\\[\\]{}'\" \n-]{0,8}") {
            for form in [format!("[{}]", scalar(&text)), format!("- {}\n", scalar(&text))] {
                let mut sources = Sources::default();
                let id = sources.add("x.yaml", form.clone());
                let mut problems = Vec::new();
                let read = parse(&sources, id, &mut problems);
                prop_assert!(problems.is_empty(), "{form}: {problems:?}");
                prop_assert_eq!(to_json(&read.unwrap()), serde_json::json!([text]), "{}", form);
            }
        }
    }
}
