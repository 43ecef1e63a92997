//! The webhook sender: exact bodies, signatures, retries.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::Portal;
use super::answer::{Answer, Fail, Outcome};
use super::http::{self, Call};
use super::state::{Entry, Person, PersonType, State};
use super::view;

/// The waits between the six attempts, in seconds.
const WAITS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];

#[derive(Debug, Clone)]
pub(super) struct Hook {
    id: i64,
    name: String,
    url: String,
    secret: String,
    owner: String,
    /// 0 is every trigger.
    mask: i64,
    enabled: bool,
}

/// A delivery as the portal's own log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryLog {
    /// `event.id`.
    pub id: i64,
    /// The trigger.
    pub trigger: String,
    /// Which webhook.
    pub webhook: i64,
    /// The status of the last attempt; 0 for no answer.
    pub status: u16,
    /// How many attempts were made.
    pub attempts: u32,
    /// Whether no more will be made.
    pub settled: bool,
    created: String,
    actor: String,
    payload: String,
}

fn mask(trigger: &str) -> i64 {
    match trigger {
        "room.created" => 1 << 22,
        "room.updated" => 1 << 23,
        "folder.created" => 1 << 15,
        "folder.updated" => 1 << 16,
        _ => 1 << 40,
    }
}

/// Text as the server's serialiser writes it: everything beyond Basic Latin and what matters in HTML is escaped.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' if !"\"&'+<>`".contains(c) => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out.push('"');
    out
}

fn id(text: &str) -> String {
    if text.parse::<i64>().is_ok() {
        text.to_owned()
    } else {
        escaped(text)
    }
}

fn seconds(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The members of `FileEntry` alone: nothing of a folder or room is sent, so no type.
fn payload(entry: &Entry, root_creator: &str, root: i64) -> String {
    let (own, parent, creator, at) = (
        id(&entry.id),
        id(&entry.parent),
        &entry.creator,
        seconds(entry.created),
    );
    format!(
        r#"{{"id":{own},"parentId":{parent},"securityByUsers":{{}},"folderIdDisplay":{parent},"rootId":{parent},"title":{},"createBy":"{creator}","modifiedBy":"{creator}","createOn":"{at}","modifiedOn":"{at}","rootFolderType":{root},"rootCreateBy":"{root_creator}","fileEntryType":1}}"#,
        escaped(&entry.title)
    )
}

fn body(log: &DeliveryLog, hook: &Hook, retry: Option<(u32, &str)>) -> String {
    let triggers = if hook.mask == 0 {
        "*".to_owned()
    } else {
        log.trigger.clone()
    };
    let mut tail = String::new();
    if let Some((count, at)) = retry {
        let _ = write!(
            tail,
            r#","lastFailureOn":"{at}","lastFailureContent":"Response status code does not indicate success: {}.","retryCount":{count},"retryOn":"{at}""#,
            log.status
        );
    }
    format!(
        r#"{{"event":{{"id":{},"createOn":"{}","createBy":"{}","trigger":"{}","triggerId":{}}},"payload":{},"webhook":{{"id":{},"name":{},"url":{},"triggers":["{triggers}"]{tail}}}}}"#,
        log.id,
        log.created,
        log.actor,
        log.trigger,
        mask(&log.trigger),
        log.payload,
        hook.id,
        escaped(&hook.name),
        escaped(&hook.url)
    )
}

fn signature(secret: &str, body: &str) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    let digest =
        mac.map(|mac| hex::encode_upper(mac.chain_update(body.as_bytes()).finalize().into_bytes()));
    format!("sha256={}", digest.unwrap_or_default())
}

fn hears(state: &State, hook: &Hook, entry: &Entry, actor: &str, trigger: &str) -> bool {
    let owner: Option<&Person> = state.people.get(&hook.owner);
    let home = state.room_of(&entry.id).unwrap_or(entry);
    hook.enabled
        && (hook.mask == 0 || hook.mask & mask(trigger) != 0)
        && (hook.owner == actor || owner.is_some_and(|owner| state.can_read(home, owner)))
}

impl Portal {
    /// Registers a webhook after probing its address with `HEAD`, as the server does; its id.
    ///
    /// # Errors
    /// The probe's status, or 0.
    pub async fn add_webhook(
        &self,
        owner: &str,
        url: &str,
        secret: &str,
        triggers: &[&str],
    ) -> Result<i64, u16> {
        let probe = self
            .inner
            .hooks
            .head(url)
            .timeout(Duration::from_secs(10))
            .send()
            .await
            .map_err(|_| 0u16)?;
        if !probe.status().is_success() {
            return Err(probe.status().as_u16());
        }
        let mut state = self.state();
        let id = i64::try_from(state.hooks.len()).unwrap_or_default() + 3;
        state.hooks.push(Hook {
            id,
            name: "roomwright".to_owned(),
            url: url.to_owned(),
            secret: secret.to_owned(),
            owner: owner.to_owned(),
            mask: triggers.iter().map(|trigger| mask(trigger)).sum(),
            enabled: true,
        });
        Ok(id)
    }

