//! The sender: one task with a queue in memory, which sends in batches (webhooks.md §3).

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::address::BadAddress;
use super::attempt::{Failure, Fault, Outcome};
use crate::simulator::portal::Portal;
use crate::simulator::state::webhooks::{LogRow, NOBODY, Record, Sent, Webhook};
use crate::simulator::state::world::World;

/// How long the sender sleeps between two polls of an empty queue.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The number of deliveries that are sent at once.
const BATCH: usize = 10;
const ATTEMPTS: u32 = 6;
/// How long a webhook stays enabled without a success.
const MAX_TIME_WITHOUT_SUCCESS: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The maximum length of a response in the log, in bytes.
const MAX_RESPONSE: usize = 65_535;

impl Portal {
    /// Changes the world, and hands the events of the change to the sender.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (changed, made_known) = {
            let mut world = self.world();
            let changed = change(&mut world);
            (changed, std::mem::take(&mut world.outbox))
        };
        made_known.into_iter().for_each(|event| self.enqueue(event));
        changed
    }

    /// Adds a row of the log to the sender's queue, if the sender is running.
    pub(crate) fn enqueue(&self, event: i64) {
        if !self.is_sending() {
            return;
        }
        self.inner.in_flight.send_modify(|count| *count += 1);
        self.queue().push(event);
        self.inner.queued.notify_one();
    }

    /// The sender's loop, until its task is aborted. Rows that are queued then are lost.
    pub(crate) async fn run_sender(self) {
        let mut chance = fastrand::Rng::with_seed(self.world().options.seed);
        let mut idle_since = Instant::now();
        loop {
            let mut waiting = std::mem::take(&mut *self.queue());
            if waiting.is_empty() {
                self.next_poll(idle_since).await;
                continue;
            }
            // A batch must be done before the next one starts; the order within a batch is random.
            for batch in waiting.chunks_mut(BATCH) {
                chance.shuffle(batch);
                join_all(batch.iter().map(|event| self.send(*event))).await;
            }
            idle_since = Instant::now();
        }
    }

    /// Waits for the first poll after a row was queued.
    async fn next_poll(&self, idle_since: Instant) {
        self.inner.queued.notified().await;
        let every = POLL_INTERVAL.mul_f64(self.inner.retry_scale);
        if !every.is_zero() {
            let polls = idle_since.elapsed().div_duration_f64(every).floor() + 1.0;
            tokio::time::sleep_until(idle_since + every.mul_f64(polls)).await;
        }
    }

    async fn send(&self, event: i64) {
        self.deliver(event).await;
        self.inner
            .in_flight
            .send_modify(|count| *count = count.saturating_sub(1));
    }

    /// Delivers an event, or gives up. It works on copies of the row and the webhook and writes the webhook back, which
    /// undoes changes made in the meantime.
    async fn deliver(&self, event: i64) {
        let Some((row, mut webhook)) = self.world().row_and_webhook(event) else {
            return;
        };
        let destination = match self.destination(&webhook.url, webhook.ssl).await {
            Ok(destination) => destination,
            Err(BadAddress::Refused) => return self.world().remove_webhook(webhook.id),
            Err(BadAddress::Invalid) => {
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
                .map(|failure| failure.retry_part(attempt, built, webhook.last_success));
            let sent = Sent::signed(row.body(Some(event), retry.as_ref()), &webhook.secret);
            self.world().note_attempt(event, &sent);
            match self.attempt(&destination, &sent).await {
                Outcome::Delivered(record) => {
                    return self.world().note_success(event, webhook, record);
                }
                Outcome::Failed(fault) if attempt + 1 == ATTEMPTS => {
                    return self.world().note_failure(event, webhook, &sent, fault);
                }
                Outcome::Failed(fault) => {
                    let content = fault.content;
                    failure = Some(Failure { built, content });
                }
            }
        }
    }
}

impl World {
    /// A row of the log and its webhook, unless the webhook was deleted.
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

    /// A response that does not fit the log causes a database error: then the success is not recorded.
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

    /// Deletes a webhook whose last attempt got a 410. Disables one without a success for too long, unless the last
    /// failure is a timeout.
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
        webhook.is_enabled &=
            fault.is_timeout || now.duration_since(trusted) <= MAX_TIME_WITHOUT_SUCCESS;
        webhook.last_failure = Some((now, fault.content));
        self.write_webhook(webhook, NOBODY);
    }
}
