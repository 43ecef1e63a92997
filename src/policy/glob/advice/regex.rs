//! Rewrites a regular expression as the equivalent glob.

mod class;
mod count;
mod group;

use super::Foreign;
use crate::policy::glob::parse::MAX_COUNT;

/// The first construct of a regular expression, and the equivalent glob if there is one.
pub(super) fn rewritten(title: &str) -> Option<(Foreign, Option<String>)> {
    let chars: Vec<char> = title.chars().collect();
    let inner = in_slashes(&chars);
    let mut read = alternatives(inner.unwrap_or(&chars));
    if inner.is_some() {
        read.found = Some(Foreign::Slashes);
    }
    let glob = (!read.is_lost).then_some(read.glob);
    Some((read.found?, glob))
}

/// The content of `/…/`, which can have flags behind it.
fn in_slashes(chars: &[char]) -> Option<&[char]> {
    let end = chars
        .iter()
        .rposition(|c| *c == '/')
        .filter(|end| *end > 1)?;
    let flags = chars.get(end + 1..)?;
    let is_regex = chars.first() == Some(&'/') && flags.iter().all(|c| "gimsuxy".contains(*c));
    is_regex.then(|| chars.get(1..end)).flatten()
}

/// Rewrites what is between the bars outside of all brackets.
fn alternatives(chars: &[char]) -> Reader {
    let parts = parts(chars);
    let mut read: Vec<Reader> = parts.into_iter().map(Reader::read_all).collect();
    if read.len() == 1
        && let Some(only) = read.pop()
    {
        return only;
    }
    // Programs write `a || b`.
    let globs = read.iter().map(|part| part.glob.trim());
    let last = read.len() - 1;
    let globs = globs.enumerate();
    let globs = globs.filter(|(at, glob)| !glob.is_empty() || *at == 0 || *at == last);
    let globs: Vec<&str> = globs.map(|(_, glob)| glob).collect();
    Reader {
        glob: format!("{{{}}}", globs.join(",")),
        is_lost: read.iter().any(|part| part.is_lost),
        found: Some(Foreign::Bar),
        is_choice: true,
        ..Reader::default()
    }
}

fn parts(chars: &[char]) -> Vec<&[char]> {
    let (mut parts, mut start, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    while let Some(c) = chars.get(at) {
        match c {
            '\\' => at += 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.extend(chars.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.extend(chars.get(start..));
    parts
}

/// Rewrites a part without bars, and records the first construct that it rewrote.
#[derive(Default)]
struct Reader {
    chars: Vec<char>,
    at: usize,
    glob: String,
    found: Option<Foreign>,
    /// Whether no glob is equivalent.
    is_lost: bool,
    /// Whether the glob is a set of alternatives.
    is_choice: bool,
}

impl Reader {
    fn read_all(chars: &[char]) -> Self {
        let mut reader = Self {
            chars: chars.to_vec(),
            ..Self::default()
        };
        reader.read();
        reader
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn note(&mut self, found: Foreign) {
        self.found.get_or_insert(found);
    }

    fn read(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.escape(),
                '[' => self.class(),
                '^' if self.at == 1 => self.note(Foreign::Anchor('^')),
                '$' if self.at == self.chars.len() => self.note(Foreign::Anchor('$')),
                '.' if matches!(self.peek(0), Some('*' | '+')) => self.dot(),
                '!' | '@' | '+' | '?' | '*'
                    if self.peek(0) == Some('(') && self.closed(1).is_some() =>
                {
                    self.at += 1;
                    self.extended_group(c);
                }
                '(' => self.group(),
                '|' => {
                    self.note(Foreign::Bar);
                    self.glob.push(',');
                }
                '?' if self.is_optional() => {
                    self.note(Foreign::Optional);
                    if let Some(letter) = self.glob.pop() {
                        self.glob.push_str(&format!("{{{letter},}}"));
                    }
                }
                '.' if self.peek(0) == Some('?') && !self.follows_digit() => self.dot(),
                '?' => {
                    self.glob.push('?');
                    self.count_after_class();
                }
                '*' => {
                    self.glob.push('*');
                    self.count_after_any();
                }
                c => self.glob.push(c),
            }
        }
    }

    fn escape(&mut self) {
        let Some(c) = self.peek(0) else {
            self.glob.push('\\');
            return;
        };
        self.at += 1;
        let class = match c {
            'd' => "[0-9]",
            'D' => "[!0-9]",
            'w' => "[A-Za-z0-9_]",
            'W' => "[!A-Za-z0-9_]",
            's' => "[ ]",
            'S' => "[! ]",
            'b' | 'B' => "",
            c if c.is_ascii_alphanumeric() => return self.letter(c),
            c => {
                self.glob.extend(['\\', c]);
                return;
            }
        };
        self.note(Foreign::Escape(c));
        self.glob.push_str(class);
        if !class.is_empty() {
            self.repeated(&['+', '*', '?']);
        }
    }

    /// Rewrites a letter after `\` that names no class.
    fn letter(&mut self, c: char) {
        self.note(Foreign::Letter(c));
        match c {
            'n' | 'r' | 't' | 'f' | 'v' | 'h' => self.glob.push(' '),
            'A' | 'z' | 'Z' | 'G' | 'Q' | 'E' => {}
            'p' | 'P' => {
                let name = if self.peek(0) == Some('{') {
                    '}'
                } else {
                    self.peek(0).unwrap_or('}')
                };
                while let Some(c) = self.peek(0) {
                    self.at += 1;
                    if c == name {
                        break;
                    }
                }
                self.glob.push('?');
                self.repeated(&['+', '*', '?']);
            }
            'x' | 'u' => {
                let digits: String = self
                    .chars
                    .iter()
                    .skip(self.at)
                    .take(if c == 'x' { 2 } else { 4 })
                    .take_while(|c| c.is_ascii_hexdigit())
                    .collect();
                let meant = u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                self.is_lost |= meant.is_none();
                self.at += digits.len();
                self.glob.extend(meant);
            }
            _ => self.is_lost = true,
        }
    }

    /// Rewrites a repetition after a class.
    fn repeated(&mut self, by: &[char]) {
        let Some(c) = self.peek(0).filter(|c| by.contains(c)) else {
            return;
        };
        self.at += 1;
        self.note(Foreign::Plus);
        self.glob.push_str(&count(c));
    }

    fn dot(&mut self) {
        let c = self.peek(0).unwrap_or('*');
        self.at += 1;
        self.note(Foreign::Dot(c));
        self.glob.push_str(match c {
            '*' => "*",
            '+' => "?*",
            _ => "?{0,1}",
        });
    }

    /// Whether the character before is a digit, as in a version number.
    fn follows_digit(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.chars.get(at));
        before.is_some_and(char::is_ascii_digit)
    }

    /// Whether a `?` ends a word, as it does after a letter that is optional.
    fn is_optional(&self) -> bool {
        self.at
            .checked_sub(2)
            .and_then(|before| self.chars.get(before))
            .is_some_and(|c| c.is_lowercase())
            && !self.glob.ends_with(['}', ']'])
            && self.ends_word()
    }

    fn ends_word(&self) -> bool {
        self.peek(0)
            .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '?' | '*' | '[' | '{'))
    }
}

/// The count for a repetition.
fn count(c: char) -> String {
    match c {
        '+' => format!("{{1,{MAX_COUNT}}}"),
        '*' => format!("{{0,{MAX_COUNT}}}"),
        _ => "{0,1}".to_owned(),
    }
}
