//! The portal's JSON as it is on the wire. Members that are absent are unset; unknown ones do not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::system_groups::with_system_groups;
use crate::bind::PersonEntry;
use crate::room::{
    Folder, FolderId, GroupId, Lifetime, LifetimeUnit, Person, PersonKind, PersonStatus, Quota,
    Rights, Setting, SettingKey, UserId, Watermark,
};

/// An id: a number for the portal's own entries, text for third-party ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

impl Id {
    pub(super) fn text(&self) -> String {
        match self {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text.clone(),
        }
    }

    /// As the portal wants it back.
    pub(super) fn json(text: &str) -> Value {
        text.parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    pub(super) id: Option<Id>,
    pub(super) title: Option<String>,
    pub(super) created: Option<String>,
    pub(super) created_by: Option<Author>,
    pub(super) root_folder_type: Option<i64>,
    pub(super) room_type: Option<i64>,
    #[serde(default)]
    pub(super) private: bool,
    pub(super) indexing: Option<bool>,
    pub(super) deny_download: Option<bool>,
    pub(super) lifetime: Option<LifetimePart>,
    pub(super) watermark: Option<WatermarkPart>,
    pub(super) logo: Option<Logo>,
    pub(super) quota_limit: Option<i64>,
    pub(super) is_custom_quota: Option<bool>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) provider_item: bool,
    #[serde(default)]
    pub(super) security: Security,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Author {
    pub(super) id: String,
    #[serde(default, deserialize_with = "decoded")]
    pub(super) display_name: String,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LifetimePart {
    delete_permanently: bool,
    period: i64,
    value: i64,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WatermarkPart {
    additions: i64,
    text: Option<String>,
    rotate: i32,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Logo {
    color: Option<String>,
    cover: Option<Cover>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cover {
    id: String,
}

impl Room {
    /// The settings as far as the answer shows them (rooms-api.md A.1): a quota only where the portal has quotas, and
    /// the sign of the picture only when there is one.
    pub(super) fn settings(&self) -> BTreeMap<SettingKey, Setting> {
        let lifetime = self.lifetime.as_ref().map(|part| Lifetime {
            count: u16::try_from(part.value).unwrap_or_default(),
            unit: match part.period {
                0 => LifetimeUnit::Days,
                1 => LifetimeUnit::Months,
                _ => LifetimeUnit::Years,
            },
            deletes: part.delete_permanently,
        });
        let watermark = self.watermark.as_ref().map(|part| Watermark {
            additions: u8::try_from(part.additions).unwrap_or_default(),
            text: part.text.clone().unwrap_or_default(),
            rotate: part.rotate,
        });
        let quota = self
            .is_custom_quota
            .zip(self.quota_limit)
            .map(|(own, limit)| match (own, u64::try_from(limit)) {
                (false, _) => Quota::Default,
                (true, Ok(bytes)) => Quota::Bytes(bytes),
                (true, Err(_)) => Quota::Unlimited,
            });
        let color = self.logo.as_ref().and_then(|logo| logo.color.clone());
        let cover = self.logo.as_ref().map(|logo| {
            logo.cover
                .as_ref()
                .map(|cover| cover.id.clone())
                .unwrap_or_default()
        });
        [
            self.indexing.map(Setting::Indexing),
            quota.map(Setting::Quota),
            self.deny_download.map(Setting::DenyDownload),
            Some(Setting::Lifetime(lifetime)),
            Some(Setting::Watermark(watermark)),
            color.map(|color| Setting::Color(color.trim_start_matches('#').to_uppercase())),
            cover.map(Setting::Cover),
        ]
        .into_iter()
        .flatten()
        .map(|setting| (setting.key(), setting))
        .collect()
    }
}

/// A setting as `PUT files/rooms/{id}` takes it (rooms-api.md H.1).
pub(super) fn setting_member(setting: &Setting) -> (&'static str, Value) {
    match setting {
        Setting::Indexing(on) => ("indexing", json!(on)),
        Setting::DenyDownload(on) => ("denyDownload", json!(on)),
        Setting::Quota(Quota::Bytes(bytes)) => ("quota", json!(bytes)),
        Setting::Quota(Quota::Unlimited) => ("quota", json!(-1)),
        Setting::Quota(Quota::Default) => ("quota", json!(-2)),
        Setting::Lifetime(None) => ("lifetime", json!({ "enabled": false })),
        Setting::Lifetime(Some(lifetime)) => {
            let period = match lifetime.unit {
                LifetimeUnit::Days => 0,
                LifetimeUnit::Months => 1,
                LifetimeUnit::Years => 2,
            };
            (
                "lifetime",
                json!({
                    "deletePermanently": lifetime.deletes, "period": period,
                    "value": lifetime.count, "enabled": true,
                }),
            )
        }
        Setting::Watermark(None) => ("watermark", json!({ "enabled": false })),
        Setting::Watermark(Some(watermark)) => (
            "watermark",
            json!({
                "enabled": true, "additions": watermark.additions, "text": watermark.text,
                "rotate": watermark.rotate,
            }),
        ),
        Setting::Color(color) => ("color", json!(color)),
        Setting::Cover(cover) => ("cover", json!(cover)),
    }
}

/// Display names come HTML-encoded, and no other name does (rooms-api.md 0).
fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(html_escape::decode_html_entities(&name).into_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Security {
    pub(super) create: bool,
    pub(super) edit_access: bool,
    pub(super) edit_room: bool,
}

impl Security {
    pub(super) fn rights(&self) -> Rights {
        Rights {
            create: self.create,
            edit_access: self.edit_access,
            edit_room: self.edit_room,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    pub(super) folders: Vec<Entry>,
    #[serde(default)]
    pub(super) total: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) id: Id,
    pub(super) parent_id: Option<Id>,
    #[serde(default)]
    pub(super) title: String,
    pub(super) r#type: Option<i64>,
    pub(super) room_type: Option<i64>,
    pub(super) created: Option<String>,
    pub(super) created_by: Option<Author>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
}

impl Entry {
    /// The numbers of folders that the portal makes itself (docs/docspace.md, system folders).
    pub(super) fn folder(self) -> Folder {
        Folder {
            id: FolderId::new(self.id.text()),
            parent: FolderId::new(self.parent_id.map(|id| id.text()).unwrap_or_default()),
            title: self.title,
            system: matches!(self.r#type, Some(25 | 26 | 27 | 28 | 32 | 33)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Share {
    pub(super) access: Option<i64>,
    pub(super) shared_to_user: Option<Account>,
    pub(super) shared_to_group: Option<Group>,
    pub(super) shared_link: Option<Link>,
    #[serde(default)]
    pub(super) is_owner: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) id: String,
    #[serde(default, deserialize_with = "decoded")]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) email: String,
    pub(super) status: Option<i64>,
    #[serde(default)]
    pub(super) is_owner: bool,
    #[serde(default)]
    pub(super) is_admin: bool,
    #[serde(default)]
    pub(super) is_room_admin: bool,
    #[serde(default)]
    pub(super) is_visitor: bool,
    #[serde(default)]
    pub(super) groups: Vec<Group>,
}

impl Account {
    /// The person with her groups, system groups included.
    pub(super) fn entry(&self) -> PersonEntry {
        let groups = self.groups.iter();
        with_system_groups(PersonEntry {
            person: self.person(),
            groups: groups.map(|group| GroupId::new(&group.id)).collect(),
        })
    }

    pub(super) fn person(&self) -> Person {
        Person {
            id: UserId::new(&self.id),
            name: self.display_name.clone(),
            email: self.email.clone(),
            kind: if self.is_owner || self.is_admin {
                PersonKind::DocSpaceAdmin
            } else if self.is_room_admin {
                PersonKind::RoomAdmin
            } else if self.is_visitor {
                PersonKind::Guest
            } else {
                PersonKind::User
            },
            status: match self.status {
                Some(2) => PersonStatus::Terminated,
                Some(4) => PersonStatus::Pending,
                _ => PersonStatus::Active,
            },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    #[serde(default)]
    pub(super) title: String,
    pub(super) link_type: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupMembers {
    #[serde(default)]
    pub(super) members: Vec<Account>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Members {
    #[serde(default)]
    pub(super) members: Vec<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Copying {
    pub(super) room_id: Option<Id>,
    #[serde(default)]
    pub(super) is_completed: bool,
    #[serde(default)]
    pub(super) error: Option<String>,
}

impl Copying {
    /// Well or badly.
    pub(super) fn has_ended(&self) -> bool {
        self.is_completed || self.error.as_ref().is_some_and(|error| !error.is_empty())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) create_by: Option<KeyOwner>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    pub(super) expires_at: Option<String>,
    pub(super) is_active: Option<bool>,
}

/// Written as an id by some versions and as a person by others.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum KeyOwner {
    Id(String),
    Person { id: String },
}

impl KeyOwner {
    pub(super) fn id(&self) -> UserId {
        match self {
            KeyOwner::Id(id) | KeyOwner::Person { id } => UserId::new(id),
        }
    }
}

/// What DocSpace says of a call that it will not do.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The exception's name; empty for what fails validation.
    pub(super) kind: String,
    /// The portal's words, in the portal's language.
    pub(super) message: String,
}

/// The error envelope, or the success envelope in which failed validations come; `None` when the body is neither,
/// and so not DocSpace's.
pub(super) fn refusal(body: &Value, status: u16) -> Option<Refusal> {
    // Around a 415 the envelope says 200, and only the inner answer repeats the status.
    let repeats_status =
        |pointer| body.pointer(pointer).and_then(Value::as_u64) == Some(u64::from(status));
    if !repeats_status("/statusCode") && !repeats_status("/response/status") {
        return None;
    }
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    if let Some(message) = text("/error/message") {
        return Some(Refusal {
            kind: text("/error/type").unwrap_or_default().to_owned(),
            message: sanitize(message),
        });
    }
    let first = body
        .pointer("/response/errors")
        .and_then(Value::as_object)
        .and_then(|errors| errors.iter().next());
    let message = match first {
        Some((key, words)) => {
            let words = words.get(0).and_then(Value::as_str).unwrap_or_default();
            format!("{key}: {words}")
        }
        None => text("/response/title")?.to_owned(),
    };
    Some(Refusal {
        kind: String::new(),
        message: sanitize(&message),
    })
}

/// The words may be of any length and hold line breaks.
fn sanitize(words: &str) -> String {
    words
        .chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
