//! The JSON Schema of policy files, generated from the types of [`super::file`].

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::file::File;
use crate::yaml::{Node, Problem};

/// The schema, draft-07, which editors read.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value();
    as_yaml_is_written(&mut schema);
    schema
}

/// What a schema over JSON does not know of YAML, in every part.
fn as_yaml_is_written(part: &mut Value) {
    match part {
        Value::Object(members) => {
            lists_may_be_null(members);
            text_may_look_like_something_else(members);
            members.values_mut().for_each(as_yaml_is_written);
        }
        Value::Array(items) => items.iter_mut().for_each(as_yaml_is_written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// YAML does not say whether a plain `2026` or `true` is meant as text: where any text is wanted, it is.
fn text_may_look_like_something_else(part: &mut Map<String, Value>) {
    if part.contains_key("enum") || part.contains_key("const") {
        return;
    }
    match part.get_mut("type") {
        Some(kind) if kind == "string" => *kind = json!(["string", "number", "boolean"]),
        Some(Value::Array(words)) if words.iter().any(|word| word == "string") => {
            words.extend([json!("number"), json!("boolean")]);
        }
        _ => {}
    }
}

/// A list or table whose entries are all commented out is `null` in YAML, and the same as not being there.
fn lists_may_be_null(part: &mut Map<String, Value>) {
    let Some(properties) = part.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        let kind = property
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(kind) = kind.filter(|kind| matches!(kind.as_str(), "array" | "object")) {
            property.insert("type".to_owned(), json!([kind, "null"]));
        }
    }
}

/// The schema as the repository holds it and `roomwright schema` prints it.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// Reports what the schema finds in a file.
pub(super) fn check(node: &Node, problems: &mut Vec<Problem>) {
    static VALIDATOR: OnceLock<Option<jsonschema::Validator>> = OnceLock::new();
    let Some(validator) = VALIDATOR.get_or_init(|| jsonschema::draft7::new(&schema()).ok()) else {
        problems.push(Problem::error(
            node.span(),
            "schema",
            "the embedded schema cannot be used",
        ));
        return;
    };
    let value = crate::yaml::to_json(node);
    for error in validator.iter_errors(&value) {
        let span = crate::yaml::at_pointer(node, error.instance_path().as_str())
            .unwrap_or_else(|| node.span());
        problems.push(Problem::error(
            span,
            "schema",
            format!("the schema refuses this: {error}"),
        ));
    }
}
