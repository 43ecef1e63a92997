//! What is wrong with a file, and where.

use super::code::CODES;
use super::source::Span;

/// The longest word for which another one is suggested, in bytes.
const MAX_WORD: usize = 200;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can, but probably does not mean what its author thinks.
    Warning,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong: lower case, no period, people's own words in backticks.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Further places that matter, each with a word on why.
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

    /// A problem that does not.
    pub fn warning(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, code, message)
        }
    }

    /// Says that a file has more problems than are told.
    pub fn more(span: Span) -> Self {
        Self::error(
            span,
            "many-problems",
            "there are more problems in this file; mend those above first",
        )
    }

    /// Adds a further place.
    #[must_use]
    pub fn with_related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// So many words are compared with what was written; to compare thousands takes seconds.
const MAX_WORDS: usize = 2_000;

/// `; did you mean …?` when one of the words is close to what was written, else nothing.
pub fn hint<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> String {
    // A longer text is no word, and comparing takes memory by the product of the lengths.
    if written.len() > MAX_WORD {
        return String::new();
    }
    let written = written.trim().to_lowercase();
    // A word that is mostly wrong is no typing mistake.
    let limit = 1 + written.chars().count() / 4;
    words
        .take(MAX_WORDS)
        .filter_map(|word| {
            let lower = word.to_lowercase();
            let distance = strsim::osa_distance(&written, &lower);
            let close = distance <= limit && distance < word.chars().count();
            // `policy` for `policies`, `api_key` for `api_key_file`: the beginning is right.
            let begun = shared(&written, &lower);
            let beginning = begun >= 5 && begun + 1 >= written.chars().count();
            (close || beginning).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| format!("; did you mean `{word}`?"))
        .unwrap_or_default()
}

fn shared(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_word_that_is_close_or_begins_alike_is_hinted_at() {
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
        assert_eq!(hint("manager", ["viewer", "man"].into_iter()), "");
    }
}
