//! The tests of a policy file as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::file::roles::AccessWord;
use crate::policy::file::template::{Folder, Membership, membership};
use crate::policy::file::words::OneOrMany;
use crate::policy::settings::shape::Settings;
use crate::policy::written::not_empty;
use crate::yaml::Spanned;

/// Says what a room gets. `roomwright test` compares.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The name of the test, once in all files.
    pub name: Spanned<String>,
    /// The room.
    pub room: TestRoom,
    /// The day on which the room was made. Needed where something depends on it.
    #[serde(default, deserialize_with = "date")]
    #[schemars(with = "String", example = &"2026-07-01")]
    pub date: Option<Spanned<String>>,
    /// What the room gets: of each part that is written all of it, and nothing else.
    #[serde(default, deserialize_with = "expect")]
    #[schemars(with = "Expected")]
    pub expect: Option<Box<Spanned<Expected>>>,
    /// What the room gets at least.
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
    /// The e-mail address of the owner, or her id.
    #[serde(default, deserialize_with = "creator")]
    #[schemars(with = "String", example = &"anna.berg@legal.example.org")]
    pub creator: Option<Spanned<String>>,
    /// The owner's display name.
    #[serde(default, deserialize_with = "creator_name")]
    #[schemars(with = "String")]
    pub creator_name: Option<Spanned<String>>,
    /// The groups that the owner belongs to.
    #[serde(default, deserialize_with = "creator_groups")]
    #[schemars(with = "Names")]
    pub creator_groups: Option<OneOrMany>,
    /// The tags that the room has.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(with = "Names")]
    pub tags: Option<OneOrMany>,
}

/// The parts of a room that a test speaks of; what is absent is not compared.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The policies that apply; `[]` for none.
    #[serde(default, deserialize_with = "policies")]
    #[schemars(with = "Names")]
    pub policies: Option<OneOrMany>,
    /// The folders. The folders above them need not be written.
    #[serde(default, deserialize_with = "folders")]
    #[schemars(with = "ExpectedFolders")]
    pub folders: Option<Spanned<Vec<Folder>>>,
    /// Who has which role, in DocSpace's words; `none` for nobody's.
    #[serde(default, deserialize_with = "grants")]
    #[schemars(with = "ExpectedGrants")]
    pub grants: Option<Spanned<BTreeMap<Spanned<String>, Spanned<String>>>>,
    /// The tags.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(with = "Names")]
    pub tags: Option<OneOrMany>,
    /// The settings, as a template writes them.
    #[serde(default, deserialize_with = "settings")]
    #[schemars(with = "Settings")]
    pub settings: Option<Box<Spanned<Settings>>>,
    /// The account that the room is given to, by e-mail address or id as the policy writes it; `none` if it stays its creator's.
    #[serde(default, deserialize_with = "owner")]
    #[schemars(with = "String")]
    pub owner: Option<Spanned<String>>,
    /// How grants relate to those that people give.
    #[serde(default, deserialize_with = "membership")]
    #[schemars(with = "Membership")]
    pub membership: Option<Spanned<Membership>>,
    /// Whether the room is refused, since policies of equal priority disagree. Such a room passes no other test.
    #[serde(default, deserialize_with = "refused")]
    #[schemars(with = "bool")]
    pub refused: Option<Spanned<bool>>,
}

/// One text, or a list, which may be empty.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "gives the schema its words")]
enum Names {
    /// One.
    One(String),
    /// Several, or `[]` for none.
    Many(Vec<String>),
}

/// Folders that a room gets.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "gives the schema its words")]
struct ExpectedFolders(Vec<Folder>);

/// Groups and people, and the role of each.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "gives the schema its words")]
struct ExpectedGrants(BTreeMap<String, AccessWord>);

not_empty!(
    date,
    Spanned<String>,
    "`date` is empty; take the key out, or write a day such as 2026-07-01"
);
not_empty!(
    expect,
    Box<Spanned<Expected>>,
    "`expect` is empty; write what the room gets, such as `folders: [Documents]`"
);
not_empty!(
    at_least,
    Box<Spanned<Expected>>,
    "`at_least` is empty; take the key out, or write what the room gets, such as `folders: [Documents]`"
);
not_empty!(
    creator,
    Spanned<String>,
    "`creator` is empty; take the key out, or write an e-mail address"
);
not_empty!(
    creator_name,
    Spanned<String>,
    "`creator_name` is empty; take the key out, or write a name"
);
not_empty!(
    creator_groups,
    OneOrMany,
    "`creator_groups` is empty; take the key out, or write `[]` for none"
);
not_empty!(
    tags,
    OneOrMany,
    "`tags` is empty; take the key out, or write `[]` for none"
);
not_empty!(
    policies,
    OneOrMany,
    "`policies` is empty; take the key out, or write `[]` for none"
);
not_empty!(
    folders,
    Spanned<Vec<Folder>>,
    "`folders` is empty; take the key out, or write `[]` for none"
);
not_empty!(
    grants,
    Spanned<BTreeMap<Spanned<String>, Spanned<String>>>,
    "`grants` is empty; take the key out, or write `{}` for none"
);
not_empty!(
    settings,
    Box<Spanned<Settings>>,
    "`settings` is empty; take the key out, or write `{}` for none"
);
not_empty!(
    owner,
    Spanned<String>,
    "`owner` is empty; take the key out, or write `none` for no other owner"
);
not_empty!(
    refused,
    Spanned<bool>,
    "`refused` is empty; take the key out, or write `true` or `false`"
);
