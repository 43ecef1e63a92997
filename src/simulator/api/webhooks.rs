//! The webhooks' settings and their log.

use serde_json::{Value, json};

use crate::simulator::state::ids;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::title;
use crate::simulator::state::webhooks::{LogRow, Trigger, Webhook};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Members, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// What a request wants a webhook to be.
struct Wanted {
    name: String,
    url: String,
    secret: Option<String>,
    is_enabled: bool,
    ssl: bool,
    mask: i64,
    target: Option<String>,
}

impl Wanted {
    fn read(body: &Members) -> Result<Self, Refusal> {
        let required =
            |field: &str| Refusal::validation(field, format!("The {field} field is required."));
        let name = body
            .text("name")?
            .filter(|name| !name.is_empty())
            .ok_or_else(|| required("Name"))?;
        let url = body
            .text("uri")?
            .filter(|url| !url.is_empty())
            .ok_or_else(|| required("Uri"))?;
        if title::units(&name) > 50 {
            return Err(Refusal::too_long("Name", "Name", 50));
        }
        Ok(Self {
            name,
            url,
            secret: body.text("secretKey")?.filter(|secret| !secret.is_empty()),
            is_enabled: body.flag("enabled")?.unwrap_or(true),
            ssl: body.flag("ssl")?.unwrap_or(false),
            mask: body.number("triggers")?.unwrap_or(0),
            target: body.text("targetId")?.filter(|target| !target.is_empty()),
        })
    }

    /// The secret must be fit for a password: 8 to 30 printable characters without a blank.
    fn check_secret(&self) -> Result<(), Refusal> {
        let fits = |secret: &String| {
            (8..=30).contains(&secret.len())
                && secret.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
        };
        if self.secret.as_ref().is_none_or(fits) {
            Ok(())
        } else {
            Err(Refusal::Argument(Phrase::WebhookSecret))
        }
    }

    /// Room triggers are for those who make rooms, unless everything is asked for.
    fn check_rights(&self, kind: EmployeeType) -> Result<(), Refusal> {
        let room_triggers = Trigger::RoomCreated.bit() - 1;
        if self.mask & !room_triggers != 0 && !kind.may_own_rooms() {
            Err(Refusal::Right)
        } else {
            Ok(())
        }
    }
}

/// Who may deal with webhooks: anybody but guests.
fn keeper<'call>(world: &World, call: &'call Call) -> Result<(&'call str, EmployeeType), Refusal> {
    let who = call.person()?;
    let kind = world
        .person(who)
        .map(|person| person.kind)
        .ok_or(Refusal::Empty(401))?;
    if kind == EmployeeType::Guest {
        Err(Refusal::Right)
    } else {
        Ok((who, kind))
    }
}

/// A webhook the caller may see: an admin all, others their own.
fn own<'world>(world: &'world World, call: &Call, id: i64) -> Result<&'world Webhook, Refusal> {
    let (who, kind) = keeper(world, call)?;
    let sees = |webhook: &&Webhook| kind == EmployeeType::DocSpaceAdmin || webhook.owner == who;
    world
        .webhooks
        .get(&id)
        .filter(sees)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))
}

/// `GET settings/webhook`.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (who, kind) = keeper(world, call)?;
    let seen = world
        .webhooks
        .values()
        .filter(|webhook| kind == EmployeeType::DocSpaceAdmin || webhook.owner == who);
    let items: Vec<Value> = seen
        .map(|webhook| {
            let rows = world
                .log
                .values()
                .filter(|row| row.webhook == webhook.id && row.delivered.is_some());
            let status = rows
                .max_by_key(|row| row.delivered)
                .map_or(0, |row| row.status);
            json!({ "configs": world.webhook_item(webhook), "status": status })
        })
        .collect();
    Ok(Answer::of(items.into()))
}

/// What the answer of a webhook's URL means: anything but 2xx is refused.
pub(crate) fn admit_probed(answer: Option<bool>) -> Result<(), Refusal> {
    match answer {
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::Argument(Phrase::WebhookUrl)),
        None => Err(Refusal::Unforeseen(
            "An error occurred while sending the request.",
        )),
    }
}

