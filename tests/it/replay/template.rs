//! Recorded JSON with its members in order. Comparing learns ids from it, and requests are built from it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    Members(Vec<(String, Template)>),
    Elements(Vec<Template>),
    /// A text, possibly with symbols.
    Text(String),
    /// A number, a boolean or null.
    Plain(Value),
}

impl Template {
    pub(super) fn is(&self, mark: &str) -> bool {
        matches!(self, Self::Text(text) if text == mark)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Members(members) => to.collect_map(members.iter().map(|(name, of)| (name, of))),
            Self::Elements(elements) => to.collect_seq(elements),
            Self::Text(text) => to.serialize_str(text),
            Self::Plain(value) => value.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Template, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Template::Members(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Template, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Template::Elements(elements))
    }

    fn visit_str<E>(self, text: &str) -> Result<Template, E> {
        Ok(Template::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Template, E> {
        Ok(Template::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Template, E> {
        Ok(Template::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Template, E> {
        Ok(Template::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Template, E> {
        Ok(Template::Plain(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Template, E> {
        Ok(Template::Plain(Value::Null))
    }
}
