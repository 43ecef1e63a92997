//! Titles as DocSpace stores them (docs/docspace.md, titles).

/// The maximum length of a folder title, in UTF-16 units.
pub const MAX_TITLE_UNITS: usize = 165;

/// The maximum length of a room's title, in UTF-16 units.
pub const MAX_ROOM_TITLE_UNITS: usize = 170;

/// The length of a title as DocSpace counts it, in UTF-16 units.
pub fn title_units(title: &str) -> usize {
    title.encode_utf16().count()
}

/// The title as DocSpace stores it: trimmed; each of `\t * + : " < > ? | \ /` and each half of a surrogate pair
/// becomes `_`, so that an emoji becomes `__`. Case, inner blanks and trailing dots are kept.
pub fn stored_title(title: &str) -> String {
    stored_characters(title.trim())
}

/// The same for a part of a title, which is not trimmed.
pub fn stored_characters(part: &str) -> String {
    let mut stored = String::with_capacity(part.len());
    for c in part.chars() {
        match c {
            '\t' | '*' | '+' | ':' | '"' | '<' | '>' | '?' | '|' | '\\' | '/' => stored.push('_'),
            c if c.len_utf16() == 2 => stored.push_str("__"),
            c => stored.push(c),
        }
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_and_emoji_become_underscores() {
        assert_eq!(stored_title("  Q&A: x/y + 🎉 . "), "Q&A_ x_y _ __ .");
        assert_eq!(stored_title("Müller – Söhne"), "Müller – Söhne");
    }

    #[test]
    fn storing_twice_changes_nothing() {
        for title in ["a/b", " 🎉🎉", "x\t", "\u{2003}wide\u{2003}"] {
            assert_eq!(stored_title(&stored_title(title)), stored_title(title));
        }
    }

    #[test]
    fn an_emoji_counts_two_units() {
        assert_eq!(title_units("a🎉"), 3);
    }
}
