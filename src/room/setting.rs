//! A room's settings: their keys, their values, and how they are displayed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKey {
    /// Whether entries are numbered. Set before any folder is created: the order of creation then becomes their order.
    Indexing,
    /// The storage limit of the room.
    Quota,
    /// Whether viewers may download and copy.
    DenyDownload,
    /// How long documents are kept.
    Lifetime,
    /// What is printed over documents.
    Watermark,
    /// The colour of the room's icon.
    Color,
    /// The cover of the room's icon.
    Cover,
}

impl SettingKey {
    /// All settings.
    pub const ALL: [Self; 7] = [
        Self::Indexing,
        Self::Quota,
        Self::DenyDownload,
        Self::Lifetime,
        Self::Watermark,
        Self::Color,
        Self::Cover,
    ];

    /// The word in the policy language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Indexing => "indexing",
            Self::Quota => "quota",
            Self::DenyDownload => "deny_download",
            Self::Lifetime => "lifetime",
            Self::Watermark => "watermark",
            Self::Color => "color",
            Self::Cover => "cover",
        }
    }

    /// The setting of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == word)
    }
}

/// A setting with a value; never "absent", which means unmanaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// See [`SettingKey::Indexing`].
    Indexing(bool),
    /// See [`SettingKey::Quota`].
    Quota(Quota),
    /// See [`SettingKey::DenyDownload`].
    DenyDownload(bool),
    /// See [`SettingKey::Lifetime`]; `None` means forever.
    Lifetime(Option<Lifetime>),
    /// See [`SettingKey::Watermark`]; `None` means no watermark.
    Watermark(Option<Watermark>),
    /// Six hexadecimal digits, upper case.
    Color(String),
    /// The id of one of the portal's covers; empty for none.
    Cover(String),
}

/// The storage limit of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// A number of bytes.
    Bytes(u64),
    /// No limit.
    Unlimited,
    /// The portal's default for rooms.
    Default,
}

/// How long documents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// The number of units, 1 to 999.
    pub count: u16,
    /// Days, months or years.
    pub unit: LifetimeUnit,
    /// Whether documents bypass the trash.
    pub deletes: bool,
}

/// The unit of a lifetime, in the portal's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifetimeUnit {
    /// 0.
    Days,
    /// 1.
    Months,
    /// 2.
    Years,
}

impl LifetimeUnit {
    /// The plural word.
    pub fn as_str(self) -> &'static str {
        match self {
            LifetimeUnit::Days => "days",
            LifetimeUnit::Months => "months",
            LifetimeUnit::Years => "years",
        }
    }
}

/// What is printed over documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watermark {
    /// The sum of what is shown: 1 user name, 2 e-mail, 4 IP, 8 date, 16 room.
    pub additions: u8,
    /// A custom text.
    pub text: String,
    /// The angle in degrees.
    pub rotate: i32,
}

impl Setting {
    /// The key of the setting.
    pub fn key(&self) -> SettingKey {
        match self {
            Setting::Indexing(_) => SettingKey::Indexing,
            Setting::Quota(_) => SettingKey::Quota,
            Setting::DenyDownload(_) => SettingKey::DenyDownload,
            Setting::Lifetime(_) => SettingKey::Lifetime,
            Setting::Watermark(_) => SettingKey::Watermark,
            Setting::Color(_) => SettingKey::Color,
            Setting::Cover(_) => SettingKey::Cover,
        }
    }
}

impl Watermark {
    /// The parts that it can show, with the numbers that DocSpace adds up.
    pub const SHOWN: [(u8, &str); 5] = [
        (1, "user-name"),
        (2, "email"),
        (4, "ip"),
        (8, "date"),
        (16, "room"),
    ];

    /// The words for the parts that it shows.
    pub fn shown(&self) -> Vec<&'static str> {
        let shown = Self::SHOWN.into_iter();
        let shown = shown.filter(|(bit, _)| self.additions & bit != 0);
        shown.map(|(_, word)| word).collect()
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |yes: bool| if yes { "on" } else { "off" };
        match self {
            Setting::Indexing(yes) | Setting::DenyDownload(yes) => f.write_str(on(*yes)),
            Setting::Quota(Quota::Bytes(bytes)) => f.write_str(&size(*bytes)),
            Setting::Quota(Quota::Unlimited) => f.write_str("unlimited"),
            Setting::Quota(Quota::Default) => f.write_str("the portal's default"),
            Setting::Lifetime(None) | Setting::Watermark(None) => f.write_str("none"),
            Setting::Lifetime(Some(lifetime)) => {
                let unit = lifetime.unit.as_str();
                let then = if lifetime.deletes { "delete" } else { "trash" };
                let unit = match lifetime.count {
                    1 => unit.trim_end_matches('s'),
                    _ => unit,
                };
                write!(f, "{} {unit}, then {then}", lifetime.count)
            }
            Setting::Watermark(Some(watermark)) => {
                let mut parts = vec![watermark.shown().join(", ")];
                if !watermark.text.is_empty() {
                    parts.push(format!("`{}`", watermark.text));
                }
                if watermark.rotate != 0 {
                    parts.push(format!("turned by {}°", watermark.rotate));
                }
                parts.retain(|part| !part.is_empty());
                f.write_str(&parts.join(", "))
            }
            Setting::Color(text) | Setting::Cover(text) if text.is_empty() => f.write_str("none"),
            Setting::Color(text) | Setting::Cover(text) => f.write_str(text),
        }
    }
}

/// A size in the largest unit that leaves no fraction.
fn size(bytes: u64) -> String {
    let (mut number, mut units) = (bytes, ["bytes", "KB", "MB", "GB", "TB"].into_iter());
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if number == 0 || number % 1024 != 0 {
            break;
        }
        number /= 1024;
        unit = larger;
    }
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_one_word_and_is_readable() {
        for key in SettingKey::ALL {
            assert_eq!(SettingKey::from_word(key.as_str()), Some(key));
        }
        let lifetime = Lifetime {
            count: 24,
            unit: LifetimeUnit::Months,
            deletes: false,
        };
        let setting = Setting::Lifetime(Some(lifetime));
        assert_eq!(setting.to_string(), "24 months, then trash");
        assert_eq!(setting.key(), SettingKey::Lifetime);
        for (setting, text) in [
            (Setting::Quota(Quota::Bytes(5 << 30)), "5 GB"),
            (Setting::Quota(Quota::Bytes(1536 << 20)), "1536 MB"),
            (Setting::Quota(Quota::Bytes(1001)), "1001 bytes"),
            (Setting::Lifetime(None), "none"),
        ] {
            assert_eq!(setting.to_string(), text);
        }
        let watermark = Watermark {
            additions: 9,
            text: "Draft".to_owned(),
            rotate: -45,
        };
        let setting = Setting::Watermark(Some(watermark));
        assert_eq!(
            setting.to_string(),
            "user-name, date, `Draft`, turned by -45°"
        );
    }
}