    /// Sends an event to every webhook that hears it.
    pub(super) fn publish(&self, trigger: &str, entry: &str, actor: &str) {
        let mut due = Vec::new();
        {
            let mut state = self.state();
            let Some(found) = state.entries.get(entry).cloned() else {
                return;
            };
            let root = state
                .room_of(entry)
                .and_then(|home| home.room.as_ref())
                .map_or(14, |room| room.root);
            let hearing: Vec<Hook> = state
                .hooks
                .iter()
                .filter(|hook| hears(&state, hook, &found, actor, trigger))
                .cloned()
                .collect();
            for hook in hearing {
                let id = 1041 + i64::try_from(state.log.len()).unwrap_or_default();
                let owner = state
                    .people
                    .values()
                    .find(|person| person.portal_owner)
                    .map(|person| person.id.clone());
                state.log.push(DeliveryLog {
                    id,
                    trigger: trigger.to_owned(),
                    webhook: hook.id,
                    status: 0,
                    attempts: 0,
                    settled: false,
                    created: seconds(view::now()),
                    actor: actor.to_owned(),
                    payload: payload(&found, &owner.unwrap_or_default(), root),
                });
                due.push(id);
            }
        }
        for id in due {
            self.send(id);
        }
    }

    /// Sends one delivery in the background, with its retries.
    fn send(&self, id: i64) {
        let portal = self.clone();
        tokio::spawn(async move { portal.attempts(id).await });
    }

    async fn attempts(&self, id: i64) {
        for attempt in 0..=WAITS.len() {
            let Some((log, hook)) = self.delivery_and_hook(id) else {
                return;
            };
            let now = seconds(view::now());
            let retry = u32::try_from(attempt)
                .ok()
                .filter(|count| *count > 0)
                .map(|count| (count, now.as_str()));
            let body = body(&log, &hook, retry);
            let sent = self
                .inner
                .hooks
                .post(&hook.url)
                .header("Accept", "*/*")
                .header("Content-Type", "application/json; charset=utf-8")
                .header("x-docspace-signature-256", signature(&hook.secret, &body))
                .body(body)
                .send()
                .await;
            let status = sent.map_or(0, |response| response.status().as_u16());
            let fine = (200..300).contains(&status);
            let last = attempt == WAITS.len();
            {
                let mut state = self.state();
                if let Some(log) = state.log.iter_mut().find(|log| log.id == id) {
                    log.status = status;
                    log.attempts += 1;
                    log.settled = fine || last;
                }
                if last && status == 410 {
                    state.hooks.retain(|own| own.id != hook.id);
                }
            }
            if fine {
                return;
            }
            if let Some(wait) = WAITS.get(attempt) {
                tokio::time::sleep(Duration::from_secs_f64(
                    wait * self.inner.options.retry_scale,
                ))
                .await;
            }
        }
    }

    fn delivery_and_hook(&self, id: i64) -> Option<(DeliveryLog, Hook)> {
        let state = self.state();
        let log = state.log.iter().find(|log| log.id == id)?.clone();
        let hook = state
            .hooks
            .iter()
            .find(|hook| hook.id == log.webhook)?
            .clone();
        Some((log, hook))
    }

    /// The portal's log of deliveries.
    pub fn deliveries(&self) -> Vec<DeliveryLog> {
        self.state().log.clone()
    }

    /// Sends a delivery once more with the same id, as the server's bus may.
    pub fn deliver_again(&self, id: i64) {
        if let Some(log) = self.state().log.iter_mut().find(|log| log.id == id) {
            log.settled = false;
        }
        self.send(id);
    }

    /// The button in the portal's log: the same event under a new id.
    pub fn redeliver(&self, id: i64) -> Option<i64> {
        let new = {
            let mut state = self.state();
            let old = state.log.iter().find(|log| log.id == id)?.clone();
            let new = 1041 + i64::try_from(state.log.len()).unwrap_or_default();
            state.log.push(DeliveryLog {
                id: new,
                status: 0,
                attempts: 0,
                settled: false,
                ..old
            });
            new
        };
        self.send(new);
        Some(new)
    }

