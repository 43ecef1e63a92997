//! Globs over titles, words and people: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, `{name}`, `{name=glob}`, `\x`.
//!
//! Most globs are matched in one pass over the text. Those with choices are compiled to a small graph that is searched
//! depth first with a set of visited positions, so that the answer is exact and the time is bounded by the size of the
//! graph times the length of the text.

use std::collections::{BTreeMap, BTreeSet};

pub use super::glob_fold::{Folded, Over};
use super::glob_line::Line;
use super::glob_normal::normal;
pub use super::glob_parse::BadGlob;
use super::glob_parse::{self, Piece};
use super::glob_search::Search;
use super::glob_set::Set;

/// So many pairs of states are looked at before two globs count as overlapping.
pub(super) const OVERLAP_STEPS: usize = 100_000;

/// A compiled glob.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    over: Over,
    pub(super) states: Vec<State>,
    pub(super) start: usize,
    pub(super) captures: Vec<String>,
    literals: Vec<String>,
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
    pub fn new(text: &str, over: Over) -> Result<Self, BadGlob> {
        let pieces = glob_parse::parse(text.trim())?;
        let pieces = normal(pieces, over);
        let mut glob = Glob {
            text: text.to_owned(),
            over,
            states: Vec::with_capacity(pieces.len() + 4),
            start: 0,
            captures: Vec::new(),
            literals: Vec::new(),
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

    // Built from the end, so that every state knows its successor; captures come out last first.
    fn compile(&mut self, pieces: &[Piece], end: usize) -> usize {
        let mut next = end;
        for piece in pieces.iter().rev() {
            next = match piece {
                Piece::Literal(c) => self.push(State::One(Set::Char(*c), next)),
                Piece::One => self.push(State::One(Set::All, next)),
                Piece::Class { negated, ranges } => self.push(State::One(
                    Set::Class {
                        negated: *negated,
                        ranges: ranges.clone(),
                    },
                    next,
                )),
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
            Some(line) => line.bounds(&text.chars)?,
            None => Search::new(self, text).run()?,
        };
        let count = self.captures.len();
        Some(
            bounds
                .into_iter()
                .enumerate()
                .filter_map(|(number, (from, to))| {
                    let name = self.captures.get(count.checked_sub(number + 1)?)?;
                    Some((name.clone(), text.original(from, to).trim().to_owned()))
                })
                .collect(),
        )
    }

    /// Whether some text fits both globs. Captures count as `*`. Where that takes too long to find out, it counts
    /// as so.
    pub fn overlaps(&self, other: &Glob) -> bool {
        let mut steps = OVERLAP_STEPS;
        self.overlaps_within(other, &mut steps)
    }

    /// As [`Glob::overlaps`], with the steps that may be spent; what is left of them stays for others.
    pub(super) fn overlaps_within(&self, other: &Glob, steps: &mut usize) -> bool {
        let mut seen = vec![false; self.states.len() * other.states.len()];
        let mut open = vec![(self.start, other.start)];
        while let Some((a, b)) = open.pop() {
            match seen.get_mut(a * other.states.len() + b) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match steps.checked_sub(1) {
                Some(left) => *steps = left,
                None => return true,
            }
            let (Some(here), Some(there)) = (self.states.get(a), other.states.get(b)) else {
                continue;
            };
            match (here, there) {
                (State::End, State::End) => return true,
                (State::Split(ways), _) => open.extend(ways.iter().map(|&way| (way, b))),
                (_, State::Split(ways)) => open.extend(ways.iter().map(|&way| (a, way))),
                (State::Open(_, to) | State::Close(_, to), _) => open.push((*to, b)),
                (_, State::Open(_, to) | State::Close(_, to)) => open.push((a, *to)),
                (State::Any(to), State::Any(other_to)) => open.extend([(*to, b), (a, *other_to)]),
                (State::Any(to), State::One(_, after)) => open.extend([(*to, b), (a, *after)]),
                (State::One(_, after), State::Any(to)) => open.extend([(a, *to), (*after, b)]),
                (State::Any(to), State::End) => open.push((*to, b)),
                (State::End, State::Any(to)) => open.push((a, *to)),
                (State::One(set, to), State::One(other_set, other_to)) => {
                    if set.meets(other_set) {
                        open.push((*to, *other_to));
                    }
                }
                (State::One(..), State::End) | (State::End, State::One(..)) => {}
            }
        }
        false
    }
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
mod tests {
    use super::*;

    fn title(glob: &str) -> Glob {
        Glob::new(glob, Over::Titles).unwrap_or_else(|bad| panic!("{glob}: {}", bad.0))
    }

    fn captured(glob: &str, text: &str) -> Option<Vec<(String, String)>> {
        Some(title(glob).captured(text)?.into_iter().collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn dashes_blanks_and_case_do_not_matter_in_titles() {
        let glob = title("Client - {client} - {year=20[0-9][0-9]}");
        for text in [
            "client – ACME — 2026",
            "CLIENT  -  ACME \u{2212} 2026",
            "Client\u{a0}-\u{2009}ACME\u{2010}2026",
            "Client\u{b}-\u{c}ACME - 2026",
        ] {
            assert_eq!(
                glob.is_match(text),
                !text.ends_with("\u{2010}2026"),
                "{text}"
            );
        }
        assert!(!glob.is_match("Client - ACME - 1999"));
    }

    #[test]
    fn captures_are_the_shortest_from_left_to_right_in_the_texts_own_spelling() {
        assert_eq!(
            captured("{a} - {b}", "X – Y – Z"),
            pairs(&[("a", "X"), ("b", "Y – Z")])
        );
        assert_eq!(
            captured("Project {p}", "project  GÖTEBORG  Ä "),
            pairs(&[("p", "GÖTEBORG  Ä")])
        );
        assert_eq!(captured("{a}{b}", "İİ"), pairs(&[("a", "İ"), ("b", "İ")]));
        assert!(title("İzmir [İ]").is_match("izmir İ"));
        assert_eq!(captured("{a}{b}", "xyz"), pairs(&[("a", "x"), ("b", "yz")]));
        assert_eq!(captured("*{n=[0-9]*}", "room 12"), pairs(&[("n", "12")]));
    }

    #[test]
    fn a_capture_stands_for_at_least_one_character_that_is_no_blank() {
        assert_eq!(captured("Client {c}", "Client "), None);
        assert_eq!(captured("Client{c}", "Client"), None);
        assert_eq!(captured("a{c}b", "a b"), None);
        assert_eq!(captured("a{c}b", "a x b"), pairs(&[("c", "x")]));
        for glob in ["x{c}", "{x,y}{c}", "x{c=[!a]}", "{x,y}{c=[!a]}"] {
            let glob = Glob::new(glob, Over::Words).unwrap();
            assert!(!glob.is_match("x\n") && glob.is_match("x\u{7}"));
        }
    }

    #[test]
    fn literals_are_altered_as_docspace_stores_them() {
        assert!(title("Q&A: *").is_match("Q&A_ offers"));
        assert!(title("\\* \\[x\\]").is_match("_ [x]"));
        assert!(title("🎉 *").is_match("__ party"));
    }

    #[test]
    fn classes_choices_and_single_characters() {
        assert!(title("[A-C]?[!0-9]").is_match("bzz"));
        assert!(!title("[!0-9]").is_match("7"));
        assert!(title("{HR,Human *} room").is_match("human resources room"));
        assert!(title("{a,{b,c}d}").is_match("CD"));
        assert!(title("?").is_match("É"));
        assert!(title("[é]x").is_match("Éx"));
        assert!(title("x[%-+]y").is_match("x_y") && title("x[%-+]y").is_match("x(y"));
        assert!(!title("x[%-+]y").is_match("x5y") && !title("x[%-)]y").is_match("x_y"));
        assert!(title("[0-Z]").is_match("q") && title("[0-Z]").is_match("7"));
        assert!(
            Glob::new(" *@x.org ", Over::Words)
                .unwrap()
                .is_match("a@x.org")
        );
        assert!(title("É*").is_match("équipe"));
        assert!(!Glob::new("a-b", Over::Words).unwrap().is_match("a–b"));
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        for (glob, word) in [
            ("", "`*`"),
            ("a{b", "`\\{`"),
            ("a}b", "`\\}`"),
            ("[a", "`\\[`"),
            ("a\\", "`\\\\`"),
            ("[z-a]", "a-z"),
            ("{}", "{name}"),
            ("{a}{a}", "twice"),
            ("{x,{y}}", "inside"),
            ("{a b}", "{a,b}"),
            ("{n=}", "{n}"),
        ] {
            let bad = Glob::new(glob, Over::Titles).expect_err(glob);
            assert!(bad.0.contains(word), "{glob}: {}", bad.0);
        }
        assert!(Glob::new(&"{".repeat(10_000), Over::Titles).is_err());
        assert!(Glob::new(&"x".repeat(1_001), Over::Titles).is_err());
    }

    #[test]
    fn many_stars_over_a_long_text_end_soon_and_exactly() {
        let glob = title(&"*a".repeat(50));
        assert!(glob.is_match(&"a".repeat(400)));
        assert!(!glob.is_match(&format!("{}b", "a".repeat(400))));
        let glob = title(&(0..30).map(|n| format!("{{c{n}}}a")).collect::<String>());
        assert!(!glob.is_match(&format!("{}b", "xa".repeat(200))));
    }

    #[test]
    fn overlap_is_whether_some_text_fits_both() {
        for (a, b, meet) in [
            ("Client *", "* 2026", true),
            ("Client *", "Offer *", false),
            ("{a,b}x", "?y", false),
            ("[a-c]", "[b-z]", true),
            ("[a-c]", "[!a-c]", false),
            ("*", "", false),
            ("Team {x}", "team *s", true),
        ] {
            if let Ok(second) = Glob::new(b, Over::Titles) {
                assert_eq!(title(a).overlaps(&second), meet, "{a} {b}");
                assert_eq!(second.overlaps(&title(a)), meet, "{b} {a}");
            }
        }
    }
}
