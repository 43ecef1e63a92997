//! Webhooks for tests and the demo: registering them, reading deliveries, repeating deliveries.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::webhooks::{LogRow, Trigger};

/// An event for one webhook, pending or delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// `event.id`: the same for all automatic attempts.
    pub event: i64,
    /// The webhook it is for.
    pub webhook: i64,
    /// The event.
    pub trigger: Trigger,
    /// The room or folder that the event is about.
    pub entry: EntryId,
    /// The number of attempts.
    pub attempts: u32,
    /// The status of the response; 0 while there is none.
    pub status: u16,
    /// Whether the response was 2xx.
    pub delivered: bool,
    /// The body of the last attempt; before the first one, the body without an event id.
    pub body: String,
    /// The signature header of the last attempt.
    pub signature: Option<String>,
}

/// The current configuration of a webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// Whether events are sent to it.
    pub enabled: bool,
    /// The sum of its triggers' bits; 0 means every trigger.
    pub mask: i64,
    /// The person who created it.
    pub owner: String,
}

impl Portal {
    /// Registers a webhook without probing its URL. `mask` is a sum of [`Trigger::bit`]s, 0 for every trigger.
    pub fn add_webhook(&self, owner: &str, url: &str, secret: &str, mask: i64) -> i64 {
        let mut world = self.world();
        let name = format!("webhook-{}", world.last_webhook + 1);
        world.insert_webhook(owner, &name, url, secret, mask)
    }

    /// Switches a webhook off or on, as the portal or a person does.
    pub fn set_webhook_enabled(&self, webhook: i64, enabled: bool) {
        if let Some(webhook) = self.world().webhooks.get_mut(&webhook) {
            webhook.is_enabled = enabled;
        }
    }

    /// Deletes a webhook and its part of the log. False if no webhook has this number.
    pub fn remove_webhook(&self, webhook: i64) -> bool {
        let mut world = self.world();
        let known = world.webhooks.contains_key(&webhook);
        world.remove_webhook(webhook);
        known
    }

    /// Publishes an event about a room or folder although nothing happened. False if the entry does not exist.
    pub fn fire(&self, trigger: Trigger, entry: &EntryId, actor: &str) -> bool {
        self.change(|world| {
            world.publish(trigger, entry, actor);
            world.entries.contains_key(entry)
        })
    }

    /// Changes the secret of a webhook.
    pub fn set_webhook_secret(&self, webhook: i64, secret: &str) {
        if let Some(webhook) = self.world().webhooks.get_mut(&webhook) {
            secret.clone_into(&mut webhook.secret);
        }
    }

    /// All webhooks, by number.
    pub fn webhooks(&self) -> Vec<WebhookView> {
        let world = self.world();
        let view = |webhook: &crate::simulator::state::webhooks::Webhook| WebhookView {
            id: webhook.id,
            name: webhook.name.clone(),
            url: webhook.url.clone(),
            enabled: webhook.is_enabled,
            mask: webhook.mask,
            owner: webhook.owner.clone(),
        };
        world.webhooks.values().map(view).collect()
    }

    /// The webhook log, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world()
            .log
            .iter()
            .map(|(event, row)| delivery(*event, row))
            .collect()
    }

    /// A manual retry: the same event under a new id. `None` if the event does not exist.
    pub fn redeliver(&self, event: i64) -> Option<i64> {
        self.change(|world| world.queue_again(event))
    }

    /// Sends an event once more under its own id, as the message bus does when it loses track. False if the event does
    /// not exist.
    pub fn deliver_again(&self, event: i64) -> bool {
        let known = self.world().log.contains_key(&event);
        if known {
            self.enqueue(event);
        }
        known
    }

    /// Waits until nothing is being sent and no retry is due.
    pub async fn wait_deliveries_settled(&self) {
        // Fails only if the sender is dropped, and `self` holds it.
        self.inner
            .in_flight
            .subscribe()
            .wait_for(|count| *count == 0)
            .await
            .ok();
    }

    /// The time of the portal's clock.
    pub fn now(&self) -> Timestamp {
        self.world().precise_now()
    }

    /// Moves the portal's clock forward.
    pub fn advance(&self, by: SignedDuration) {
        let mut world = self.world();
        world.ahead = world.ahead.saturating_add(by);
    }
}

fn delivery(event: i64, row: &LogRow) -> Delivery {
    Delivery {
        event,
        webhook: row.webhook,
        trigger: row.trigger,
        entry: row.entry.clone(),
        attempts: row.attempts,
        status: row.record.status,
        delivered: row.record.delivered.is_some(),
        body: row
            .sent
            .as_ref()
            .map_or_else(|| row.record.request.clone(), |sent| sent.body.clone()),
        signature: row.sent.as_ref().map(|sent| sent.signature.clone()),
    }
}
