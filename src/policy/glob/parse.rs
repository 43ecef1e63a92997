//! The syntax of globs.

use unicode_normalization::UnicodeNormalization;

use crate::room::{MAX_ROOM_TITLE_UNITS, expansions, is_ignorable};
use crate::yaml::is_name;

/// Why a glob cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGlob(pub String);

/// The maximum length of a glob, in characters: twice the longest title, with space for classes.
const MAX_LENGTH: usize = 1_000;
/// The maximum nesting of `{a,{b,c}}`.
const MAX_DEPTH: usize = 8;
/// The largest count, and the largest sum of the counts of a glob.
pub(super) const MAX_COUNT: usize = 64;
const MAX_COUNTED: usize = 1_000;

/// One piece of a glob as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(char),
    One,
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// A minimum number, and a number of further ones, of a single character.
    Count(Box<Piece>, usize, usize),
    Either(Vec<Vec<Piece>>),
    Capture(String, Option<Vec<Piece>>),
}

/// The minimum length of a title that matches, in characters; exact only if no title is that long.
pub(super) fn least(pieces: &[Piece]) -> usize {
    let most = sum(pieces, <[char]>::len);
    if most > MAX_ROOM_TITLE_UNITS {
        sum(pieces, shortest)
    } else {
        most
    }
}

fn sum(pieces: &[Piece], length: fn(&[char]) -> usize) -> usize {
    let least = |pieces: &[Piece]| sum(pieces, length);
    let mut total = 0;
    let mut run = Vec::new();
    for piece in pieces {
        if let Piece::Literal(c) = piece {
            run.push(*c);
            continue;
        }
        total += length(&run);
        run.clear();
        total += match piece {
            Piece::Literal(_) | Piece::Any => 0,
            Piece::One | Piece::Class { .. } => 1,
            Piece::Count(_, least, _) => *least,
            Piece::Either(branches) => branches.iter().map(|b| least(b)).min().unwrap_or(0),
            Piece::Capture(_, inner) => inner.as_ref().map_or(1, |inner| least(inner).max(1)),
        };
    }
    total + length(&run)
}

/// The minimum number of characters that fold to these: `ß` folds to two.
fn shortest(folded: &[char]) -> usize {
    let mut best = vec![0; folded.len() + 1];
    for at in (0..folded.len()).rev() {
        let rest = folded.get(at..).unwrap_or_default();
        let lengths = expansions().iter().map(|(_, letters)| letters);
        let lengths = lengths
            .filter(|letters| rest.starts_with(letters))
            .map(Vec::len);
        let after = |length: usize| best.get(at + length).copied().unwrap_or(0) + 1;
        let shortest = lengths.map(after).chain([after(1)]).min();
        if let Some(here) = best.get_mut(at) {
            *here = shortest.unwrap_or(0);
        }
    }
    best.first().copied().unwrap_or(0)
}

pub(super) fn parse(text: &str) -> Result<Vec<Piece>, BadGlob> {
    if text.chars().all(|c| c.is_whitespace() || is_ignorable(c)) {
        return bad("the glob is empty; write `*` for anything");
    }
    if text.chars().count() > MAX_LENGTH {
        return bad(format!("the glob is longer than {MAX_LENGTH} characters"));
    }
    let mut reader = Reader {
        // A class contains composed characters, because `?` stands for one of them.
        chars: text.nfc().collect(),
        at: 0,
        counted: 0,
    };
    reader.sequence(0, Inside::Nothing)
}

