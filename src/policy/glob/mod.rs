//! Globs over titles, words and people: `*`, `?`, `[a-z]`, `[!x]`, `[0-9]{4}`, `{a,b}`, `{name}`, `{name=glob}`, `\x`.
//!
//! Most globs are matched in one pass over the text. Those with choices are compiled to a small graph that is searched
//! depth first with a set of visited positions, so that the answer is exact and the time is bounded by the size of the
//! graph times the length of the text.

use std::collections::{BTreeMap, BTreeSet};

use super::glob_line::Line;
use super::glob_normal::normal;
pub use super::glob_parse::BadGlob;
use super::glob_parse::{self, Piece};
use super::glob_search::Search;
use super::glob_set::Set;
pub use crate::room::{FoldMode, Folded};

/// A compiled glob.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    pub(super) over: FoldMode,
    pub(super) states: Vec<State>,
    pub(super) start: usize,
    pub(super) captures: Vec<String>,
    literals: Vec<String>,
    /// The characters with which everything begins and ends that fits, in folded form.
    ends: [String; 2],
    /// The same glob where one pass over the text is enough.
    line: Option<Line>,
}

#[derive(Debug, Clone)]
pub(super) enum State {
    One(Set, usize),
    /// Zero or more of anything, the fewest first.
    Any(usize),
    Split(Vec<usize>),
    Open(usize, usize),
    Close(usize, usize),
    End,
}

/// What the captures of a glob stood for, in the text's own spelling, trimmed.
pub type Captures = BTreeMap<String, String>;

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// [`BadGlob`] says what is wrong and how to write it.
    pub fn new(text: &str, over: FoldMode) -> Result<Self, BadGlob> {
        let pieces = glob_parse::parse(text.trim())?;
        let pieces = normal(pieces, over);
        let mut glob = Glob {
            text: text.to_owned(),
            over,
            states: Vec::with_capacity(pieces.len() + 4),
            start: 0,
            captures: Vec::new(),
            literals: Vec::new(),
            ends: ends(&pieces),
            line: Line::new(&pieces),
        };
        glob.literals = literals(&pieces);
        let end = glob.push(State::End);
        glob.start = glob.compile(&pieces, end);
        glob.captures.reverse();
        let mut seen = BTreeSet::new();
        if let Some(twice) = glob
            .captures
            .iter()
            .find(|name| !seen.insert(name.as_str()))
        {
            return Err(BadGlob(format!("the capture `{{{twice}}}` occurs twice")));
        }
        Ok(glob)
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names that it captures.
    pub fn captures(&self) -> &[String] {
        &self.captures
    }

    #[cfg(test)]
    pub(super) fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Texts that stand in everything that fits, in folded form; none when nothing is certain.
    pub(super) fn literals(&self) -> &[String] {
        &self.literals
    }

    /// The characters with which everything begins that fits, in folded form.
    pub(super) fn begins(&self) -> &str {
        let [begins, _] = &self.ends;
        begins
    }

    /// The characters with which everything ends that fits, in folded form.
    pub(super) fn ends(&self) -> &str {
        let [_, ends] = &self.ends;
        ends
    }

    /// Whether the characters at the ends tell that no text fits both.
    pub(super) fn is_apart(&self, other: &Glob) -> bool {
        let (a, b) = (self.begins(), other.begins());
        let (c, d) = (self.ends(), other.ends());
        !(a.starts_with(b) || b.starts_with(a)) || !(c.ends_with(d) || d.ends_with(c))
    }

    // Built from the end, so that every state knows its successor; captures come out last first.
    fn compile(&mut self, pieces: &[Piece], end: usize) -> usize {
        let mut next = end;
        for piece in pieces.iter().rev() {
            next = match piece {
                Piece::Literal(_) | Piece::One | Piece::Class { .. } => match set(piece) {
                    Some(set) => self.push(State::One(set, next)),
                    None => next,
                },
                Piece::Count(one, least, more) => match set(one) {
                    Some(set) => self.count(&set, *least, *more, next),
                    None => next,
                },
                Piece::Any => self.push(State::Any(next)),
                Piece::Either(branches) => {
                    let starts = branches
                        .iter()
                        .map(|branch| self.compile(branch, next))
                        .collect();
                    self.push(State::Split(starts))
                }
                Piece::Capture(name, inner) => {
                    // Numbered from the end, as `captures` is until it is reversed.
                    let number = self.captures.len();
                    self.captures.push(name.clone());
                    let close = self.push(State::Close(number, next));
                    let inside = match inner {
                        Some(inner) => self.compile(inner, close),
                        None => self.push(State::Any(close)),
                    };
                    self.push(State::Open(number, inside))
                }
            };
        }
        next
    }

    /// The fewest first, as a capture is the shortest.
    fn count(&mut self, set: &Set, least: usize, more: usize, end: usize) -> usize {
        let mut start = end;
        for _ in 0..more {
            let one = self.push(State::One(set.clone(), start));
            start = self.push(State::Split(vec![end, one]));
        }
        for _ in 0..least {
            start = self.push(State::One(set.clone(), start));
        }
        start
    }

    fn push(&mut self, state: State) -> usize {
        self.states.push(state);
        self.states.len() - 1
    }

    /// Whether the whole text fits.
    pub fn is_match(&self, text: &str) -> bool {
        self.captured(text).is_some()
    }

    /// What the captures stand for when the whole text fits: the shortest from left to right.
    pub fn captured(&self, text: &str) -> Option<Captures> {
        self.captured_in(&Folded::new(text, self.over))
    }

    /// As [`Glob::captured`], over a text that was folded once for many globs.
    pub fn captured_in(&self, text: &Folded<'_>) -> Option<Captures> {
        let bounds = match &self.line {
            Some(line) if text.is_plain() => line.bounds(text.letters())?,
            _ => Search::new(self, text).run()?,
        };
        let count = self.captures.len();
        Some(
            bounds
                .into_iter()
                .enumerate()
                .filter_map(|(number, (from, to))| {
                    let name = self.captures.get(count.checked_sub(number + 1)?)?;
                    Some((name.clone(), text.original(from, to).to_owned()))
                })
                .collect(),
        )
    }
}

