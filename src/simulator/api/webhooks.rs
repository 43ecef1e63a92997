//! The settings of webhooks (webhooks.md §6).

use serde_json::{Value, json};

use crate::simulator::state::collation;
use crate::simulator::state::options::PasswordPolicy;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::title;
use crate::simulator::state::webhooks::{NOBODY, Record, TRIGGERS, Webhook};
use crate::simulator::state::world::World;
use crate::simulator::webhooks::probe::Probe;
use crate::simulator::wire::call::{Answer, Call, Members, Outcome, number};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const MAX_NAME: usize = 50;
/// Longer secrets fail before the password policy is checked.
const MAX_SECRET: usize = 50;
const MAX_TARGET: usize = 255;

/// The requested properties of a webhook. Missing ones are off, 0 or empty.
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
        let name = body.text("name")?;
        let url = body.text("uri")?;
        let wanted = Self {
            name: name.unwrap_or_default(),
            url: url.unwrap_or_default(),
            secret: body.text("secretKey")?,
            is_enabled: body.plain_flag("enabled")?,
            ssl: body.plain_flag("ssl")?,
            mask: mask(body)?,
            target: body.text("targetId")?,
        };
        wanted.validate()?;
        Ok(wanted)
    }

    /// The rules of the model; reports all errors at once.
    fn validate(&self) -> Result<(), Refusal> {
        let required = |field: &str, text: &str| {
            let message = format!("The {field} field is required.");
            text.trim().is_empty().then(|| (field.to_owned(), message))
        };
        let limited = |field: &str, text: &str, longest: usize| {
            let message =
                format!("The field {field} must be a string with a maximum length of {longest}.");
            (title::units(text) > longest).then(|| (field.to_owned(), message))
        };
        let secret = self.secret.as_deref().unwrap_or_default();
        let target = self.target.as_deref().unwrap_or_default();
        let wrong: Vec<(String, String)> = [
            required("Name", &self.name),
            required("Uri", &self.url),
            limited("Name", &self.name, MAX_NAME),
            limited("SecretKey", secret, MAX_SECRET),
            limited("TargetId", target, MAX_TARGET),
        ]
        .into_iter()
        .flatten()
        .collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Validation(wrong))
        }
    }

    /// The database's tables hold no characters above U+FFFF. A comparison with them and a write of them fail with
    /// different exceptions.
    fn fits_tables(&self, is_compared: bool) -> Result<(), Refusal> {
        let fits = |text: &str| text.chars().all(|letter| letter <= '\u{ffff}');
        let target = self.target.as_deref().unwrap_or_default();
        if !fits(&self.name) || !fits(&self.url) {
            let exception = if is_compared {
                Exception::MySql
            } else {
                Exception::DbUpdate
            };
            return Err(Refusal::Thrown(exception, "Illegal mix of collations"));
        }
        if !fits(target) {
            return Err(Refusal::Thrown(
                Exception::DbUpdate,
                "An error occurred while saving the entity changes.",
            ));
        }
        Ok(())
    }
}

/// A whole number; because it is an enumeration, a string is not accepted.
fn mask(body: &Members) -> Result<i64, Refusal> {
    let wrong = || Refusal::not_convertible("$.triggers", "WebhookTrigger");
    body.present("triggers")
        .map_or(Ok(0), |value| value.as_i64().ok_or_else(wrong))
}

/// The id of the webhook to change.
fn id(body: &Members) -> Result<i64, Refusal> {
    let value = body
        .present("id")
        .ok_or_else(|| Refusal::missing_member("id"))?;
    number(value)
        .filter(|id| i32::try_from(*id).is_ok())
        .ok_or_else(|| Refusal::not_convertible("$.id", "Int32"))
}

/// Checks a secret against the portal's password policy.
fn check_secret(secret: &str, policy: PasswordPolicy) -> Result<(), Refusal> {
    if policy.admits(secret) {
        Ok(())
    } else {
        Err(Refusal::Argument(Phrase::WebhookSecret))
    }
}

