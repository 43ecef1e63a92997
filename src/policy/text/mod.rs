//! Texts with variables: `Correspondence {client}`, `{client:upper}`, `{partner[client]}`; `\{` is a literal brace.

mod known;
mod parse;
mod values;

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

pub use parse::levels;
pub use values::{DEFAULT, Table, Tables, Value, Variables};

/// The built-in variables of every room.
pub const ROOM_VARIABLES: [&str; 9] = [
    "room.title",
    "room.type",
    "creator.name",
    "creator.email",
    "date.year",
    "date.month",
    "date.day",
    "date.quarter",
    "date.fiscal_year",
];

/// A text whose variables are expanded once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Variable(Variable),
    /// A table's name, and the variable whose value is looked up there.
    Lookup(String, Variable),
}

/// A variable, with a modifier for its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Variable {
    name: String,
    case: Option<Case>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    Upper,
    Lower,
    Title,
}

impl Case {
    const ALL: [Self; 3] = [Self::Upper, Self::Lower, Self::Title];

    fn as_str(self) -> &'static str {
        match self {
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Title => "title",
        }
    }

    fn of(self, text: &str) -> String {
        match self {
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Title => title_case(text),
        }
    }
}

/// The first letter of each word in upper case, the others in lower case.
fn title_case(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.nfc() {
        // A mark belongs to the letter before it.
        if canonical_combining_class(c) != 0 {
            titled.push(c);
            continue;
        }
        if begins {
            titled.extend(c.to_uppercase());
        } else {
            titled.extend(c.to_lowercase());
        }
        // An apostrophe does not start a word.
        begins = !c.is_alphanumeric() && !matches!(c, '\'' | '’');
    }
    titled
}

impl Text {
    /// Parses a text.
    ///
    /// # Errors
    /// The problem with its braces.
    pub fn new(text: &str) -> Result<Self, String> {
        parse::text(text)
    }

    /// A literal text.
    pub fn plain(text: &str) -> Self {
        Self(vec![Segment::Literal(text.to_owned())])
    }

    /// Parses one level of a folder's path, which can contain alternatives: all titles that it stands for, the leftmost
    /// alternatives slowest.
    ///
    /// # Errors
    /// The problem with its braces, or more than `most` titles.
    pub fn each_of(level: &str, most: usize) -> Result<Vec<Self>, String> {
        parse::each_of(level, most)
    }

    /// The names of all variables that it uses, including those in lookups.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Variable(variable) | Segment::Lookup(_, variable) => {
                Some(variable.name.as_str())
            }
            Segment::Literal(_) => None,
        })
    }

    /// The names of the variables whose own values are part of the text.
    pub fn shown_variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Variable(variable) => Some(variable.name.as_str()),
            Segment::Literal(_) | Segment::Lookup(..) => None,
        })
    }

    /// The tables that it uses.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Lookup(table, _) => Some(table.as_str()),
            Segment::Literal(_) | Segment::Variable(_) => None,
        })
    }

    /// The table, if the whole text is a lookup.
    pub fn only_table(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Segment::Lookup(table, _)] => Some(table),
            _ => None,
        }
    }

    /// The variable, if the whole text is a variable.
    pub fn only_variable(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Segment::Variable(variable)] => Some(&variable.name),
            _ => None,
        }
    }

    /// Its literal parts.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            Segment::Variable(_) | Segment::Lookup(..) => None,
        })
    }

    /// The text with its literal parts altered.
    pub fn with_literals(&self, alter: impl Fn(&str) -> String) -> Self {
        let altered = |segment: &Segment| match segment {
            Segment::Literal(text) => Segment::Literal(alter(text)),
            other @ (Segment::Variable(_) | Segment::Lookup(..)) => other.clone(),
        };
        Self(self.0.iter().map(altered).collect())
    }

    /// The text itself, if it has no variables.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with every variable replaced, in a room in which each has a single value.
    ///
    /// # Errors
    /// Why it has no value there.
    pub fn expand(&self, variables: &Variables) -> Result<String, String> {
        let mut text = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Literal(part) => text.push_str(part),
                Segment::Variable(variable) => {
                    text.push_str(&self.value(variable, variables)?);
                }
                Segment::Lookup(table, variable) => {
                    let key = self.value(variable, variables)?;
                    let found = variables.look_up(table, &key).ok_or_else(|| {
                        format!("`{self}` has no value here: the table `{table}` has neither `{key}` nor a `default`")
                    })?;
                    text.push_str(found);
                }
            }
        }
        Ok(text)
    }

    fn value<'v>(
        &self,
        variable: &Variable,
        variables: &'v Variables,
    ) -> Result<Cow<'v, str>, String> {
        let name = &variable.name;
        let value = match variables.get(name) {
            Some(Value::One(value)) => value,
            Some(Value::Many(_)) => {
                return Err(format!(
                    "`{self}` needs a single value, but `{{{name}}}` is a list"
                ));
            }
            None => {
                return Err(format!(
                    "`{self}` needs `{{{name}}}`, which has no value here"
                ));
            }
        };
        Ok(match variable.case {
            None => Cow::Borrowed(value.as_str()),
            Some(case) => Cow::Owned(case.of(value)),
        })
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.case {
            None => Ok(()),
            Some(case) => write!(f, ":{}", case.as_str()),
        }
    }
}

