//! Rewrites classes of characters.

use super::{Foreign, Reader};

impl Reader {
    pub(super) fn class(&mut self) {
        let begin = self.at;
        self.glob.push('[');
        let glob_begin = self.glob.len();
        let (mut is_first, mut has_bar) = (true, false);
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                ']' if !is_first => break,
                '\\' => self.escape_in_class(),
                '[' if self.peek(0) == Some(':') && self.named() => {}
                // Not part of any title.
                '|' => has_bar = true,
                c => self.glob.push(c),
            }
            is_first = is_first && matches!(c, '!' | '^');
        }
        let inner: String = self
            .chars
            .get(begin..self.at.saturating_sub(1))
            .unwrap_or_default()
            .iter()
            .collect();
        if let Some(words) = words(&inner) {
            self.note(Foreign::Words);
            self.glob.truncate(glob_begin - 1);
            self.glob.push_str(&format!("{{{words}}}"));
            return;
        }
        if self.is_word(begin, &inner) {
            self.note(Foreign::Word);
            self.glob.truncate(glob_begin - 1);
            self.glob.push_str(&format!("\\[{inner}\\]"));
            return;
        }
        if has_bar {
            self.note(Foreign::BarInClass);
        }
        self.glob.push(']');
        self.count_after_class();
        self.repeated(&['+']);
        self.optional_class(glob_begin - 1);
    }

    /// Rewrites a `?` after a class or its count.
    fn optional_class(&mut self, begin: usize) {
        let count = self.plain_count();
        if self.peek(count) != Some('?') || matches!(self.peek(count + 1), Some('?' | '*' | '{')) {
            return;
        }
        self.note(Foreign::OptionalClass);
        let count: String = self.chars.iter().skip(self.at).take(count).collect();
        self.at += count.len() + 1;
        let class = self.glob.split_off(begin);
        self.glob.push_str(&format!("{{,{class}{count}}}"));
    }

    fn escape_in_class(&mut self) {
        let Some(c) = self.peek(0) else { return };
        self.at += 1;
        match c {
            'd' | 'w' | 's' => {
                self.note(Foreign::Escape(c));
                self.glob.push_str(match c {
                    'd' => "0-9",
                    'w' => "A-Za-z0-9_",
                    _ => " ",
                });
            }
            'D' | 'W' | 'S' => {
                self.note(Foreign::Escape(c));
                self.is_lost = true;
            }
            c if c.is_ascii_alphanumeric() => {
                self.note(Foreign::Letter(c));
                self.is_lost = true;
            }
            c => self.glob.extend(['\\', c]),
        }
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

    /// Whether a class, which begins here, is meant as a word in brackets.
    fn is_word(&self, begin: usize, inner: &str) -> bool {
        // One of its characters is what the count says.
        if self.peek(0) == Some('{') {
            return false;
        }
        let before = begin.checked_sub(2).and_then(|at| self.chars.get(at));
        let is_blank = |c: Option<&char>| c.is_none_or(|c| c.is_whitespace());
        let stands_alone = is_blank(before) && is_blank(self.chars.get(self.at));
        has_braces(inner) || looks_like_a_word(inner, stands_alone)
    }
}

/// Whether something in braces is inside.
fn has_braces(inner: &str) -> bool {
    let after = inner.split_once('{').map(|(_, after)| after);
    let inside = after.and_then(|after| after.split_once('}'));
    inside.is_some_and(|(name, _)| name.starts_with(|c: char| c.is_alphabetic()))
}

/// Letters that nobody lists as single ones: they are repeated or in the order of a word.
fn looks_like_a_word(inner: &str, stands_alone: bool) -> bool {
    let letters: Vec<char> = inner.chars().filter(|c| !c.is_whitespace()).collect();
    if letters.len() < 3 || !letters.iter().all(|c| c.is_alphabetic()) {
        return false;
    }
    let folded: Vec<u32> = letters
        .iter()
        .flat_map(|c| c.to_lowercase())
        .map(u32::from)
        .collect();
    let pairs = || {
        folded
            .windows(2)
            .filter_map(|pair| <[u32; 2]>::try_from(pair).ok())
    };
    let is_ascending = pairs().all(|[one, next]| one < next);
    let is_a_range = pairs().all(|[one, next]| one + 1 == next);
    !is_ascending || (stands_alone && !is_a_range)
}

/// The words in a class such as `HR,IT`, as alternatives.
fn words(class: &str) -> Option<String> {
    let words: Vec<&str> = class.split([',', '|']).map(str::trim).collect();
    let is_word =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == ' ');
    let has_long = words.iter().any(|word| word.chars().count() > 1);
    (words.len() > 1 && has_long && words.iter().all(is_word)).then(|| words.join(","))
}
