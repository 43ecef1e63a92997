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

/// The bit of `room.created` in the sum of a webhook's triggers.
const ROOM_CREATED: i64 = 1 << 22;
/// The most pages of the log that are read.
const MAX_PAGES: u64 = 1_000;

/// A webhook as the portal shows it. Its secret is never shown.
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
    /// Whether deliveries need `https://` and a certificate that can be trusted.
    pub ssl: bool,
    /// The sum of the bits of its triggers; 0 is all of them.
    pub triggers: i64,
    /// The one thing whose events it hears of, if it is bound to one.
    pub target: Option<String>,
    /// Who made it, and with whose eyes it hears of rooms.
    pub owner: UserId,
    /// When it was written last: by a person, or after a delivery.
    pub modified: Option<Timestamp>,
    /// When a delivery was last answered with 2xx.
    pub last_success: Option<Timestamp>,
    /// When a delivery was last given up.
    pub last_failure: Option<Timestamp>,
    /// Why it was.
    pub last_failure_reason: Option<String>,
}

/// A webhook that is to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// As [`Webhook::ssl`].
    pub ssl: bool,
    /// What deliveries are signed with.
    pub secret: SecretString,
}

/// An event of the log, for one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The number of the row, which is the delivery's `event.id`.
    pub id: i64,
    /// The status of the answer; 0 before, and where none came.
    pub status: u16,
    /// The body of the delivery; one that was never sent has no `event.id`.
    pub payload: String,
}

impl Webhook {
    /// Whether it asks for `room.created` of any room.
    pub fn hears_of_rooms(&self) -> bool {
        let all = self.triggers == 0;
        (all || self.triggers & ROOM_CREATED != 0) && self.target.is_none()
    }

    /// The same webhook, asking for `room.created` too.
    #[must_use]
    pub fn hearing_of_rooms(self) -> Self {
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

    /// What is left out is replaced by nothing, but for the secret, which is kept.
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

    /// Whether the key may make and change webhooks.
    pub fn may_change_webhooks(&self) -> bool {
        let covers = |scope: &String| scope == "*" || scope == "*:write";
        self.scopes.is_empty() || self.scopes.iter().any(covers)
    }
}

impl Reader {
    /// The webhooks of the portal: to a DocSpace admin all, to others their own.
    ///
    /// # Errors
    /// Any failure; the key needs `*:read`.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let answer = self.client.get(&["settings", "webhook"], &[]).await?;
        let entries: Vec<Entry> = read(answer, "GET settings/webhook")?;
        Ok(entries.into_iter().map(Webhook::of).collect())
    }

    /// A page of a webhook's `room.created` events, the newest first; and where the next one starts, if any.
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
    /// Makes a webhook of our account for `room.created`. The portal asks its address with `HEAD` first.
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
        // It cannot be made without the check, only changed so. An event in between switches it off, so it is switched
        // on as well.
        let changed = Webhook {
            ssl: wanted.ssl,
            enabled: true,
            ..made
        };
        self.update_webhook(&changed, None).await?;
        Ok(changed)
    }

    /// Writes everything of a webhook; its secret only where one is given. The portal asks its address with `HEAD`
    /// first.
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

/// A time without a zone is UTC.
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
    fn a_webhook_hears_of_rooms_by_their_trigger_or_by_all_and_not_when_it_is_bound_to_one_thing() {
        for (triggers, target, hears) in [
            (ROOM_CREATED, None, true),
            (0, None, true),
            (ROOM_CREATED | 1, Some(""), true),
            (1, None, false),
            (0, Some("57"), false),
        ] {
            let webhook = webhook(triggers, target);
            assert_eq!(webhook.hears_of_rooms(), hears, "{triggers} {target:?}");
        }
        assert_eq!(
            webhook(1, None).hearing_of_rooms().triggers,
            ROOM_CREATED | 1
        );
        assert_eq!(webhook(0, None).hearing_of_rooms().triggers, 0);
    }

    #[test]
    fn settings_are_read_with_a_scope_for_all_and_changed_with_one_for_all_writes() {
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
    fn times_come_with_a_zone_and_without() {
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
