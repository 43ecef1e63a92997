//! Globs whose captures have known texts.

use super::parse::{Piece, parse};
use super::{Captures, Glob};

impl Glob {
    /// The glob that matches only where these captures have these texts.
    pub(in crate::policy) fn filled(&self, values: &Captures) -> Self {
        let pieces = parse(self.text.trim()).unwrap_or_default().into_iter();
        let pieces = pieces.flat_map(|piece| match piece {
            Piece::Capture(name, inner) => match values.get(&name) {
                Some(text) => text.chars().map(Piece::Literal).collect(),
                None => vec![Piece::Capture(name, inner)],
            },
            other => vec![other],
        });
        Self::of(&self.text, pieces.collect(), self.over)
    }

    /// The glob of what a capture accepts; `None` if the glob has no such capture.
    pub(in crate::policy) fn of_capture(&self, name: &str) -> Option<Self> {
        let inner = self.inside(name)?;
        let inner = inner.unwrap_or_else(|| vec![Piece::One, Piece::Any]);
        Some(Self::of(&self.text, inner, self.over))
    }

    /// The literal texts in the glob of a capture that are all that it captures in some title.
    pub(in crate::policy) fn words_of_capture(&self, name: &str) -> Vec<String> {
        let Some(Some(inner)) = self.inside(name) else {
            return Vec::new();
        };
        let mut words = vec![String::new()];
        add_words(&inner, &mut words);
        let glob = Self::of(&self.text, inner, self.over);
        words
            .iter()
            .map(|word| word.trim().to_owned())
            .filter(|word| glob.is_match(word))
            .collect()
    }

    /// Whether a capture has a glob that leaves it only some texts: one without `*`.
    pub(in crate::policy) fn narrows(&self, name: &str) -> bool {
        let inner = self.inside(name).flatten();
        inner.is_some_and(|inner| !has_any(&inner))
    }

    /// The glob of a capture: `Some(None)` if the capture accepts everything.
    fn inside(&self, name: &str) -> Option<Option<Vec<Piece>>> {
        let mut pieces = parse(self.text.trim()).ok()?.into_iter();
        pieces.find_map(|piece| match piece {
            Piece::Capture(own, inner) if own == name => Some(inner),
            _ => None,
        })
    }
}

fn has_any(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Any => true,
        Piece::Either(branches) => branches.iter().any(|branch| has_any(branch)),
        _ => false,
    })
}

/// Adds the runs of literal characters.
fn add_words(pieces: &[Piece], words: &mut Vec<String>) {
    for piece in pieces {
        match (piece, words.last_mut()) {
            (Piece::Literal(c), Some(word)) => word.push(*c),
            (Piece::Either(branches), _) => {
                for branch in branches {
                    words.push(String::new());
                    add_words(branch, words);
                }
                words.push(String::new());
            }
            _ => words.push(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::FoldMode;

    #[test]
    fn a_filled_capture_matches_only_its_text() {
        let glob = Glob::new("Client {client} - {year=20[0-9]{2}}", FoldMode::Titles).unwrap();
        let values = [("client".to_owned(), "A[1]".to_owned())].into();
        let filled = glob.filled(&values);
        assert!(filled.is_match("client a[1] - 2026"));
        assert!(!filled.is_match("Client A1 - 2026"));
        assert_eq!(filled.captures(), ["year"]);
    }

    #[test]
    fn the_words_of_a_capture_are_texts_that_it_can_be() {
        for (glob, words) in [
            ("{c=Everyone} - *", &["Everyone"][..]),
            ("{c={Everyone,HR}{, x}}", &["Everyone", "HR"]),
            ("{c=Staff*}", &["Staff"]),
            ("{c=?Staff}", &[]),
            ("{c}", &[]),
        ] {
            let glob = Glob::new(glob, FoldMode::Titles).unwrap();
            assert_eq!(glob.words_of_capture("c"), words, "{}", glob.as_str());
        }
    }

    #[test]
    fn a_capture_has_a_glob_of_its_own() {
        let glob = Glob::new("{client} - {year=20[0-9]{2}}", FoldMode::Titles).unwrap();
        let year = glob.of_capture("year").unwrap();
        assert!(year.is_match("2026") && !year.is_match("1999"));
        assert!(glob.of_capture("client").unwrap().is_match("ACME"));
        assert!(glob.of_capture("month").is_none());
    }
}
