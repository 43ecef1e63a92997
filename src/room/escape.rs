//! Text from outside, made safe to show.

use std::borrow::Cow;

use super::is_ignorable;

/// A text from outside in one line. Characters that could control a terminal, start a new line, reverse the direction
/// of writing or be invisible are shown as `\u{1b}`.
pub fn escape_control(text: &str) -> Cow<'_, str> {
    escaped(text, |c| {
        c.is_control() || is_ignorable(c) || matches!(c, '\u{2028}' | '\u{2029}')
    })
}

/// A text in which invisible characters are shown as `\u{200b}`.
pub fn with_unseen(text: &str) -> Cow<'_, str> {
    escaped(text, is_ignorable)
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool + Copy) -> Cow<'_, str> {
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_bad(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// An address without the part before its `@`, which may be a password.
pub fn without_password(address: &str) -> Cow<'_, str> {
    match address.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}").into(),
        None => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_other_text_is_unchanged() {
        for (text, safe) in [
            ("\u{1b}[2J\u{9b}1m\u{7f}", r"\u{1b}[2J\u{9b}1m\u{7f}"),
            ("a\r\nroom 8: in sync", r"a\u{d}\u{a}room 8: in sync"),
            ("abc\u{202e}fdp\u{2066}x", r"abc\u{202e}fdp\u{2066}x"),
            ("HR\u{200b}\u{feff}", r"HR\u{200b}\u{feff}"),
            ("Müller – 🎉 日本 \u{5d0}", "Müller – 🎉 日本 \u{5d0}"),
        ] {
            assert_eq!(escape_control(text), safe);
        }
    }
}
