//! Globs over titles, words and people: `*`, `?`, `[a-z]`, `[!x]`, `[0-9]{4}`, `{a,b}`, `{name}`, `{name=glob}`, `\x`.
//!
//! Most globs are matched in one pass over the text. Those with choices are compiled to a small graph that is searched
//! depth first with a set of visited positions, so that the answer is exact and the time is bounded by the size of the
//! graph times the length of the text.

mod advice;
mod filled;
mod graph;
mod line;
mod near;
mod normal;
mod parse;
mod search;
mod set;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use advice::{advice, quote};
use graph::Graph;
pub(super) use graph::State;
use line::Line;
pub(super) use near::Near;
use normal::normal;
pub use parse::BadGlob;
use parse::Piece;
use search::Search;
pub(super) use set::Set;

pub use crate::room::{FoldMode, Folded};

/// The glob that matches exactly this text.
pub fn literal(text: &str) -> String {
    let mut glob = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        let is_last = at + c.len_utf8() == text.len();
        let is_special = match c {
            '*' | '?' | '[' | ']' | '{' | '}' | '\\' => true,
            // These have no meaning in a glob, but look as if they had one.
            '^' => at == 0,
            '$' => is_last,
            '(' => matches!(before, Some('!' | '@' | '+')),
            _ => false,
        };
        if is_special {
            glob.push('\\');
        }
        glob.push(c);
        before = Some(c);
    }
    glob
}

/// A compiled glob.
///
/// ```
/// use roomwright::policy::glob::{FoldMode, Glob};
///
/// let glob = Glob::new("Client - {client} - {year=20[0-9]{2}}", FoldMode::Titles)?;
/// let captures = glob.captured("CLIENT – ACME – 2026").expect("the title fits");
/// assert_eq!(captures["client"], "ACME");
/// assert_eq!(captures["year"], "2026");
/// assert!(!glob.is_match("Client - ACME - 1999"));
/// # Ok::<(), roomwright::policy::glob::BadGlob>(())
/// ```
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    pub(super) over: FoldMode,
    graph: Graph,
    literals: Vec<String>,
    /// The characters with which every matching text begins and ends, in folded form.
    ends: [String; 2],
    /// The minimum length of a title that matches.
    least: usize,
    /// The same glob in the form for one pass over the text, if it has one.
    line: Option<Line>,
}

/// The captured texts of a glob, in the text's own spelling, trimmed.
pub type Captures = BTreeMap<String, String>;

impl Glob {
    /// Parses a glob.
    ///
    /// # Errors
    /// [`BadGlob`] explains the problem and how to write it.
    pub fn new(text: &str, over: FoldMode) -> Result<Self, BadGlob> {
        let glob = Self::of(text, parse::parse(text.trim())?, over);
        let mut seen = BTreeSet::new();
        if let Some(twice) = glob
            .captures()
            .iter()
            .find(|name| !seen.insert(name.as_str()))
        {
            return Err(BadGlob(format!("the capture `{{{twice}}}` occurs twice")));
        }
        Ok(glob)
    }

    fn of(text: &str, pieces: Vec<Piece>, over: FoldMode) -> Self {
        let pieces = normal(pieces, over);
        Glob {
            text: text.to_owned(),
            over,
            graph: Graph::new(&pieces),
            literals: literals(&pieces),
            ends: ends(&pieces),
            least: parse::least(&pieces),
            line: Line::new(&pieces),
        }
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The minimum length of a text that matches, in characters.
    pub(super) fn least(&self) -> usize {
        self.least
    }

    /// The names of its captures.
    pub fn captures(&self) -> &[String] {
        &self.graph.captures
    }

    /// The states of its graph; the first number is the start state.
    pub(super) fn states(&self) -> (usize, &[State]) {
        (self.graph.start, &self.graph.states)
    }

    /// The closest text that matches, if it is close. Captures may be empty.
    pub(super) fn near(&self, text: &Folded<'_>) -> Option<Near> {
        near::near(&self.graph, &self.text, text)
    }

    /// Texts that every matching text contains, in folded form; empty if there are none.
    pub(super) fn literals(&self) -> &[String] {
        &self.literals
    }

    /// The characters with which every matching text begins, in folded form.
    pub(super) fn begins(&self) -> &str {
        let [begins, _] = &self.ends;
        begins
    }

    /// The characters with which every matching text ends, in folded form.
    pub(super) fn ends(&self) -> &str {
        let [_, ends] = &self.ends;
        ends
    }

    /// Whether the characters at the ends show that no text matches both.
    pub(super) fn is_apart(&self, other: &Glob) -> bool {
        let (a, b) = (self.begins(), other.begins());
        let (c, d) = (self.ends(), other.ends());
        !(a.starts_with(b) || b.starts_with(a)) || !(c.ends_with(d) || d.ends_with(c))
    }

    /// Whether the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.captured(text).is_some()
    }

    /// The captures, if the whole text matches: the shortest from left to right.
    pub fn captured(&self, text: &str) -> Option<Captures> {
        self.captured_in(&Folded::new(text, self.over))
    }

    /// Like [`Glob::captured`], for a text that was folded once for many globs.
    pub fn captured_in(&self, text: &Folded<'_>) -> Option<Captures> {
        let bounds = match &self.line {
            Some(line) if text.is_plain() => line.bounds(text.letters())?,
            _ => Search::new(&self.graph, text).run()?,
        };
        let count = self.captures().len();
        Some(
            bounds
                .into_iter()
                .enumerate()
                .filter_map(|(number, (from, to))| {
                    let name = self.captures().get(count.checked_sub(number + 1)?)?;
                    Some((name.clone(), text.original(from, to).to_owned()))
                })
                .collect(),
        )
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

/// The runs of literal characters that every matching text contains.
fn literals(pieces: &[Piece]) -> Vec<String> {
    fn walk(pieces: &[Piece], runs: &mut Vec<String>) {
        for piece in pieces {
            match piece {
                Piece::Literal(c) => match runs.last_mut() {
                    Some(run) => run.push(*c),
                    None => runs.push(c.to_string()),
                },
                // Its borders match no character, so a run continues through them.
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