/// The written form.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Literal(text) => {
                    for c in text.chars() {
                        if matches!(c, '{' | '}' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                }
                Segment::Variable(variable) => write!(f, "{{{variable}}}")?,
                Segment::Lookup(table, variable) => write!(f, "{{{table}[{variable}]}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn variables() -> Variables {
        let mut partner = Table::default();
        partner.insert("ACME", "anna@example.org".to_owned());
        partner.insert("default", "desk@example.org".to_owned());
        let mut only = Table::default();
        only.insert("x", "y".to_owned());
        let tables: Tables = [("partner".to_owned(), partner), ("only".to_owned(), only)].into();
        let mut variables = Variables::new(Arc::new(tables));
        for (name, value) in [
            ("client", "ac{me} o'neil"),
            ("code", "acme"),
            ("date.year", "2026"),
        ] {
            variables.set(name, Value::One(value.to_owned()));
        }
        variables.set("lang", Value::Many(vec!["de".into(), "en".into()]));
        variables
    }

    fn expand(text: &str) -> Result<String, String> {
        Text::new(text)?.expand(&variables())
    }

    #[test]
    fn a_letter_and_its_accent_are_one_in_every_unicode_form() {
        for (text, titled) in [
            ("e\u{301}cole d'e\u{301}te\u{301}", "École D'été"),
            ("x\u{302}yz", "X\u{302}yz"),
            ("o’neil-ÉCOLE", "O’neil-École"),
        ] {
            assert_eq!(title_case(text), titled);
        }
    }

    #[test]
    fn variables_are_expanded_once_and_braces_can_be_literal() {
        for (text, expanded) in [
            ("{client}/{date.year}", "ac{me} o'neil/2026"),
            (r"\{client\} \{ \}", "{client} { }"),
            (r"C:\Temp \\", r"C:\Temp \"),
            ("plain, text", "plain, text"),
            ("{client:upper}", "AC{ME} O'NEIL"),
            ("{client:title}", "Ac{Me} O'neil"),
            ("{partner[code]}", "anna@example.org"),
            ("{partner[date.year]}", "desk@example.org"),
        ] {
            assert_eq!(expand(text).unwrap(), expanded, "{text}");
        }
        let missing = expand("{only[code]}").unwrap_err();
        assert!(
            missing.contains("neither `acme` nor a `default`"),
            "{missing}"
        );
        assert!(expand("{lang}").unwrap_err().contains("is a list"));
        assert!(expand("{nobody}").unwrap_err().contains("no value here"));
    }

    #[test]
    fn keys_of_a_table_are_compared_like_titles() {
        let mut table = Table::default();
        for key in ["ACME-West", "O'Neil", "Müller GmbH", "Ａｂｃ"] {
            assert_eq!(table.insert(key, key.to_owned()), None);
        }
        for key in ["acme–west", "O’NEIL", " Müller \u{200b}  GmbH", "abc"] {
            assert!(table.insert(key, String::new()).is_some(), "{key}");
        }
        assert_eq!(table.insert("ACME West", String::new()), None);
    }

    #[test]
    fn an_invalid_variable_is_an_error_with_a_fix() {
        for (text, reported) in [
            ("{", r"`\{`"),
            ("{client", r"`\{`"),
            ("{}", "not a variable"),
            ("{a b}", "not a variable"),
            ("a}", r"`\}`"),
            ("{1größe}", "not a variable"),
            ("{{client}}", "write `{client}`"),
            ("{a,b}", "folder"),
            ("{client:uper}", "did you mean `upper`"),
            ("{t[a}", "`{t[a]}`"),
            ("{t[a] }", "`{t[a]}`"),
            ("{t[u[a]]}", "results of both"),
        ] {
            let message = Text::new(text).unwrap_err();
            assert!(message.contains(reported), "{text}: {message}");
        }
    }

    #[test]
    fn alternatives_of_a_level_multiply_it_the_leftmost_slowest() {
        let all = |level: &str| -> Vec<String> {
            let all = Text::each_of(level, 10).unwrap();
            all.iter().map(ToString::to_string).collect()
        };
        assert_eq!(all("{Contracts,Offers}"), ["Contracts", "Offers"]);
        assert_eq!(all("{A,B} {1,2}"), ["A 1", "A 2", "B 1", "B 2"]);
        assert_eq!(all("{{client},General}"), ["{client}", "General"]);
        assert_eq!(all(r"{a\,b,c}"), ["a,b", "c"]);
        assert_eq!(all("{{a,b},c}x"), ["ax", "bx", "cx"]);
        assert_eq!(all("plain, text"), ["plain, text"]);
        assert!(Text::each_of("{a,}", 10).is_err());
        let deep = |depth: usize| format!("{}a{}", "{".repeat(depth), ",b}".repeat(depth));
        assert_eq!(Text::each_of(&deep(8), 10).unwrap().len(), 9);
        assert!(Text::each_of(&deep(9), 10).is_err());
        assert!(Text::each_of(&deep(100_000), 10).is_err());
        assert!(Text::each_of("{a,b}{a,b}{a,b}{a,b}", 10).is_err());
    }

    #[test]
    fn a_text_prints_as_it_was_parsed() {
        for text in [
            r"a {b} \{c\}",
            "{date.year}",
            "",
            "{t[name:upper]}",
            r"x\\y, z",
        ] {
            assert_eq!(Text::new(text).unwrap().to_string(), text);
        }
    }
}
