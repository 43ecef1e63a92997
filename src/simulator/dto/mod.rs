//! People, groups, rooms and folders as responses show them.

pub(crate) mod folder;
mod people;
pub(crate) mod shares;

use serde_json::Value;

/// A display name, HTML-encoded as .NET does it: non-ASCII characters as numbers, five signs by name or number.
pub(crate) fn encoded(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' => out.push_str(&format!("&#{};", u32::from(character))),
            character if u32::from(character) > 0xffff => {
                out.push_str(&format!("&#{};", u32::from(character)));
            }
            plain => out.push(plain),
        }
    }
    out
}

pub(crate) fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut members), Value::Object(more)) => {
            members.extend(more);
            Value::Object(members)
        }
        (first, _) => first,
    }
}
