//! Errors about values that do not fit, without Rust's words.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::advice::WIDE_COLON;
use super::problem::hint;
use super::source::Span;
use super::tree::{Kind, Node};

#[derive(Debug)]
pub(super) struct Error {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) at: Option<(u32, Span)>,
    pub(super) silent: bool,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    pub(super) fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            at: None,
            silent: false,
        }
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("wrong-value", message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match unexpected {
            Unexpected::Map => "a table".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Str(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        Self::new(
            "wrong-type",
            format!("expected {}, found {found}", words(&expected.to_string())),
        )
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let list = known.join(", ");
        if let Some((key, value)) = field.split_once(WIDE_COLON) {
            let (key, value) = (key.trim(), value.trim());
            return Self::new(
                "unknown-key",
                format!(
                    "unknown key `{field}`; write a plain colon and a space: `{key}: {value}` (known here: {list})"
                ),
            );
        }
        Self::new(
            "unknown-key",
            format!(
                "unknown key `{field}`{} (known here: {list})",
                hint(field, known.iter().copied())
            ),
        )
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let list = known.join(", ");
        Self::new(
            "unknown-word",
            format!(
                "unknown word `{variant}`{} (known here: {list})",
                hint(variant, known.iter().copied())
            ),
        )
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing-key", format!("the key `{field}` is missing"))
    }
}

/// What serde expects, without Rust's words.
pub(super) fn words(expected: &str) -> String {
    match expected {
        "a string" | "string" => "text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "path string" => "a path".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.starts_with("enum ") || other == "variant identifier" => "a word".to_owned(),
        other => other.to_owned(),
    }
}

/// `{client}` is a table in YAML, but people mean a text.
pub(super) fn braces(error: Error, entries: &[(Node, Node)]) -> Error {
    match entries {
        [
            (
                Node {
                    kind: Kind::Scalar { text, .. },
                    ..
                },
                value,
            ),
        ] if value.is_absent() && error.at.is_none() && error.code == "wrong-type" => Error::new(
            "wrong-type",
            format!("`{{{text}}}` is a table in YAML; write `\"{{{text}}}\"`, in quotes"),
        ),
        _ => error,
    }
}
