//! The JSON Schema of `roomwright.yaml`: its structure from the types, its descriptions from docs/configuration.md.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::file::File;
use super::values::Period;
use super::webhook_url::WebhookUrl;
use super::{MonthDay, VarValue};
use crate::yaml;

/// The meanings and defaults of the keys.
const PAGE: &str = include_str!("../../docs/configuration.md");

/// The schema in draft-07, which editors support.
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value();
    let defaults = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in defaults.into_iter().flat_map(|all| all.values_mut()) {
        // The keys inside have their own defaults.
        property
            .as_object_mut()
            .map(|property| property.remove("default"));
        let inner = property
            .get_mut("properties")
            .and_then(Value::as_object_mut);
        for property in inner.into_iter().flat_map(|all| all.values_mut()) {
            property
                .as_object_mut()
                .map(|property| property.remove("default"));
        }
    }
    yaml::as_yaml_is_written(&mut schema);
    yaml::words_as_one(&mut schema);
    for row in PAGE.lines().filter_map(Row::of) {
        row.describe(&mut schema);
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!("roomwright.yaml"));
    }
    schema
}

/// The schema as text, as in the repository and as `roomwright schema --configuration` prints it.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// A row of a table of keys: key, default, meaning.
struct Row<'p> {
    key: &'p str,
    default: Option<&'p str>,
    meaning: &'p str,
}

impl<'p> Row<'p> {
    fn of(line: &'p str) -> Option<Self> {
        let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
        let (key, rest) = line.split_once("` | ")?;
        let (default, meaning) = rest.split_once(" | ")?;
        Some(Self {
            key,
            default: default
                .strip_prefix('`')
                .and_then(|text| text.strip_suffix('`')),
            meaning,
        })
    }

    /// Sets the description and the default of its key, if the file has such a key.
    fn describe(&self, schema: &mut Value) {
        let at = self.key.replace('.', "/properties/");
        let property = schema.pointer_mut(&format!("/properties/{at}"));
        let Some(property) = property.and_then(Value::as_object_mut) else {
            return;
        };
        property.insert("description".to_owned(), json!(without_links(self.meaning)));
        // The meaning of the key is more useful than the kind of value.
        let forms = property.get_mut("anyOf").and_then(Value::as_array_mut);
        for form in forms.into_iter().flatten().filter_map(Value::as_object_mut) {
            form.remove("description");
        }
        if let Some(default) = self.default {
            let number: Option<u64> = default.parse().ok();
            let default = number.map_or_else(|| json!(default), |number| json!(number));
            property.insert("default".to_owned(), default);
        }
    }
}

/// The text without its links, which do not work in an editor.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        match link
            .split_once("](")
            .and_then(|(words, link)| Some((words, link.split_once(')')?.1)))
        {
            Some((words, after)) => {
                plain.push_str(words);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = link;
            }
        }
    }
    plain.push_str(rest);
    plain
}

macro_rules! schema_of {
    ($name:ident, $schema:tt) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}
schema_of!(Period, {
    "type": "string",
    "pattern": r"^\s*[0-9]+\s*(ms|s|min|h|days?|years?)\s*$"
});
schema_of!(MonthDay, { "type": "string", "pattern": r"^\s*[0-9]{2}-[0-9]{2}\s*$" });
schema_of!(WebhookUrl, { "type": "string", "pattern": r"^\s*https?://" });
schema_of!(VarValue, {
    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained() {
        let schema = schema();
        let mut keys = 0;
        let mut open = vec![&schema];
        while let Some(part) = open.pop() {
            for (key, property) in part["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{key}: {property}");
                open.push(property);
                keys += 1;
            }
        }
        assert!(keys > 25, "{keys}");
        assert_eq!(
            schema["properties"]["limits"]["properties"]["reads_at_once"]["default"],
            20
        );
    }

    #[test]
    fn the_example_of_the_page_is_valid_and_a_misspelt_key_is_not() {
        let fits = |text: &str| {
            let mut sources = yaml::Sources::default();
            let id = sources.add("roomwright.yaml", text);
            let node = yaml::parse(&sources, id, &mut Vec::new()).unwrap();
            let validator = jsonschema::draft7::new(&schema()).unwrap();
            validator.is_valid(&yaml::to_json(&node))
        };
        let example = PAGE.split("```yaml\n").nth(1).unwrap();
        assert!(fits(example.split("```").next().unwrap()));
        assert!(!fits("docspace: { hots: https://docspace.example.com }\n"));
        assert!(!fits("retry: { first: 5 seconds }\n"));
    }

    #[test]
    fn links_become_their_text() {
        for (text, plain) in [
            (
                "The service [watches](a.md#b) it ([c](d)).",
                "The service watches it (c).",
            ),
            ("a [b", "a [b"),
            ("[0-9] is not a link", "[0-9] is not a link"),
        ] {
            assert_eq!(without_links(text), plain);
        }
    }
}
