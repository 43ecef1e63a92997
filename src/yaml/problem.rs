//! Problems in a file, with their places.

use super::code::CODES;
use super::source::Span;

/// The maximum length of a word for which a suggestion is made, in bytes.
const MAX_WORD: usize = 200;

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not mean what its author intends.
    Warning,
}

/// A problem in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The severity.
    pub severity: Severity,
    /// A stable code for programs.
    pub code: &'static str,
    /// The message: lower case, no period, user's text in backticks.
    pub message: String,
    /// The place.
    pub span: Span,
    /// Related places, each with a label.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that makes the file unusable.
    pub fn error(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "`{code}` is not among the codes");
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            related: Vec::new(),
            help: None,
        }
    }

    /// A problem that does not make the file unusable.
    pub fn warning(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, code, message)
        }
    }

    /// The note that a file has more problems than are reported.
    pub fn more(span: Span) -> Self {
        Self::error(
            span,
            "many-problems",
            "there are more problems in this file; fix those above first",
        )
    }

    /// Adds a related place.
    #[must_use]
    pub fn with_related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The maximum number of words to compare; comparing thousands takes seconds.
const MAX_WORDS: usize = 2_000;

/// `; did you mean …?` if one of the words is close to the written one, otherwise nothing.
pub fn hint<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> String {
    // A longer text is not a word, and comparing takes memory by the product of the lengths.
    if written.len() > MAX_WORD {
        return String::new();
    }
    let written = written.trim().to_lowercase();
    // If most characters differ, it is not a typing mistake.
    let limit = 1 + written.chars().count() / 4;
    words
        .take(MAX_WORDS)
        .filter_map(|word| {
            let lower = word.to_lowercase();
            let distance = strsim::osa_distance(&written, &lower);
            let close = distance <= limit && distance < word.chars().count();
            // `policy` for `policies`, `api_key` for `api_key_file`: the beginning is correct.
            let begun = shared(&written, &lower);
            let beginning = begun >= 5 && begun + 1 >= written.chars().count();
            // `manager` for `room-manager`: a whole part of it.
            let mut parts = lower.split(|c: char| !c.is_alphanumeric());
            let part = written.len() >= 3 && parts.any(|part| part == written);
            let distance = if part { distance.min(1) } else { distance };
            // Of equally near words, the shorter one.
            (close || beginning || part).then_some((distance, word.chars().count(), word))
        })
        .min()
        .map(|(.., word)| format!("; did you mean `{word}`?"))
        .unwrap_or_default()
}

fn shared(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_close_word_or_one_that_begins_alike_or_has_it_as_a_part_is_suggested() {
        for (written, meant) in [
            ("edtior", "editor"),
            ("policy", "policies"),
            ("api_key", "api_key_file"),
        ] {
            let words = ["editor", "policies", "api_key_file", "x"];
            assert_eq!(
                hint(written, words.into_iter()),
                format!("; did you mean `{meant}`?")
            );
        }
        let words = ["date", "user-name", "room-manager"];
        assert_eq!(
            hint("name", words.into_iter()),
            "; did you mean `user-name`?"
        );
        assert_eq!(hint("manager", ["viewer", "man"].into_iter()), "");
        let words = ["date.fiscal_year", "date.year"];
        assert_eq!(
            hint("year", words.into_iter()),
            "; did you mean `date.year`?"
        );
    }
}
