//! Advice about globs that look like regular expressions or shell patterns, which are valid globs with a different
//! meaning.

use super::parse::MAX_COUNT;
use super::{FoldMode, Glob};
use crate::yaml::{Problem, Severity, Spanned};

/// A construct of regular expressions in a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    /// `\d`.
    Escape(char),
    /// `[[:digit:]]`.
    NamedClass,
    /// `^…$`.
    Anchor(char),
    /// `.*`.
    Dot(char),
    /// `(a|b)`.
    Bar,
    /// `[0-9]+`.
    Plus,
    /// `!(a)`, `+(a)`, `@(a)`, `?(a)`.
    Group(char),
    /// `Teams?`.
    Optional,
}

impl Foreign {
    fn severity(self) -> Severity {
        match self {
            Foreign::Escape(_) | Foreign::NamedClass => Severity::Error,
            _ => Severity::Warning,
        }
    }

    fn message(self) -> String {
        match self {
            Foreign::Escape(c) => {
                format!("`\\{c}` is the letter `{c}` here, not a class of characters")
            }
            Foreign::NamedClass => {
                "a class contains characters and ranges here, not names".to_owned()
            }
            Foreign::Anchor(c) => {
                format!("`{c}` is literal here: a glob always matches the whole title")
            }
            Foreign::Dot(c) => format!("`.{c}` is a dot and what `{c}` means without it"),
            Foreign::Bar => "`|` is literal here and does not separate alternatives".to_owned(),
            Foreign::Plus => "`+` is literal here and does not repeat anything".to_owned(),
            Foreign::Group('!') => "`!(…)` does not exclude anything here".to_owned(),
            Foreign::Group(c) => format!("`{c}(…)` is not a group here"),
            Foreign::Optional => {
                "`?` matches exactly one character here and does not make anything optional"
                    .to_owned()
            }
        }
    }

    /// How to write the characters literally.
    fn meant(self) -> String {
        match self {
            Foreign::Escape(c) => format!("`{c}` if you mean the letter"),
            Foreign::NamedClass => "`\\[` in single quotes if you mean the bracket".to_owned(),
            Foreign::Anchor(c) => format!("`\\{c}` in single quotes if you mean the character"),
            Foreign::Dot(_) => "`\\.` in single quotes if you mean the dot".to_owned(),
            Foreign::Bar => "`\\|` in single quotes if you mean the character".to_owned(),
            Foreign::Plus => "`\\+` in single quotes if you mean the character".to_owned(),
            Foreign::Group(_) => "`\\(` in single quotes if you mean the parenthesis".to_owned(),
            Foreign::Optional => "`?{1}` if you mean exactly one character".to_owned(),
        }
    }
}

/// The problem of a title that looks like a regular expression, with the equivalent glob.
pub(in crate::policy) fn advice(title: &Spanned<String>) -> Option<Problem> {
    let mut reader = Reader {
        chars: title.value.trim().chars().collect(),
        at: 0,
        glob: String::new(),
        found: None,
    };
    reader.read();
    let found = reader.found?;
    let meant = found.meant();
    let help = match Glob::new(&reader.glob, FoldMode::Titles) {
        _ if found == Foreign::Group('!') => {
            format!("write `*` and what is excluded under `except: {{ title: … }}`, or {meant}")
        }
        Ok(_) => format!("write `{}`, or {meant}", reader.glob),
        Err(_) => format!("write {meant}"),
    };
    let problem = match found.severity() {
        Severity::Error => Problem::error(title.span, "regex-in-title", found.message()),
        Severity::Warning => Problem::warning(title.span, "regex-in-title", found.message()),
    };
    Some(problem.with_help(help))
}

fn has_bar(text: &str) -> bool {
    text.replace("\\|", "").contains('|')
}

/// Rewrites a title, and records the first construct that it rewrote.
struct Reader {
    chars: Vec<char>,
    at: usize,
    glob: String,
    found: Option<Foreign>,
}

