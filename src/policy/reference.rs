//! The reference of the policy language as Markdown, generated from the texts of the schema.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema;
use crate::yaml::scalar;

/// The beginning of the page.
const BEGINNING: &str = "\
# The policy language, key by key

Made from the schema by `roomwright schema --markdown`. Editors complete and check policy files by the same schema.

A value of the kind *text* needs no quotes unless YAML reads it as something else, such as a leading `*`, `{` or `#`.
";

/// The page: the policy file first, then every kind of value, in the order of first mention.
pub fn markdown() -> String {
    let schema = schema::described();
    let mut page = BEGINNING.to_owned();
    let mut due: VecDeque<String> = VecDeque::new();
    section(&mut page, "A policy file", &schema, &mut due);
    let mut done: Vec<String> = Vec::new();
    while let Some(name) = due.pop_front() {
        if done.contains(&name) {
            continue;
        }
        if let Some(definition) = schema.pointer(&format!("/definitions/{name}")) {
            section(&mut page, &heading(&name), definition, &mut due);
        }
        done.push(name);
    }
    page
}

/// The heading for a definition: `Role table` for `RoleTable`.
fn heading(name: &str) -> String {
    let mut heading = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_uppercase() {
            heading.push(' ');
            heading.extend(c.to_lowercase());
        } else {
            heading.push(c);
        }
    }
    heading
}

fn section(page: &mut String, title: &str, definition: &Value, due: &mut VecDeque<String>) {
    // Writing to a text cannot fail.
    let _ = write!(page, "\n## {title}\n");
    if let Some(description) = text(definition, "description") {
        let _ = write!(page, "\n{description}\n");
    }
    if let Some(properties) = definition.get("properties").and_then(Value::as_object) {
        keys(page, definition, properties, due);
        return;
    }
    let alternatives = list(definition, "oneOf").chain(list(definition, "anyOf"));
    page.push('\n');
    for alternative in alternatives {
        let what = match text(alternative, "const") {
            Some(word) => format!("`{word}`"),
            None => kind(alternative, due),
        };
        let _ = match text(alternative, "description") {
            Some(meaning) => writeln!(page, "- {what}: {meaning}"),
            None => writeln!(page, "- {what}"),
        };
    }
}

fn keys(
    page: &mut String,
    definition: &Value,
    properties: &Map<String, Value>,
    due: &mut VecDeque<String>,
) {
    let one_of: Vec<String> = list(definition, "oneOf")
        .flat_map(|alternative| list(alternative, "required"))
        .filter_map(Value::as_str)
        .map(|key| format!("`{key}`"))
        .collect();
    if !one_of.is_empty() {
        let _ = write!(page, "\nExactly one of {} is written.\n", one_of.join(", "));
    }
    page.push_str("\n| key | value | meaning |\n|---|---|---|\n");
    for (key, property) in properties {
        let required = list(definition, "required").any(|name| name == key);
        let mut meaning = text(property, "description").unwrap_or_default().to_owned();
        for example in list(property, "examples") {
            let _ = write!(meaning, " Example: `{}`.", written(example));
        }
        let _ = writeln!(
            page,
            "| `{key}`{} | {} | {} |",
            if required { ", required" } else { "" },
            kind(property, due),
            meaning.trim().replace('|', "\\|"),
        );
    }
}

/// A value in the form of a policy file, on one line.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(inside);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), inside(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The same, inside a list or table.
fn inside(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => written(other),
    }
}

/// The kind of a value, with links to other kinds.
fn kind(value: &Value, due: &mut VecDeque<String>) -> String {
    if let Some(reference) = text(value, "$ref") {
        let name = reference.rsplit('/').next().unwrap_or_default();
        due.push_back(name.to_owned());
        let heading = heading(name).to_lowercase();
        return format!("[{heading}](#{})", heading.replace(' ', "-"));
    }
    let alternatives: Vec<String> = list(value, "allOf")
        .chain(list(value, "anyOf"))
        .filter(|part| !excludes_text(part))
        .map(|part| kind(part, due))
        .collect();
    if !alternatives.is_empty() {
        let mut distinct: Vec<String> = Vec::new();
        for alternative in alternatives {
            if !distinct.contains(&alternative) {
                distinct.push(alternative);
            }
        }
        return distinct.join(" or ");
    }
    if value.get("not").is_some() && !excludes_text(value) {
        return "text".to_owned();
    }
    let named = value.get("type");
    let is = |word: &str| {
        named.is_some_and(|kind| {
            kind == word
                || kind
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one == word))
        })
    };
    if is("array") {
        let items = value.get("items").unwrap_or(&Value::Null);
        format!("list: {}", kind(items, due))
    } else if is("object") {
        let values = value.get("additionalProperties").unwrap_or(&Value::Null);
        format!("table of names: {}", kind(values, due))
    } else if is("string") || (named.is_none() && value.get("enum").is_some()) {
        "text".to_owned()
    } else if is("integer") {
        "number".to_owned()
    } else {
        "`true` or `false`".to_owned()
    }
}

/// Whether no text is valid there.
fn excludes_text(value: &Value) -> bool {
    let excluded = value.pointer("/not/type").and_then(Value::as_array);
    excluded.is_some_and(|kinds| kinds.iter().any(|kind| kind == "string"))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key and word of a schema.
    fn names(schema: &Value, into: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            into.extend(properties.keys().cloned());
        }
        into.extend(text(schema, "const").map(str::to_owned));
        match schema {
            Value::Object(members) => members.values().for_each(|part| names(part, into)),
            Value::Array(items) => items.iter().for_each(|part| names(part, into)),
            _ => {}
        }
    }

    #[test]
    fn every_key_and_word_of_the_schema_is_in_the_reference() {
        let page = markdown();
        let mut all = Vec::new();
        names(&schema::described(), &mut all);
        assert!(all.len() > 30, "{all:?}");
        for name in all {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn kinds_have_readable_headings_and_links() {
        let mut due = VecDeque::new();
        let list_of_tables = serde_json::json!({
            "type": ["array", "null"], "items": { "$ref": "#/definitions/RoleTable" }
        });
        assert_eq!(
            kind(&list_of_tables, &mut due),
            "list: [role table](#role-table)"
        );
        assert_eq!(due, ["RoleTable"]);
        assert_eq!(heading("RoleTable"), "Role table");
    }
}
