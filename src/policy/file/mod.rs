//! The YAML as written; the only place that sees unchecked policies. The JSON Schema is generated from these types.

mod reading;
pub(super) mod roles;
pub(super) mod template;
pub(super) mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

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
    /// Your own role names, and the DocSpace role each one means.
    #[serde(default)]
    pub roles: BTreeMap<Spanned<String>, Role>,
    /// Values that texts look up: `{partner[client]}`. A table is written here, or names a CSV file beside this one by `{ file: partners.csv, key: client, value: email }`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"}))]
    pub tables: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<String>>>,
    /// Named descriptions of what a room is to have.
    #[serde(default)]
    pub templates: BTreeMap<Spanned<String>, Spanned<Template>>,
    /// Which rooms get which template.
    #[serde(default)]
    pub policies: Vec<Spanned<Policy>>,
    /// What rooms are expected to get; `roomwright test` compares.
    #[serde(default)]
    pub tests: Vec<Spanned<Test>>,
}

/// Says which rooms get which template.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The name of the policy, once in all files.
    pub name: Spanned<String>,
    /// What the policy is for.
    pub description: Option<String>,
    /// Which rooms it speaks about; all parts must hold. `all` matches every room.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The template or templates that matching rooms get, or what they shall have in place.
    pub template: TemplateChoice,
    /// Where two policies say different things of one thing, the higher priority wins.
    #[serde(default)]
    #[schemars(range(min = -2_147_483_648, max = 2_147_483_647))]
    pub priority: i32,
    /// Where this policy matches, those of lower priority do not apply.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// `enforce` (default) writes; `observe` only reports what would be.
    #[serde(default, deserialize_with = "reading::mode")]
    #[schemars(with = "Mode")]
    pub mode: Option<Mode>,
    /// What becomes of a configured room that differs: `report` (default) says so, `repair` restores it.
    #[serde(default, deserialize_with = "reading::drift")]
    #[schemars(with = "DriftMode")]
    pub drift: Option<DriftMode>,
    /// Whether DocSpace tells people about the roles that they get.
    #[serde(default)]
    pub notify: bool,
    /// Values for `{name}`, before those of the template.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"}))]
    pub vars: BTreeMap<Spanned<String>, VarValue>,
}

/// A template by name, several, or a body in place.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum TemplateChoice {
    /// One name.
    One(Spanned<String>),
    /// Several names; where they say different things of one thing it is an error.
    Many(#[schemars(extend("minItems" = 1))] Spanned<Vec<Spanned<String>>>),
    /// What a room shall have, written in the policy itself.
    Body(Box<Spanned<Template>>),
}

impl TemplateChoice {
    /// The names; none where a body is written.
    pub fn names(&self) -> &[Spanned<String>] {
        match self {
            TemplateChoice::One(name) => std::slice::from_ref(name),
            TemplateChoice::Many(names) => names,
            TemplateChoice::Body(_) => &[],
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            TemplateChoice::One(name) => name.span,
            TemplateChoice::Many(names) => names.span,
            TemplateChoice::Body(body) => body.span,
        }
    }
}

/// Whether a policy writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// What the policy wants is reported as "would be".
    Observe,
    /// What the policy wants is written.
    Enforce,
}

/// What becomes of a room that was configured and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftMode {
    /// The difference is reported: people may have made it on purpose.
    #[default]
    Report,
    /// What is missing is restored.
    Repair,
}

/// The word `all`, or the parts that must hold.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Match {
    /// Every room.
    All(#[schemars(with = "AllWord")] Spanned<String>),
    /// All parts must hold.
    Parts(Box<Spanned<Parts>>),
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "gives the schema its word")]
enum AllWord {
    /// Every room.
    All,
}

/// The parts of a matcher.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Parts {
    /// Globs over the title; `{name}` captures, `{name=glob}` captures what fits.
    #[serde(default, deserialize_with = "reading::title")]
    #[schemars(with = "OneOrMany", example = &"Client - {client} - {year=20[0-9][0-9]}")]
    pub title: Option<OneOrMany>,
    /// `form-filling`, `collaboration`, `custom`, `public`, `vdr`, or globs over these words.
    #[serde(default, deserialize_with = "reading::room_types")]
    #[schemars(with = "OneOrMany", example = &"collaboration")]
    pub r#type: Option<OneOrMany>,
    /// Globs over the owner's e-mail address, or her id. DocSpace keeps no other creator.
    #[serde(default, deserialize_with = "reading::creator")]
    #[schemars(with = "OneOrMany", example = &"*@legal.example.org")]
    pub creator: Option<OneOrMany>,
    /// Globs over the owner's display name, which people type into their profiles themselves.
    #[serde(default, deserialize_with = "reading::creator_name")]
    #[schemars(with = "OneOrMany", example = &"Anna *")]
    pub creator_name: Option<OneOrMany>,
    /// A group that the owner belongs to, by name or id. A name that means no group, or several, refuses the room.
    #[serde(default, deserialize_with = "reading::creator_group")]
    #[schemars(with = "OneOrMany", example = &"Legal department")]
    pub creator_group: Option<OneOrMany>,
    /// A tag that the room has. One that the portal does not know refuses the room.
    #[serde(default, deserialize_with = "reading::tagged")]
    #[schemars(with = "OneOrMany", example = &"confidential")]
    pub tagged: Option<OneOrMany>,
    /// A matcher that must not hold.
    #[serde(default, deserialize_with = "reading::except")]
    #[schemars(with = "Parts")]
    pub except: Option<Box<Spanned<Parts>>>,
}
