//! From the tree to typed values, through serde's derives.
//!
//! A value that does not fit is reported and barred, and the file is read again without it, so that all errors are
//! reported at once. A failure that only follows from a barred part is not reported.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor,
};

use super::de_error::{Error, braces, words};
use super::problem::Problem;
use super::source::Span;
use super::spanned::MARK;
use super::tree::{Kind, Node};

mod access;

use access::{Entries, Items, WithPlace};

/// Each round reports one problem, so this is the maximum for a file.
const ROUNDS: usize = 50;

/// Reads a tree into a value, and reports every problem. The value may be incomplete, so that further checks can still
/// run; look at the problems before using it.
pub fn read<T: DeserializeOwned>(node: &Node, problems: &mut Vec<Problem>) -> Option<T> {
    let barred = RefCell::new(HashSet::new());
    for _ in 0..ROUNDS {
        match T::deserialize(De {
            node,
            barred: &barred,
        }) {
            Ok(value) => return Some(value),
            Err(error) => {
                let (id, span) = error.at.unwrap_or((node.id, node.span));
                if !error.silent {
                    problems.push(Problem::error(span, error.code, error.message));
                }
                if id == node.id || !barred.borrow_mut().insert(id) {
                    return None;
                }
            }
        }
    }
    let end = problems
        .iter()
        .filter(|problem| problem.span.source == node.span.source)
        .map(|problem| problem.span.end)
        .max()
        .unwrap_or_default();
    problems.push(Problem::more(Span {
        start: end,
        end,
        ..node.span
    }));
    None
}

#[derive(Clone, Copy)]
struct De<'n> {
    node: &'n Node,
    barred: &'n RefCell<HashSet<u32>>,
}

impl<'n> De<'n> {
    /// Assigns the errors of a visitor to this node, unless they already belong to a node inside.
    fn at<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|mut error| {
            if error.at.is_none() {
                error.at = Some((self.node.id, self.node.span));
                error.silent = error.silent || self.has_barred_child();
            }
            error
        })
    }

    fn has_barred_child(self) -> bool {
        let barred = self.barred.borrow();
        match &self.node.kind {
            Kind::Scalar { .. } => false,
            Kind::List(items) => items.iter().any(|item| barred.contains(&item.id)),
            Kind::Table(entries) => entries
                .iter()
                .any(|(key, value)| barred.contains(&key.id) || barred.contains(&value.id)),
        }
    }

    fn list<V: Visitor<'n>>(self, items: &'n [Node], visitor: V) -> Result<V::Value, Error> {
        self.at(visitor.visit_seq(Items {
            items: items.iter(),
            barred: self.barred,
        }))
    }

    fn table<V: Visitor<'n>>(
        self,
        entries: &'n [(Node, Node)],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.at(visitor.visit_map(self.entries(entries)))
    }

    fn text<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.kind {
            Kind::Scalar { .. } if self.node.is_null() => {
                let expected = words(&Expecting(&visitor).to_string());
                let way_out = if self.node.is_absent() {
                    ""
                } else {
                    "; quote the word if you mean it as text"
                };
                self.at(Err(Error::new(
                    "nothing",
                    format!("expected {expected}, found nothing{way_out}"),
                )))
            }
            Kind::Scalar { text, .. } => self.at(visitor.visit_str(text)),
            Kind::List(items) => self.list(items, visitor),
            Kind::Table(entries) => {
                let read = visitor.visit_map(self.entries(entries));
                self.at(read.map_err(|error| braces(error, entries)))
            }
        }
    }

    fn entries(self, entries: &'n [(Node, Node)]) -> Entries<'n> {
        Entries {
            entries: entries.iter(),
            here: None,
            barred: self.barred,
        }
    }

    fn plain(self) -> Option<&'n str> {
        match &self.node.kind {
            Kind::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// A number, which must be a plain scalar.
    fn number<T: std::str::FromStr, V: Visitor<'n>>(
        self,
        visitor: V,
        visit: impl FnOnce(V, T) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        if let Some(text) = self.plain()
            && let Some(error) = leading_zero(text).or_else(|| plus(text))
        {
            return self.at(Err(error));
        }
        match self.plain().and_then(|text| text.parse().ok()) {
            Some(number) => self.at(visit(visitor, number)),
            None => self.at(Err(self.no_number(&visitor))),
        }
    }

    /// The error for something that looks like a number but is not a valid one.
    fn no_number(self, expected: &dyn Expected) -> Error {
        let Kind::Scalar { text, plain } = &self.node.kind else {
            return self.unfit(expected);
        };
        match text.parse::<i128>() {
            Ok(_) if !plain => Error::new(
                "wrong-type",
                format!("`{text}` in quotes is a text; write it without quotes"),
            ),
            Ok(number) if number > 0 => {
                Error::new("wrong-type", format!("the number `{text}` is too large"))
            }
            _ => self.unfit(expected),
        }
    }

    fn no_bool(self, expected: &dyn Expected) -> Error {
        match &self.node.kind {
            Kind::Scalar { text, plain: false } if matches!(text.as_str(), "true" | "false") => {
                let message = format!("`{text}` in quotes is a text; write it without quotes");
                Error::new("wrong-type", message)
            }
            _ => self.unfit(expected),
        }
    }

    fn unfit(self, expected: &dyn Expected) -> Error {
        let unexpected = match &self.node.kind {
            Kind::Scalar { .. } if self.node.is_null() => Unexpected::Unit,
            Kind::Scalar { text, .. } => Unexpected::Str(text),
            Kind::List(_) => Unexpected::Seq,
            Kind::Table(_) => Unexpected::Map,
        };
        de::Error::invalid_type(unexpected, expected)
    }
}