fn bad<T>(message: impl Into<String>) -> Result<T, BadGlob> {
    Err(BadGlob(message.into()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Braces,
    Capture,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    /// The sum of the counts so far.
    counted: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// Parses up to the end, or in braces up to `,` or `}`, which the caller consumes.
    fn sequence(&mut self, depth: usize, inside: Inside) -> Result<Vec<Piece>, BadGlob> {
        let mut pieces = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                ',' if inside != Inside::Nothing => return Ok(pieces),
                '}' if inside != Inside::Nothing => return Ok(pieces),
                _ => {}
            }
            self.at += 1;
            let piece = match c {
                '*' => Piece::Any,
                '?' => self.counted(Piece::One)?,
                '[' => {
                    let class = self.class()?;
                    self.counted(class)?
                }
                '{' => self.braces(depth, inside)?,
                '}' => {
                    return bad(
                        "`}` without `{`; write `\\}` in single quotes for the character itself",
                    );
                }
                '\\' => match self.take() {
                    Some(c) => Piece::Literal(c),
                    None => {
                        return bad(
                            "a `\\` at the end makes no character literal; write `\\\\` in single quotes",
                        );
                    }
                },
                c => Piece::Literal(c),
            };
            // `**` means `*`: a second one would only multiply the failing paths.
            if !(piece == Piece::Any && pieces.last() == Some(&Piece::Any)) {
                pieces.push(piece);
            }
        }
        if inside == Inside::Nothing {
            Ok(pieces)
        } else {
            bad("`{` without `}`; write `\\{` in single quotes for the character itself")
        }
    }

    fn class(&mut self) -> Result<Piece, BadGlob> {
        let unclosed = "`[` without `]`; write `\\[` in single quotes for the character itself";
        let negated = matches!(self.peek(), Some('!' | '^'));
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        loop {
            let Some(mut c) = self.take() else {
                return bad(unclosed);
            };
            // A `]` in the first place is literal.
            if c == ']' && !ranges.is_empty() {
                return Ok(Piece::Class { negated, ranges });
            }
            if c == '\\' {
                let Some(escaped) = self.take() else {
                    return bad(unclosed);
                };
                c = escaped;
            }
            let is_range =
                self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']');
            if !is_range {
                ranges.push((c, c));
                continue;
            }
            self.at += 1;
            let Some(mut to) = self.take() else {
                return bad(unclosed);
            };
            if to == '\\' {
                let Some(escaped) = self.take() else {
                    return bad(unclosed);
                };
                to = escaped;
            }
            if to < c {
                return bad(format!(
                    "the range `{c}-{to}` runs backwards; write `{to}-{c}`"
                ));
            }
            ranges.push((c, to));
        }
    }

    /// A single character with its count, if there is one.
    fn counted(&mut self, piece: Piece) -> Result<Piece, BadGlob> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|c| *c == '}') else {
            return Ok(piece);
        };
        let body: String = rest.get(..length).unwrap_or_default().iter().collect();
        let Some(body) = body.strip_prefix('{') else {
            return Ok(piece);
        };
        let (from, to) = body.split_once(',').unwrap_or((body, body));
        let is_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        if !is_digits(from) || !is_digits(to) || body.is_empty() || body == "," {
            return Ok(piece);
        }
        let largest = MAX_COUNT.to_string();
        if from.is_empty() || to.is_empty() {
            let from = if from.is_empty() { "0" } else { from };
            let to = if to.is_empty() { largest.as_str() } else { to };
            return bad(format!(
                "the count `{{{body}}}` has only one limit; write both: `{{{from},{to}}}`"
            ));
        }
        let number = |text: &str| {
            text.parse::<usize>()
                .ok()
                .filter(|count| *count <= MAX_COUNT)
        };
        let (Some(least), Some(most)) = (number(from), number(to)) else {
            return bad(format!(
                "the count `{{{body}}}` is too large: a count goes from 0 to {MAX_COUNT}"
            ));
        };
        let Some(more) = most.checked_sub(least) else {
            return bad(format!(
                "the count `{{{body}}}` runs backwards; write `{{{to},{from}}}`"
            ));
        };
        self.at += length + 1;
        self.counted += most;
        if self.counted > MAX_COUNTED {
            return bad(format!(
                "the counts add up to more than {MAX_COUNTED} characters; write `*` for any number of them"
            ));
        }
        Ok(Piece::Count(Box::new(piece), least, more))
    }

    /// Reports `{{`, which is usually a mistake.
    fn double(&self) -> Result<(), BadGlob> {
        let next = |at: usize| self.chars.get(at).copied();
        if next(self.at) != Some('{') {
            return Ok(());
        }
        let inner = Reader {
            chars: self.chars.get(self.at + 1..).unwrap_or_default().to_vec(),
            at: 0,
            counted: 0,
        };
        let body: String = inner.chars.iter().take_while(|c| **c != '}').collect();
        match inner.capture_name() {
            None if is_name(body.trim()) => bad(format!(
                "`{{{{` is not the beginning of a capture; write `{{{}}}` to capture a text, or `\\{{` in single quotes for the brace itself",
                body.trim()
            )),
            Some((_, end)) if inner.chars.get(end + 1) == Some(&',') => Ok(()),
            Some((name, _)) => bad(format!(
                "`{{{{` is not the beginning of a capture; write `{{{name}}}` to capture a text, or `\\{{` in single quotes for the brace itself"
            )),
            None => bad(
                "`{{` has no meaning here; write `\\{` in single quotes for the brace itself, or put a plain alternative first",
            ),
        }
    }

    fn braces(&mut self, depth: usize, inside: Inside) -> Result<Piece, BadGlob> {
        if depth >= MAX_DEPTH {
            return bad(format!(
                "braces are nested more than {MAX_DEPTH} levels deep"
            ));
        }
        self.double()?;
        if let Some((name, end)) = self.capture_name() {
            if inside != Inside::Nothing {
                return bad(format!(
                    "the capture `{{{name}}}` is inside other braces; a capture must be part of every match"
                ));
            }
            self.at = end;
            if self.take() == Some('}') {
                return Ok(Piece::Capture(name, None));
            }
            let begin = self.at;
            let inner = self.sequence(depth + 1, Inside::Capture)?;
            if self.take() == Some(',') {
                let written = self.chars.get(begin..).unwrap_or_default();
                let length = written.iter().position(|c| *c == '}');
                let list: String = written
                    .iter()
                    .take(length.unwrap_or(written.len()))
                    .collect();
                return bad(format!(
                    "the capture `{{{name}=…}}` has a comma outside of braces; write `{{{name}={{{list}}}}}` for one of several"
                ));
            }
            if inner.is_empty() {
                return bad(format!(
                    "`{{{name}=}}` has no glob after `=`; write `{{{name}}}` for any text"
                ));
            }
            return Ok(Piece::Capture(name, Some(inner)));
        }
        let mut branches = vec![self.sequence(depth + 1, Inside::Braces)?];
        while self.take() == Some(',') {
            branches.push(self.sequence(depth + 1, Inside::Braces)?);
        }
        match branches.as_slice() {
            [only] if only.is_empty() => bad("`{}` is empty; write `{name}` to capture a text"),
            [only] if only.iter().all(is_digit) => {
                bad("a count follows a class or `?`; write `[a]{2}` for two of a character")
            }
            [only] if modified_name(only).is_some() => bad(format!(
                "a capture has no modifier; write `{{{}}}` here, and the modifier where the text is used",
                modified_name(only).unwrap_or_default()
            )),
            [only] if spaced_name(only).is_some() => bad(format!(
                "a capture has no blanks in its braces; write `{{{}}}`",
                spaced_name(only).unwrap_or_default()
            )),
            [_] => bad(
                "a single word in braces is a capture, and its name starts with a letter, followed by letters, digits, `_` or `-`; write `{a,b}` for alternatives",
            ),
            _ => Ok(Piece::Either(branches)),
        }
    }

    /// Finds `name}` or `name=` at the current position: the name, and the position of the `}` or `=`.
    fn capture_name(&self) -> Option<(String, usize)> {
        let rest = self.chars.get(self.at..)?;
        let length = rest.iter().position(|c| matches!(c, '}' | '='))?;
        let name: String = rest.get(..length)?.iter().collect();
        is_name(&name).then_some((name, self.at + length))
    }
}

/// A name with blanks around it.
fn spaced_name(pieces: &[Piece]) -> Option<String> {
    let text = literal_text(pieces)?;
    is_name(text.trim()).then(|| text.trim().to_owned())
}

/// The name before a modifier, as in `name:upper`.
fn modified_name(pieces: &[Piece]) -> Option<String> {
    let text = literal_text(pieces)?;
    let (name, modifier) = text.split_once(':')?;
    (is_name(name) && is_name(modifier)).then(|| name.to_owned())
}

fn literal_text(pieces: &[Piece]) -> Option<String> {
    let literal = |piece: &Piece| match piece {
        Piece::Literal(c) => Some(*c),
        _ => None,
    };
    pieces.iter().map(literal).collect()
}

fn is_digit(piece: &Piece) -> bool {
    matches!(piece, Piece::Literal(c) if c.is_ascii_digit())
}
