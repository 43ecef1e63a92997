//! The webhooks that get an event (webhooks.md §1.4, §7).

use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::webhooks::{LogRow, Record, Trigger, Webhook, trigger_names};
use crate::simulator::state::world::World;

impl World {
    /// Adds a row to the log for each webhook that gets the event; the sender takes the rows from the outbox.
    pub(crate) fn publish(&mut self, trigger: Trigger, id: &EntryId, actor: &str) {
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let is_subscribed = |webhook: &&Webhook| {
            webhook.is_enabled
                && (webhook.mask == 0 || webhook.mask & trigger.bit() != 0)
                && webhook
                    .target
                    .as_ref()
                    .is_none_or(|target| target.is_empty() || *target == id.to_string())
        };
        // All checks use the same object, which keeps the result of the last one.
        let mut last_access = None;
        let mut receivers = Vec::new();
        for webhook in self.webhooks.values().filter(is_subscribed) {
            let (receives, access) = if webhook.owner == actor {
                (true, access::NONE)
            } else {
                self.receives_events(&webhook.owner, entry)
            };
            last_access = Some(access)
                .filter(|access| *access != access::NONE)
                .or(last_access);
            if receives {
                receivers.push(webhook);
            }
        }
        let payload = self.payload(entry, last_access);
        let (entry, now) = (entry.id.clone(), self.now());
        let rows: Vec<LogRow> = receivers
            .into_iter()
            .map(|webhook| LogRow {
                webhook: webhook.id,
                name: webhook.name.clone(),
                url: webhook.url.clone(),
                triggers: trigger_names(webhook.mask),
                target: webhook.target.clone().filter(|target| !target.is_empty()),
                trigger,
                entry: entry.clone(),
                actor: actor.to_owned(),
                published: now,
                created: now,
                payload: payload.clone(),
                record: Record::default(),
                sent: None,
                attempts: 0,
            })
            .collect();
        for mut row in rows {
            row.record.request = row.body(None, None);
            self.queue(row);
        }
    }
}
