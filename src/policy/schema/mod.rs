//! The JSON Schema of policy files, generated from the types of [`super::file`].

mod editing;
mod examples;

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::file::File;
use crate::yaml::{self, Node, Problem};

/// The schema (draft-07) for editors: they show the description of a key itself, not that of the kind of its value.
pub fn schema() -> Value {
    let mut schema = described();
    let definitions = schema.get_mut("definitions").and_then(Value::as_object_mut);
    for definition in definitions.into_iter().flat_map(|all| all.values_mut()) {
        if let Some(definition) = definition.as_object_mut() {
            definition.remove("description");
        }
    }
    editing::in_any_case(&mut schema);
    yaml::words_as_one(&mut schema);
    schema
}

/// The schema with a description of every kind of value.
pub(super) fn described() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value();
    yaml::as_yaml_is_written(&mut schema);
    editing::offer_words(&mut schema);
    examples::add(&mut schema);
    schema
}

/// The schema as in the repository and in the output of `roomwright schema`.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// Reports what the schema finds in a file.
pub(super) fn problems(node: &Node) -> Vec<Problem> {
    static VALIDATOR: OnceLock<Option<jsonschema::Validator>> = OnceLock::new();
    let Some(validator) = VALIDATOR.get_or_init(|| jsonschema::draft7::new(&schema()).ok()) else {
        let message = "the embedded schema cannot be used";
        return vec![Problem::error(node.span(), "schema", message)];
    };
    let value = yaml::to_json(node);
    let problem = |error: jsonschema::ValidationError<'_>| {
        let span = yaml::at_pointer(node, error.instance_path().as_str());
        let message = format!("the schema refuses this: {error}");
        Problem::error(span.unwrap_or_else(|| node.span()), "schema", message)
    };
    validator.iter_errors(&value).map(problem).collect()
}
