//! The initial contents of a portal, read from a file: accounts, groups, keys and rooms.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{self, Deserializer};

/// The contents of a seed file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Settings of the portal.
    pub portal: SeedPortal,
    /// Accounts by their name in the seed.
    pub accounts: BTreeMap<String, SeedAccount>,
    /// Groups by their name in the seed.
    pub groups: BTreeMap<String, SeedGroup>,
    /// API keys by their name in the seed.
    pub keys: BTreeMap<String, SeedKey>,
    /// Rooms by their name in the seed; they are created in the order of these names.
    pub rooms: BTreeMap<String, SeedRoom>,
    /// The meaning of symbols; for readers of the file.
    pub symbols: BTreeMap<String, String>,
    /// For readers of the file.
    #[serde(rename = "names note")]
    pub names_note: Option<String>,
}

/// Settings of the portal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedPortal {
    /// Whether people can be invited by e-mail; default yes.
    #[serde(rename = "guests may be invited")]
    pub guests_may_be_invited: Option<bool>,
    /// Whether rooms have quotas; default no.
    #[serde(rename = "room quotas")]
    pub room_quotas: Option<bool>,
    /// Whether calls are limited; default no.
    pub limiter: Option<bool>,
    /// `UTC`, or an offset such as `+02:00`.
    #[serde(rename = "time zone")]
    pub time_zone: Option<String>,
    /// The language of messages: `en-US` or `de-DE`.
    pub language: Option<String>,
    /// Tags that the portal already has, oldest first, in rooms that nobody here sees. By default one of three spaces,
    /// as on the portal whose responses were recorded.
    pub tags: Option<Vec<String>>,
    /// For readers of the file: the requirements for secrets and passwords.
    #[serde(rename = "password policy")]
    pub password_policy: Option<String>,
}

/// An account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct SeedAccount {
    /// `portal owner`, `DocSpaceAdmin`, `RoomAdmin`, `User` or `Guest`.
    #[serde(rename = "type")]
    pub kind: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// First and last name, for readers of the file.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The user name; by default the part of the address before the `@`.
    pub user_name: Option<String>,
    /// `active` (default), `pending` or `terminated`.
    pub status: Option<String>,
    /// 0 not activated, 1 activated (default), 2 pending.
    pub activation_status: Option<i64>,
    /// The account that created this one.
    pub created_by: Option<String>,
    /// The password for `POST authentication`; default `simulated`.
    pub password: Option<String>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// A group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedGroup {
    /// Its name in the portal; by default the key of the entry.
    pub name: Option<String>,
    /// An account.
    pub manager: Option<String>,
    /// Accounts.
    pub members: Vec<String>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// An API key. One named `revoked` is switched off unless `active` says otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedKey {
    /// Its name in the portal.
    pub name: Option<String>,
    /// The account it acts as.
    pub of: String,
    /// Its scopes; none means every right.
    pub scopes: Vec<String>,
    /// Whether it is active.
    pub active: Option<bool>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// A room.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedRoom {
    /// Its title; by default the key of the entry.
    pub title: Option<String>,
    /// An account.
    pub owner: String,
    /// A number, DocSpace's name (`CustomRoom`) or the interface's word (`custom`).
    #[serde(rename = "type")]
    pub kind: Word,
    /// Paths; missing folders above are created as well.
    pub folders: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Accounts or groups, and the access of each: a number, DocSpace's name or the interface's word.
    pub members: BTreeMap<String, Word>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// A word, or a number in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word(pub String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Word;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a word or a number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A problem of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProblem {
    /// The place of the problem: a JSON pointer into the file.
    pub pointer: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}
