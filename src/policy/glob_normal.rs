//! The characters of a glob in the form in which texts are compared.

use super::glob_fold::{Over, fold_char};
use super::glob_parse::Piece;
use crate::room::stored_title;

/// Literal characters as DocSpace stores them, folded like the text they are compared with.
pub(super) fn normal(pieces: Vec<Piece>, over: Over) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Literal(c) => {
                for c in literal(c, over) {
                    let blank = over == Over::Titles && c == ' ';
                    if !(blank && matches!(out.last(), Some(Piece::Literal(' ')))) {
                        out.push(Piece::Literal(c));
                    }
                }
            }
            Piece::Class { negated, ranges } => {
                let ranges = ranges
                    .into_iter()
                    .flat_map(|(from, to)| range(from, to, over))
                    .collect();
                out.push(Piece::Class { negated, ranges });
            }
            Piece::Either(branches) => out.push(Piece::Either(
                branches
                    .into_iter()
                    .map(|branch| normal(branch, over))
                    .collect(),
            )),
            Piece::Capture(name, inner) => {
                out.push(Piece::Capture(name, inner.map(|inner| normal(inner, over))));
            }
            Piece::One | Piece::Any => out.push(piece),
        }
    }
    out
}

/// A range with its letters in both cases, since the text comes in lower case, and with what DocSpace makes of the
/// characters that it does not store.
fn range(from: char, to: char, over: Over) -> Vec<(char, char)> {
    let mut ranges = vec![(from, to)];
    if from == to {
        ranges.extend(one(&literal(from, over)).map(|c| (c, c)));
        return ranges;
    }
    let mut in_lower_case = |from: char, to: char| {
        let (low, high) = (fold_char(from, Over::Words), fold_char(to, Over::Words));
        if low <= high {
            ranges.push((low, high));
        }
    };
    in_lower_case(from, to);
    // `[0-Z]` holds the letters up to Z, though its first end is none.
    let (first, last) = (from.max('A'), to.min('Z'));
    if first <= last {
        in_lower_case(first, last);
    }
    if over == Over::Titles && FORBIDDEN.iter().any(|c| from <= *c && *c <= to) {
        ranges.push(('_', '_'));
    }
    ranges
}

/// What DocSpace does not store in a title.
const FORBIDDEN: [char; 11] = ['\t', '*', '+', ':', '"', '<', '>', '?', '|', '\\', '/'];

fn one(chars: &[char]) -> Option<char> {
    match chars {
        [c] => Some(*c),
        _ => None,
    }
}

fn literal(c: char, over: Over) -> Vec<char> {
    match over {
        // A blank alone would be trimmed away as a title.
        Over::Titles if c.is_whitespace() && c != '\t' => vec![' '],
        Over::Titles => stored_title(&c.to_string())
            .chars()
            .map(|c| fold_char(c, over))
            .collect(),
        Over::Words => vec![fold_char(c, over)],
    }
}
