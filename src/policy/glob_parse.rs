//! The written form of a glob.

/// Why a glob cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGlob(pub String);

/// The longest glob that is read, in characters: twice the longest title with room for classes.
const LONGEST: usize = 1_000;
/// How deep `{a,{b,c}}` may go.
const DEEPEST: usize = 8;

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
    Either(Vec<Vec<Piece>>),
    Capture(String, Option<Vec<Piece>>),
}

pub(super) fn parse(text: &str) -> Result<Vec<Piece>, BadGlob> {
    if text.trim().is_empty() {
        return bad("the glob is empty; write `*` for anything");
    }
    if text.chars().count() > LONGEST {
        return bad(format!("the glob is longer than {LONGEST} characters"));
    }
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    let pieces = reader.sequence(0, Inside::Nothing)?;
    Ok(pieces)
}

fn bad<T>(message: impl Into<String>) -> Result<T, BadGlob> {
    Err(BadGlob(message.into()))
}

/// Whether a name can stand for a capture or a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
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

    /// Reads until the end, or in braces until `,` or `}`, which is left to the caller.
    fn sequence(&mut self, depth: usize, inside: Inside) -> Result<Vec<Piece>, BadGlob> {
        let mut pieces = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                ',' if inside == Inside::Braces => return Ok(pieces),
                '}' if inside != Inside::Nothing => return Ok(pieces),
                _ => {}
            }
            self.at += 1;
            let piece = match c {
                '*' => Piece::Any,
                '?' => Piece::One,
                '[' => self.class()?,
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
                            "a `\\` at the end takes no character; write `\\\\` in single quotes",
                        );
                    }
                },
                c => Piece::Literal(c),
            };
            // `**` means `*`: a second one would only multiply the ways to fail.
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
        let negated = self.peek() == Some('!');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        loop {
            let Some(mut c) = self.take() else {
                return bad(unclosed);
            };
            // A `]` that stands first is itself.
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

    fn braces(&mut self, depth: usize, inside: Inside) -> Result<Piece, BadGlob> {
        if depth >= DEEPEST {
            return bad(format!("braces go deeper than {DEEPEST} levels"));
        }
        if let Some((name, end)) = self.capture_name() {
            if inside != Inside::Nothing {
                return bad(format!(
                    "the capture `{{{name}}}` stands inside other braces; a capture must always take part"
                ));
            }
            self.at = end;
            if self.take() == Some('}') {
                return Ok(Piece::Capture(name, None));
            }
            let inner = self.sequence(depth + 1, Inside::Capture)?;
            self.at += 1;
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
            [_] => bad(
                "one word in braces is a capture, and its name begins with a letter from a to z and goes on with letters, digits, `_` or `-`; write `{a,b}` for a choice",
            ),
            _ => Ok(Piece::Either(branches)),
        }
    }

    /// `name}` or `name=` from here: the name, and where the `}` or `=` stands.
    fn capture_name(&self) -> Option<(String, usize)> {
        let rest = self.chars.get(self.at..)?;
        let length = rest.iter().position(|c| matches!(c, '}' | '='))?;
        let name: String = rest.get(..length)?.iter().collect();
        is_name(&name).then_some((name, self.at + length))
    }
}
