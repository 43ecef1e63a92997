//! JSON Schemas for YAML files.

use serde_json::{Map, Value, json};

/// Adapts every part of a schema to what JSON Schema does not express about YAML.
pub fn as_yaml_is_written(part: &mut Value) {
    match part {
        Value::Object(members) => {
            // Nested parts first, so that inserted parts are not processed again.
            members.values_mut().for_each(as_yaml_is_written);
            lists_may_be_null(members);
            text_may_look_like_something_else(members);
        }
        Value::Array(items) => items.iter_mut().for_each(as_yaml_is_written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// YAML does not say whether a plain `2026` or `true` is a text: where any text is valid, it is. The schema excludes the
/// other types instead of listing these, because editors would suggest `true` and `false` for a text.
fn text_may_look_like_something_else(part: &mut Map<String, Value>) {
    if part.contains_key("enum") || part.contains_key("const") {
        return;
    }
    let taken: Vec<&str> = match part.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let others = match taken.as_slice() {
        // `null` should not be suggested either.
        ["null"] => vec!["array", "boolean", "number", "object", "string"],
        _ if !taken.contains(&"string") => return,
        _ => {
            let others = ["array", "object", "null"].into_iter();
            others.filter(|kind| !taken.contains(kind)).collect()
        }
    };
    part.insert("not".to_owned(), json!({ "type": others }));
    part.remove("type");
}

/// A list or table whose entries are all commented out is `null` in YAML, which is equivalent to an absent key.
fn lists_may_be_null(part: &mut Map<String, Value>) {
    // In a table of tables, the children of a folder are a required list.
    let of_names = part
        .get_mut("additionalProperties")
        .and_then(|all| all.get_mut("type"));
    if let Some(kind) = of_names.filter(|kind| *kind == "object") {
        *kind = json!(["object", "null"]);
    }
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

/// Replaces a choice of words with descriptions by one list of words: an editor would show the description of the
/// present word instead of that of the key.
pub fn words_as_one(part: &mut Value) {
    match part {
        Value::Object(members) => {
            let choice = members.get("oneOf").and_then(Value::as_array);
            if let Some((words, meanings)) = choice.and_then(|choice| words(choice)) {
                members.remove("oneOf");
                members.insert("enum".to_owned(), json!(words));
                members.insert("enumDescriptions".to_owned(), json!(meanings));
            }
            members.values_mut().for_each(words_as_one);
        }
        Value::Array(items) => items.iter_mut().for_each(words_as_one),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The words of a choice of nothing but words, with their meanings.
fn words(choice: &[Value]) -> Option<(Vec<Value>, Vec<Value>)> {
    let word = |alternative: &Value| {
        let meaning = alternative.get("description").cloned();
        Some((
            alternative.get("const")?.clone(),
            meaning.unwrap_or_default(),
        ))
    };
    choice.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_words_is_one_list_and_text_is_what_is_nothing_else() {
        let mut schema = json!({
            "properties": {
                "mode": { "oneOf": [{ "const": "a", "description": "A." }, { "const": "b" }] },
                "name": { "type": ["string", "null"] },
                "list": { "type": "array", "items": { "type": "string" } },
                "nothing": { "type": "null" },
            }
        });
        as_yaml_is_written(&mut schema);
        words_as_one(&mut schema);
        let expected = json!({
            "properties": {
                "mode": { "enum": ["a", "b"], "enumDescriptions": ["A.", null] },
                "name": { "not": { "type": ["array", "object"] } },
                "list": { "type": ["array", "null"], "items": { "not": { "type": ["array", "object", "null"] } } },
                "nothing": { "not": { "type": ["array", "boolean", "number", "object", "string"] } },
            }
        });
        assert_eq!(schema, expected);
    }
}