/// The caller, who may manage webhooks: anybody but guests, unless the portal keeps developer tools for admins.
pub(crate) fn webhook_user<'call>(
    world: &World,
    call: &'call Call,
) -> Result<(&'call str, bool), Refusal> {
    let who = call.person()?;
    match kind(world, who)? {
        EmployeeType::DocSpaceAdmin => Ok((who, true)),
        EmployeeType::Guest => Err(Refusal::Right),
        _ if world.options.developer_tools_for_admins_only => Err(Refusal::Right),
        EmployeeType::RoomAdmin | EmployeeType::User => Ok((who, false)),
    }
}

fn kind(world: &World, who: &str) -> Result<EmployeeType, Refusal> {
    let person = world.person(who).ok_or(Refusal::Empty(401))?;
    Ok(person.kind)
}

/// A webhook that the caller may change: admins may change all, others their own.
pub(crate) fn own<'world>(
    world: &'world World,
    call: &Call,
    id: i64,
) -> Result<&'world Webhook, Refusal> {
    let webhook = world
        .webhooks
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    let (who, is_admin) = webhook_user(world, call)?;
    if is_admin || webhook.owner == who {
        Ok(webhook)
    } else {
        Err(Refusal::Right)
    }
}

/// `GET settings/webhook`.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (who, is_admin) = webhook_user(world, call)?;
    let seen = world
        .webhooks
        .values()
        .filter(|webhook| is_admin || webhook.owner == who);
    let items = seen
        .map(|webhook| {
            let rows = world.log.values().filter(|row| row.webhook == webhook.id);
            // The last success; without one, the database returns any row. Not a sign of health.
            let last = rows.map(|row| &row.record).reduce(later);
            let status = last.map_or(0, |record| record.status);
            json!({ "configs": world.webhook_item(webhook), "status": status })
        })
        .collect();
    Ok(Answer::streamed(items))
}

fn later<'log>(one: &'log Record, other: &'log Record) -> &'log Record {
    if other.delivered > one.delivered {
        other
    } else {
        one
    }
}

/// `GET settings/webhook/triggers`: the available triggers, and whether the caller may use each.
pub(crate) fn triggers(world: &mut World, call: &Call) -> Outcome {
    let kind = kind(world, call.person()?)?;
    let all = json!({ "name": "*", "id": 0, "available": kind != EmployeeType::Guest });
    let known = TRIGGERS.iter().map(|known| {
        let is_available = known.is_available_for(kind);
        json!({ "name": known.name, "id": known.bit(), "available": is_available })
    });
    Ok(Answer::of(std::iter::once(all).chain(known).collect()))
}

/// Makes all checks that precede the probe; returns the address to probe, if any. A change with a bad address is
/// refused before the webhook is looked up.
pub(crate) fn to_probe(
    world: &World,
    call: &Call,
    template: &str,
) -> Result<Option<Probe>, Refusal> {
    let body = call.body()?;
    if template.ends_with("enable") {
        let (id, wanted) = (id(&body)?, Wanted::read(&body)?);
        let webhook = own(world, call, id)?;
        let (secret, mask) = (Some(webhook.secret.as_str()), webhook.mask);
        let probe = (webhook.url.as_str(), webhook.ssl);
        return wanted
            .is_enabled
            .then(|| checked(world, call, secret, mask, probe))
            .transpose();
    }
    if call.method != "POST" {
        id(&body)?;
    }
    let wanted = Wanted::read(&body)?;
    if call.method == "POST" {
        webhook_user(world, call)?;
    }
    let secret = wanted.secret.as_deref();
    let probe = (wanted.url.as_str(), wanted.ssl);
    checked(world, call, secret, wanted.mask, probe).map(Some)
}

fn checked(
    world: &World,
    call: &Call,
    secret: Option<&str>,
    mask: i64,
    (url, ssl): (&str, bool),
) -> Result<Probe, Refusal> {
    let kind = kind(world, call.person()?)?;
    let mut requested = TRIGGERS.iter().filter(|known| mask & known.bit() != 0);
    if !requested.all(|known| known.is_available_for(kind)) {
        return Err(Refusal::Argument(Phrase::WebhookTrigger));
    }
    let missing = Refusal::Thrown(
        Exception::ArgumentNull,
        "Value cannot be null. (Parameter 'secret')",
    );
    // A change without a secret keeps the old one.
    if call.method == "POST" || secret.is_some_and(|secret| !secret.is_empty()) {
        check_secret(secret.ok_or(missing)?, world.options.password_policy)?;
    }
    Ok(Probe {
        url: url.to_owned(),
        ssl,
    })
}

