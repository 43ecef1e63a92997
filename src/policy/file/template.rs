//! Templates, as written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::roles::Role;
use super::words::{NAME, OneOrMany};
use crate::policy::settings::shape::Settings;
use crate::policy::text::Value;
use crate::policy::written::{At, not_empty, text_or};
use crate::yaml::{Span, Spanned};

/// What a room gets. roomwright does not manage what is absent: it neither compares nor changes it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The template or templates that this one extends. Folders, grants and tags add up. For the same subject or setting, this template overrides the ones that it extends.
    #[serde(default, deserialize_with = "extends")]
    #[schemars(with = "OneOrMany")]
    pub extends: Option<OneOrMany>,
    /// Role names for the grants of this template, which take precedence over the file's `roles`.
    #[serde(default)]
    pub roles: BTreeMap<Spanned<String>, Role>,
    /// Values for `{name}` in folder titles, tags and group names. A capture of the policy takes precedence.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": NAME}))]
    pub vars: BTreeMap<Spanned<String>, VarValue>,
    /// Folders to create, in the order on the screen. A folder is never renamed, moved or deleted.
    #[serde(default)]
    pub folders: Vec<Folder>,
    /// The role of each group and person.
    #[serde(default)]
    pub grants: Vec<Spanned<Grant>>,
    /// How grants relate to the roles that people have. `additive` (default) grants and raises roles, and never lowers anyone's access. `exact` sets roles as written and removes everyone else, except the owner, the service account and those under `protect`, and never more than `limits.removals`.
    #[serde(default, deserialize_with = "membership")]
    #[schemars(with = "Membership")]
    pub membership: Option<Spanned<Membership>>,
    /// Groups and people that `membership: exact` neither removes nor changes.
    #[serde(default)]
    pub protect: Vec<Spanned<Protected>>,
    /// The account that becomes the owner, by e-mail address or id. The former owner stays Room manager.
    #[serde(default, deserialize_with = "owner")]
    #[schemars(with = "String", extend("minLength" = 1), example = &"anna.berg@example.org")]
    pub owner: Option<Spanned<String>>,
    /// People outside the portal to invite.
    pub guests: Option<Guests>,
    /// Settings of the room.
    pub settings: Option<Settings>,
}

impl Template {
    /// The names of the templates that it extends.
    pub fn extends(&self) -> &[Spanned<String>] {
        self.extends.as_ref().map_or(&[], OneOrMany::as_slice)
    }

    /// Their place in the file.
    pub fn extends_span(&self) -> Option<Span> {
        self.extends.as_ref().and_then(OneOrMany::span)
    }
}

/// The value of a variable: a text, or a list, which multiplies each entry that uses it.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum VarValue {
    /// One text.
    One(Spanned<String>),
    /// A list.
    Many(#[schemars(extend("minItems" = 1))] Spanned<Vec<Spanned<String>>>),
}

impl VarValue {
    /// All texts.
    pub fn as_slice(&self) -> &[Spanned<String>] {
        match self {
            VarValue::One(text) => std::slice::from_ref(text),
            VarValue::Many(texts) => texts,
        }
    }

    /// The value for texts.
    pub fn value(&self) -> Value {
        match self {
            VarValue::One(text) => Value::One(text.value.clone()),
            VarValue::Many(texts) => {
                Value::Many(texts.iter().map(|text| text.value.clone()).collect())
            }
        }
    }
}

/// A folder: a title, a path such as `Archive/{date.year}`, or one title with its children.
#[derive(Debug, Clone)]
pub enum Folder {
    /// A title, or a path whose levels are separated by `/`.
    Path(Spanned<String>),
    /// One title with its subfolders.
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

/// Grants a role to groups or people.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["group"], "properties": {"group": {"type": ["string", "array"]}}}, {"required": ["user"], "properties": {"user": {"type": ["string", "array"]}}}]))]
pub struct Grant {
    /// One or more groups, by name or id. `Everyone` and `DocSpace admins` are available too.
    pub group: Option<OneOrMany>,
    /// One or more people, by e-mail address or id.
    pub user: Option<OneOrMany>,
    /// A role name defined under `roles`, or one of DocSpace's seven roles.
    pub role: Spanned<String>,
    /// What to do if the portal has no such group or person: `fail` (default) reports the room as partial, `skip` omits the grant.
    pub on_missing: Option<OnMissing>,
}

/// What to do if the subject of a grant does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnMissing {
    /// The room is reported as partial and checked again daily.
    Fail,
    /// The grant is omitted.
    Skip,
}

