//! Advice about globs that look like regular expressions or shell patterns, which are valid globs with a different
//! meaning.

mod regex;

use super::{FoldMode, Glob};
use crate::yaml::{Problem, Severity, Spanned};
use regex::rewritten;

/// A construct of regular expressions in a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    /// `\d`.
    Escape(char),
    /// `\n`.
    Letter(char),
    /// `[[:digit:]]`.
    NamedClass,
    /// `[HR,IT]`.
    Words,
    /// `[INTERNAL]`.
    Word,
    /// `[a|b]`.
    BarInClass,
    /// `[0-9]{2, 3}`.
    OddCount,
    /// `*{2,3}`.
    CountOfAny,
    /// `^…$`.
    Anchor(char),
    /// `/…/`.
    Slashes,
    /// `.*`.
    Dot(char),
    /// `(a|b)`.
    Bar,
    /// `[0-9]+`.
    Plus,
    /// `!(a)`, `+(a)`, `@(a)`, `?(a)`, `*(a)`.
    Group(char),
    /// `(?:a)`.
    Plain,
    /// `(?i)`.
    Flags,
    /// `(?<name>…)`.
    Named,
    /// `(?!…)`.
    Look,
    /// `Teams?`.
    Optional,
    /// `[0-9]?`.
    OptionalClass,
}

impl Foreign {
    fn severity(self) -> Severity {
        match self {
            Foreign::Escape(_) | Foreign::NamedClass => Severity::Error,
            _ => Severity::Warning,
        }
    }

    fn message(self, whole: &str) -> String {
        let fixed = match self {
            Foreign::Escape(c) => {
                return format!("`\\{c}` is the letter `{c}` here, not a class of characters");
            }
            Foreign::Letter(c) => return format!("`\\{c}` is the character `{c}` here"),
            Foreign::Anchor(c) => {
                return format!("`{c}` is literal here: a glob always matches the whole {whole}");
            }
            Foreign::Dot(c) => return format!("`.{c}` is a dot and what `{c}` means without it"),
            Foreign::Group('!') => "`!(…)` does not exclude anything here",
            Foreign::Group(c) => return format!("`{c}(…)` is not a group here"),
            Foreign::NamedClass => "a class contains characters and ranges here, not names",
            Foreign::Words => "a class stands for one character here, not for one of several words",
            Foreign::Word => {
                "a class stands for one of its characters here, not for a word in brackets"
            }
            Foreign::BarInClass => "`|` is one of the characters of the class here",
            Foreign::OddCount => "a count has no blanks here, and a comma between its numbers",
            Foreign::CountOfAny => "`*` takes no count here, so the braces are alternatives",
            Foreign::Slashes => {
                return format!(
                    "the slashes around this are literal, and no {whole} contains a slash"
                );
            }
            Foreign::Bar => "`|` is literal here and does not separate alternatives",
            Foreign::Plus => "`+` is literal here and does not repeat anything",
            Foreign::Plain => "`(?:…)` is not a group here",
            Foreign::Flags => "`(?…)` is literal here: upper and lower case are always alike",
            Foreign::Named => "`(?<name>…)` is not a capture here",
            Foreign::Look => "`(?…)` does not look ahead or back here",
            Foreign::OptionalClass => {
                "`?` is exactly one more character here and makes nothing optional"
            }
            Foreign::Optional => {
                "`?` matches exactly one character here and does not make anything optional"
            }
        };
        fixed.to_owned()
    }

    /// How to write the characters literally.
    fn meant(self) -> String {
        let fixed = match self {
            Foreign::Escape(c) => return format!("`{c}` if you mean the letter"),
            Foreign::Letter(c) => return format!("`{c}` if you mean the character"),
            Foreign::Anchor(c) => {
                return format!("`\\{c}` in single quotes if you mean the character");
            }
            Foreign::NamedClass => "`\\[` in single quotes if you mean the bracket",
            Foreign::Words => "`{a,b}` with the words",
            Foreign::Word => "`{1}` after the class if you mean one character",
            Foreign::BarInClass => "`\\|` in single quotes if you mean the character",
            Foreign::OddCount => "`\\{` in single quotes if you mean the brace",
            Foreign::CountOfAny => "`{*a,*b}` if you mean alternatives",
            Foreign::Slashes => "`_`, as DocSpace stores a slash",
            Foreign::Dot(_) => "`\\.` in single quotes if you mean the dot",
            Foreign::Bar => "`\\|` in single quotes if you mean the character",
            Foreign::Plus => "`\\+` in single quotes if you mean the character",
            Foreign::Group(_)
            | Foreign::Plain
            | Foreign::Flags
            | Foreign::Named
            | Foreign::Look => "`\\(` in single quotes if you mean the parenthesis",
            Foreign::Optional | Foreign::OptionalClass => {
                "`?{1}` if you mean exactly one character"
            }
        };
        fixed.to_owned()
    }
}

/// The problem of a glob that looks like a regular expression, with the equivalent glob. For a text that is not a valid
/// glob it must explain why. `key` is that of the condition.
pub(in crate::policy) fn advice(
    written: &Spanned<String>,
    key: &str,
    is_valid: bool,
) -> Option<Problem> {
    let text = written.value.trim();
    let (found, glob) = rewritten(text)?;
    let (code, whole, mode) = match key {
        "title" => ("regex-in-title", "title", FoldMode::Titles),
        "creator" => ("regex-in-creator", "address", FoldMode::Words),
        _ => ("regex-in-creator", "name", FoldMode::Words),
    };
    if key != "title" && is_common_in_names(found, text) {
        return None;
    }
    let glob = glob.filter(|glob| Glob::new(glob, mode).is_ok());
    if !is_valid && glob.is_none() && found.severity() == Severity::Warning {
        return None;
    }
    let meant = found.meant();
    let help = match glob {
        _ if matches!(found, Foreign::Group('!') | Foreign::Look) => {
            format!("write `*` and what is excluded under `except: {{ {key}: … }}`, or {meant}")
        }
        Some(glob) => format!("write `{glob}`, or {meant}"),
        None => format!("write {meant}"),
    };
    let severity = if is_valid {
        found.severity()
    } else {
        Severity::Error
    };
    let problem = match severity {
        Severity::Error => Problem::error(written.span, code, found.message(whole)),
        Severity::Warning => Problem::warning(written.span, code, found.message(whole)),
    };
    Some(problem.with_help(help))
}

/// What also occurs in addresses and names, such as the dot of `ra.*@example.org`.
fn is_common_in_names(found: Foreign, text: &str) -> bool {
    match found {
        Foreign::Dot(_) => !text.starts_with('.') && !text.contains(" ."),
        found => found == Foreign::Optional,
    }
}

/// Warns of a quotation mark that DocSpace stores as `_`, so that it is not like the typographic ones.
pub(in crate::policy) fn quote(title: &Spanned<String>) -> Option<Problem> {
    let (mut in_class, mut found) = (false, false);
    for c in title.value.chars() {
        match c {
            '[' => in_class = true,
            ']' => in_class = false,
            '"' => found |= !in_class,
            _ => {}
        }
    }
    let message = format!(
        "DocSpace stores `\"` as `_`, so `{}` does not match typographic quotation marks",
        title.value
    );
    found.then(|| {
        Problem::warning(title.span, "altered-title", message)
            .with_help("write `[\"“]` for every kind of quotation mark, or `_` for what is stored")
    })
}
