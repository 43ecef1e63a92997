//! The tree as JSON, for the JSON Schema.

use serde_json::{Map, Number, Value};

use super::source::Span;
use super::tree::{Kind, Node};

/// The value as YAML's core schema types it: plain `true`, `12` and `null` have their usual types.
pub fn to_json(node: &Node) -> Value {
    match &node.kind {
        _ if node.is_null() => Value::Null,
        Kind::Scalar { text, plain: false } => Value::String(text.clone()),
        Kind::Scalar { text, plain: true } => match text.as_str() {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
        },
        Kind::List(items) => Value::Array(items.iter().map(to_json).collect()),
        Kind::Table(entries) => Value::Object(
            entries
                .iter()
                .filter_map(|(key, value)| match &key.kind {
                    Kind::Scalar { text, .. } => Some((text.clone(), to_json(value))),
                    Kind::List(_) | Kind::Table(_) => None,
                })
                .collect::<Map<_, _>>(),
        ),
    }
}

fn number(text: &str) -> Option<Number> {
    // `01` and `+1` stay text, because they are not valid JSON numbers.
    if text.starts_with('+') || (text.len() > 1 && text.starts_with('0') && !text.starts_with("0."))
    {
        return None;
    }
    text.parse::<i64>().ok().map(Number::from).or_else(|| {
        let float = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.contains(|c: char| c.is_ascii_digit());
        float
            .then(|| text.parse::<f64>().ok().and_then(Number::from_f64))
            .flatten()
    })
}

/// The place of a JSON pointer such as `/policies/0/match`; the nearest existing parent if there is no such value.
pub fn at_pointer(node: &Node, pointer: &str) -> Option<Span> {
    let mut here = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match &here.kind {
            Kind::Scalar { .. } => None,
            Kind::List(items) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            Kind::Table(entries) => entries
                .iter()
                .find(|(key, _)| matches!(&key.kind, Kind::Scalar { text, .. } if *text == step))
                .map(|(_, value)| value),
        };
        match next {
            Some(next) => here = next,
            None => break,
        }
    }
    Some(here.span)
}
