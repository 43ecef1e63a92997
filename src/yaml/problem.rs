//! What is wrong with a file, and where.

use super::source::Span;

/// The longest word for which another one is suggested, in bytes.
const LONGEST_WORD: usize = 200;

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

/// `; did you mean …?` when one of the words is close to what was written, else nothing.
pub fn hint<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> String {
    // A longer text is no word, and comparing takes memory by the product of the lengths.
    if written.len() > LONGEST_WORD {
        return String::new();
    }
    let written = written.trim().to_lowercase();
    // A word that is mostly wrong is no typing mistake.
    let limit = 1 + written.chars().count() / 4;
    words
        .map(|word| {
            (
                strsim::damerau_levenshtein(&written, &word.to_lowercase()),
                word,
            )
        })
        .filter(|(distance, word)| *distance <= limit && *distance < word.chars().count())
        .min()
        .map(|(_, word)| format!("; did you mean `{word}`?"))
        .unwrap_or_default()
}
