//! The portal's webhooks and their log (docs/docspace.md, webhooks).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use super::reader::{KeyState, PAGE, Reader, next_page, read};
use super::wire;
use super::writer::{Writer, lost};
use crate::room::UserId;

/// The bit of `room.created` in a webhook's triggers.
const ROOM_CREATED: i64 = 1 << 22;
/// The maximum number of pages of the log that are read.
const MAX_PAGES: u64 = 1_000;

/// A webhook as the portal shows it. The portal never shows its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// Whether events are sent to it.
    pub enabled: bool,
    /// Whether the portal requires `https://` and a trusted certificate.
    pub ssl: bool,
    /// The bits of its triggers; 0 means all.
    pub triggers: i64,
    /// The only item that it receives events of, if it is bound to one.
    pub target: Option<String>,
    /// Its creator; it receives events of the rooms that this person can read.
    pub owner: UserId,
    /// When it was last modified: by someone, or after a delivery.
    pub modified: Option<Timestamp>,
    /// When a delivery last succeeded (2xx).
    pub last_success: Option<Timestamp>,
    /// When a delivery last failed for good.
    pub last_failure: Option<Timestamp>,
    /// Why it failed.
    pub last_failure_reason: Option<String>,
}

/// A webhook to create.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// As [`Webhook::ssl`].
    pub ssl: bool,
    /// The secret that signs deliveries.
    pub secret: SecretString,
}

/// An event in the log of one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The number of the row, which is the `event.id` of the delivery.
    pub id: i64,
    /// The status of the response; 0 if there is none.
    pub status: u16,
    /// The body of the delivery; without `event.id` if it was never sent.
    pub payload: String,
}

impl Webhook {
    /// Whether it receives `room.created` of any room.
    pub fn receives_rooms(&self) -> bool {
        let all = self.triggers == 0;
        (all || self.triggers & ROOM_CREATED != 0) && self.target.is_none()
    }

    /// The same webhook, which also receives `room.created`.
    #[must_use]
    pub fn receiving_rooms(self) -> Self {
        let triggers = match self.triggers {
            0 => 0,
            some => some | ROOM_CREATED,
        };
        Self { triggers, ..self }
    }

    fn of(entry: Entry) -> Self {
        let time = |text: Option<String>| text.as_deref().and_then(time);
        let configs = entry.configs;
        Self {
            id: configs.id,
            name: configs.name,
            url: configs.uri,
            enabled: configs.enabled,
            ssl: configs.ssl,
            triggers: configs.triggers,
            target: configs.target_id.filter(|target| !target.is_empty()),
            owner: UserId::new(configs.created_by.map(|by| by.id).unwrap_or_default()),
            modified: time(configs.modified_on),
            last_success: time(configs.last_success_on),
            last_failure: time(configs.last_failure_on),
            last_failure_reason: configs.last_failure_content,
        }
    }

    /// The portal clears what is left out, except the secret.
    fn body(&self, secret: Option<&SecretString>) -> Value {
        let secret = secret.map(ExposeSecret::expose_secret);
        json!({
            "id": self.id, "name": self.name, "uri": self.url, "enabled": self.enabled, "ssl": self.ssl,
            "triggers": self.triggers, "targetId": self.target, "secretKey": secret.unwrap_or_default(),
        })
    }
}

impl KeyState {
    /// Whether the key may read webhooks and their log.
    pub fn may_read_webhooks(&self) -> bool {
        self.may_change_webhooks() || self.scopes.iter().any(|scope| scope == "*:read")
    }

    /// Whether the key may create and change webhooks.
    pub fn may_change_webhooks(&self) -> bool {
        let covers = |scope: &String| scope == "*" || scope == "*:write";
        self.scopes.is_empty() || self.scopes.iter().any(covers)
    }
}

impl Reader {
    /// The webhooks of the portal: all for a DocSpace admin, only their own for others.
    ///
    /// # Errors
    /// Any failure; the key needs `*:read`.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let answer = self.client.get(&["settings", "webhook"], &[]).await?;
        let entries: Vec<Entry> = read(answer, "GET settings/webhook")?;
        Ok(entries.into_iter().map(Webhook::of).collect())
    }

    /// A page of a webhook's `room.created` events, newest first, and where the next page starts, if any.
    ///
    /// # Errors
    /// Any failure; the key needs `*:read`.
    pub async fn webhook_log(
        &self,
        webhook: i64,
        start: u64,
    ) -> Result<(Vec<LoggedEvent>, Option<u64>), Error> {
        const CALL: &str = "GET settings/webhooks/log";
        let (webhook, first) = (webhook.to_string(), start.to_string());
        let query = [
            ("configId", webhook.as_str()),
            ("trigger", "RoomCreated"),
            ("count", "100"),
            ("startIndex", first.as_str()),
        ];
        let answer = self.client.get(&["settings", "webhooks", "log"], &query);
        let rows: Vec<Row> = read(answer.await?, CALL)?;
        let next = if u64::try_from(rows.len()).unwrap_or_default() < PAGE {
            None
        } else {
            Some(next_page(start, MAX_PAGES, CALL)?)
        };
        Ok((rows.into_iter().map(LoggedEvent::from).collect(), next))
    }
}

