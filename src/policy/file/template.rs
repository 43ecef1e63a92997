//! What a template says, as it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{OneOrMany, Role};
use crate::policy::reading;
use crate::policy::settings::shape::Settings;
use crate::policy::text::Value;
use crate::yaml::{Span, Spanned};

/// What a room shall have. What is absent is not managed: not looked at, not touched.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The template or templates that this one builds upon. Folders, grants and tags unite; on the same subject or setting this one's word stands.
    #[serde(default, deserialize_with = "reading::extends")]
    #[schemars(with = "OneOrMany")]
    pub extends: Option<OneOrMany>,
    /// Role names for the grants of this template, before those of the file's `roles`.
    #[serde(default)]
    pub roles: BTreeMap<Spanned<String>, Role>,
    /// Values for `{name}` in folder titles, tags and group names. A capture of the policy goes first.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"}))]
    pub vars: BTreeMap<Spanned<String>, VarValue>,
    /// Folders to make, in the order of the screen. A folder is never renamed, moved or deleted.
    #[serde(default)]
    pub folders: Vec<Folder>,
    /// Who gets which role.
    #[serde(default)]
    pub grants: Vec<Spanned<Grant>>,
    /// How grants relate to what people have. `additive` (default) gives and raises roles: nobody's right falls. `exact` sets roles as written and removes everybody else, but the owner, the service account and those under `protect`, and never more than `limits.removals`.
    #[serde(default, deserialize_with = "reading::membership")]
    #[schemars(with = "Membership")]
    pub membership: Option<Spanned<Membership>>,
    /// Groups and people that `membership: exact` neither removes nor changes.
    #[serde(default)]
    pub protect: Vec<Spanned<Protected>>,
    /// The account that the room is to belong to, by e-mail address or id. The former owner stays Room manager.
    #[serde(default, deserialize_with = "reading::owner")]
    #[schemars(with = "String", extend("minLength" = 1), example = &"anna.berg@example.org")]
    pub owner: Option<Spanned<String>>,
    /// People outside the portal who are invited.
    pub guests: Option<Guests>,
    /// Settings of the room.
    pub settings: Option<Settings>,
}

impl Template {
    /// The names of the templates that it builds upon.
    pub fn extends(&self) -> &[Spanned<String>] {
        self.extends.as_ref().map_or(&[], OneOrMany::as_slice)
    }

    /// Where they are written.
    pub fn extends_span(&self) -> Option<Span> {
        self.extends.as_ref().and_then(OneOrMany::span)
    }
}

/// The value of a variable: a text, or a list, which multiplies each entry that names it.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum VarValue {
    /// One text.
    One(Spanned<String>),
    /// A list.
    Many(#[schemars(extend("minItems" = 1))] Spanned<Vec<Spanned<String>>>),
}

impl VarValue {
    /// The texts, however many.
    pub fn as_slice(&self) -> &[Spanned<String>] {
        match self {
            VarValue::One(text) => std::slice::from_ref(text),
            VarValue::Many(texts) => texts,
        }
    }

    /// As texts use it.
    pub fn value(&self) -> Value {
        match self {
            VarValue::One(text) => Value::One(text.value.clone()),
            VarValue::Many(texts) => {
                Value::Many(texts.iter().map(|text| text.value.clone()).collect())
            }
        }
    }
}

/// A folder: a title, a path `Archive/{date.year}`, or one title with its children.
#[derive(Debug, Clone)]
pub enum Folder {
    /// A title, or a path whose levels are separated by `/`.
    Path(Spanned<String>),
    /// One title with the folders inside it.
    Tree(Spanned<String>, Vec<Folder>),
}

impl JsonSchema for Folder {
    fn schema_name() -> Cow<'static, str> {
        "Folder".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "A title, a path such as `Archive/{date.year}`, or one title with its children.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": { "type": "array", "items": generator.subschema_for::<Folder>() },
                },
            ],
        })
    }
}

/// Gives groups or people a role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["group"], "properties": {"group": {"type": ["string", "array"]}}}, {"required": ["user"], "properties": {"user": {"type": ["string", "array"]}}}]))]
pub struct Grant {
    /// A group or several, by name or id. `Everyone` and `DocSpace admins` work too.
    pub group: Option<OneOrMany>,
    /// A person or several, by e-mail address or id.
    pub user: Option<OneOrMany>,
    /// A role name of `roles`, or one of DocSpace's seven.
    pub role: Spanned<String>,
    /// What to do when the portal has no such group or person: `fail` (default) reports the room as partial, `skip` leaves the grant out.
    pub on_missing: Option<OnMissing>,
}

/// What becomes of a grant to somebody who does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnMissing {
    /// The room is reported as partial and looked at again daily.
    Fail,
    /// The grant is left out.
    Skip,
}

/// How the grants of a template relate to the grants that a room has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// Grants are given and raised; nobody's right falls and nobody is removed.
    Additive,
    /// Roles are set as written, and whoever has no grant is removed.
    Exact,
}

impl Membership {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Membership::Additive => "additive",
            Membership::Exact => "exact",
        }
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Groups or people that keep what they have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["group"], "properties": {"group": {"type": ["string", "array"]}}}, {"required": ["user"], "properties": {"user": {"type": ["string", "array"]}}}]))]
pub struct Protected {
    /// A group or several, by name or id.
    pub group: Option<OneOrMany>,
    /// A person or several, by e-mail address or id.
    pub user: Option<OneOrMany>,
}

/// People outside the portal, who are invited by e-mail.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Whom to invite. Somebody who has an account already is granted the role without an invitation.
    #[serde(default)]
    pub invite: Vec<Spanned<Invitation>>,
    /// The domains to which invitations may go, such as `partner.example`; without it any.
    #[serde(default, deserialize_with = "reading::allowed_domains")]
    #[schemars(with = "OneOrMany", example = &"partner.example")]
    pub allowed_domains: Option<OneOrMany>,
    /// The highest role that a guest may get: `viewer` if nothing is written.
    #[serde(default, deserialize_with = "reading::highest")]
    #[schemars(with = "String", extend("minLength" = 1), example = &"viewer")]
    pub highest: Option<Spanned<String>>,
}

/// Invites people by e-mail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// An e-mail address or several. Variables may come from `vars` and tables, not from the room.
    pub email: OneOrMany,
    /// A role name of `roles`, or one of DocSpace's.
    pub role: Spanned<String>,
}