/// `010` is eight for some YAML parsers and ten for others.
fn leading_zero(text: &str) -> Option<Error> {
    let digits = text.trim_start_matches(['+', '-']);
    let rest = digits.strip_prefix('0')?;
    (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())).then(|| {
        let sign = if text.starts_with('-') { "-" } else { "" };
        let meant = rest.trim_start_matches('0');
        let meant = if meant.is_empty() { "0" } else { meant };
        Error::new(
            "leading-zero",
            format!("`{text}` starts with a zero, which some parsers read as an octal number; write `{sign}{meant}`"),
        )
    })
}

/// `+5` is a number for some YAML parsers and a text for others.
fn plus(text: &str) -> Option<Error> {
    let digits = text.strip_prefix('+')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| {
        Error::new(
            "wrong-type",
            format!("`{text}` has a sign that is not needed; write `{digits}`"),
        )
    })
}

struct Expecting<'v, V>(&'v V);

impl<'de, V: Visitor<'de>> fmt::Display for Expecting<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number::<$type, V>(visitor, V::$visit)
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'de> {
    type Error = Error;

    numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64
    );

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() {
            self.at(visitor.visit_unit())
        } else {
            self.text(visitor)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.plain() {
            Some("true") => self.at(visitor.visit_bool(true)),
            Some("false") => self.at(visitor.visit_bool(false)),
            _ => self.at(Err(self.no_bool(&visitor))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() {
            self.at(visitor.visit_none())
        } else {
            self.at(visitor.visit_some(self))
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == MARK {
            return self.at(visitor.visit_seq(WithPlace { de: self, step: 0 }));
        }
        self.at(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.kind {
            Kind::List(items) => self.list(items, visitor),
            Kind::Scalar { .. } if self.node.is_null() => self.list(&[], visitor),
            _ => self.at(Err(self.unfit(&visitor))),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.kind {
            Kind::Table(entries) => self.table(entries, visitor),
            Kind::Scalar { .. } if self.node.is_null() => self.table(&[], visitor),
            _ => self.at(Err(self.unfit(&visitor))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // Null is not a table: `name:` without the lines below it is an error.
        match &self.node.kind {
            Kind::Table(entries) => self.table(entries, visitor),
            Kind::Scalar { .. } | Kind::List(_) => self.at(Err(self.unfit(&visitor))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.kind {
            Kind::Scalar { text, .. } if !self.node.is_null() => {
                self.at(
                    visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(text.as_str()))
                )
            }
            _ => self.at(Err(self.unfit(&visitor))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    serde::forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple_struct }
}
