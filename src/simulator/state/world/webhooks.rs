//! Webhooks, and the log of what was sent to them (webhooks.md 3, 6).

use super::World;
use crate::simulator::state::webhooks::*;

impl World {
    pub(crate) fn insert_webhook(
        &mut self,
        owner: &str,
        name: &str,
        url: &str,
        secret: &str,
        mask: i64,
    ) -> i64 {
        self.last_webhook += 1;
        let webhook = Webhook {
            id: self.last_webhook,
            name: name.to_owned(),
            url: url.to_owned(),
            secret: secret.to_owned(),
            is_enabled: true,
            ssl: false,
            mask,
            target: None,
            owner: owner.to_owned(),
            created: self.now(),
            modified: None,
            last_success: None,
            last_failure: None,
        };
        self.webhooks.insert(self.last_webhook, webhook);
        self.last_webhook
    }

    /// Stores all properties of a webhook, as `who`. A deleted webhook stays deleted.
    pub(crate) fn write_webhook(&mut self, copy: Webhook, who: &str) {
        let now = self.now();
        if let Some(webhook) = self.webhooks.get_mut(&copy.id) {
            let first = copy.modified.as_ref().map(|(first, _)| first.clone());
            *webhook = Webhook {
                modified: Some((first.unwrap_or_else(|| who.to_owned()), now)),
                ..copy
            };
        }
    }

    /// Deletes a webhook and its rows of the log.
    pub(crate) fn remove_webhook(&mut self, id: i64) {
        self.webhooks.remove(&id);
        self.log.retain(|_, row| row.webhook != id);
    }

    /// Adds a row to the log and hands it to the sender.
    pub(crate) fn queue(&mut self, row: LogRow) -> i64 {
        self.last_event += 1;
        self.log.insert(self.last_event, row);
        self.outbox.push(self.last_event);
        self.last_event
    }

    /// Adds a row with the same content to the log, as a manual retry does.
    pub(crate) fn queue_again(&mut self, event: i64) -> Option<i64> {
        let row = self.log.get(&event)?;
        let again = LogRow {
            created: self.now(),
            record: Record {
                request: row.record.request.clone(),
                ..Record::default()
            },
            sent: None,
            attempts: 0,
            ..row.clone()
        };
        Some(self.queue(again))
    }
}
