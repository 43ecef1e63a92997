//! Webhooks: whom an event is for, and what is sent (docs/docspace.md, webhooks).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::access;
use super::ids::EntryId;
use super::net_json;
use super::people::EmployeeType;
use super::rights::Standing;
use super::rooms::{Entry, ThirdParty};
use super::state::{World, utc_seconds};

/// What can happen, as the bit webhooks subscribe with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A folder was made.
    FolderCreated,
    /// A folder was renamed, or a room got another owner.
    FolderUpdated,
    /// A room or a template was made.
    RoomCreated,
    /// A room was changed, or sent unchanged.
    RoomUpdated,
    /// A room was archived.
    RoomArchived,
    /// A room was deleted.
    RoomDeleted,
    /// A room came back from the archive.
    RoomRestored,
    /// A room was duplicated.
    RoomCopied,
    /// An AI agent was made.
    AgentCreated,
    /// An AI agent was changed.
    AgentUpdated,
    /// An AI agent was deleted.
    AgentDeleted,
}

impl Trigger {
    const ALL: [(Self, u32, &'static str); 11] = [
        (Self::FolderCreated, 15, "folder.created"),
        (Self::FolderUpdated, 16, "folder.updated"),
        (Self::RoomCreated, 22, "room.created"),
        (Self::RoomUpdated, 23, "room.updated"),
        (Self::RoomArchived, 24, "room.archived"),
        (Self::RoomDeleted, 25, "room.deleted"),
        (Self::RoomRestored, 26, "room.restored"),
        (Self::RoomCopied, 27, "room.copied"),
        (Self::AgentCreated, 28, "agent.created"),
        (Self::AgentUpdated, 29, "agent.updated"),
        (Self::AgentDeleted, 30, "agent.deleted"),
    ];

    /// The bit of this trigger in a webhook's mask.
    pub fn bit(self) -> i64 {
        Self::ALL
            .iter()
            .find(|(trigger, _, _)| *trigger == self)
            .map_or(0, |(_, shift, _)| 1 << shift)
    }

    /// The name events carry, such as `room.created`.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(trigger, _, _)| *trigger == self)
            .map_or("", |(_, _, name)| name)
    }

    /// The trigger of this name, dotted or as an enum member.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let same = |known: &str| {
            known
                .replace('.', "")
                .eq_ignore_ascii_case(&name.replace('.', ""))
        };
        Self::ALL
            .iter()
            .find(|(_, _, known)| same(known))
            .map(|(trigger, _, _)| *trigger)
    }

    /// The names a mask stands for; 0 is everything.
    pub(super) fn names(mask: i64) -> Vec<&'static str> {
        if mask == 0 {
            return vec!["*"];
        }
        Self::ALL
            .iter()
            .filter(|(_, shift, _)| mask & (1 << shift) != 0)
            .map(|(_, _, name)| *name)
            .collect()
    }
}

#[derive(Clone)]
pub(super) struct Webhook {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) is_enabled: bool,
    pub(super) ssl: bool,
    pub(super) mask: i64,
    pub(super) target: Option<String>,
    pub(super) owner: String,
    pub(super) created: Timestamp,
    pub(super) modified: Option<(String, Timestamp)>,
    pub(super) last_success: Option<Timestamp>,
    pub(super) last_failure: Option<(Timestamp, String)>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A row of the webhook log: one event for one webhook.
#[derive(Debug, Clone)]
pub(super) struct LogRow {
    pub(super) webhook: i64,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) triggers: Vec<&'static str>,
    pub(super) target: Option<String>,
    pub(super) trigger: Trigger,
    pub(super) entry: EntryId,
    pub(super) actor: String,
    pub(super) published: Timestamp,
    pub(super) created: Timestamp,
    /// The inner payload, as it was when the event happened.
    pub(super) payload: String,
    pub(super) sent: Option<Sent>,
    pub(super) status: u16,
    pub(super) delivered: Option<Timestamp>,
    pub(super) response: String,
    pub(super) attempts: u32,
}

/// What went over the wire at the last attempt.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) body: String,
    pub(super) signature: String,
}

/// The members only a retry has.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetryPart {
    pub(super) last_failure_on: String,
    pub(super) last_failure_content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_success_on: Option<String>,
    pub(super) retry_count: u32,
    pub(super) retry_on: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventPart<'row> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    create_on: String,
    create_by: &'row str,
    trigger: &'static str,
    trigger_id: i64,
}

#[derive(Debug, Serialize)]
struct Target<'row> {
    id: &'row str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct WebhookPart<'row> {
    id: i64,
    name: &'row str,
    url: &'row str,
    triggers: &'row [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Target<'row>>,
    #[serde(flatten)]
    retry: Option<&'row RetryPart>,
}

