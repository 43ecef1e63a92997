//! Advice about a line that is not valid YAML.

use super::source::MAX_DEPTH;

/// A text in quotes, which YAML accepts whatever it contains.
pub(super) fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Advice about the line on which the parser stopped.
pub(super) fn advice(line: &str, info: &str) -> Option<String> {
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with spaces, not with tabs".to_owned());
    }
    if info.contains("nesting") || info.contains("depth") || info.contains("recursion") {
        return Some(format!(
            "lists and tables can be nested {MAX_DEPTH} levels deep"
        ));
    }
    if info.contains("escape") {
        return Some(
            "`\\` is special in double quotes; put the text in single quotes instead".to_owned(),
        );
    }
    if info.contains("quoted scalar") {
        return Some(
            "a quotation mark is not closed: look for it here and in the lines above".to_owned(),
        );
    }
    let content = line.trim_start().trim_start_matches("- ");
    if let Some(text) = behind_braces(content) {
        return Some(format!("quote the text: {}", in_quotes(text)));
    }
    let special = ['*', '&', '!', '[', '{'];
    // With several texts in one line it is unknown which one was meant.
    if content.starts_with(['{', '[']) {
        return content
            .get(1..)
            .is_some_and(|inner| inner.contains(special))
            .then(|| "quote texts with `*`, `&`, `!`, `[` or `{`".to_owned());
    }
    let (key, value) = content.split_once(": ").unwrap_or(("", content));
    let value = value.trim();
    if value.starts_with(['{', '[']) && value.contains(special) {
        return Some("quote texts with `*`, `&`, `!`, `[` or `{`".to_owned());
    }
    if value.starts_with(['"', '\'']) {
        return None;
    }
    if several_keys(value) {
        return Some(format!(
            "give each key a line of its own, or write `{{ {key}: {value} }}`"
        ));
    }
    let special = value.starts_with(['*', '[', '{', '&', '!', '%', '@', '`', '|', '>', '?']);
    (special || value.contains(": ") || value.contains(" #"))
        .then(|| format!("quote the text: {}", in_quotes(value)))
}

/// Advice about a key with a wide colon, on the line of an error or the line before it.
pub(super) fn wide_colon(before: &str, line: &str) -> Option<String> {
    let mut lines = before.lines().rev().filter(|line| !line.trim().is_empty());
    let above = lines.find(|above| !line.starts_with(above));
    [Some(line), above].into_iter().flatten().find_map(|line| {
        let (start, _) = line.split_once(WIDE_COLON)?;
        let key = start.rsplit([' ', '{', ',']).next()?;
        let is_key = !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        is_key
            .then(|| format!("write a plain colon and a space: `{key}: `, not `{key}{WIDE_COLON}`"))
    })
}

/// A colon as it is typed in Chinese and Japanese.
pub(super) const WIDE_COLON: char = '：';

/// `{client} letters`, as the value of a key or alone: the braces do not mean a table.
fn behind_braces(content: &str) -> Option<&str> {
    let value = content.split_once(": ").map_or(content, |(_, value)| value);
    let value = value.trim();
    let (inside, after) = value.strip_prefix('{')?.split_once('}')?;
    let is_name = !inside.is_empty()
        && inside
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let goes_on = !after.trim().is_empty() && !after.trim_start().starts_with([',', ']', '}', '#']);
    (is_name && goes_on).then_some(value)
}

/// `HR, role: viewer`: the text after a comma looks like another key.
fn several_keys(value: &str) -> bool {
    value.split(", ").skip(1).any(|part| {
        part.split_once(": ").is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    })
}