/// What a piece that stands for a single character takes.
pub(super) fn set(piece: &Piece) -> Option<Set> {
    match piece {
        Piece::Literal(c) => Some(Set::Char(*c)),
        Piece::One => Some(Set::All),
        Piece::Class { negated, ranges } => Some(Set::Class {
            negated: *negated,
            ranges: ranges.clone(),
        }),
        Piece::Any | Piece::Count(..) | Piece::Either(_) | Piece::Capture(..) => None,
    }
}

/// The literal characters at the beginning and at the end.
fn ends(pieces: &[Piece]) -> [String; 2] {
    let literal = |piece: &Piece| match piece {
        Piece::Literal(c) => Some(*c),
        _ => None,
    };
    let begins = pieces.iter().map_while(literal).collect();
    let backwards: Vec<char> = pieces.iter().rev().map_while(literal).collect();
    [begins, backwards.into_iter().rev().collect()]
}

/// The runs of literal characters that no text can go around.
fn literals(pieces: &[Piece]) -> Vec<String> {
    fn walk(pieces: &[Piece], runs: &mut Vec<String>) {
        for piece in pieces {
            match piece {
                Piece::Literal(c) => match runs.last_mut() {
                    Some(run) => run.push(*c),
                    None => runs.push(c.to_string()),
                },
                // Its borders take no character, so a run goes on through them.
                Piece::Capture(_, Some(inner)) => walk(inner, runs),
                Piece::Capture(_, None)
                | Piece::One
                | Piece::Any
                | Piece::Class { .. }
                | Piece::Count(..)
                | Piece::Either(_) => runs.push(String::new()),
            }
        }
    }
    let mut runs = Vec::new();
    walk(pieces, &mut runs);
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