/// Defaults are left out, so a room of the portal's own storage has thirteen members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'entry> {
    id: &'entry EntryId,
    parent_id: EntryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutable_id: Option<bool>,
    security_by_users: BTreeMap<(), ()>,
    folder_id_display: EntryId,
    root_id: EntryId,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'entry str,
    create_by: &'entry str,
    modified_by: &'entry str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_key: Option<&'static str>,
    create_on: String,
    modified_on: String,
    root_folder_type: i64,
    root_create_by: &'entry str,
    file_entry_type: u8,
}

impl LogRow {
    /// The body of a delivery; without an event id it is what is stored before sending.
    pub(super) fn body(&self, event: Option<i64>, retry: Option<&RetryPart>) -> String {
        let head = EventPart {
            id: event,
            create_on: utc_seconds(self.published),
            create_by: &self.actor,
            trigger: self.trigger.name(),
            trigger_id: self.trigger.bit(),
        };
        let target = self
            .target
            .as_deref()
            .map(|id| Target { id, kind: "Folder" });
        let (id, name, url) = (self.webhook, self.name.as_str(), self.url.as_str());
        let webhook = WebhookPart {
            id,
            name,
            url,
            triggers: &self.triggers,
            target,
            retry,
        };
        let (head, webhook) = (net_json::to_string(&head), net_json::to_string(&webhook));
        format!(
            r#"{{"event":{head},"payload":{},"webhook":{webhook}}}"#,
            self.payload
        )
    }
}

impl World {
    /// Writes a row of the log for each webhook the event is for; the sender takes them from the outbox.
    pub(super) fn publish(&mut self, trigger: Trigger, id: &EntryId, actor: &str) {
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let asked = |webhook: &&Webhook| {
            webhook.is_enabled
                && (webhook.mask == 0 || webhook.mask & trigger.bit() != 0)
                && webhook
                    .target
                    .as_ref()
                    .is_none_or(|target| *target == id.to_string())
        };
        let asked: Vec<&Webhook> = self.webhooks.values().filter(asked).collect();
        // All checks run on one object, which keeps what the last of them left on it.
        let left_over = asked
            .iter()
            .rev()
            .filter(|webhook| webhook.owner != actor)
            .find_map(|webhook| self.access_left_by_check(&webhook.owner, entry));
        let payload = self.payload(entry, left_over);
        let (entry, now) = (entry.id.clone(), self.now());
        let rows: Vec<LogRow> = asked
            .into_iter()
            .filter(|webhook| webhook.owner == actor || self.may_read(Some(&webhook.owner), id))
            .map(|webhook| LogRow {
                webhook: webhook.id,
                name: webhook.name.clone(),
                url: webhook.url.clone(),
                triggers: Trigger::names(webhook.mask),
                target: webhook.target.clone(),
                trigger,
                entry: entry.clone(),
                actor: actor.to_owned(),
                published: now,
                created: now,
                payload: payload.clone(),
                sent: None,
                status: 0,
                delivered: None,
                response: String::new(),
                attempts: 0,
            })
            .collect();
        for row in rows {
            self.queue(row);
        }
    }

    pub(super) fn queue(&mut self, row: LogRow) -> i64 {
        self.last_event += 1;
        self.log.insert(self.last_event, row);
        self.outbox.push(self.last_event);
        self.last_event
    }

    /// The check of a webhook's owner who is no DocSpace admin writes his access on the entry.
    fn access_left_by_check(&self, owner: &str, entry: &Entry) -> Option<i32> {
        let (person, room) = self.person(owner).zip(self.room_of(&entry.id))?;
        if person.kind == EmployeeType::DocSpaceAdmin {
            return None;
        }
        match self.standing(person, room) {
            Standing::Owner => None,
            Standing::Member(code) => Some(code),
            Standing::Stranger => Some(access::RESTRICT),
        }
    }

    fn payload(&self, entry: &Entry, access: Option<i32>) -> String {
        let root = self.root_of(&entry.id).unwrap_or(entry);
        let account = entry.provider.as_ref();
        let account_root = account.map(|provider| EntryId::Text(provider.root()));
        let parent = match (&account_root, &entry.room) {
            (Some(root), Some(_)) => root.clone(),
            _ => entry.parent.clone(),
        };
        net_json::to_string(&Payload {
            id: &entry.id,
            parent_id: parent.clone(),
            mutable_id: account
                .filter(|provider| provider.kind == ThirdParty::WebDav)
                .map(|_| true),
            security_by_users: BTreeMap::new(),
            folder_id_display: parent,
            root_id: account_root.unwrap_or_else(|| root.id.clone()),
            title: &entry.title,
            create_by: &entry.created_by,
            modified_by: &entry.updated_by,
            access,
            provider_id: account.map(|provider| provider.account),
            provider_key: account.map(super::rooms::Provider::key),
            create_on: utc_seconds(entry.created),
            modified_on: utc_seconds(entry.updated),
            root_folder_type: root.kind.code(),
            root_create_by: account.map_or(&root.created_by, |provider| &provider.owner),
            file_entry_type: 1,
        })
    }
}
