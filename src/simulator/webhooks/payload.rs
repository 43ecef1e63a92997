//! The body of a delivery (webhooks.md §1).

use std::collections::BTreeMap;

use serde::Serialize;

use super::net_json;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{Entry, Provider, ThirdParty};
use crate::simulator::state::webhooks::LogRow;
use crate::simulator::state::world::{World, utc_seconds};

/// The members that only a retry has.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPart {
    pub(crate) last_failure_on: String,
    pub(crate) last_failure_content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success_on: Option<String>,
    pub(crate) retry_count: u32,
    pub(crate) retry_on: String,
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
    id: &'row EntryId,
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

/// Default values are left out, so a room of the portal's own storage has thirteen members.
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
    /// The body of a delivery; without an event id, the body that is stored before sending.
    pub(crate) fn body(&self, event: Option<i64>, retry: Option<&RetryPart>) -> String {
        let head = EventPart {
            id: event,
            create_on: utc_seconds(self.published),
            create_by: &self.actor,
            trigger: self.trigger.name(),
            trigger_id: self.trigger.bit(),
        };
        let name = self.trigger.name();
        let target = self.target.as_ref().map(|_| Target {
            id: &self.entry,
            kind: name.split_once('.').map_or(name, |(kind, _)| kind),
        });
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
    pub(crate) fn payload(&self, entry: &Entry, access: Option<i32>) -> String {
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
            provider_key: account.map(Provider::key),
            create_on: utc_seconds(entry.created),
            modified_on: utc_seconds(entry.updated),
            root_folder_type: root.kind.code(),
            root_create_by: account.map_or(&root.created_by, |provider| &provider.owner),
            file_entry_type: 1,
        })
    }
}
