//! The order of titles in the list of rooms (rooms-api.md I): natural sorting, with numbers by their value.

use std::cmp::Ordering;

use super::collation;

/// The signs in their order; all come before digits.
const SIGNS: &str = "_-‐‑–—,;:!¡?¿.…·'‘’\"“”«»()[]{}§¶@*/\\&#%‰†‡•`´˜^¯¨°©®+±÷×<=>|¦~¤¢$£¥€";

/// Letters that sort with another letter.
const KIN: [(char, char); 9] = [
    ('æ', 'a'),
    ('đ', 'd'),
    ('ð', 'd'),
    ('ħ', 'h'),
    ('ı', 'i'),
    ('ł', 'l'),
    ('ø', 'o'),
    ('œ', 'o'),
    ('þ', 't'),
];

/// Compares two titles. Digits count as a number; case does not count, and accents count only between otherwise equal
/// letters.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (Some(left), Some(right)) = (one.chars().next(), other.chars().next()) else {
            return one.len().min(1).cmp(&other.len().min(1));
        };
        let order = if left.is_ascii_digit() && right.is_ascii_digit() {
            let (left, after) = number(one);
            let (right, beyond) = number(other);
            (one, other) = (after, beyond);
            left.cmp(&right)
        } else {
            one = one.get(left.len_utf8()..).unwrap_or_default();
            other = other.get(right.len_utf8()..).unwrap_or_default();
            letters(left, right)
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The leading number and the rest of the text; a number that is too large counts as the largest.
fn number(text: &str) -> (i64, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.parse().unwrap_or(i64::MAX), rest)
}

fn letters(one: char, other: char) -> Ordering {
    let lower = |letter: char| letter.to_lowercase().next().unwrap_or(letter);
    let (one, other) = (lower(one), lower(other));
    let (first, second) = (rank(one), rank(other));
    first.cmp(&second).then(one.cmp(&other))
}

/// The rank of a character: spaces, signs, digits, letters; then its position among these.
fn rank(letter: char) -> (u8, usize, collation::Key) {
    let sign = SIGNS.chars().position(|sign| sign == letter);
    let kin = KIN.iter().find(|(own, _)| *own == letter);
    let base = kin.map_or(letter, |(_, base)| *base);
    let key = collation::key(base.encode_utf8(&mut [0; 4]));
    match sign {
        Some(place) => (2, place, key),
        None if letter.is_whitespace() => (1, 0, key),
        None if letter.is_control() => (0, 0, key),
        None if letter.is_numeric() => (3, 0, key),
        None => (4, 0, key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_sort_naturally() {
        let mut titles = [
            "room 10",
            "Room 9",
            "zebra",
            "Äpfel",
            "apfel",
            "Apfel 2",
            "apfelkuchen",
            "_x",
            "-x",
            "(x)",
            "#1",
            "1st",
            "École",
            "ecole",
            "Ørsted",
            "osten",
            "Łódź",
            "яблоко",
            "Room",
        ];
        titles.sort_by(|one, other| compare(one, other));
        assert_eq!(
            titles,
            [
                "_x",
                "-x",
                "(x)",
                "#1",
                "1st",
                "apfel",
                "Apfel 2",
                "apfelkuchen",
                "Äpfel",
                "ecole",
                "École",
                "Łódź",
                "osten",
                "Ørsted",
                "Room",
                "Room 9",
                "room 10",
                "zebra",
                "яблоко",
            ]
        );
    }

    #[test]
    fn case_does_not_count_and_too_large_numbers_count_as_the_largest() {
        assert_eq!(compare("ABC 7", "abc 07"), Ordering::Equal);
        let huge = "9".repeat(30);
        assert_eq!(compare(&huge, &format!("1{huge}")), Ordering::Equal);
        assert_eq!(compare("a", ""), Ordering::Greater);
    }
}
