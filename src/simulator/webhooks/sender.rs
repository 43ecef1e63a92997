//! The sender: one task with a queue in memory, which sends batch by batch (webhooks.md §3).

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::address::Unfit;
use super::attempt::{End, Failure, Fault};
use crate::simulator::portal::Portal;
use crate::simulator::state::webhooks::{LogRow, NOBODY, Record, Sent, Webhook};
use crate::simulator::state::world::World;

/// So long the sender sleeps between two looks at an empty queue.
const LOOKS_EVERY: Duration = Duration::from_secs(5);
/// So many deliveries are sent at once.
const BATCH: usize = 10;
const ATTEMPTS: u32 = 6;
/// So long a webhook is trusted without a success.
const TRUST: SignedDuration = SignedDuration::from_hours(3 * 24);
/// What the log's column of answers holds, in bytes.
const MAX_RESPONSE: usize = 65_535;

impl Portal {
    /// Changes the world and hands to the sender what the change made known.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (changed, made_known) = {
            let mut world = self.world();
            let changed = change(&mut world);
            (changed, std::mem::take(&mut world.outbox))
        };
        made_known.into_iter().for_each(|event| self.enqueue(event));
        changed
    }

    /// Puts a row of the log at the end of the sender's queue, if there still is one.
    pub(crate) fn enqueue(&self, event: i64) {
        if !self.is_sending() {
            return;
        }
        self.inner.under_way.send_modify(|count| *count += 1);
        self.queue().push(event);
        self.inner.queued.notify_one();
    }

    /// The sender's work, until its task is ended. What is queued then is lost.
    pub(crate) async fn run_sender(self) {
        let mut chance = fastrand::Rng::with_seed(self.world().options.seed);
        let mut idle_since = Instant::now();
        loop {
            let mut waiting = std::mem::take(&mut *self.queue());
            if waiting.is_empty() {
                self.next_look(idle_since).await;
                continue;
            }
            // All of a batch must be done before the next begins, and its order is left to chance.
            for batch in waiting.chunks_mut(BATCH) {
                chance.shuffle(batch);
                join_all(batch.iter().map(|event| self.send(*event))).await;
            }
            idle_since = Instant::now();
        }
    }

    /// Waits for the first look at the queue after something was put in.
    async fn next_look(&self, idle_since: Instant) {
        self.inner.queued.notified().await;
        let every = LOOKS_EVERY.mul_f64(self.inner.retry_scale);
        if !every.is_zero() {
            let looks = idle_since.elapsed().div_duration_f64(every).floor() + 1.0;
            tokio::time::sleep_until(idle_since + every.mul_f64(looks)).await;
        }
    }

    async fn send(&self, event: i64) {
        self.deliver(event).await;
        self.inner
            .under_way
            .send_modify(|count| *count = count.saturating_sub(1));
    }

    /// Delivers an event, or gives up. The row and the webhook as they are now are used to the end, and the webhook is
    /// written back: what others change meanwhile is undone.
    async fn deliver(&self, event: i64) {
        let Some((row, mut webhook)) = self.world().row_and_webhook(event) else {
            return;
        };
        let destination = match self.destination(&webhook.url, webhook.ssl).await {
            Ok(destination) => destination,
            Err(Unfit::Refused) => return self.world().remove_webhook(webhook.id),
            Err(Unfit::Invalid) => {
                webhook.is_enabled = false;
                return self.world().write_webhook(webhook, NOBODY);
            }
        };
        let mut failure: Option<Failure> = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let wait = f64::from(1_u32 << (attempt - 1)) * self.inner.retry_scale;
                tokio::time::sleep(Duration::try_from_secs_f64(wait).unwrap_or_default()).await;
            }
            let built = self.world().precise_now();
            let retry = failure
                .as_ref()
                .map(|failure| failure.told(attempt, built, webhook.last_success));
            let sent = Sent::signed(row.body(Some(event), retry.as_ref()), &webhook.secret);
            self.world().note_attempt(event, &sent);
            match self.attempt(&destination, &sent).await {
                End::Delivered(record) => {
                    return self.world().note_success(event, webhook, record);
                }
                End::Failed(fault) if attempt + 1 == ATTEMPTS => {
                    return self.world().note_failure(event, webhook, &sent, fault);
                }
                End::Failed(fault) => {
                    let content = fault.content;
                    failure = Some(Failure { built, content });
                }
            }
        }
    }
}

impl World {
    /// A row of the log and its webhook, unless that was deleted.
    fn row_and_webhook(&self, event: i64) -> Option<(LogRow, Webhook)> {
        let row = self.log.get(&event)?;
        let webhook = self.webhooks.get(&row.webhook)?;
        Some((row.clone(), webhook.clone()))
    }

    fn note_attempt(&mut self, event: i64, sent: &Sent) {
        if let Some(row) = self.log.get_mut(&event) {
            row.sent = Some(sent.clone());
            row.attempts += 1;
        }
    }

    /// An answer that the log cannot hold is an error of the database: then nothing is noted of the success.
    fn note_success(&mut self, event: i64, mut webhook: Webhook, record: Record) {
        let fits = |response: &String| {
            response.len() <= MAX_RESPONSE && response.chars().all(|letter| letter <= '\u{ffff}')
        };
        if !record.response.as_ref().is_none_or(fits) {
            return;
        }
        let now = self.now();
        if let Some(row) = self.log.get_mut(&event) {
            row.record = Record {
                delivered: Some(now),
                ..record
            };
        }
        webhook.last_success = Some(now);
        self.write_webhook(webhook, NOBODY);
    }

    /// A webhook whose last attempt was answered 410 is deleted. One that had no success for too long is disabled,
    /// unless the failure is only that nothing came in time.
    fn note_failure(&mut self, event: i64, mut webhook: Webhook, sent: &Sent, fault: Fault) {
        if fault.status == 410 {
            return self.remove_webhook(webhook.id);
        }
        if let Some(row) = self.log.get_mut(&event) {
            row.record = Record {
                status: fault.status,
                response: Some(fault.content.clone()),
                ..Record::of(sent)
            };
        }
        let now = self.now();
        let trusted = webhook.last_success.unwrap_or(webhook.created);
        webhook.is_enabled &= fault.is_timeout || now.duration_since(trusted) <= TRUST;
        webhook.last_failure = Some((now, fault.content));
        self.write_webhook(webhook, NOBODY);
    }
}