/// Checks everything that is checked before the URL is asked, and gives the URL to ask.
pub(crate) fn url_to_probe(
    world: &World,
    call: &Call,
    template: &str,
) -> Result<Option<String>, Refusal> {
    let (_, kind) = keeper(world, call)?;
    let body = call.body()?;
    let wanted = Wanted::read(&body)?;
    wanted.check_rights(kind)?;
    if template.ends_with("enable") {
        let webhook = own(world, call, body.number("id")?.unwrap_or(0))?;
        return Ok(wanted.is_enabled.then(|| webhook.url.clone()));
    }
    wanted.check_secret()?;
    let id = if call.method == "PUT" {
        Some(body.number("id")?.unwrap_or(0))
    } else {
        None
    };
    match id {
        Some(id) => drop(own(world, call, id)?.id),
        None if wanted.secret.is_none() => return Err(Refusal::Argument(Phrase::WebhookSecret)),
        None => {}
    }
    let is_twice = |webhook: &Webhook| {
        webhook.url == wanted.url && webhook.name == wanted.name && Some(webhook.id) != id
    };
    if world.webhooks.values().any(is_twice) {
        return Err(Refusal::Argument(Phrase::WebhookTwice));
    }
    Ok(Some(wanted.url))
}

/// `POST settings/webhook`.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let owner = call.person()?.to_owned();
    let wanted = Wanted::read(&call.body()?)?;
    let secret = wanted
        .secret
        .ok_or(Refusal::Argument(Phrase::WebhookSecret))?;
    let id = world.insert_webhook(&owner, &wanted.name, &wanted.url, &secret, wanted.mask);
    if let Some(webhook) = world.webhooks.get_mut(&id) {
        (webhook.is_enabled, webhook.ssl, webhook.target) =
            (wanted.is_enabled, wanted.ssl, wanted.target);
    }
    shown(world, id)
}

/// `PUT settings/webhook`: an empty secret keeps the old one.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let wanted = Wanted::read(&body)?;
    let id = own(world, call, body.number("id")?.unwrap_or(0))?.id;
    let modified = Some((call.person()?.to_owned(), world.now()));
    if let Some(webhook) = world.webhooks.get_mut(&id) {
        *webhook = Webhook {
            name: wanted.name,
            url: wanted.url,
            secret: wanted.secret.unwrap_or_else(|| webhook.secret.clone()),
            is_enabled: wanted.is_enabled,
            ssl: wanted.ssl,
            mask: wanted.mask,
            target: wanted.target,
            modified,
            ..webhook.clone()
        };
    }
    shown(world, id)
}

/// `PUT settings/webhook/enable`.
pub(crate) fn enable(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let is_enabled = Wanted::read(&body)?.is_enabled;
    let id = own(world, call, body.number("id")?.unwrap_or(0))?.id;
    if let Some(webhook) = world.webhooks.get_mut(&id) {
        webhook.is_enabled = is_enabled;
    }
    shown(world, id)
}

/// `DELETE settings/webhook/{id}`.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = own(world, call, call.capture().parse().unwrap_or(0))?.id;
    let gone = shown(world, id);
    world.webhooks.remove(&id);
    gone
}

/// `PUT settings/webhook/{id}/retry`: a new row with a new event id.
pub(crate) fn retry(world: &mut World, call: &Call) -> Outcome {
    let event: i64 = call.capture().parse().unwrap_or(0);
    let row = world
        .log
        .get(&event)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    own(world, call, row.webhook)?;
    let again = world
        .queue_again(event)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    let row = world
        .log
        .get(&again)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    Ok(Answer::of(world.log_item(again, row)))
}

fn shown(world: &World, id: i64) -> Outcome {
    let webhook = world
        .webhooks
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    Ok(Answer::of(world.webhook_item(webhook)))
}

