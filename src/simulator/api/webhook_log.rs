//! The webhook log, and resending its rows (webhooks.md §6.1).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::webhooks::{numbered, own, webhook_user};
use crate::simulator::state::collation;
use crate::simulator::state::ids;
use crate::simulator::state::webhooks::{LogRow, TRIGGERS};
use crate::simulator::state::world::{World, utc_seconds};
use crate::simulator::wire::call::{Answer, Call, Outcome, Page, number};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// The filters of a request for the log.
struct Parameters<'call> {
    config: Option<i64>,
    event: Option<i64>,
    /// 0, or one bit.
    trigger: i64,
    /// A sum of [`status_group`]s; 0 means no filter.
    groups: i64,
    url: Option<&'call str>,
    owner: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    page: Page,
}

impl<'call> Parameters<'call> {
    fn read(call: &'call Call) -> Result<Self, Refusal> {
        let owner = |text: &str| ids::parse_guid(text);
        let count = requested(call, "count", whole)?.unwrap_or(100);
        if !(1..=100).contains(&count) {
            return Err(Refusal::out_of_range("count", 1, 100));
        }
        let start = requested(call, "startIndex", whole)?.unwrap_or(0);
        Ok(Self {
            config: requested(call, "configId", whole)?,
            event: requested(call, "eventId", whole)?,
            trigger: requested(call, "trigger", trigger)?.unwrap_or(0),
            groups: requested(call, "groupStatus", status_groups)?.unwrap_or(0),
            url: call.query("hookUri").filter(|url| !url.is_empty()),
            owner: requested(call, "userId", owner)?,
            from: requested(call, "deliveryFrom", time)?,
            to: requested(call, "deliveryTo", time)?,
            page: Page {
                start: usize::try_from(start).map_err(|_| {
                    Refusal::Thrown(Exception::MySql, "You have an error in your SQL syntax")
                })?,
                count: usize::try_from(count).unwrap_or(100),
            },
        })
    }

    fn takes(&self, world: &World, id: i64, row: &LogRow) -> bool {
        let Some(webhook) = world.webhooks.get(&row.webhook) else {
            return false;
        };
        let delivered = row.record.delivered;
        self.config.is_none_or(|config| row.webhook == config)
            && self.event.is_none_or(|event| id == event)
            && (self.trigger == 0 || self.trigger == row.trigger.bit())
            && (self.groups == 0 || self.groups & status_group(row.record.status) != 0)
            && self.url.is_none_or(|url| collation::same(&webhook.url, url))
            && self.owner.as_ref().is_none_or(|owner| webhook.owner == *owner)
            // Only a delivered row has a time of delivery.
            && self.from.is_none_or(|from| delivered.is_some_and(|at| at >= from))
            && self.to.is_none_or(|to| delivered.is_some_and(|at| at <= to))
    }
}

/// A value of the query; an empty one counts as absent.
fn requested<T>(
    call: &Call,
    name: &str,
    read: fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    call.query(name)
        .filter(|text| !text.is_empty())
        .map(|text| read(text.trim()).ok_or_else(|| Refusal::not_valid(name, text)))
        .transpose()
}

fn whole(text: &str) -> Option<i64> {
    text.parse::<i32>().ok().map(i64::from)
}

/// A time without a zone is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let utc = |civil: DateTime| Offset::UTC.to_timestamp(civil).ok();
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| text.parse().ok().and_then(utc))
}

/// The names or numbers of an enumeration, separated by commas.
fn enumerated(text: &str, value_of: impl Fn(&str) -> Option<i64>) -> Option<i64> {
    text.split(',').map(str::trim).try_fold(0, |all, one| {
        let value = one.parse().ok().or_else(|| value_of(one))?;
        Some(all | value)
    })
}

/// The bit of one event; 0 for all. Dotted names and sums are not accepted.
fn trigger(text: &str) -> Option<i64> {
    let named = |name: &str| {
        let known = TRIGGERS.iter().find(|known| known.is_member(name));
        let all = name.eq_ignore_ascii_case("All").then_some(0);
        all.or_else(|| known.map(|known| known.bit()))
    };
    let bits = enumerated(text, named)?;
    let is_one = bits == 0 || TRIGGERS.iter().any(|known| known.bit() == bits);
    is_one.then_some(bits)
}