impl Reader {
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
                '!' | '@' | '+' | '?' if self.peek(0) == Some('(') && self.closed(1).is_some() => {
                    self.at += 1;
                    self.note(Foreign::Group(c));
                    self.group(c == '?');
                }
                '(' if self.closed(0).is_some_and(|inner| has_bar(&inner)) => {
                    self.note(Foreign::Bar);
                    self.group(false);
                }
                '|' => {
                    self.note(Foreign::Bar);
                    self.glob = format!("{{{},", self.glob);
                    let rest: String = self.chars.iter().skip(self.at).collect();
                    self.glob.push_str(&rest.replace('|', ","));
                    self.glob.push('}');
                    self.at = self.chars.len();
                }
                '?' if self.is_optional() => {
                    self.note(Foreign::Optional);
                    if let Some(letter) = self.glob.pop() {
                        self.glob.push_str(&format!("{{{letter},}}"));
                    }
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

    /// Rewrites a repetition after a class.
    fn repeated(&mut self, by: &[char]) {
        let Some(c) = self.peek(0).filter(|c| by.contains(c)) else {
            return;
        };
        self.at += 1;
        self.note(Foreign::Plus);
        self.glob.push_str(&match c {
            '+' => format!("{{1,{MAX_COUNT}}}"),
            '*' => format!("{{0,{MAX_COUNT}}}"),
            _ => "{0,1}".to_owned(),
        });
    }

    fn class(&mut self) {
        self.glob.push('[');
        let mut is_first = true;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                ']' if !is_first => break,
                '\\' => {
                    self.glob.push('\\');
                    self.glob.extend(self.peek(0));
                    self.at += 1;
                }
                '[' if self.peek(0) == Some(':') && self.named() => {}
                c => self.glob.push(c),
            }
            is_first = is_first && matches!(c, '!' | '^');
        }
        self.glob.push(']');
        self.repeated(&['+']);
    }

    /// Rewrites `[:digit:]` within a class.
    fn named(&mut self) -> bool {
        let rest: String = self
            .chars
            .get(self.at + 1..)
            .unwrap_or_default()
            .iter()
            .collect();
        let Some((name, _)) = rest.split_once(":]") else {
            return false;
        };
        let ranges = match name {
            "digit" => "0-9",
            "alpha" | "upper" | "lower" => "A-Za-z",
            "alnum" => "A-Za-z0-9",
            "space" | "blank" => " ",
            "punct" => "!-,./:;?_",
            "xdigit" => "0-9A-Fa-f",
            _ => return false,
        };
        self.note(Foreign::NamedClass);
        self.glob.push_str(ranges);
        self.at += name.chars().count() + 3;
        true
    }

    fn dot(&mut self) {
        let c = self.peek(0).unwrap_or('*');
        self.at += 1;
        self.note(Foreign::Dot(c));
        self.glob.push_str(if c == '*' { "*" } else { "?*" });
    }

    /// The content of parentheses that begin at an offset.
    fn closed(&self, ahead: usize) -> Option<String> {
        let rest = self.chars.get(self.at + ahead..)?;
        let length = rest.iter().position(|c| *c == ')')?;
        Some(rest.get(..length)?.iter().collect())
    }

    /// Rewrites a group as alternatives, after its parenthesis.
    fn group(&mut self, may_be_missing: bool) {
        let inner = self.closed(0).unwrap_or_default();
        self.at += inner.chars().count() + 1;
        let is_followed = self.peek(0) == Some('?');
        if is_followed {
            self.at += 1;
        }
        let is_optional = may_be_missing || is_followed;
        let inner = inner.replace('|', ",");
        let is_class = inner.starts_with('[') && inner.ends_with(']');
        self.glob.push_str(&if is_class {
            format!("{inner}{{1,{MAX_COUNT}}}")
        } else if is_optional {
            format!("{{{inner},}}")
        } else if inner.contains(',') {
            format!("{{{inner}}}")
        } else {
            inner
        });
    }

    /// Whether a `?` ends a word, as it does after a letter that is optional.
    fn is_optional(&self) -> bool {
        self.at
            .checked_sub(2)
            .and_then(|before| self.chars.get(before))
            .is_some_and(|c| c.is_lowercase())
            && !self.glob.ends_with(['}', ']'])
            && self
                .peek(0)
                .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '?' | '*' | '[' | '{'))
    }
}
