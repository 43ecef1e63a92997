//! A request as the portal's controllers see it, and its response (rooms-api.md 0, K).

use axum::body::Bytes;
use serde_json::Value;

use crate::simulator::state::ids::{self, EntryId};
use crate::simulator::state::world::{Made, World};
use crate::simulator::wire::json_path;
use crate::simulator::wire::refusal::{Exception, Refusal};

/// One request, routed and authenticated.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The full URL, for the response's `links`.
    pub(crate) href: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Whether `Content-Type` says that the body is JSON.
    pub(crate) is_json: bool,
    /// The values of the variable parts of the route.
    pub(crate) captures: Vec<String>,
    pub(crate) caller: Option<String>,
    /// The id of the API key in use.
    pub(crate) key: Option<String>,
    /// What had been created when the request arrived.
    pub(crate) made_before: Made,
}

pub(crate) type Outcome = Result<Answer, Refusal>;

/// A controller: reads the request, changes the world, answers.
pub(crate) type Controller = fn(&mut World, &Call) -> Outcome;

/// A successful response: 200, or 204 without a body.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Answer {
    pub(crate) response: Option<Value>,
    pub(crate) count: Option<i64>,
    pub(crate) total: Option<i64>,
    pub(crate) has_no_content: bool,
}

impl Answer {
    pub(crate) fn no_content() -> Self {
        Self {
            has_no_content: true,
            ..Self::default()
        }
    }

    pub(crate) fn of(response: Value) -> Self {
        Self {
            response: Some(response),
            ..Self::default()
        }
    }

    /// A streamed response, whose `count` is always 1.
    pub(crate) fn streamed(response: Vec<Value>) -> Self {
        Self {
            response: Some(Value::Array(response)),
            count: Some(1),
            ..Self::default()
        }
    }
}

impl Answer {
    /// One page of `total` elements, where the server accepts any start.
    pub(crate) fn window(response: Vec<Value>, total: i64, start: i64, count: i64) -> Self {
        Self {
            count: Some((total - start).max(0).min(count)),
            total: Some(total),
            ..Self::of(response.into())
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) start: usize,
    pub(crate) count: usize,
}

impl Page {
    /// A start before the first element skips nothing.
    pub(crate) fn from(start: i64, count: i64) -> Self {
        Self {
            start: usize::try_from(start).unwrap_or(0),
            count: usize::try_from(count).unwrap_or(100),
        }
    }

    pub(crate) fn of<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.start).take(self.count).collect()
    }
}

impl Call {
    /// The caller, on routes that admit no unknown callers.
    pub(crate) fn person(&self) -> Result<&str, Refusal> {
        self.caller.as_deref().ok_or(Refusal::Empty(401))
    }

    pub(crate) fn entry_id(&self) -> EntryId {
        EntryId::from_route(self.capture())
    }

    pub(crate) fn capture(&self) -> &str {
        self.captures.first().map_or("", String::as_str)
    }

