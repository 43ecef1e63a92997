//! The tests of a policy file, as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::file::roles::AccessWord;
use crate::policy::file::template::{Folder, Membership, membership};
use crate::policy::file::words::OneOrMany;
use crate::policy::settings::shape::Settings;
use crate::policy::written::not_empty;
use crate::yaml::Spanned;

/// States what a room gets. `roomwright test` compares.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The name of the test, unique in all files.
    pub name: Spanned<String>,
    /// The room.
    pub room: TestRoom,
    /// The day on which the room was created. Required if the result depends on it.
    #[serde(default, deserialize_with = "date")]
    #[schemars(with = "String", example = &"2026-07-01")]
    pub date: Option<Spanned<String>>,
    /// What the room gets. Each part that is stated must be complete.
    #[serde(default, deserialize_with = "expect")]
    #[schemars(with = "Expected")]
    pub expect: Option<Box<Spanned<Expected>>>,
    /// What the room gets at least. Additional entries are allowed.
    #[serde(default, deserialize_with = "at_least")]
    #[schemars(with = "Expected")]
    pub at_least: Option<Box<Spanned<Expected>>>,
}

/// The room of a test.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRoom {
    /// The title.
    #[schemars(example = &"Client - ACME - 2026")]
    pub title: Spanned<String>,
    /// The type: `form-filling`, `collaboration`, `custom`, `public` or `vdr`.
    #[schemars(example = &"collaboration")]
    pub r#type: Spanned<String>,
    /// The owner's e-mail address or id, or a list of both.
    #[serde(default, deserialize_with = "creator")]
    #[schemars(with = "OneOrMany", example = &"anna.berg@legal.example.org")]
    pub creator: Option<OneOrMany>,
    /// The owner's display name.
    #[serde(default, deserialize_with = "creator_name")]
    #[schemars(with = "String")]
    pub creator_name: Option<Spanned<String>>,
    /// The groups of which the owner is a member.
    #[serde(default, deserialize_with = "creator_groups")]
    #[schemars(with = "Names")]
    pub creator_groups: Option<OneOrMany>,
    /// The tags of the room.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(with = "Names")]
    pub tags: Option<OneOrMany>,
}

/// The parts of a room that a test states. A part that is absent is not compared.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The policies that apply; `[]` for none.
    #[serde(default, deserialize_with = "policies")]
    #[schemars(with = "Names")]
    pub policies: Option<OneOrMany>,
    /// The folders. Parent folders are implied.
    #[serde(default, deserialize_with = "folders")]
    #[schemars(with = "ExpectedFolders")]
    pub folders: Option<Spanned<Vec<Folder>>>,
    /// The role of each group or person, in DocSpace's words; `none` for no role.
    #[serde(default, deserialize_with = "grants")]
    #[schemars(with = "ExpectedGrants")]
    pub grants: Option<Spanned<BTreeMap<Spanned<String>, Spanned<String>>>>,
    /// The tags.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(with = "Names")]
    pub tags: Option<OneOrMany>,
    /// The settings, written as in a template.
    #[serde(default, deserialize_with = "settings")]
    #[schemars(with = "Settings")]
    pub settings: Option<Box<Spanned<Settings>>>,
    /// The account that becomes the owner, by e-mail address or id as in the policy; `none` if the owner stays.
    #[serde(default, deserialize_with = "owner")]
    #[schemars(with = "String")]
    pub owner: Option<Spanned<String>>,
    /// Whether grants are additive or exact.
    #[serde(default, deserialize_with = "membership")]
    #[schemars(with = "Membership")]
    pub membership: Option<Spanned<Membership>>,
    /// Whether the room is refused because policies of equal priority disagree. Such a room passes no other test.
    #[serde(default, deserialize_with = "refused")]
    #[schemars(with = "bool")]
    pub refused: Option<Spanned<bool>>,
}

/// One text, or a list, which may be empty.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "defines the words of the schema")]
enum Names {
    /// One text.
    One(String),
    /// Several texts, or `[]` for none.
    Many(Vec<String>),
}

/// Folders that a room gets.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "defines the words of the schema")]
struct ExpectedFolders(Vec<Folder>);

/// Groups and people, with the role of each.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "defines the words of the schema")]
struct ExpectedGrants(BTreeMap<String, AccessWord>);

not_empty!(
    date,
    Spanned<String>,
    "`date` is empty; remove the key, or write a day such as 2026-07-01"
);
not_empty!(
    expect,
    Box<Spanned<Expected>>,
    "`expect` is empty; write what the room gets, such as `folders: [Documents]`"
);
not_empty!(
    at_least,
    Box<Spanned<Expected>>,
    "`at_least` is empty; remove the key, or write what the room gets, such as `folders: [Documents]`"
);
not_empty!(
    creator,
    OneOrMany,
    "`creator` is empty; remove the key, or write an e-mail address"
);
not_empty!(
    creator_name,
    Spanned<String>,
    "`creator_name` is empty; remove the key, or write a name"
);
not_empty!(
    creator_groups,
    OneOrMany,
    "`creator_groups` is empty; remove the key, or write `[]` for none"
);
not_empty!(
    tags,
    OneOrMany,
    "`tags` is empty; remove the key, or write `[]` for none"
);
not_empty!(
    policies,
    OneOrMany,
    "`policies` is empty; remove the key, or write `[]` for none"
);
not_empty!(
    folders,
    Spanned<Vec<Folder>>,
    "`folders` is empty; remove the key, or write `[]` for none"
);
not_empty!(
    grants,
    Spanned<BTreeMap<Spanned<String>, Spanned<String>>>,
    "`grants` is empty; remove the key, or write `{}` for none"
);
not_empty!(
    settings,
    Box<Spanned<Settings>>,
    "`settings` is empty; remove the key, or write `{}` for none"
);
not_empty!(
    owner,
    Spanned<String>,
    "`owner` is empty; remove the key, or write `none` for no other owner"
);
not_empty!(
    refused,
    Spanned<bool>,
    "`refused` is empty; remove the key, or write `true` or `false`"
);