impl Writer {
    /// Creates a webhook of the service account for `room.created`. The portal first sends `HEAD` to its address.
    ///
    /// # Errors
    /// Any failure; the key needs `*:write`.
    pub async fn create_webhook(&self, wanted: &NewWebhook) -> Result<Webhook, Error> {
        let body = json!({
            "name": wanted.name, "uri": wanted.url, "enabled": true, "ssl": wanted.ssl,
            "triggers": ROOM_CREATED, "secretKey": wanted.secret.expose_secret(),
        });
        let answer = self
            .client
            .write(Method::POST, &["settings", "webhook"], &body)
            .await?;
        let configs: Config = serde_json::from_value(answer)
            .map_err(|error| lost("POST settings/webhook", &error))?;
        let made = Webhook::of(Entry { configs });
        if made.ssl == wanted.ssl {
            return Ok(made);
        }
        // It cannot be created without certificate verification, only changed. An event in between disables it, so it
        // is enabled as well.
        let changed = Webhook {
            ssl: wanted.ssl,
            enabled: true,
            ..made
        };
        self.update_webhook(&changed, None).await?;
        Ok(changed)
    }

    /// Writes all properties of a webhook; the secret only if one is given. The portal first sends `HEAD` to its
    /// address.
    ///
    /// # Errors
    /// Any failure; the key needs `*:write`.
    pub async fn update_webhook(
        &self,
        webhook: &Webhook,
        secret: Option<&SecretString>,
    ) -> Result<(), Error> {
        let body = webhook.body(secret);
        self.client
            .write(Method::PUT, &["settings", "webhook"], &body)
            .await
            .map(drop)
    }
}

/// Parses a time; without a zone it is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let utc = |civil: DateTime| Offset::UTC.to_timestamp(civil).ok();
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| text.parse().ok().and_then(utc))
}

#[derive(Debug, Deserialize)]
struct Entry {
    configs: Config,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    id: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    ssl: bool,
    #[serde(default)]
    triggers: i64,
    target_id: Option<String>,
    created_by: Option<wire::Author>,
    modified_on: Option<String>,
    last_failure_on: Option<String>,
    last_failure_content: Option<String>,
    last_success_on: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: i64,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    request_payload: String,
}

impl From<Row> for LoggedEvent {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            status: row.status,
            payload: row.request_payload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(triggers: i64, target: Option<&str>) -> Webhook {
        let configs = json!({ "id": 3, "triggers": triggers, "targetId": target });
        Webhook::of(Entry {
            configs: serde_json::from_value(configs).unwrap(),
        })
    }

    #[test]
    fn a_webhook_receives_rooms_by_their_trigger_or_all_triggers_unless_it_is_bound_to_one_item() {
        for (triggers, target, hears) in [
            (ROOM_CREATED, None, true),
            (0, None, true),
            (ROOM_CREATED | 1, Some(""), true),
            (1, None, false),
            (0, Some("57"), false),
        ] {
            let webhook = webhook(triggers, target);
            assert_eq!(webhook.receives_rooms(), hears, "{triggers} {target:?}");
        }
        assert_eq!(
            webhook(1, None).receiving_rooms().triggers,
            ROOM_CREATED | 1
        );
        assert_eq!(webhook(0, None).receiving_rooms().triggers, 0);
    }

    #[test]
    fn webhooks_are_read_with_the_scope_for_all_reads_and_changed_with_the_one_for_all_writes() {
        let key = |scopes: &[&str]| KeyState {
            owner: UserId::new("me"),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            expires: None,
            active: true,
        };
        for (scopes, may_read, may_change) in [
            (&[] as &[&str], true, true),
            (&["*"], true, true),
            (&["*:write"], true, true),
            (&["rooms:write", "*:read"], true, false),
            (
                &["rooms:write", "files:write", "accounts:read"],
                false,
                false,
            ),
        ] {
            let key = key(scopes);
            let may = (key.may_read_webhooks(), key.may_change_webhooks());
            assert_eq!(may, (may_read, may_change), "{scopes:?}");
        }
    }

    #[test]
    fn times_parse_with_a_zone_and_without() {
        let noon = Some("2026-07-01T12:00:00Z".parse().unwrap());
        for text in [
            "2026-07-01T12:00:00Z",
            "2026-07-01T14:00:00.0000000+02:00",
            "2026-07-01T12:00:00",
        ] {
            assert_eq!(time(text), noon, "{text}");
        }
        assert_eq!(time("soon"), None);
    }
}