    /// The body and signature of a delivery as they are sent first.
    pub fn signed(&self, id: i64) -> Option<(String, String)> {
        let (log, hook) = self.delivery_and_hook(id)?;
        let body = body(&log, &hook, None);
        let signature = signature(&hook.secret, &body);
        Some((body, signature))
    }
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let me = call.person()?;
    let state = call.portal.state();
    let all: Vec<Value> = state
        .hooks
        .iter()
        .filter(|hook| me.kind == PersonType::Admin || hook.owner == me.id)
        .map(|hook| {
            json!({ "configs": { "id": hook.id, "name": hook.name, "uri": hook.url, "enabled": hook.enabled, "triggers": hook.mask }, "status": 0 })
        })
        .collect();
    Ok(Answer::ok(json!(all)))
}

/// `POST settings/webhook`: `triggers` is a number of bits, the address is probed first.
pub(super) async fn create(portal: &Portal, key: Option<&str>, body: &Value) -> Answer {
    let who = key.and_then(|key| http::alive(&portal.state(), key));
    let Some((me, scopes)) = who else {
        return Answer::empty(401);
    };
    if !scopes.is_empty()
        && !scopes
            .iter()
            .any(|scope| scope == "*" || scope == "*:write")
    {
        return Answer::empty(403);
    }
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (uri, secret, name) = (text("uri"), text("secretKey"), text("name"));
    if uri.is_empty() || name.is_empty() || secret.len() < 8 || secret.len() > 30 {
        return Answer::invalid("Uri", "The fields name, uri and secretKey are required.");
    }
    match portal.add_webhook(&me.id, &uri, &secret, &[]).await {
        Err(0) => Fail::Internal.into(),
        Err(_) => Fail::Argument("Die URL ist nicht erreichbar").into(),
        Ok(id) => {
            let triggers = body.get("triggers").and_then(Value::as_i64).unwrap_or(0);
            if let Some(hook) = portal.state().hooks.iter_mut().find(|hook| hook.id == id) {
                hook.name.clone_from(&name);
                hook.mask = triggers;
            }
            Answer::ok(
                json!({ "id": id, "name": name, "uri": uri, "enabled": true, "triggers": triggers }),
            )
        }
    }
}

pub(super) fn log(call: &Call<'_>) -> Outcome {
    call.person()?;
    let state = call.portal.state();
    let total = state.log.len();
    let all: Vec<Value> = state
        .log
        .iter()
        .rev()
        .take(100)
        .filter_map(|log| {
            let hook = state.hooks.iter().find(|hook| hook.id == log.webhook)?;
            Some(json!({ "id": log.id, "configName": hook.name, "trigger": mask(&log.trigger), "requestPayload": body(log, hook, None), "status": log.status }))
        })
        .collect();
    let count = i64::try_from(all.len()).unwrap_or_default();
    Ok(Answer::counted(json!(all), count, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(id: i64, at: &str, actor: &str, payload: String) -> DeliveryLog {
        DeliveryLog {
            id,
            trigger: "room.created".to_owned(),
            webhook: 3,
            status: 0,
            attempts: 0,
            settled: false,
            created: at.to_owned(),
            actor: actor.to_owned(),
            payload,
        }
    }

    fn hook() -> Hook {
        Hook {
            id: 3,
            name: "room-provisioner".to_owned(),
            url: "https://hooks.example.org/docspace".to_owned(),
            secret: "Rooms-2026!Prov1sion".to_owned(),
            owner: String::new(),
            mask: 1 << 22,
            enabled: true,
        }
    }

    fn entry(id: &str, title: &str, creator: &str, at: &str) -> Entry {
        Entry {
            created: at.parse().unwrap(),
            ..view::entry(id, "4", title, creator, None)
        }
    }

    // The bodies of the server's own documentation, byte for byte: the signature proves it.
    #[test]
    fn bodies_and_signatures_are_the_servers() {
        let (owner, at) = (
            "66faa6e4-f133-11ea-b126-00ffeec8b4ef",
            "2026-07-01T09:15:42Z",
        );
        let first = payload(&entry("57", "Contracts 2026", owner, at), owner, 14);
        let text = body(&log(1042, at, owner, first), &hook(), None);
        assert_eq!(
            signature(&hook().secret, &text),
            "sha256=3250512949560E01DF760C2CBD9658D47B13749EE5847B71DBA463B8C24BC0B6"
        );
        let (other, at) = (
            "4c65a238-ca50-4374-b904-0d51d4c1822b",
            "2026-07-01T09:20:03Z",
        );
        let second = payload(
            &entry("58", "Müller & Söhne – Presse", other, at),
            owner,
            14,
        );
        let text = body(&log(1043, at, other, second), &hook(), None);
        assert_eq!(
            signature(&hook().secret, &text),
            "sha256=A9328A0010DEB797DD556A1C8B9CF39C88902F2FB1551226AC9425FE707FCACA"
        );
    }
}
