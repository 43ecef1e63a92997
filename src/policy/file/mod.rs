//! The YAML as written; the only place that sees unchecked policies. The JSON Schema is generated from these types.

mod reading;
pub(super) mod roles;
pub(super) mod template;
pub(super) mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use self::words::NAME;
use super::expectation::shape::Test;
use crate::yaml::{Span, Spanned};
pub use roles::{Role, RoleTable};
pub use template::{
    Folder, Grant, Guests, Invitation, Membership, OnMissing, Protected, Template, VarValue,
};
pub use words::OneOrMany;

/// A policy file of roomwright: roles, templates and policies. Names are global across all files of the directory.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "roomwright policy file", extend("required" = ["version"]))]
pub struct File {
    /// The version of the policy language: 1.
    #[schemars(extend("enum" = [1]), with = "u32")]
    pub version: Option<Spanned<u32>>,
    /// Custom role names, and the DocSpace role that each one means.
    #[serde(default)]
    pub roles: BTreeMap<Spanned<String>, Role>,
    /// Values for lookups such as `{partner[client]}`. A table is written here, or names a CSV file next to this file: `{ file: partners.csv, key: client, value: email }`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": NAME}))]
    pub tables: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<String>>>,
    /// Named descriptions of what a room gets.
    #[serde(default)]
    // Boxed: a map allocates space for eleven values at once.
    pub templates: BTreeMap<Spanned<String>, Box<Spanned<Template>>>,
    /// Which rooms get which template.
    #[serde(default)]
    pub policies: Vec<Spanned<Policy>>,
    /// What rooms are expected to get; `roomwright test` compares.
    #[serde(default)]
    pub tests: Vec<Spanned<Test>>,
}

/// Assigns a template to rooms.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The name of the policy, unique in all files.
    pub name: Spanned<String>,
    /// The purpose of the policy.
    pub description: Option<String>,
    /// The rooms to which it applies; all conditions must hold. `all` matches every room.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The template or templates that matching rooms get, or an inline template.
    pub template: TemplateChoice,
    /// If two policies contradict each other, the higher priority wins.
    #[serde(default)]
    #[schemars(range(min = -2_147_483_648, max = 2_147_483_647))]
    pub priority: i32,
    /// In rooms that this policy matches, policies of lower priority do not apply.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// `enforce` (default) makes changes; `observe` only reports what would change.
    #[serde(default, deserialize_with = "reading::mode")]
    #[schemars(with = "Mode")]
    pub mode: Option<Mode>,
    /// What happens if a configured room differs: `report` (default) reports it, `repair` restores it.
    #[serde(default, deserialize_with = "reading::drift")]
    #[schemars(with = "DriftMode")]
    pub drift: Option<DriftMode>,
    /// Whether DocSpace notifies people about the roles that they get.
    #[serde(default)]
    pub notify: bool,
    /// Values for `{name}`, which take precedence over those of the template.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": NAME}))]
    pub vars: BTreeMap<Spanned<String>, VarValue>,
}

/// A template by name, several names, or an inline template.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum TemplateChoice {
    /// One name.
    One(Spanned<String>),
    /// Several names. Templates that contradict each other are an error.
    Many(#[schemars(extend("minItems" = 1))] Spanned<Vec<Spanned<String>>>),
    /// A template inside the policy.
    Body(Box<Spanned<Template>>),
}

impl TemplateChoice {
    /// The names; empty for an inline template.
    pub fn names(&self) -> &[Spanned<String>] {
        match self {
            TemplateChoice::One(name) => std::slice::from_ref(name),
            TemplateChoice::Many(names) => names,
            TemplateChoice::Body(_) => &[],
        }
    }

    /// Its place in the file.
    pub fn span(&self) -> Span {
        match self {
            TemplateChoice::One(name) => name.span,
            TemplateChoice::Many(names) => names.span,
            TemplateChoice::Body(body) => body.span,
        }
    }
}

/// Whether a policy makes changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Changes are only reported, as "would be".
    Observe,
    /// Changes are made.
    Enforce,
}

/// What happens if a configured room differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftMode {
    /// The difference is reported: people may have made it on purpose.
    #[default]
    Report,
    /// What is missing is restored.
    Repair,
}

/// The word `all`, or conditions that must all hold.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Match {
    /// Every room.
    All(#[schemars(with = "AllWord")] Spanned<String>),
    /// All conditions must hold.
    Parts(Box<Spanned<Parts>>),
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "defines the word of the schema")]
enum AllWord {
    /// Every room.
    All,
}

/// The conditions of a match.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Parts {
    /// Globs for the title; `{name}` captures any text, `{name=glob}` captures what matches the glob.
    #[serde(default, deserialize_with = "reading::title")]
    #[schemars(with = "OneOrMany", example = &"Client - {client} - {year=20[0-9][0-9]}")]
    pub title: Option<OneOrMany>,
    /// `form-filling`, `collaboration`, `custom`, `public`, `vdr`, or globs for these words.
    #[serde(default, deserialize_with = "reading::room_types")]
    #[schemars(with = "OneOrMany", example = &"collaboration")]
    pub r#type: Option<OneOrMany>,
    /// Globs for the owner's e-mail address, or the owner's id. DocSpace keeps no other creator.
    #[serde(default, deserialize_with = "reading::creator")]
    #[schemars(with = "OneOrMany", example = &"*@legal.example.org")]
    pub creator: Option<OneOrMany>,
    /// Globs for the owner's display name, which people can choose freely in their profiles.
    #[serde(default, deserialize_with = "reading::creator_name")]
    #[schemars(with = "OneOrMany", example = &"Anna *")]
    pub creator_name: Option<OneOrMany>,
    /// A group of which the owner is a member, by name or id. If the name is unknown or ambiguous, the room is refused.
    #[serde(default, deserialize_with = "reading::creator_group")]
    #[schemars(with = "OneOrMany", example = &"Legal department")]
    pub creator_group: Option<OneOrMany>,
    /// A tag of the room. If the portal does not know the tag, the room is refused.
    #[serde(default, deserialize_with = "reading::tagged")]
    #[schemars(with = "OneOrMany", example = &"confidential")]
    pub tagged: Option<OneOrMany>,
    /// Conditions under which the policy does not match.
    #[serde(default, deserialize_with = "reading::except")]
    #[schemars(with = "Parts")]
    pub except: Option<Box<Spanned<Parts>>>,
}