/// How the grants of a template relate to the grants in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// Roles are granted and raised; nobody's access becomes lower and nobody is removed.
    Additive,
    /// Roles are set as written, and members without a grant are removed.
    Exact,
}

impl Membership {
    /// The word in the language.
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

/// Groups or people that keep their roles.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["group"], "properties": {"group": {"type": ["string", "array"]}}}, {"required": ["user"], "properties": {"user": {"type": ["string", "array"]}}}]))]
pub struct Protected {
    /// One or more groups, by name or id.
    pub group: Option<OneOrMany>,
    /// One or more people, by e-mail address or id.
    pub user: Option<OneOrMany>,
}

/// People outside the portal to invite by e-mail.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Whom to invite. A person who already has an account gets the role without an invitation.
    #[serde(default)]
    pub invite: Vec<Spanned<Invitation>>,
    /// The domains to which invitations may go, such as `partner.example`; any domain if absent.
    #[serde(default, deserialize_with = "allowed_domains")]
    #[schemars(with = "OneOrMany", example = &"partner.example")]
    pub allowed_domains: Option<OneOrMany>,
    /// The highest role that a guest may get; `viewer` if no policy of the room says anything. The limits of all policies combine as settings do.
    #[serde(default, deserialize_with = "highest")]
    #[schemars(with = "String", extend("minLength" = 1), example = &"viewer")]
    pub highest: Option<Spanned<String>>,
}

/// Invites people by e-mail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// One or more e-mail addresses. Variables can come from `vars` and tables, not from the room.
    pub email: OneOrMany,
    /// A role name defined under `roles`, or one of DocSpace's.
    pub role: Spanned<String>,
}

not_empty!(
    extends,
    OneOrMany,
    "`extends` is empty; remove the key, or write a template's name"
);
not_empty!(
    membership,
    Spanned<Membership>,
    "`membership` is empty; remove the key, or write `additive` or `exact`"
);
not_empty!(
    owner,
    Spanned<String>,
    "`owner` is empty; remove the key, or write an e-mail address"
);
not_empty!(
    allowed_domains,
    OneOrMany,
    "`allowed_domains` is empty; remove the key, or write a domain such as `partner.example`"
);
not_empty!(
    highest,
    Spanned<String>,
    "`highest` is empty; remove the key, or write a role such as `viewer`"
);

impl At for VarValue {
    fn at(self, span: crate::yaml::Span) -> Self {
        match self {
            VarValue::Many(texts) => VarValue::Many(Spanned { span, ..texts }),
            one @ VarValue::One(_) => one,
        }
    }
}

impl At for Folder {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
}

text_or!(
    VarValue,
    "a text, or a list of texts",
    VarValue::One,
    visit_seq<SeqAccess>,
    |seq| Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(|value| {
        VarValue::Many(Spanned {
            value,
            span: crate::yaml::Span::default(),
        })
    })
);
text_or!(
    Folder,
    "a title, a path, or one title with its children",
    Folder::Path,
    visit_map<MapAccess>,
    branch
);

fn branch<'de, A: MapAccess<'de>>(mut map: A) -> Result<Folder, A::Error> {
    let Some(title) = map.next_key::<Spanned<String>>()? else {
        return Err(de::Error::custom("a folder needs a title"));
    };
    let children = match map.next_value::<Children>()? {
        Children::List(children) => children,
        Children::Nothing => {
            return Err(de::Error::custom(format!(
                "the folder `{0}` has no children: write `- {0}`, or, if you mean a variable, `- \"{{{0}}}\"` in quotes",
                title.value
            )));
        }
        Children::Text(text) => {
            return Err(de::Error::custom(format!(
                "the folder `{0}` has `{text}` where its list of children should be; if you mean one title, write `- \"{0}: {text}\"` in quotes",
                title.value
            )));
        }
    };
    if let Some(second) = map.next_key::<Spanned<String>>()? {
        return Err(de::Error::custom(format!(
            "`{}` is in the same entry as `{}`: start each folder with `- `",
            second.value, title.value
        )));
    }
    Ok(Folder::Tree(title, children))
}

/// What follows the title of a branch.
enum Children {
    List(Vec<Folder>),
    Text(String),
    Nothing,
}

impl<'de> Deserialize<'de> for Children {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Children;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of folders")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Children, E> {
                Ok(Children::Nothing)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Children, E> {
                Ok(Children::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Children, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Children::List)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