    /// A parameter; one that contains only spaces counts as absent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|text| !text.trim().is_empty())
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter whose name has no brackets.
    pub(crate) fn query_exactly<'call>(
        &'call self,
        name: &'call str,
    ) -> impl Iterator<Item = &'call str> {
        let values = self.query.iter();
        values
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn query_all<'call>(
        &'call self,
        name: &'call str,
    ) -> impl Iterator<Item = &'call str> {
        let wanted = move |key: &str| {
            key.eq_ignore_ascii_case(name)
                || key
                    .strip_suffix("[]")
                    .is_some_and(|key| key.eq_ignore_ascii_case(name))
        };
        self.query
            .iter()
            .filter(move |(key, _)| wanted(key))
            .map(|(_, value)| value.as_str())
    }

    /// A 32-bit integer, which may be empty.
    pub(crate) fn query_number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.query(name)
            .map(|text| whole(text).ok_or_else(|| Refusal::not_valid(name, text)))
            .transpose()
    }

    /// A 32-bit integer, which may be absent but not empty.
    pub(crate) fn query_number_or(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        self.parameter(name).map_or(Ok(default), |text| {
            whole(text).ok_or_else(|| Refusal::not_valid(name, text))
        })
    }

    /// The value of an enumeration.
    pub(crate) fn query_enum(
        &self,
        name: &str,
        values: &[(&str, i64)],
    ) -> Result<Option<i64>, Refusal> {
        self.query(name)
            .map(|text| enumerated(text, values).ok_or_else(|| Refusal::not_valid(name, text)))
            .transpose()
    }

    /// A combination of flags of an enumeration; it may be absent but not empty.
    pub(crate) fn query_flags(
        &self,
        name: &str,
        values: &[(&str, i64)],
    ) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.parameter(name) else {
            return Ok(None);
        };
        let all = values.iter().fold(0, |all, (_, value)| all | value);
        or_ed(text, values)
            .filter(|value| value & !all == 0)
            .ok_or_else(|| Refusal::not_valid(name, text))
            .map(Some)
    }

    /// As [`Call::query_enum`], but an empty parameter is an error.
    pub(crate) fn query_enum_or(
        &self,
        name: &str,
        values: &[(&str, i64)],
        default: i64,
    ) -> Result<i64, Refusal> {
        match self.parameter(name) {
            Some(text) if text.trim().is_empty() => Err(Refusal::not_valid(name, text)),
            _ => Ok(self.query_enum(name, values)?.unwrap_or(default)),
        }
    }

    pub(crate) fn query_flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.query(name).map(str::trim) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(Refusal::not_valid(name, text)),
        }
    }

    /// `startIndex` and `count` (1 to 100, default 100).
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        let (start, count) = self.window()?;
        if start < 0 {
            let message =
                "Specified argument was out of the range of valid values. (Parameter 'from')";
            return Err(Refusal::Thrown(Exception::ArgumentOutOfRange, message));
        }
        Ok(Page::from(start, count))
    }

    /// `startIndex` and `count`, where the server accepts any start.
    pub(crate) fn window(&self) -> Result<(i64, i64), Refusal> {
        let count = self.query_number_or("count", 100)?;
        let start = self.query_number_or("startIndex", 0)?;
        if !(1..=100).contains(&count) {
            return Err(Refusal::out_of_range("count", 1, 100));
        }
        Ok((start, count))
    }

    /// A GUID, which may be empty.
    pub(crate) fn query_guid(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.query(name)
            .map(|text| ids::any_guid(text).ok_or_else(|| Refusal::not_valid(name, text)))
            .transpose()
    }

    /// The JSON object of the body.
    pub(crate) fn body(&self) -> Result<Members, Refusal> {
        if !self.is_json {
            return Err(Refusal::Unsupported);
        }
        if self.body.is_empty() {
            return Err(Refusal::validation(
                "",
                "A non-empty request body is required.",
            ));
        }
        match serde_json::from_slice(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(Members(value)),
            Ok(_) => Err(Refusal::not_convertible("$", "Object")),
            Err(fault) => Err(Refusal::validation(
                json_path::of_fault(&self.body, &fault),
                format!("The JSON is not valid: {fault}"),
            )),
        }
    }
}

/// A JSON object whose names are compared without case and whose numbers may be strings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members(pub(crate) Value);

impl Members {
    /// The member, including a null one.
    pub(crate) fn present(&self, name: &str) -> Option<&Value> {
        self.spelt(name).map(|(_, value)| value)
    }

    fn spelt(&self, name: &str) -> Option<(&String, &Value)> {
        let object = self.0.as_object()?;
        object
            .iter()
            .rfind(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// The name of a member in the client's spelling.
    pub(crate) fn spelling(&self, name: &str) -> String {
        self.spelt(name)
            .map_or(name, |(key, _)| key.as_str())
            .to_owned()
    }

    /// The path of a member, in the client's spelling.
    fn path(&self, name: &str) -> String {
        json_path::member("$", &self.spelling(name))
    }

    /// The member, unless it is null.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.present(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        let wrong = || Refusal::not_convertible(&self.path(name), "String");
        self.member(name)
            .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
            .transpose()
    }

    /// A flag of a type that does not accept null: absent, or a boolean.
    pub(crate) fn plain_flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.present(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::not_convertible(&self.path(name), "Boolean")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        let wrong = || Refusal::not_convertible(&self.path(name), "Boolean");
        self.member(name)
            .map(|value| value.as_bool().ok_or_else(wrong))
            .transpose()
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let wrong = || Refusal::not_convertible(&self.path(name), "Int64");
        self.member(name)
            .map(|value| number(value).ok_or_else(wrong))
            .transpose()
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items.clone())),
            Some(_) => Err(Refusal::not_convertible(
                &self.path(name),
                "Collections.Generic.List",
            )),
        }
    }
}

/// The value of an enumeration, by number or by name; several are combined with a bitwise OR, as in .NET.
pub(crate) fn enumerated(text: &str, values: &[(&str, i64)]) -> Option<i64> {
    or_ed(text, values).filter(|value| values.iter().any(|(_, known)| known == value))
}

fn or_ed(text: &str, values: &[(&str, i64)]) -> Option<i64> {
    let named = |part: &str| {
        let known = values
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(part.trim()));
        known.map(|(_, value)| *value).or_else(|| whole(part))
    };
    text.split(',')
        .map(named)
        .try_fold(0, |all, value| value.map(|value| all | value))
}

/// A 32-bit integer in an address, as .NET converts it: with spaces around it, or hexadecimal.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let hexadecimal = ["#", "0x", "0X", "&h", "&H"]
        .iter()
        .find_map(|mark| text.strip_prefix(mark));
    let number = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?.cast_signed(),
        None => text.parse::<i32>().ok()?,
    };
    Some(number.into())
}

/// A number, which may be a string.
pub(crate) fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}
