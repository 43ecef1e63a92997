//! The portal's JSON on the wire. Absent members are unset; unknown ones are ignored.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::system_groups::with_system_groups;
use crate::bind::PersonEntry;
use crate::room::{Folder, FolderId, GroupId, Person, PersonKind, PersonStatus, Rights, UserId};

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

    /// As the portal expects it in requests.
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

/// Display names are HTML-encoded, other names are not (rooms-api.md 0).
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
    /// The type numbers are those of system folders, which the portal creates itself (docs/docspace.md, system
    /// folders).
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
    /// The person with their groups, including system groups.
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
    /// Whether it has ended, successfully or not.
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

/// Some versions write an id, others a person.
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

/// What DocSpace says about a call that it refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The name of the exception; empty for a failed validation.
    pub(super) kind: String,
    /// The portal's message, in the portal's language.
    pub(super) message: String,
}

/// Reads the error envelope, or the success envelope that DocSpace uses for failed validations; `None` if the body is
/// neither, and so not from DocSpace.
pub(super) fn refusal(body: &Value, status: u16) -> Option<Refusal> {
    // For a 415 the envelope says 200, and only the inner response repeats the status.
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

/// Truncates a message and replaces line breaks.
fn sanitize(words: &str) -> String {
    words
        .chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LifetimePart {
    pub(super) delete_permanently: bool,
    pub(super) period: i64,
    pub(super) value: i64,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WatermarkPart {
    pub(super) additions: i64,
    pub(super) text: Option<String>,
    pub(super) rotate: i32,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Logo {
    pub(super) color: Option<String>,
    pub(super) cover: Option<Cover>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cover {
    pub(super) id: String,
}
