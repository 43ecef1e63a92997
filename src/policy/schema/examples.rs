//! Examples for the keys that have none of their own, as editors show them.

use serde_json::Value;

/// Definition, key and example value, as JSON. The file itself has an empty name.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("", "version", "1"),
    ("", "roles", r#"{ "Manager": "room-manager" }"#),
    (
        "",
        "tables",
        r#"{ "partner": { "ACME": "anna@example.org", "default": "desk@example.org" } }"#,
    ),
    (
        "",
        "templates",
        r#"{ "client": { "folders": ["Contracts"] } }"#,
    ),
    (
        "",
        "policies",
        r#"[{ "name": "clients", "match": { "title": "Client - {client}" }, "template": "client" }]"#,
    ),
    (
        "",
        "tests",
        r#"[{ "name": "a client", "room": { "title": "Client - ACME", "type": "custom" }, "expect": { "policies": ["clients"] } }]"#,
    ),
    ("Expected", "policies", r#"["clients"]"#),
    ("Expected", "folders", r#"["Documents", "Archive/2026"]"#),
    ("Expected", "grants", r#"{ "HR": "viewer" }"#),
    ("Expected", "tags", r#"["client"]"#),
    ("Expected", "settings", r#"{ "quota": "5 GB" }"#),
    ("Expected", "refused", "true"),
    ("Grant", "group", r#""Legal department""#),
    ("Grant", "user", r#""anna.berg@example.org""#),
    ("Grant", "role", r#""editor""#),
    ("Grant", "on_missing", r#""skip""#),
    ("LifetimeTable", "then", r#""trash""#),
    ("Parts", "except", r#"{ "tagged": "no-roomwright" }"#),
    ("Policy", "name", r#""client-rooms""#),
    (
        "Policy",
        "description",
        r#""Rooms of the Legal department, one per client""#,
    ),
    (
        "Policy",
        "match",
        r#"{ "title": "Client - {client}", "type": "custom" }"#,
    ),
    ("Policy", "template", r#""client""#),
    ("Policy", "priority", "50"),
    ("Policy", "final", "true"),
    ("Policy", "mode", r#""observe""#),
    ("Policy", "vars", r#"{ "region": "north" }"#),
    ("RoleTable", "default", r#""editor""#),
    ("RoleTable", "form-filling", r#""form-filler""#),
    ("RoleTable", "collaboration", r#""editor""#),
    ("RoleTable", "custom", r#""editor""#),
    ("RoleTable", "public", r#""content-creator""#),
    ("RoleTable", "vdr", r#""viewer""#),
    ("Settings", "tags", r#"["client", "{client}"]"#),
    ("Settings", "deny_download", "true"),
    ("Settings", "indexing", "true"),
    (
        "Settings",
        "lifetime",
        r#"{ "keep": "24 months", "then": "trash" }"#,
    ),
    (
        "Settings",
        "watermark",
        r#"{ "show": ["user-name", "date"], "text": "Draft" }"#,
    ),
    ("Settings", "cover", r#""none""#),
    ("Template", "extends", r#""workspace""#),
    ("Template", "roles", r#"{ "Reader": "viewer" }"#),
    (
        "Template",
        "vars",
        r#"{ "region": "north", "phase": ["Draft", "Final"] }"#,
    ),
    (
        "Template",
        "folders",
        r#"["Documents", "Archive/{date.year}", { "Contracts": ["Drafts", "Signed"] }]"#,
    ),
    (
        "Template",
        "grants",
        r#"[{ "group": "Legal department", "role": "editor" }]"#,
    ),
    ("Template", "membership", r#""additive""#),
    (
        "Template",
        "settings",
        r#"{ "quota": "5 GB", "tags": ["client"] }"#,
    ),
    ("Test", "name", r#""a client's room is read by HR""#),
    (
        "Test",
        "room",
        r#"{ "title": "Client - ACME", "type": "custom" }"#,
    ),
    (
        "Test",
        "expect",
        r#"{ "policies": ["clients"], "grants": { "HR": "viewer" } }"#,
    ),
    ("Test", "at_least", r#"{ "folders": ["Documents"] }"#),
    ("TestRoom", "creator_name", r#""Anna Berg""#),
    ("TestRoom", "creator_groups", r#"["Legal department"]"#),
    ("TestRoom", "tags", r#"["confidential"]"#),
    (
        "WatermarkTable",
        "show",
        r#"["user-name", "email", "date"]"#,
    ),
    ("WatermarkTable", "text", r#""Draft for {client}""#),
    ("WatermarkTable", "rotate", "-45"),
    ("Expected", "owner", r#""anna@example.org""#),
    ("Expected", "membership", r#""exact""#),
    ("Guests", "highest", r#""viewer""#),
    (
        "Guests",
        "invite",
        r#"[{ "email": "eve@partner.example", "role": "viewer" }]"#,
    ),
    ("Invitation", "email", r#""eve@partner.example""#),
    ("Invitation", "role", r#""viewer""#),
    ("Policy", "drift", r#""repair""#),
    ("Policy", "notify", "true"),
    ("Protected", "group", r#""Audit""#),
    ("Protected", "user", r#""anna.berg@example.org""#),
    ("Template", "protect", r#"[{ "group": "Audit" }]"#),
    (
        "Template",
        "guests",
        r#"{ "invite": [{ "email": "eve@partner.example", "role": "viewer" }] }"#,
    ),
];

/// Adds the examples to a schema.
pub(super) fn add(schema: &mut Value) {
    for (definition, key, example) in EXAMPLES {
        let at = match *definition {
            "" => format!("/properties/{key}"),
            definition => format!("/definitions/{definition}/properties/{key}"),
        };
        let property = schema.pointer_mut(&at).and_then(Value::as_object_mut);
        let example: Result<Value, _> = serde_json::from_str(example);
        if let (Some(property), Ok(example)) = (property, example) {
            property.insert("examples".to_owned(), Value::Array(vec![example]));
        }
    }
    // Room types have several names each.
    let types = schema.pointer_mut("/definitions/RoleTable/properties");
    let types = types.and_then(Value::as_object_mut).into_iter();
    for property in types.flat_map(|types| types.values_mut()) {
        if let Some(property) = property.as_object_mut() {
            property
                .entry("examples")
                .or_insert_with(|| serde_json::json!(["editor"]));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema;
    use super::*;

    /// Every key with its schema, by the name of its definition.
    fn keys() -> Vec<(String, String, Value)> {
        let schema = schema();
        let definitions = schema["definitions"].as_object().unwrap().iter();
        let all = definitions.map(|(name, definition)| (name.clone(), definition));
        let mut keys = Vec::new();
        for (name, definition) in all.chain([(String::new(), &schema)]) {
            let properties = definition["properties"].as_object();
            for (key, property) in properties.into_iter().flatten() {
                keys.push((name.clone(), key.clone(), property.clone()));
            }
        }
        keys
    }

    #[test]
    fn every_key_has_a_description_and_an_example_that_can_stand_there() {
        let definitions = &schema()["definitions"];
        for (name, key, mut property) in keys() {
            assert!(property["description"].is_string(), "{name} {key}");
            let examples = property["examples"].as_array().cloned();
            let examples = examples.unwrap_or_else(|| panic!("no example: {name} {key}"));
            property["definitions"] = definitions.clone();
            let validator = jsonschema::draft7::new(&property).unwrap();
            for example in examples {
                assert!(validator.is_valid(&example), "{name} {key}: {example}");
            }
        }
    }

    #[test]
    fn every_example_belongs_to_a_key_and_is_json() {
        let keys = keys();
        for (definition, key, example) in EXAMPLES {
            let is_it = |(name, own, _): &(String, String, Value)| name == definition && own == key;
            assert!(keys.iter().any(is_it), "{definition} {key}");
            let example: Value = serde_json::from_str(example).unwrap();
            assert_ne!(example, json!(null));
        }
    }
}
