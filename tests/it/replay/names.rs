//! Symbols and their values: given, or learned from answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::template::Template;
use super::text::{quoted, replaced, symbols, whole};

/// A symbol without a value: an earlier call failed or was left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unbound(pub(super) String);

#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Value>);

impl Names {
    pub(super) fn new(given: impl IntoIterator<Item = (String, Value)>) -> Self {
        let lowered = |(name, value): (String, Value)| {
            let is_id = ["user:", "group:", "key:"]
                .iter()
                .any(|of| name.starts_with(of));
            let value = if is_id { lower(value) } else { value };
            (name, value)
        };
        Self(given.into_iter().map(lowered).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn bind(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), lower(value));
    }

    /// Learns ids from an answer: symbol → JSON pointer.
    pub(super) fn learn(&mut self, binds: &BTreeMap<String, String>, answer: &Value) {
        for (name, at) in binds {
            let stays = ["roots:", "guid:", "entry:"]
                .iter()
                .any(|of| name.starts_with(of));
            if stays && self.0.contains_key(name) {
                continue;
            }
            if let Some(value @ (Value::String(_) | Value::Number(_))) = pointed(answer, at) {
                self.bind(name, value.clone());
            }
        }
    }

    /// Known symbols with their values, others as they are.
    pub(super) fn fill(&self, template: &str) -> String {
        replaced(template, |symbol| match self.get(symbol.name) {
            Some(value) => plain(value),
            None => template[symbol.at.clone()].to_owned(),
        })
    }

    pub(super) fn path(&self, template: &str) -> Result<String, Unbound> {
        self.known(template)?;
        Ok(replaced(template, |symbol| {
            quoted(&self.get(symbol.name).map(plain).unwrap_or_default())
        }))
    }

    pub(super) fn text(&self, template: &str) -> Result<String, Unbound> {
        self.known(template)?;
        Ok(self.fill(template))
    }

    /// A body; what is `{{#x}}` and nothing else becomes the value itself.
    pub(super) fn body(&self, template: &Template) -> Result<Template, Unbound> {
        Ok(match template {
            Template::Members(members) => Template::Members(
                members
                    .iter()
                    .map(|(name, of)| Ok((self.text(name)?, self.body(of)?)))
                    .collect::<Result<_, _>>()?,
            ),
            Template::Elements(elements) => Template::Elements(
                elements
                    .iter()
                    .map(|of| self.body(of))
                    .collect::<Result<_, _>>()?,
            ),
            Template::Text(text) => {
                let filled = Template::Text(self.text(text)?);
                match whole(text).and_then(|symbol| self.get(symbol.name).filter(|_| symbol.number))
                {
                    Some(value @ Value::Number(_)) => Template::Plain(value.clone()),
                    _ => filled,
                }
            }
            Template::Plain(value) => Template::Plain(value.clone()),
        })
    }

    fn known(&self, template: &str) -> Result<(), Unbound> {
        match symbols(template)
            .iter()
            .find(|symbol| self.get(symbol.name).is_none())
        {
            Some(symbol) => Err(Unbound(symbol.name.to_owned())),
            None => Ok(()),
        }
    }
}

/// Ids are compared without case.
fn lower(value: Value) -> Value {
    match value {
        Value::String(text) => text.to_lowercase().into(),
        other => other,
    }
}

/// A value as a part of a text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pointed<'a>(value: &'a Value, at: &str) -> Option<&'a Value> {
    at.split('/')
        .skip(1)
        .try_fold(value, |value, part| match value {
            Value::Object(members) => members.get(part),
            Value::Array(elements) => elements.get(part.parse::<usize>().ok()?),
            _ => None,
        })
}
