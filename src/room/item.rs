//! The single items that a policy can ask for: each has one key in plans, ledgers and reports.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{SettingKey, Subject, fold};

/// One item that a policy can ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Item {
    /// A folder, by the titles of its path in comparable form.
    Folder(Vec<String>),
    /// A setting.
    Setting(SettingKey),
    /// A subject's role, by the GUID of the person or group.
    Grant(String),
    /// A tag, in comparable form.
    Tag(String),
    /// An invited person, by their e-mail address in comparable form.
    Guest(String),
    /// The rule that nobody else is a member.
    Membership,
    /// The owner.
    Owner,
}

impl Item {
    /// The role of this subject.
    pub fn grant(subject: &Subject) -> Self {
        Self::Grant(subject.guid().to_owned())
    }
}

/// The comparable form of a guest's address.
pub fn guest_key(email: &str) -> String {
    fold(email.trim())
}

/// The stored form: a word, and the subject. No title contains a slash.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Folder(titles) => write!(f, "folder {}", titles.join("/")),
            Item::Setting(key) => write!(f, "setting {}", key.as_str()),
            Item::Grant(guid) => write!(f, "grant {guid}"),
            Item::Tag(tag) => write!(f, "tag {tag}"),
            Item::Guest(email) => write!(f, "guest {email}"),
            Item::Membership => f.write_str("membership"),
            Item::Owner => f.write_str("owner"),
        }
    }
}

/// A stored text that is not an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnItem(String);

impl fmt::Display for NotAnItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an item", self.0)
    }
}

impl FromStr for Item {
    type Err = NotAnItem;

    fn from_str(text: &str) -> Result<Self, NotAnItem> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "folder" => Ok(Item::Folder(rest.split('/').map(str::to_owned).collect())),
            "setting" => SettingKey::from_word(rest)
                .map(Item::Setting)
                .ok_or_else(|| NotAnItem(text.to_owned())),
            "grant" => Ok(Item::Grant(rest.to_owned())),
            "tag" => Ok(Item::Tag(rest.to_owned())),
            "guest" => Ok(Item::Guest(rest.to_owned())),
            "membership" => Ok(Item::Membership),
            "owner" => Ok(Item::Owner),
            _ => Err(NotAnItem(text.to_owned())),
        }
    }
}

impl From<Item> for String {
    fn from(item: Item) -> Self {
        item.to_string()
    }
}

impl TryFrom<String> for Item {
    type Error = NotAnItem;

    fn try_from(text: String) -> Result<Self, NotAnItem> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_stored_as_a_text_and_read_back() {
        for item in [
            Item::Folder(vec!["a b".to_owned(), "c".to_owned()]),
            Item::Setting(SettingKey::Quota),
            Item::Grant("00000000-0000-0000-0000-000000000001".to_owned()),
            Item::Tag("client".to_owned()),
            Item::Guest("ann@partner.example".to_owned()),
            Item::Membership,
            Item::Owner,
        ] {
            assert_eq!(item.to_string().parse(), Ok(item));
        }
        assert!("nonsense".parse::<Item>().is_err());
        assert!("setting nonsense".parse::<Item>().is_err());
    }
}
