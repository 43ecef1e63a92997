//! Role definitions, as written.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::policy::written::{At, text_or};
use crate::room::RoomType;
use crate::yaml::Spanned;

/// The meaning of a role name: one role for all room types, or a table by room type with a `default`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Role {
    /// One role for all room types.
    Everywhere(#[schemars(with = "AccessWord")] Spanned<String>),
    /// A role for each room type.
    Table(RoleTable),
}

/// A role for each room type; `default` is for the types that are not named.
#[derive(Debug, Clone, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1), transform = with_shown_types)]
pub struct RoleTable {
    /// For every room type that is not named here.
    #[schemars(with = "Option<AccessWord>")]
    pub default: Option<Spanned<String>>,
    /// In form filling rooms.
    #[serde(rename = "form-filling")]
    #[schemars(with = "Option<AccessWord>")]
    pub form_filling: Option<Spanned<String>>,
    /// In collaboration rooms.
    #[schemars(with = "Option<AccessWord>")]
    pub collaboration: Option<Spanned<String>>,
    /// In custom rooms.
    #[schemars(with = "Option<AccessWord>")]
    pub custom: Option<Spanned<String>>,
    /// In public rooms.
    #[schemars(with = "Option<AccessWord>")]
    pub public: Option<Spanned<String>>,
    /// In virtual data rooms.
    #[schemars(with = "Option<AccessWord>")]
    pub vdr: Option<Spanned<String>>,
}

/// The keys of the table, as messages list them.
const KEYS: &[&str] = &[
    "default",
    "form-filling",
    "Form filling room",
    "collaboration",
    "Collaboration room",
    "custom",
    "Custom room",
    "public",
    "Public room",
    "vdr",
    "VDR",
    "Virtual Data Room",
];

/// A key of the table: words compare without case.
enum Key {
    Default,
    Type(RoomType),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl Visitor<'_> for Word {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a room type, or `default`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
                if text.trim().eq_ignore_ascii_case("default") {
                    return Ok(Key::Default);
                }
                let kind = RoomType::from_word(text.trim());
                kind.map(Key::Type)
                    .ok_or_else(|| E::unknown_field(text, KEYS))
            }
        }
        deserializer.deserialize_identifier(Word)
    }
}

impl<'de> Deserialize<'de> for RoleTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = RoleTable;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of roles by room type")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RoleTable, A::Error> {
                let mut table = RoleTable::default();
                while let Some(key) = map.next_key::<Key>()? {
                    let (slot, word) = match key {
                        Key::Default => (&mut table.default, "default"),
                        Key::Type(kind) => (table.slot(kind), kind.as_str()),
                    };
                    if slot.is_some() {
                        let message = format!("the role for `{word}` is written twice; keep one");
                        return Err(de::Error::custom(message));
                    }
                    *slot = map.next_value()?;
                }
                Ok(table)
            }
        }
        deserializer.deserialize_map(Table)
    }
}

impl RoleTable {
    fn slot(&mut self, kind: RoomType) -> &mut Option<Spanned<String>> {
        match kind {
            RoomType::FormFilling => &mut self.form_filling,
            RoomType::Collaboration => &mut self.collaboration,
            RoomType::Custom => &mut self.custom,
            RoomType::Public => &mut self.public,
            RoomType::Vdr => &mut self.vdr,
        }
    }
}

/// Adds the room types as the interface shows them as keys.
fn with_shown_types(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for kind in RoomType::ALL {
        let Some(property) = properties.get(kind.as_str()).cloned() else {
            continue;
        };
        for shown in [kind.name(), kind.full_name()] {
            properties.insert(shown.to_owned(), property.clone());
        }
    }
}

/// One of DocSpace's roles, or `none` for no grant.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(
    dead_code,
    reason = "defines the words of the schema; the checks read them from `room`"
)]
pub(in crate::policy) enum AccessWord {
    /// Room manager. Not available for groups.
    RoomManager,
    /// Content creator.
    ContentCreator,
    /// Editor.
    Editor,
    /// Form filler.
    FormFiller,
    /// Reviewer.
    Reviewer,
    /// Commenter.
    Commenter,
    /// Viewer.
    Viewer,
    /// No grant in this type of room; nothing is removed.
    None,
    /// Room manager, as the interface shows it.
    #[serde(rename = "Room manager")]
    RoomManagerShown,
    /// Content creator, as the interface shows it.
    #[serde(rename = "Content creator")]
    ContentCreatorShown,
    /// Editor, as the interface shows it.
    #[serde(rename = "Editor")]
    EditorShown,
    /// Form filler, as the interface shows it.
    #[serde(rename = "Form filler")]
    FormFillerShown,
    /// Reviewer, as the interface shows it.
    #[serde(rename = "Reviewer")]
    ReviewerShown,
    /// Commenter, as the interface shows it.
    #[serde(rename = "Commenter")]
    CommenterShown,
    /// Viewer, as the interface shows it.
    #[serde(rename = "Viewer")]
    ViewerShown,
}

impl At for Role {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
}

text_or!(
    Role,
    "a role such as `editor`, or a table by room type",
    Role::Everywhere,
    visit_map<MapAccess>,
    |map| RoleTable::deserialize(de::value::MapAccessDeserializer::new(map)).map(Role::Table)
);
