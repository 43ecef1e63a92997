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

/// `{client} letters` or `[A-Z]*`, whose brackets belong to the text: the whole text, if the parser stopped behind them.
/// `is_inside` says whether brackets from a line above are open.
pub(super) fn behind_brackets(done: &str, rest: &str, is_inside: bool) -> Option<String> {
    let closed = done.trim_end();
    let (open, inside, is_class) = match closed.strip_suffix('}') {
        Some(inside) => (inside.rfind('{')?, inside, false),
        None => {
            let inside = closed.strip_suffix(']')?;
            (inside.rfind('[')?, inside, true)
        }
    };
    let (before, name) = (done.get(..open)?, inside.get(open + 1..)?);
    let is_start = before.is_empty() || before.ends_with([' ', '[', '{', ',']);
    let start = entry_start(before);
    let is_name = !name.is_empty()
        && name.chars().all(|c| {
            let is_of_class = is_class && matches!(c, ' ' | '!' | '^');
            c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || is_of_class
        });
    if !is_start || !is_name {
        return None;
    }
    let opened = before.matches(['[', '{']).count();
    let is_inside = is_inside || opened > before.matches([']', '}']).count();
    let rest = rest.split(" #").next().unwrap_or_default();
    let is_key = before.trim_start_matches([' ', '-']).is_empty();
    let rest = match rest.find(": ").or_else(|| rest.trim_end().rfind(':')) {
        Some(colon) if is_key => rest.get(..colon)?,
        _ if is_inside => one_entry(rest),
        _ => rest,
    };
    let text = format!("{}{rest}", done.get(start..)?);
    (!rest.trim().is_empty()).then(|| text.trim().to_owned())
}

/// Where the last entry or value of a line begins.
fn entry_start(line: &str) -> usize {
    let after = |mark: &str| line.rfind(mark).map_or(0, |at| at + mark.len());
    let marks = ["[", "{", ",", ": "].into_iter().map(after);
    let dashes = line.len() - line.trim_start_matches([' ', '-']).len();
    marks.max().unwrap_or_default().max(dashes)
}

/// The text up to the end of an entry of a list or table in brackets.
fn one_entry(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.find(|c| match c {
        '[' | '{' => {
            depth += 1;
            false
        }
        ']' | '}' if depth > 0 => {
            depth -= 1;
            false
        }
        ',' | ']' | '}' => depth == 0,
        _ => false,
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// `HR, role: viewer`: the text after a comma looks like another key.
fn several_keys(value: &str) -> bool {
    value.split(", ").skip(1).any(|part| {
        part.split_once(": ").is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    })
}
