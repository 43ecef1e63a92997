//! Compares an answer with the recorded one.

use std::fmt::Display;

use serde_json::Value;

use super::names::Names;
use super::recording::Call;
use super::template::Template;
use super::text::{fits, is_time, unquoted, whole};
use super::wire::Answer;

/// The value must be present and can be anything.
const ANY: &str = "{{any}}";
const TIME: &str = "{{time}}";
/// The first element of an array whose order is not fixed.
const ANY_ORDER: &str = "{{any order}}";
/// The last element of an array that may have more elements.
const AND_MORE: &str = "{{and more}}";
/// A weight that exceeds all differences within a matching element.
const ANOTHER_ELEMENT: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// `status`, a header, or the path of a member of the answer.
    pub(super) at: String,
    pub(super) expected: String,
    pub(super) got: String,
}

const ABSENT: &str = "(absent)";

fn difference(at: &str, expected: impl Display, got: impl Display) -> Difference {
    Difference {
        at: at.to_owned(),
        expected: expected.to_string(),
        got: got.to_string(),
    }
}

/// The differences between an answer and the recorded one; learns ids from the answer first.
pub(super) fn compare(call: &Call, answer: &Answer, names: &mut Names) -> Vec<Difference> {
    let mut found = Vec::new();
    if answer.status != call.status {
        let got = format!("{} {}", answer.status, message(&answer.body));
        found.push(difference("status", call.status, got));
    }
    for (name, value) in &call.headers {
        let expected = names.fill(value).to_lowercase();
        let got = answer.headers.get(name);
        if got.is_none_or(|got| got.to_lowercase() != expected) {
            let got = got.map_or(ABSENT, |got| got);
            found.push(difference(name, value, got));
        }
    }
    // An answer with another status is of another kind and teaches no ids.
    if answer.status == call.status {
        names.learn(&call.binds, &answer.body);
        let mut comparison = Comparison { names, found };
        comparison.value(&call.answer, &answer.body, "");
        found = comparison.found;
    }
    found
}

/// The message of an answer with another status.
fn message(answer: &Value) -> String {
    match &answer["error"] {
        Value::Object(error) => {
            let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}", text("type"), text("message"))
        }
        _ => answer.get("response").unwrap_or(answer).to_string(),
    }
}

struct Comparison<'a> {
    names: &'a mut Names,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn differs(&mut self, at: &str, expected: impl Display, got: impl Display) {
        self.found.push(difference(at, expected, got));
    }

    fn value(&mut self, want: &Template, got: &Value, at: &str) {
        match want {
            Template::Members(want) => self.members(want, got, at),
            Template::Elements(elements) => match got {
                Value::Array(got) => self.elements(elements, got, at),
                _ => self.differs(at, want, got),
            },
            Template::Text(text) if text == ANY => {}
            Template::Text(want) => self.text(want, got, at),
            Template::Plain(want) => {
                if !same(want, got) {
                    self.differs(at, want, got);
                }
            }
        }
    }

    fn members(&mut self, want: &[(String, Template)], got: &Value, at: &str) {
        let Value::Object(got) = got else {
            return self.differs(at, Template::Members(want.to_vec()), got);
        };
        let filled: Vec<String> = want.iter().map(|(name, _)| self.names.fill(name)).collect();
        for (name, (_, want)) in filled.iter().zip(want) {
            let at = format!("{at}/{name}");
            match got.get(name) {
                Some(got) => self.value(want, got, &at),
                None => self.differs(&at, want, ABSENT),
            }
        }
        for (name, got) in got {
            if !filled.contains(name) {
                self.differs(&format!("{at}/{name}"), ABSENT, got);
            }
        }
    }

    fn elements(&mut self, mut want: &[Template], got: &[Value], at: &str) {
        let mut got: Vec<Option<&Value>> = got.iter().map(Some).collect();
        if let Some((last, before)) = want.split_last()
            && last.is(AND_MORE)
        {
            want = before;
            got.truncate(want.len());
        }
        if let Some((first, after)) = want.split_first()
            && first.is(ANY_ORDER)
        {
            want = after;
            got = self.in_order(want, got);
        }
        if want.len() != got.len() {
            let elements = |count: usize| format!("{count} elements");
            self.differs(at, elements(want.len()), elements(got.len()));
        }
        for n in 0..want.len().max(got.len()) {
            let at = format!("{at}/{n}");
            match (want.get(n), got.get(n).copied().flatten()) {
                (Some(want), Some(got)) => self.value(want, got, &at),
                (Some(want), None) => self.differs(&at, want, ABSENT),
                (None, Some(got)) => self.differs(&at, ABSENT, got),
                (None, None) => {}
            }
        }
    }

    /// Pairs each expected element with the best match; the remaining elements come last.
    fn in_order<'v>(
        &mut self,
        want: &[Template],
        mut left: Vec<Option<&'v Value>>,
    ) -> Vec<Option<&'v Value>> {
        let mut ordered = Vec::new();
        for want in want {
            let distances = left.iter().flatten().map(|got| self.distance(want, got));
            let best = distances.enumerate().min_by_key(|&(_, distance)| distance);
            ordered.push(best.and_then(|(n, _)| left.remove(n)));
        }
        ordered.extend(left);
        ordered
    }

    fn distance(&mut self, want: &Template, got: &Value) -> usize {
        let mut comparison = Comparison {
            names: self.names,
            found: Vec::new(),
        };
        comparison.value(want, got, "");
        let found = comparison.found;
        let another = found
            .iter()
            .any(|d| d.at.is_empty() || d.at.ends_with("/id") || d.at.ends_with("/title"));
        found.len() + if another { ANOTHER_ELEMENT } else { 0 }
    }

    fn text(&mut self, want: &str, got: &Value, at: &str) {
        if want == TIME {
            if !got.as_str().is_some_and(is_time) {
                self.differs(at, want, got);
            }
            return;
        }
        let symbol = whole(want);
        let Some(number) = symbol.as_ref().filter(|symbol| symbol.number) else {
            let filled = self.names.fill(want);
            return self.filled(&filled, symbol.is_some(), got, at);
        };
        match self.names.get(number.name).cloned() {
            Some(Value::String(known)) => self.filled(&known, true, got, at),
            Some(known) if known == *got => {}
            Some(known) => self.differs(at, format!("{want} = {known}"), got),
            // The first occurrence of an id.
            None if got.is_i64() || got.is_u64() => self.names.bind(number.name, got.clone()),
            None => self.differs(at, want, got),
        }
    }

    /// Compares a filled text. `is_id`: whether the text was a single symbol.
    fn filled(&mut self, want: &str, is_id: bool, got: &Value, at: &str) {
        let Value::String(text) = got else {
            return self.differs(at, Value::from(want), got);
        };
        let (mut want, mut text) = (want.to_owned(), text.clone());
        // An address can be written in several ways.
        if at.ends_with("/href") {
            (want, text) = (unquoted(&want), unquoted(&text));
        }
        let same = if want.contains("{{") {
            // A symbol without a value matches any text.
            fits(&want, &text)
        } else {
            want == text || is_id && want.to_lowercase() == text.to_lowercase()
        };
        if !same {
            self.differs(at, Value::from(want), Value::from(text));
        }
    }
}

/// Whether two values are equal that are neither texts nor contain values.
fn same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Number(want), Value::Number(got)) if want.is_f64() || got.is_f64() => {
            want.as_f64() == got.as_f64()
        }
        _ => want == got,
    }
}