fn status_groups(text: &str) -> Option<i64> {
    const NAMES: [(&str, i64); 6] = [
        ("None", 0),
        ("NotSent", 1),
        ("Status2xx", 2),
        ("Status3xx", 4),
        ("Status4xx", 8),
        ("Status5xx", 16),
    ];
    let named = |name: &str| {
        let known = NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, bit)| *bit)
    };
    enumerated(text, named).filter(|groups| (0..32).contains(groups))
}

fn status_group(status: u16) -> i64 {
    match status / 100 {
        2 => 2,
        3 => 4,
        4 => 8,
        5 => 16,
        _ => 1,
    }
}

/// `GET settings/webhooks/log`: newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let mut requested = Parameters::read(call)?;
    let (who, is_admin) = webhook_user(world, call)?;
    if !is_admin {
        requested.owner = Some(who.to_owned());
    }
    let rows: Vec<Value> = world
        .log
        .iter()
        .rev()
        .filter(|(id, row)| requested.takes(world, **id, row))
        .map(|(id, row)| {
            let name = world.webhooks.get(&row.webhook).map(|hook| &hook.name);
            world.log_item(*id, row, name)
        })
        .collect();
    let total = i64::try_from(rows.len()).ok();
    Ok(Answer {
        total,
        ..Answer::streamed(requested.page.of(rows))
    })
}

/// `PUT settings/webhook/{id}/retry`: creates a new row with a new event id.
pub(crate) fn retry(world: &mut World, call: &Call) -> Outcome {
    let event = numbered(call)?;
    if event == 0 {
        return Err(Refusal::Argument(Phrase::WebhookMissing));
    }
    let row = world
        .log
        .get(&event)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    own(world, call, row.webhook)?;
    let again = sent_again(world, event).ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    Ok(Answer::of(again))
}

/// `PUT settings/webhook/retry`: leaves out rows that are unknown or belong to other people.
pub(crate) fn retry_all(world: &mut World, call: &Call) -> Outcome {
    let ids = call.body()?.list("ids")?;
    webhook_user(world, call)?;
    let ids = ids.ok_or(Refusal::Unforeseen(
        "Object reference not set to an instance of an object.",
    ))?;
    let wrong = |at: usize| Refusal::not_convertible(&format!("$.ids[{at}]"), "Int32");
    let events: Vec<i64> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| number(id).ok_or_else(|| wrong(at)))
        .collect::<Result<_, _>>()?;
    let mut again = Vec::new();
    for event in events {
        let webhook = world.log.get(&event).map(|row| row.webhook);
        if webhook.is_some_and(|webhook| own(world, call, webhook).is_ok()) {
            again.extend(sent_again(world, event));
        }
    }
    Ok(Answer::streamed(again))
}

/// The new row, which does not name its webhook.
fn sent_again(world: &mut World, event: i64) -> Option<Value> {
    let again = world.queue_again(event)?;
    let row = world.log.get(&again)?;
    Some(world.log_item(again, row, None))
}

impl World {
    fn log_item(&self, id: i64, row: &LogRow, name: Option<&String>) -> Value {
        let record = &row.record;
        json!({
            "id": id, "configName": name, "trigger": row.trigger.bit(), "creationTime": self.log_date(row.created),
            "requestHeaders": record.request_headers, "requestPayload": record.request,
            "responseHeaders": record.response_headers, "responsePayload": record.response,
            "status": record.status, "delivery": record.delivered.map(|at| self.log_date(at)),
        })
    }

    /// The date as the log shows it. The server takes UTC for the portal's time and converts it again, so it is wrong
    /// by the portal's offset.
    fn log_date(&self, at: Timestamp) -> String {
        let offset = SignedDuration::from_mins(self.options.utc_offset_minutes.into());
        utc_seconds(at.checked_sub(offset).unwrap_or(at))
    }
}
