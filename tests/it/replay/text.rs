//! Texts of recordings: symbols, times, addresses, and texts with gaps.

use std::ops::Range;

/// `{{name}}`, or `{{#name}}` instead of a JSON number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Symbol<'a> {
    pub(super) at: Range<usize>,
    pub(super) number: bool,
    pub(super) name: &'a str,
}

pub(super) fn symbols(text: &str) -> Vec<Symbol<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find("{{").map(|next| at + next) {
        let inner = &text[next + 2..];
        let length = inner.find(['{', '}']).unwrap_or(inner.len());
        if length == 0 || !inner[length..].starts_with("}}") {
            at = next + 1;
            continue;
        }
        let name = &inner[..length];
        let number = name.starts_with('#') && length > 1;
        at = next + length + 4;
        found.push(Symbol {
            at: next..at,
            number,
            name: if number { &name[1..] } else { name },
        });
    }
    found
}

/// The symbol, if the text consists of a single one.
pub(super) fn whole(text: &str) -> Option<Symbol<'_>> {
    let symbol = symbols(text).into_iter().next()?;
    (symbol.at == (0..text.len())).then_some(symbol)
}

/// The text with its symbols replaced.
pub(super) fn replaced(text: &str, mut by: impl FnMut(&Symbol<'_>) -> String) -> String {
    let mut filled = String::new();
    let mut from = 0;
    for symbol in symbols(text) {
        filled.push_str(&text[from..symbol.at.start]);
        filled.push_str(&by(&symbol));
        from = symbol.at.end;
    }
    filled + &text[from..]
}

/// Whether a text matches a pattern in which each symbol stands for any text that is not empty; ignores case.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let text = lower(text);
    let mut pieces = Vec::new();
    let mut from = 0;
    for symbol in symbols(pattern) {
        pieces.push(lower(&pattern[from..symbol.at.start]));
        from = symbol.at.end;
    }
    let last = lower(&pattern[from..]);
    let Some((first, middle)) = pieces.split_first() else {
        return last == text;
    };
    if !text.starts_with(first) {
        return false;
    }
    let mut at = first.len();
    for piece in middle {
        let places = at + 1..=text.len().saturating_sub(piece.len());
        match places.into_iter().find(|&n| text[n..].starts_with(piece)) {
            Some(n) => at = n + piece.len(),
            None => return false,
        }
    }
    text.len() > at + last.len() && text.ends_with(&last)
}

fn lower(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether the text is an ISO 8601 time, with or without a fraction and an offset.
pub(super) fn is_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return false;
        }
    }
    has_form(date, "0000-00-00T00:00:00")
        && (rest.is_empty() || rest == "Z" || has_form(rest, "+00:00") || has_form(rest, "-00:00"))
}

/// Whether the text has the form: a digit for each zero, and otherwise the same characters.
fn has_form(text: &str, form: &str) -> bool {
    let same = |(c, f): (u8, u8)| {
        if f == b'0' {
            c.is_ascii_digit()
        } else {
            c == f
        }
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(same)
}

/// A value, encoded for an address.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            quoted.push_str(&format!("%{byte:02X}"));
        }
    }
    quoted
}

/// An address without percent-encoding.
pub(super) fn unquoted(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|code| hex::decode(code).ok()) {
            Some(decoded) => {
                bytes.extend(decoded);
                bytes.extend(part[2..].bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend(part.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
