//! Whom an event is for (webhooks.md §1.4, §7).

use crate::simulator::rights::{Standing, access};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::Entry;
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
        let asked: Vec<&Webhook> = self.webhooks.values().filter(asked).collect();
        // All checks run on one object, which keeps what the last of them left on it.
        let left_over = asked
            .iter()
            .rev()
            .filter(|webhook| webhook.owner != actor)
            .find_map(|webhook| self.access_left_by_check(&webhook.owner, entry));
        let payload = self.payload(entry, left_over);
        let (entry, now) = (entry.id.clone(), self.now());
        let rows: Vec<LogRow> = asked
            .into_iter()
            .filter(|webhook| webhook.owner == actor || self.may_read(Some(&webhook.owner), id))
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

    /// The check of a webhook's owner who is no DocSpace admin writes his access on the entry.
    fn access_left_by_check(&self, owner: &str, entry: &Entry) -> Option<i32> {
        let (person, room) = self.person(owner).zip(self.room_of(&entry.id))?;
        if person.kind == EmployeeType::DocSpaceAdmin {
            return None;
        }
        match self.standing(person, room) {
            Standing::Owner => None,
            Standing::Member(code) => Some(code),
            Standing::Stranger => Some(access::RESTRICT),
        }
    }
}
