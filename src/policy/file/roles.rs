//! Role definitions, as written.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1), transform = with_shown_types)]
pub struct RoleTable {
    /// For every room type that is not named here.
    #[schemars(with = "Option<AccessWord>")]
    pub default: Option<Spanned<String>>,
    /// In form filling rooms.
    #[serde(rename = "form-filling", alias = "Form filling room")]
    #[schemars(with = "Option<AccessWord>")]
    pub form_filling: Option<Spanned<String>>,
    /// In collaboration rooms.
    #[serde(alias = "Collaboration room")]
    #[schemars(with = "Option<AccessWord>")]
    pub collaboration: Option<Spanned<String>>,
    /// In custom rooms.
    #[serde(alias = "Custom room")]
    #[schemars(with = "Option<AccessWord>")]
    pub custom: Option<Spanned<String>>,
    /// In public rooms.
    #[serde(alias = "Public room")]
    #[schemars(with = "Option<AccessWord>")]
    pub public: Option<Spanned<String>>,
    /// In virtual data rooms.
    #[serde(alias = "VDR", alias = "Virtual Data Room")]
    #[schemars(with = "Option<AccessWord>")]
    pub vdr: Option<Spanned<String>>,
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
