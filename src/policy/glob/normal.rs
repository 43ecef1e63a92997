//! The characters of a glob in comparable form.

use super::parse::Piece;
use crate::room::{FoldMode, Folded, is_ignorable, kin, stored_title, with_kin};

/// Literal characters as DocSpace stores them, folded like the text to compare; counts are expanded up to their
/// minimum.
pub(super) fn normal(pieces: Vec<Piece>, over: FoldMode) -> Vec<Piece> {
    let mut pieces = sequence(pieces, over);
    // Leading and trailing blanks are ignored.
    let is_blank =
        |piece: Option<&Piece>| matches!(piece, Some(Piece::Literal(c)) if c.is_whitespace());
    while is_blank(pieces.last()) {
        pieces.pop();
    }
    while is_blank(pieces.first()) {
        pieces.remove(0);
    }
    pieces
}

fn sequence(pieces: Vec<Piece>, over: FoldMode) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut run = String::new();
    for piece in pieces {
        if let Piece::Literal(c) = piece {
            run.push(c);
            continue;
        }
        literals(&mut run, &mut out, over);
        match piece {
            Piece::Class { negated, ranges } => out.push(class(negated, &ranges, over)),
            Piece::Count(one, least, more) => {
                let one = match *one {
                    Piece::Class { negated, ranges } => class(negated, &ranges, over),
                    other => other,
                };
                out.extend(std::iter::repeat_n(one.clone(), least));
                if more > 0 {
                    out.push(Piece::Count(Box::new(one), 0, more));
                }
            }
            Piece::Either(branches) => {
                let branches = branches.into_iter().map(|branch| sequence(branch, over));
                out.push(Piece::Either(branches.collect()));
            }
            Piece::Capture(name, inner) => {
                out.push(Piece::Capture(
                    name,
                    inner.map(|inner| sequence(inner, over)),
                ));
            }
            Piece::Literal(_) | Piece::One | Piece::Any => out.push(piece),
        }
    }
    literals(&mut run, &mut out, over);
    match over {
        FoldMode::Titles => one_blank(out),
        FoldMode::Words => out,
    }
}

/// A run of literal characters: combining characters are folded together.
fn literals(run: &mut String, out: &mut Vec<Piece>, over: FoldMode) {
    let stored: String = match over {
        FoldMode::Words => std::mem::take(run),
        FoldMode::Titles => run.drain(..).map(stored).collect(),
    };
    for letter in Folded::with_ends(&stored, over).letters() {
        out.push(Piece::Literal(letter.folded));
    }
}

fn stored(c: char) -> String {
    // A single blank would be trimmed away as a title.
    if c.is_whitespace() && c != '\t' {
        " ".to_owned()
    } else {
        stored_title(c.encode_utf8(&mut [0; 4]))
    }
}

/// Runs of blanks count as one in a title, so blanks beside alternatives move into each of them.
fn one_blank(pieces: Vec<Piece>) -> Vec<Piece> {
    let blank = Piece::Literal(' ');
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        let Piece::Either(mut branches) = piece else {
            out.push(piece);
            continue;
        };
        if out.last() == Some(&blank) {
            out.pop();
            for branch in &mut branches {
                if branch.first() != Some(&blank) {
                    branch.insert(0, blank.clone());
                }
            }
        }
        if pieces.peek() == Some(&blank) {
            pieces.next();
            for branch in &mut branches {
                if branch.last() != Some(&blank) {
                    branch.push(blank.clone());
                }
            }
        }
        let branches = branches.into_iter().map(one_blank);
        out.push(Piece::Either(branches.collect()));
    }
    out
}

/// A class by what the cases and widths of its characters have in common, and by what DocSpace stores instead of those
/// that it replaces.
fn class(negated: bool, ranges: &[(char, char)], over: FoldMode) -> Piece {
    let mut kins = Vec::new();
    for &(from, to) in ranges {
        kins.push((from, to));
        let ascii = (from..=to).take_while(char::is_ascii);
        kins.extend(ascii.map(|c| kin(c, over)).map(|c| (c, c)));
        let different = with_kin(over);
        let first = different.partition_point(|(c, _)| *c < from);
        let inside = different.iter().skip(first).take_while(|(c, _)| *c <= to);
        kins.extend(inside.map(|&(_, kin)| (kin, kin)));
        if over == FoldMode::Titles && NOT_STORED.iter().any(|c| from <= *c && *c <= to) {
            kins.push(('_', '_'));
        }
    }
    kins.sort_unstable();
    let mut ranges: Vec<(char, char)> = Vec::with_capacity(kins.len());
    for (from, to) in kins {
        match ranges.last_mut() {
            Some((_, last)) if from <= *last => *last = to.max(*last),
            _ => ranges.push((from, to)),
        }
    }
    ranges.retain(|(from, to)| from != to || !is_ignorable(*from));
    Piece::Class { negated, ranges }
}

/// The characters that DocSpace replaces in a title.
const NOT_STORED: [char; 11] = ['\t', '*', '+', ':', '"', '<', '>', '?', '|', '\\', '/'];