/// `POST settings/webhook`: a `false` is returned, and acts, as true.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let owner = call.person()?.to_owned();
    let wanted = Wanted::read(&call.body()?)?;
    wanted.fits_tables(true)?;
    let is_twice = |webhook: &Webhook| {
        collation::same(&webhook.url, &wanted.url) && collation::same(&webhook.name, &wanted.name)
    };
    if world.webhooks.values().any(is_twice) {
        return Err(Refusal::Argument(Phrase::WebhookTwice));
    }
    let secret = wanted.secret.unwrap_or_default();
    let id = world.insert_webhook(&owner, &wanted.name, &wanted.url, &secret, wanted.mask);
    if let Some(webhook) = world.webhooks.get_mut(&id) {
        // The INSERT leaves out a false, and both columns default to true.
        (webhook.is_enabled, webhook.ssl, webhook.target) = (true, true, wanted.target);
    }
    shown(world, id)
}

/// `PUT settings/webhook`: replaces everything, but keeps the secret if the new one is empty.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let (id, wanted) = (id(&body)?, Wanted::read(&body)?);
    let webhook = own(world, call, id)?.clone();
    wanted.fits_tables(false)?;
    let secret = wanted.secret.filter(|secret| !secret.is_empty());
    let changed = Webhook {
        name: wanted.name,
        url: wanted.url,
        secret: secret.unwrap_or_else(|| webhook.secret.clone()),
        is_enabled: wanted.is_enabled,
        ssl: wanted.ssl,
        mask: wanted.mask,
        target: wanted.target,
        ..webhook
    };
    world.write_webhook(changed, call.person()?);
    shown(world, id)
}

/// `PUT settings/webhook/enable`.
pub(crate) fn enable(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let (id, wanted) = (id(&body)?, Wanted::read(&body)?);
    let changed = Webhook {
        is_enabled: wanted.is_enabled,
        ..own(world, call, id)?.clone()
    };
    world.write_webhook(changed, call.person()?);
    shown(world, id)
}

/// `DELETE settings/webhook/{id}`: also deletes its rows of the log.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = numbered(call)?;
    own(world, call, id)?;
    let gone = shown(world, id);
    world.remove_webhook(id);
    gone
}

/// The number in a route; other text does not match the route.
pub(crate) fn numbered(call: &Call) -> Result<i64, Refusal> {
    let number = call.capture().parse::<i32>();
    number.map(i64::from).map_err(|_| Refusal::Empty(404))
}

fn shown(world: &World, id: i64) -> Outcome {
    let webhook = world
        .webhooks
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::WebhookMissing))?;
    Ok(Answer::of(world.webhook_item(webhook)))
}

impl World {
    /// A webhook as responses show it, without its secret.
    fn webhook_item(&self, webhook: &Webhook) -> Value {
        let modified = webhook.modified.as_ref();
        json!({
            "id": webhook.id, "name": webhook.name, "uri": webhook.url, "enabled": webhook.is_enabled, "ssl": webhook.ssl,
            "triggers": webhook.mask, "targetId": webhook.target, "createdBy": self.employee(&webhook.owner),
            "createdOn": self.date(webhook.created),
            "modifiedBy": modified.map(|(who, _)| self.modifier(who)),
            "modifiedOn": modified.map(|(_, at)| self.date(*at)),
            "lastFailureOn": webhook.last_failure.as_ref().map(|(at, _)| self.date(*at)),
            "lastFailureContent": webhook.last_failure.as_ref().map(|(_, content)| content),
            "lastSuccessOn": webhook.last_success.map(|at| self.date(at)),
        })
    }

    fn modifier(&self, who: &str) -> Value {
        let mut shown = self.employee(who);
        if let Some(members) = shown.as_object_mut().filter(|_| who == NOBODY) {
            members.insert("displayName".to_owned(), "guest".into());
            members.insert("isAnonim".to_owned(), true.into());
        }
        shown
    }
}
