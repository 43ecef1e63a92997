//! Rewrites the groups of regular expressions and of shell patterns.

use super::{Foreign, Reader, alternatives, count};
use crate::yaml::is_name;

impl Reader {
    /// The content of parentheses that begin at an offset.
    pub(super) fn closed(&self, ahead: usize) -> Option<Vec<char>> {
        let rest = self.chars.get(self.at + ahead..)?;
        let (mut depth, mut at) = (0_usize, 0);
        while let Some(c) = rest.get(at) {
            match c {
                '\\' => at += 1,
                '(' => depth += 1,
                ')' if depth == 0 => return Some(rest.get(..at)?.to_vec()),
                ')' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Rewrites `?(a|b)` and its like, after the parenthesis.
    pub(super) fn extended_group(&mut self, mark: char) {
        self.note(Foreign::Group(mark));
        let Some(inner) = self.closed(0) else { return };
        self.at += inner.len() + 1;
        let inner = alternatives(&inner);
        self.is_lost |= inner.is_lost;
        if is_class(&inner.glob) {
            self.glob.push_str(&inner.glob);
            if matches!(mark, '+' | '*' | '?') {
                self.glob.push_str(&count(mark));
            }
        } else {
            self.push(&inner, matches!(mark, '?' | '*'));
        }
    }

    /// Rewrites `(a|b)` and its like, after the parenthesis. Parentheses around a plain text are literal.
    pub(super) fn group(&mut self) {
        let Some(inner) = self.closed(0) else {
            self.glob.push('(');
            return;
        };
        if inner.first() == Some(&'?') && self.special(&inner) {
            return;
        }
        let length = inner.len();
        let inner = alternatives(&inner);
        let after = self.peek(length + 1);
        let is_regex = inner.found.is_some_and(|found| found != Foreign::Optional)
            || after == Some('+')
            || (after == Some('?') && self.is_last(length + 2));
        self.at += length + 1;
        if is_regex {
            self.note(inner.found.unwrap_or(match after {
                Some('+') => Foreign::Plus,
                _ => Foreign::Optional,
            }));
            self.contents(&inner);
        } else {
            self.found = self.found.or(inner.found);
            self.glob.push_str(&format!("({})", inner.glob));
        }
    }

    fn is_last(&self, ahead: usize) -> bool {
        self.peek(ahead).is_none_or(|c| !c.is_alphanumeric())
    }

    /// The content of a group, and what repeats it.
    fn contents(&mut self, inner: &Reader) {
        self.is_lost |= inner.is_lost;
        let by = self.peek(0).filter(|c| matches!(c, '?' | '+'));
        self.at += usize::from(by.is_some());
        match by {
            Some(by) if is_class(&inner.glob) => {
                self.glob.push_str(&inner.glob);
                self.glob.push_str(&count(by));
            }
            by => {
                self.is_lost |= by == Some('+');
                self.push(inner, by == Some('?'));
            }
        }
    }

    fn push(&mut self, inner: &Reader, is_optional: bool) {
        let glob = inner.glob.as_str();
        self.glob.push_str(&match (is_optional, inner.is_choice) {
            (true, true) => format!("{},}}", glob.strip_suffix('}').unwrap_or(glob)),
            (true, false) => format!("{{{glob},}}"),
            (false, _) => glob.to_owned(),
        });
    }

    /// Rewrites `(?…)`; returns `false` if it is none of those of regular expressions.
    fn special(&mut self, inner: &[char]) -> bool {
        let text: String = inner.iter().skip(1).collect();
        self.at += inner.len() + 1;
        let flags = text.trim_start_matches(|c| "imsxuU-".contains(c));
        let name = text.trim_start_matches('P').strip_prefix(['<', '\'']);
        let named = name.and_then(|rest| rest.split_once(['>', '\'']));
        if flags.is_empty() && !text.is_empty() {
            self.note(Foreign::Flags);
        } else if let Some(plain) = flags.strip_prefix(':') {
            self.note(Foreign::Plain);
            let inner: Vec<char> = plain.chars().collect();
            self.contents(&alternatives(&inner));
        } else if text.starts_with(['=', '!']) || text.starts_with("<=") || text.starts_with("<!") {
            self.note(Foreign::Look);
            self.is_lost = true;
        } else if let Some((name, glob)) = named.filter(|(name, _)| is_name(name)) {
            self.note(Foreign::Named);
            let inner: Vec<char> = glob.chars().collect();
            let inner = alternatives(&inner);
            self.is_lost |= inner.is_lost;
            self.glob.push_str(&match inner.glob.as_str() {
                "*" | "?*" => format!("{{{name}}}"),
                glob => format!("{{{name}={glob}}}"),
            });
        } else {
            self.at -= inner.len() + 1;
            return false;
        }
        true
    }
}

fn is_class(glob: &str) -> bool {
    glob.starts_with('[') && glob.ends_with(']') && glob.matches('[').count() == 1
}