/// `GET settings/webhooks/log`: newest first; rows of deleted webhooks are gone.
pub(crate) fn log(world: &mut World, call: &Call) -> Outcome {
    let (who, kind) = keeper(world, call)?;
    let page = call.page()?;
    let (config, event) = (
        call.query_number("configId")?,
        call.query_number("eventId")?,
    );
    let trigger = call.query("trigger").map(trigger).transpose()?.flatten();
    let groups = call.query("groupStatus").map_or(0, status_groups);
    let url = call.query("hookUri").unwrap_or_default();
    let user = call.query("userId").and_then(ids::parse_guid);
    let (from, to) = (call.query("deliveryFrom"), call.query("deliveryTo"));
    let rows: Vec<Value> = world
        .log
        .iter()
        .rev()
        .filter(|(id, row)| {
            let owner = world
                .webhooks
                .get(&row.webhook)
                .map(|webhook| webhook.owner.as_str());
            owner.is_some_and(|owner| kind == EmployeeType::DocSpaceAdmin || owner == who)
                && config.is_none_or(|config| row.webhook == config)
                && event.is_none_or(|event| **id == event)
                && trigger.is_none_or(|trigger| row.trigger == trigger)
                && (groups == 0 || groups & status_group(row.status) != 0)
                && row.url.contains(url)
                && user.as_ref().is_none_or(|user| row.actor == *user)
                // Only what was delivered has a time of delivery.
                && (from.is_none() && to.is_none() || delivered_within(world, row, from, to))
        })
        .map(|(id, row)| world.log_item(*id, row))
        .collect();
    let total = rows.len();
    Ok(Answer::page(page.of(rows), total, page.start, page.most))
}

fn delivered_within(world: &World, row: &LogRow, from: Option<&str>, to: Option<&str>) -> bool {
    let Some(at) = row.delivered.map(|at| world.date(at)) else {
        return false;
    };
    let (day, time) = at.split_at_checked(19).unwrap_or((&at, ""));
    let _ = time;
    from.is_none_or(|from| day >= from.get(..19).unwrap_or(from))
        && to.is_none_or(|to| day <= to.get(..19).unwrap_or(to))
}

fn trigger(text: &str) -> Result<Option<Trigger>, Refusal> {
    if matches!(text, "0" | "All" | "all") {
        return Ok(None);
    }
    let wrong = || Refusal::validation("trigger", format!("The value '{text}' is not valid."));
    Trigger::from_name(text).map(Some).ok_or_else(wrong)
}

fn status_groups(text: &str) -> u8 {
    let one = |name: &str| match name.trim().to_ascii_lowercase().as_str() {
        "notsent" => 1,
        "status2xx" => 2,
        "status3xx" => 4,
        "status4xx" => 8,
        "status5xx" => 16,
        number => number.parse().unwrap_or(0),
    };
    text.split(',').map(one).fold(0, |all, group| all | group)
}

fn status_group(status: u16) -> u8 {
    match status / 100 {
        2 => 2,
        3 => 4,
        4 => 8,
        5 => 16,
        _ => 1,
    }
}

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

    /// A new row of the log with the same content, as a manual retry makes.
    pub(crate) fn queue_again(&mut self, event: i64) -> Option<i64> {
        let row = self.log.get(&event)?;
        let again = LogRow {
            created: self.now(),
            sent: None,
            status: 0,
            delivered: None,
            response: String::new(),
            attempts: 0,
            ..row.clone()
        };
        Some(self.queue(again))
    }

    /// The secret is never told.
    fn webhook_item(&self, webhook: &Webhook) -> Value {
        json!({
            "id": webhook.id, "name": webhook.name, "uri": webhook.url, "enabled": webhook.is_enabled, "ssl": webhook.ssl,
            "triggers": webhook.mask, "targetId": webhook.target, "createdBy": self.employee(&webhook.owner),
            "createdOn": self.date(webhook.created),
            "modifiedBy": webhook.modified.as_ref().map(|(who, _)| self.employee(who)),
            "modifiedOn": webhook.modified.as_ref().map(|(_, at)| self.date(*at)),
            "lastFailureOn": webhook.last_failure.as_ref().map(|(at, _)| self.date(*at)),
            "lastFailureContent": webhook.last_failure.as_ref().map(|(_, content)| content),
            "lastSuccessOn": webhook.last_success.map(|at| self.date(at)),
        })
    }

    fn log_item(&self, id: i64, row: &LogRow) -> Value {
        let headers = row.sent.as_ref().map(|sent| {
            json!({
                "Accept": ["*/*"], "Content-Type": ["application/json; charset=utf-8"],
                "x-docspace-signature-256": [sent.signature],
            })
            .to_string()
        });
        json!({
            "id": id, "configName": row.name, "trigger": row.trigger.bit(), "creationTime": self.date(row.created),
            "requestHeaders": headers,
            "requestPayload": row.sent.as_ref().map_or_else(|| row.body(None, None), |sent| sent.body.clone()),
            "responsePayload": (!row.response.is_empty()).then_some(&row.response), "status": row.status,
            "delivery": row.delivered.map(|at| self.date(at)),
        })
    }
}
