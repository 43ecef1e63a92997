//! Sends what is in the webhook log, with the server's retries (docs/docspace.md, deliveries).

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::Portal;
use super::refusal::{Phrase, Refusal};
use super::state::utc_seconds;
use super::webhooks::{RetryPart, Sent};

const ATTEMPTS: u32 = 6;
const TIME_LIMIT: Duration = Duration::from_secs(100);
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// How one attempt ended.
enum End {
    Delivered { status: u16, response: String },
    Failed { status: u16, content: String },
}

struct Destination {
    webhook: i64,
    url: String,
    secret: String,
}

/// What the next attempt says of the one before.
struct Failure {
    on: Timestamp,
    content: String,
}

/// The value of the signature header: HMAC-SHA256 of exactly the bytes sent, in upper case.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("sha256={}", hex::encode_upper(digest.unwrap_or_default()))
}

impl Portal {
    /// Sends everything that waits.
    pub(super) fn send_outbox(&self) {
        let waiting: Vec<i64> = self.world().outbox.drain(..).collect();
        for event in waiting {
            self.send(event);
        }
    }

    pub(super) fn send(&self, event: i64) {
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
            let Some(sent) = self.prepare(event, &destination, attempt, failure.as_mut()) else {
                return;
            };
            match self.attempt(&destination, sent).await {
                End::Delivered { status, response } => {
                    return self.note_success(event, &destination, status, response);
                }
                End::Failed { status, content } if attempt + 1 == ATTEMPTS => {
                    return self.note_failure(event, &destination, status, content);
                }
                End::Failed { content, .. } => match &mut failure {
                    Some(failure) => failure.content = content,
                    None => {
                        let on = self.world().precise_now();
                        failure = Some(Failure { on, content });
                    }
                },
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

    /// Builds, signs and notes the body of an attempt. A first retry says it failed when the body was built,
    /// a later one when the retry before it was made.
    fn prepare(
        &self,
        event: i64,
        destination: &Destination,
        attempt: u32,
        failure: Option<&mut Failure>,
    ) -> Option<Sent> {
        let mut world = self.world();
        let now = world.precise_now();
        let last_success = world
            .webhooks
            .get(&destination.webhook)
            .and_then(|webhook| webhook.last_success);
        let retry = failure.map(|failure| {
            let failed_on = if attempt == 1 { now } else { failure.on };
            failure.on = now;
            RetryPart {
                last_failure_on: utc_seconds(failed_on),
                last_failure_content: failure.content.clone(),
                last_success_on: last_success
                    .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
                retry_count: attempt,
                retry_on: utc_seconds(now),
            }
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
        let answer = self
            .inner
            .http
            .post(&destination.url)
            .timeout(TIME_LIMIT)
            .header("x-docspace-signature-256", sent.signature)
            .header("Content-Type", "application/json; charset=utf-8")
            .body(sent.body)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) if fault.is_timeout() => {
                let content = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.";
                return End::Failed {
                    status: 500,
                    content: content.to_owned(),
                };
            }
            Err(_) => {
                return End::Failed {
                    status: 0,
                    content: format!("Connection refused ({})", destination.url),
                };
            }
        };
        let status = answer.status();
        if status.is_success() {
            return End::Delivered {
                status: status.as_u16(),
                response: answer.text().await.unwrap_or_default(),
            };
        }
        let reason = status.canonical_reason().unwrap_or_default();
        let content = format!(
            "Response status code does not indicate success: {} ({reason}).",
            status.as_u16()
        );
        End::Failed {
            status: status.as_u16(),
            content,
        }
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

    /// A webhook whose last attempt was answered 410 is deleted, and its row left as it is.
    fn note_failure(&self, event: i64, destination: &Destination, status: u16, content: String) {
        let mut world = self.world();
        let now = world.now();
        if status == 410 {
            world.webhooks.remove(&destination.webhook);
            return;
        }
        if let Some(row) = world.log.get_mut(&event) {
            row.status = status;
        }
        if let Some(webhook) = world.webhooks.get_mut(&destination.webhook) {
            webhook.last_failure = Some((now, content));
        }
    }

    /// Asks a webhook's URL with HEAD, unsigned: anything but 2xx is refused.
    pub(super) async fn probe(&self, url: &str) -> Result<(), Refusal> {
        let answer = self.inner.http.head(url).timeout(PROBE_LIMIT).send().await;
        match answer.map(|answer| answer.status().is_success()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::Argument(Phrase::WebhookUrl)),
            Err(_) => Err(Refusal::Unforeseen(
                "An error occurred while sending the request.",
            )),
        }
    }
}
