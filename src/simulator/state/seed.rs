//! What a portal begins with: accounts, groups, keys and rooms, as a file tells them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{self, Deserializer};

/// The content of a seed file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Settings of the portal.
    pub portal: SeedPortal,
    /// Accounts by the name that stands for them.
    pub accounts: BTreeMap<String, SeedAccount>,
    /// Groups by the name that stands for them.
    pub groups: BTreeMap<String, SeedGroup>,
    /// API keys by the name that stands for them.
    pub keys: BTreeMap<String, SeedKey>,
    /// Rooms by the name that stands for them; they are made in the order of these names.
    pub rooms: BTreeMap<String, SeedRoom>,
    /// What symbols mean; for readers of the file.
    pub symbols: BTreeMap<String, String>,
    /// For readers of the file.
    #[serde(rename = "names note")]
    pub names_note: Option<String>,
}

/// Settings of the portal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedPortal {
    /// Whether people may be invited by e-mail; yes if absent.
    #[serde(rename = "guests may be invited")]
    pub guests_may_be_invited: Option<bool>,
    /// Whether rooms have quotas; no if absent.
    #[serde(rename = "room quotas")]
    pub room_quotas: Option<bool>,
    /// Whether calls are limited; no if absent.
    pub limiter: Option<bool>,
    /// `UTC`, or an offset such as `+02:00`.
    #[serde(rename = "time zone")]
    pub time_zone: Option<String>,
    /// The language of messages: `en-US` or `de-DE`.
    pub language: Option<String>,
    /// Tags that the portal has had from before, oldest first, in rooms that nobody here sees. If absent one of three
    /// blanks, which the portal had whose answers were recorded.
    pub tags: Option<Vec<String>>,
    /// For readers of the file: what secrets and passwords must be like.
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
    /// The name in addresses; what stands before the `@` if absent.
    pub user_name: Option<String>,
    /// `active` (if absent), `pending` or `terminated`.
    pub status: Option<String>,
    /// 0 not activated, 1 activated (if absent), 2 pending.
    pub activation_status: Option<i64>,
    /// The account that made this one.
    pub created_by: Option<String>,
    /// For `POST authentication`; `simulated` if absent.
    pub password: Option<String>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// A group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedGroup {
    /// Its name in the portal; the key of the entry if absent.
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
    /// Its scopes; none is every right.
    pub scopes: Vec<String>,
    /// Whether it can be used.
    pub active: Option<bool>,
    /// For readers of the file.
    pub note: Option<String>,
}

/// A room.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedRoom {
    /// Its title; the key of the entry if absent.
    pub title: Option<String>,
    /// An account.
    pub owner: String,
    /// A number, DocSpace's name (`CustomRoom`) or the interface's word (`custom`).
    #[serde(rename = "type")]
    pub kind: Word,
    /// Paths; what lies above is made as well.
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

/// What is wrong with a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProblem {
    /// Where it stands: a JSON pointer into the file.
    pub pointer: String,
    /// What is wrong, and what to write.
    pub message: String,
}
