//! Finds a text in a title, in any way of typing.

use std::ops::Range;

use super::{FoldMode, Folded};

/// The byte range of the first occurrence of a part in a title, as whole words; `None` if there is none, and for an
/// invisible part.
pub fn find_in_title(title: &str, part: &str) -> Option<Range<usize>> {
    let (whole, part) = (
        Folded::with_ends(title, FoldMode::Titles),
        Folded::new(part, FoldMode::Titles),
    );
    let wanted = part.letters();
    if wanted.is_empty() {
        return None;
    }
    let letters = whole.letters();
    let is_apart = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let pair = before.zip(letters.get(at));
        pair.is_none_or(|(before, after)| !are_one_word(before.folded, after.folded))
    };
    let fits = |at: &usize| {
        let end = at + wanted.len();
        let there = letters.iter().skip(*at).take(wanted.len());
        let is_same = there.map(|letter| letter.folded);
        is_same.eq(wanted.iter().map(|letter| letter.folded))
            && (whole.is_border(*at) && whole.is_border(end))
            && (is_apart(*at) && is_apart(end))
    };
    let at = (0..letters.len()).find(fits)?;
    let start = |at: usize| {
        let letter = whole.letters().get(at);
        letter.map_or(title.len(), |letter| letter.start)
    };
    Some(start(at)..start(at + wanted.len()))
}

/// Whether two consecutive characters belong to the same word or number. Scripts without case do not separate words.
fn are_one_word(before: char, after: char) -> bool {
    let is_cased = |c: char| c.is_lowercase() || c.is_uppercase();
    let is_digit = |c: char| c.is_numeric();
    (is_cased(before) && is_cased(after)) || (is_digit(before) && is_digit(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_any_way_of_typing() {
        for (title, part, found) in [
            ("Client - ACME - 2026", "acme", Some("ACME")),
            ("Client – Müller & Söhne", "Mu\u{308}ller", Some("Müller")),
            ("案件－０１２", "012", Some("０１２")),
            ("Straße 7", "STRASSE", Some("Straße")),
            ("Straße 7", "stras", None),
            ("Client A B C", "c", Some("C")),
            ("Lot 2026", "26", None),
            ("案件012号", "件", Some("件")),
            ("ACME and ACME", "ACME", Some("ACME")),
            ("Client", " ", None),
            ("Client", "ACME", None),
        ] {
            let range = find_in_title(title, part);
            assert_eq!(range.map(|range| &title[range]), found, "{title} {part}");
        }
        assert_eq!(find_in_title("a ACME b", "ACME"), Some(2..6));
    }
}
