//! Texts with variables: `Correspondence {client}`; `{{` and `}}` are the braces themselves.

use std::collections::BTreeMap;
use std::fmt;

use super::glob_parse::is_name;

/// The values that variables have in one room under one policy.
pub type Variables = BTreeMap<String, String>;

/// The variables that every room has.
pub const ROOM_VARIABLES: [&str; 7] = [
    "room.title",
    "room.type",
    "creator.name",
    "creator.email",
    "date.year",
    "date.month",
    "date.day",
];

/// A text whose variables are expanded once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Variable(String),
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with its braces.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if matches!(c, '{' | '}') && chars.peek() == Some(&c) {
                chars.next();
                literal.push(c);
            } else if c == '}' {
                return Err("`}` without `{`; write `}}` for the character itself".to_owned());
            } else if c == '{' {
                let mut name = String::new();
                loop {
                    match chars.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => {
                            return Err(
                                "`{` without `}`; write `{{` for the character itself".to_owned()
                            );
                        }
                    }
                }
                if !name.split('.').all(is_name) {
                    return Err(format!(
                        "`{{{name}}}` is no variable: a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`; write `{{{{` for the character itself"
                    ));
                }
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Variable(name));
            } else {
                literal.push(c);
            }
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        Ok(Self(segments))
    }

    /// The names of the variables that it needs.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Its parts that are the same in every room.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            Segment::Variable(_) => None,
        })
    }

    /// The text itself if it has no variables.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with every variable replaced; a name that has no value is the error.
    ///
    /// # Errors
    /// The name without a value; checked policies have none.
    pub fn expand(&self, variables: &Variables) -> Result<String, String> {
        self.0.iter().try_fold(String::new(), |mut text, segment| {
            match segment {
                Segment::Literal(part) => text.push_str(part),
                Segment::Variable(name) => {
                    text.push_str(variables.get(name).ok_or_else(|| name.clone())?);
                }
            }
            Ok(text)
        })
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Literal(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Segment::Variable(name) => write!(f, "{{{name}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Result<String, String> {
        let variables = [("client", "AC{ME}"), ("date.year", "2026")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()));
        Text::new(text)?.expand(&variables.into_iter().collect())
    }

    #[test]
    fn variables_are_expanded_once_and_braces_can_be_meant() {
        assert_eq!(expand("{client}/{date.year}").unwrap(), "AC{ME}/2026");
        assert_eq!(expand("{{client}} {{ }}").unwrap(), "{client} { }");
        assert_eq!(expand("plain").unwrap(), "plain");
    }

    #[test]
    fn what_is_no_variable_is_an_error() {
        for text in [
            "{",
            "{client",
            "{}",
            "{a b}",
            "{.}",
            "a}",
            "{a}}",
            "{größe}",
        ] {
            assert!(Text::new(text).is_err(), "{text}");
        }
        assert_eq!(expand("{nobody}"), Err("nobody".to_owned()));
    }

    #[test]
    fn a_text_prints_as_it_is_written() {
        for text in ["a {b} {{c}}", "{date.year}", ""] {
            assert_eq!(Text::new(text).unwrap().to_string(), text);
        }
    }
}
