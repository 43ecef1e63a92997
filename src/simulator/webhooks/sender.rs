//! Sends what is in the webhook log, with the server's retries (docs/docspace.md, deliveries).

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::simulator::portal::Portal;
use crate::simulator::state::webhooks::Sent;
use crate::simulator::state::world::{World, utc_seconds};
use crate::simulator::webhooks::payload::RetryPart;

const ATTEMPTS: u32 = 6;
const PROBE_LIMIT: Duration = Duration::from_secs(10);
/// So long a webhook is trusted without a success.
const TRUST: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How one attempt ended.
enum End {
    Delivered { status: u16, response: String },
    Failed(Fault),
}

struct Fault {
    status: u16,
    content: String,
    is_timeout: bool,
}

impl Fault {
    fn with(status: u16, content: String) -> End {
        End::Failed(Self {
            status,
            content,
            is_timeout: false,
        })
    }

    /// No answer, or one that broke off.
    fn of(fault: &reqwest::Error, url: &str) -> End {
        if fault.is_timeout() {
            let content = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.";
            return End::Failed(Self {
                status: 500,
                content: content.to_owned(),
                is_timeout: true,
            });
        }
        let content = if fault.is_connect() {
            format!("Connection refused ({url})")
        } else {
            "Error while copying content to a stream.".to_owned()
        };
        Self::with(0, content)
    }
}

struct Destination {
    webhook: i64,
    url: String,
    secret: String,
}

/// What the next attempt says of the one before: when its body was built, and what became of it.
struct Failure {
    built: Timestamp,
    content: String,
}

/// The value of the signature header: HMAC-SHA256 of exactly the bytes sent, in upper case.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("sha256={}", hex::encode_upper(digest.unwrap_or_default()))
}

impl Portal {
    /// Changes the world and sends what the change made known.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let changed = change(&mut self.world());
        self.send_outbox();
        changed
    }

    /// Sends everything that waits.
    pub(crate) fn send_outbox(&self) {
        let waiting: Vec<i64> = self.world().outbox.drain(..).collect();
        for event in waiting {
            self.send(event);
        }
    }

    pub(crate) fn send(&self, event: i64) {
        let portal = self.clone();
        self.inner.under_way.send_modify(|count| *count += 1);
        self.inner.runtime.spawn(async move {
            portal.deliver(event).await;
            portal
                .inner
                .under_way
                .send_modify(|count| *count = count.saturating_sub(1));
        });
    }

    async fn deliver(&self, event: i64) {
        let Some(destination) = self.destination(event) else {
            return;
        };
        let mut failure: Option<Failure> = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let wait = f64::from(1_u32 << (attempt - 1)) * self.inner.retry_scale;
                tokio::time::sleep(Duration::try_from_secs_f64(wait).unwrap_or_default()).await;
            }
            let built = self.world().precise_now();
            let before = failure.as_ref().map(|failure| (attempt, failure));
            let Some(sent) = self.prepare(event, &destination, built, before) else {
                return;
            };
            match self.attempt(&destination, sent).await {
                End::Delivered { status, response } => {
                    return self.note_success(event, &destination, status, response);
                }
                End::Failed(fault) if attempt + 1 == ATTEMPTS => {
                    return self.note_failure(event, &destination, fault);
                }
                End::Failed(fault) => {
                    let content = fault.content;
                    failure = Some(Failure { built, content });
                }
            }
        }
    }

    /// The webhook as it is now; a deleted one gets nothing, one without TLS where it is required is disabled.
    fn destination(&self, event: i64) -> Option<Destination> {
        let mut world = self.world();
        let webhook = world.log.get(&event)?.webhook;
        let config = world.webhooks.get_mut(&webhook)?;
        if config.ssl && !config.url.starts_with("https://") {
            config.is_enabled = false;
            return None;
        }
        Some(Destination {
            webhook,
            url: config.url.clone(),
            secret: config.secret.clone(),
        })
    }

    /// Builds, signs and notes the body of an attempt; `before` is the number of the retry and what it retries.
    fn prepare(
        &self,
        event: i64,
        destination: &Destination,
        now: Timestamp,
        before: Option<(u32, &Failure)>,
    ) -> Option<Sent> {
        let mut world = self.world();
        let last_success = world
            .webhooks
            .get(&destination.webhook)
            .and_then(|webhook| webhook.last_success);
        let retry = before.map(|(number, failure)| RetryPart {
            last_failure_on: utc_seconds(failure.built),
            last_failure_content: failure.content.clone(),
            last_success_on: last_success.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            retry_count: number,
            retry_on: utc_seconds(now),
        });
        let row = world.log.get_mut(&event)?;
        let body = row.body(Some(event), retry.as_ref());
        let sent = Sent {
            signature: signature(&destination.secret, body.as_bytes()),
            body,
        };
        row.sent = Some(sent.clone());
        row.attempts += 1;
        Some(sent)
    }

    async fn attempt(&self, destination: &Destination, sent: Sent) -> End {
        let limit = self.world().options.delivery_limit;
        let answer = self
            .inner
            .http
            .post(&destination.url)
            .timeout(limit)
            .header("x-docspace-signature-256", sent.signature)
            .header("Content-Type", "application/json; charset=utf-8")
            .body(sent.body)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) => return Fault::of(&fault, &destination.url),
        };
        let status = answer.status();
        // The body is a part of the answer: a success that breaks off is none.
        let response = match answer.text().await {
            Ok(response) => response,
            Err(fault) => return Fault::of(&fault, &destination.url),
        };
        if status.is_success() {
            return End::Delivered {
                status: status.as_u16(),
                response,
            };
        }
        let reason = status.canonical_reason().unwrap_or_default();
        Fault::with(
            status.as_u16(),
            format!(
                "Response status code does not indicate success: {} ({reason}).",
                status.as_u16()
            ),
        )
    }

    fn note_success(&self, event: i64, destination: &Destination, status: u16, response: String) {
        let mut world = self.world();
        let now = world.now();
        if let Some(row) = world.log.get_mut(&event) {
            (row.status, row.delivered, row.response) = (status, Some(now), response);
        }
        if let Some(webhook) = world.webhooks.get_mut(&destination.webhook) {
            webhook.last_success = Some(now);
        }
    }

    /// A webhook whose last attempt was answered 410 is deleted, and its row left as it is. One that had no success
    /// for too long is disabled, unless the failure is only that nothing came in time.
    fn note_failure(&self, event: i64, destination: &Destination, fault: Fault) {
        let mut world = self.world();
        let now = world.now();
        if fault.status == 410 {
            world.webhooks.remove(&destination.webhook);
            return;
        }
        if let Some(row) = world.log.get_mut(&event) {
            row.status = fault.status;
        }
        if let Some(webhook) = world.webhooks.get_mut(&destination.webhook) {
            let trusted = webhook.last_success.unwrap_or(webhook.created);
            webhook.last_failure = Some((now, fault.content));
            webhook.is_enabled &= fault.is_timeout || now.duration_since(trusted) <= TRUST;
        }
    }

    /// Asks a webhook's URL with HEAD, unsigned: whether the answer is 2xx. `None` if there is no answer.
    pub(crate) async fn probe(&self, url: &str) -> Option<bool> {
        let answer = self.inner.http.head(url).timeout(PROBE_LIMIT).send().await;
        answer.ok().map(|answer| answer.status().is_success())
    }
}
