//! Whom an event is for (webhooks.md §1.4, §7).

use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::webhooks::{LogRow, Record, Trigger, Webhook, trigger_names};
use crate::simulator::state::world::World;

impl World {
    /// Writes a row of the log for each webhook the event is for; the sender takes them from the outbox.
    pub(crate) fn publish(&mut self, trigger: Trigger, id: &EntryId, actor: &str) {
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let asked = |webhook: &&Webhook| {
            webhook.is_enabled
                && (webhook.mask == 0 || webhook.mask & trigger.bit() != 0)
                && webhook
                    .target
                    .as_ref()
                    .is_none_or(|target| target.is_empty() || *target == id.to_string())
        };
        // All checks run on one object, which keeps what the last of them left on it.
        let mut left_over = None;
        let mut told = Vec::new();
        for webhook in self.webhooks.values().filter(asked) {
            let (is_told, left) = if webhook.owner == actor {
                (true, access::NONE)
            } else {
                self.is_told(&webhook.owner, entry)
            };
            left_over = Some(left)
                .filter(|left| *left != access::NONE)
                .or(left_over);
            if is_told {
                told.push(webhook);
            }
        }
        let payload = self.payload(entry, left_over);
        let (entry, now) = (entry.id.clone(), self.now());
        let rows: Vec<LogRow> = told
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
