//! Suggestions for editors: the known words, also where any text is valid.

use serde_json::{Map, Value, json};

use crate::room::{Access, RoomType};

/// Suggests the words of roles and types, and keeps the description of each key.
pub(super) fn offer_words(schema: &mut Value) {
    let Some(definitions) = schema.get_mut("definitions").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, definition) in definitions {
        // The description of the form of a value adds nothing to that of the key.
        let forms = definition.get_mut("anyOf").and_then(Value::as_array_mut);
        for form in forms.into_iter().flatten().filter_map(Value::as_object_mut) {
            form.remove("description");
        }
        let properties = definition.get_mut("properties");
        let Some(properties) = properties.and_then(Value::as_object_mut) else {
            continue;
        };
        for (key, property) in properties {
            let Some(property) = property.as_object_mut() else {
                continue;
            };
            match (name.as_str(), key.as_str()) {
                (_, "role") => role(property),
                ("Parts", "type") => types(property),
                ("TestRoom", "type") => one_type(property),
                // Without a unit it is not valid, and with one it is not a number.
                ("Settings", "quota") | ("LifetimeTable", "keep") => {
                    property.remove("not");
                    property.insert("type".to_owned(), json!("string"));
                }
                _ => {}
            }
        }
    }
}

/// One of DocSpace's roles, or a custom name.
fn role(property: &mut Map<String, Value>) {
    let any = property.remove("not");
    let words = json!([{ "$ref": "#/definitions/AccessWord" }, { "not": any }]);
    property.insert("anyOf".to_owned(), words);
}

/// One type or a glob for their words, or several.
fn types(property: &mut Map<String, Value>) {
    property.remove("allOf");
    let globs = r"[*?\[{\\]";
    let one = || json!({ "anyOf": [words(), types_in_any_case(&[globs])] });
    let forms = json!([one(), { "type": "array", "minItems": 1, "items": one() }]);
    property.insert("anyOf".to_owned(), forms);
}

fn one_type(property: &mut Map<String, Value>) {
    property.remove("not");
    property.insert("anyOf".to_owned(), json!([words(), types_in_any_case(&[])]));
}

fn names() -> impl Iterator<Item = &'static str> {
    let names = |kind: RoomType| [kind.as_str(), kind.name(), kind.full_name()];
    RoomType::ALL.into_iter().flat_map(names)
}

/// The suggested words.
fn words() -> Value {
    let mut words: Vec<&str> = names().collect();
    words.sort_unstable();
    words.dedup();
    json!({ "enum": words })
}

/// The same words in any case, and texts that only the program can check: characters outside ASCII, and `more`.
fn types_in_any_case(more: &[&str]) -> Value {
    let mut patterns: Vec<String> = names().map(any_case).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns.push(r"[^\u0000-\u007f]".to_owned());
    patterns.extend(more.iter().map(|pattern| (*pattern).to_owned()));
    json!({ "type": "string", "pattern": patterns.join("|") })
}

/// The pattern of a word in any case.
fn any_case(word: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase()),
        false => c.to_string(),
    };
    format!(r"^\s*{}\s*$", word.chars().map(letter).collect::<String>())
}

/// Accepts roles, and the room types of a table of roles, in any case; editors suggest one spelling.
pub(super) fn in_any_case(schema: &mut Value) {
    let Some(definitions) = schema.get_mut("definitions").and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(word) = definitions.get_mut("AccessWord") {
        let names = Access::ALL.into_iter();
        let names = names.flat_map(|access| [access.as_str(), access.name()]);
        let mut patterns: Vec<String> = names.chain(["none"]).map(any_case).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let words = word.take();
        *word = json!({ "anyOf": [words, { "type": "string", "pattern": patterns.join("|") }] });
    }
    let Some(table) = definitions.get_mut("RoleTable") else {
        return;
    };
    let properties = table.get("properties").and_then(Value::as_object);
    let patterns: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(key, role)| (any_case(key), role.clone()))
        .collect();
    if let Some(table) = table.as_object_mut() {
        table.insert("patternProperties".to_owned(), Value::Object(patterns));
    }
}
