//! Globs that read like something else: regular expressions and patterns of shells are accepted as globs and mean
//! something different there.

use super::parse::MAX_COUNT;
use super::{FoldMode, Glob};
use crate::yaml::{Problem, Severity, Spanned};

/// What a title says in the language of regular expressions.
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
                format!("`\\{c}` is the letter `{c}` here and no kind of character")
            }
            Foreign::NamedClass => "a class has characters and ranges here and no names".to_owned(),
            Foreign::Anchor(c) => format!(
                "`{c}` is the character itself here: a glob stands for the whole title anyway"
            ),
            Foreign::Dot(c) => format!("`.{c}` is a dot and what `{c}` means without it"),
            Foreign::Bar => "`|` separates nothing here".to_owned(),
            Foreign::Plus => "`+` is the character itself here and repeats nothing".to_owned(),
            Foreign::Group('!') => "`!(…)` excludes nothing here".to_owned(),
            Foreign::Group(c) => format!("`{c}(…)` is no group here"),
            Foreign::Optional => {
                "`?` stands for exactly one character here and makes nothing optional".to_owned()
            }
        }
    }

    /// How to write what was not mistaken.
    fn meant(self) -> String {
        match self {
            Foreign::Escape(c) => format!("`{c}` if the letter is meant"),
            Foreign::NamedClass => "`\\[` in single quotes if the bracket is meant".to_owned(),
            Foreign::Anchor(c) => format!("`\\{c}` in single quotes if the character is meant"),
            Foreign::Dot(_) => "`\\.` in single quotes if the dot is meant".to_owned(),
            Foreign::Bar => "`\\|` in single quotes if the character is meant".to_owned(),
            Foreign::Plus => "`\\+` in single quotes if the character is meant".to_owned(),
            Foreign::Group(_) => "`\\(` in single quotes if the parenthesis is meant".to_owned(),
            Foreign::Optional => "`?{1}` if exactly one character is meant".to_owned(),
        }
    }
}

/// What to say of a title that looks like a regular expression, and the glob for it.
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

/// Rewrites a title, and notes the first thing that had to be rewritten.
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

    /// What stands behind a class and repeats it in a regular expression.
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

    /// `[:digit:]` within a class.
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

    /// What stands in parentheses that begin so far ahead.
    fn closed(&self, ahead: usize) -> Option<String> {
        let rest = self.chars.get(self.at + ahead..)?;
        let length = rest.iter().position(|c| *c == ')')?;
        Some(rest.get(..length)?.iter().collect())
    }

    /// A group as alternatives, behind its parenthesis.
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

    /// Whether a `?` ends a word, as it does behind a letter that may be missing.
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
