//! API keys: the current key, creating, changing and deleting keys (rooms-api.md K.1, K.2, K.4).

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::simulator::dto::merged;
use crate::simulator::state::people::{ApiKey, EmployeeType, Person};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Members, Outcome};
use crate::simulator::wire::refusal::{Exception, Refusal};

const PERMISSIONS: [&str; 11] = [
    "*",
    "*:read",
    "*:write",
    "accounts:read",
    "accounts:write",
    "accounts.self:read",
    "accounts.self:write",
    "files:read",
    "files:write",
    "rooms:read",
    "rooms:write",
];
const MAX_NAME: usize = 30;
const MAX_DAYS: i64 = 365;

/// `GET keys/permissions`.
pub(crate) fn permissions(_: &mut World, call: &Call) -> Outcome {
    call.person()?;
    Ok(Answer::of(json!(PERMISSIONS)))
}

/// `GET keys/@self`: the state of the key in use. Other kinds of token cause an unhandled exception.
pub(crate) fn oneself(world: &mut World, call: &Call) -> Outcome {
    call.person()?;
    let is_used = |key: &&ApiKey| call.key.as_ref() == Some(&key.id);
    let key = world.keys.iter().find(is_used).ok_or(UNKNOWN)?;
    Ok(Answer::of(world.api_key(key)))
}

/// `GET keys`: all keys for DocSpace admins, otherwise the caller's own; newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let is_shown = |key: &&ApiKey| is_open_to(world, who, key);
    let keys = world.keys.iter().rev().filter(is_shown);
    Ok(Answer::streamed(
        keys.map(|key| world.api_key(key)).collect(),
    ))
}

/// `POST keys`: the only response that contains the key itself.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let body = call.body()?;
    let requested = New::of(&body)?;
    if world
        .person(who)
        .is_none_or(|person| person.kind == EmployeeType::Guest)
    {
        let message = "This operation unavailable for user with guest role";
        return Err(Refusal::Thrown(Exception::UnauthorizedAccess, message));
    }
    check_permissions(&requested.permissions)?;
    let is_everything = requested.permissions.iter().any(|scope| scope == "*");
    let (id, token, created) = (world.new_guid(), world.new_key_token(), world.now());
    let key = ApiKey {
        id,
        token: token.clone(),
        name: requested.name,
        person: who.to_owned(),
        scopes: if is_everything {
            Vec::new()
        } else {
            requested.permissions
        },
        is_active: true,
        created,
        expires: requested
            .days
            .map(|days| created + SignedDuration::from_hours(24 * days)),
        last_used: None,
    };
    let shown = merged(world.api_key(&key), json!({ "key": token }));
    world.keys.push(key);
    Ok(Answer::of(shown))
}

/// `PUT keys/{id}`: false for an expired key or a key of another person.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let id = call.capture().to_owned();
    let who = call.person()?;
    let body = call.body()?;
    let name = body.text("name")?.filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| units(name) > MAX_NAME) {
        return Err(Refusal::validation("Changed.Name", WRONG_NAME));
    }
    let permissions = requested_permissions(&body)?;
    let is_active = body.flag("isActive")?;
    let now = world.now();
    let key = world.key(&id)?;
    if key.expires.is_some_and(|at| at < now) || !is_open_to(world, who, key) {
        return Ok(Answer::of(false.into()));
    }
    check_permissions(&permissions)?;
    if let Some(key) = world.keys.iter_mut().find(|key| key.id == id) {
        key.is_active = is_active.unwrap_or(key.is_active);
        key.name = name.unwrap_or_else(|| key.name.clone());
        if !permissions.is_empty() {
            key.scopes = permissions;
        }
    }
    Ok(Answer::of(true.into()))
}

/// `DELETE keys/{id}`: false for a key of another person.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.capture().to_owned();
    let may = is_open_to(world, call.person()?, world.key(&id)?);
    world.keys.retain(|key| !may || key.id != id);
    Ok(Answer::of(may.into()))
}

/// The server does not handle an unknown key.
const UNKNOWN: Refusal =
    Refusal::Unforeseen("Object reference not set to an instance of an object.");
const WRONG_NAME: &str = "Incorrect name. Length must be less than 30";

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn is_open_to(world: &World, who: &str, key: &ApiKey) -> bool {
    key.person == who || world.person(who).is_some_and(Person::is_docspace_admin)
}

/// A null in the list is accepted, but is not a permission.
fn requested_permissions(body: &Members) -> Result<Vec<String>, Refusal> {
    let read = |(at, item): (usize, &Value)| match item {
        Value::Null => Ok(String::new()),
        Value::String(scope) => Ok(scope.clone()),
        _ => {
            let path = format!("$.permissions[{at}]");
            Err(Refusal::not_convertible(&path, "String"))
        }
    };
    let list = body.list("permissions")?.unwrap_or_default();
    list.iter().enumerate().map(read).collect()
}

fn check_permissions(permissions: &[String]) -> Result<(), Refusal> {
    let is_known = |scope: &String| PERMISSIONS.contains(&scope.as_str());
    if permissions.iter().all(is_known) {
        Ok(())
    } else {
        Err(Refusal::Thrown(
            Exception::Argument,
            "Permissions are not valid.",
        ))
    }
}

/// The properties of a new key.
struct New {
    name: String,
    permissions: Vec<String>,
    days: Option<i64>,
}

impl New {
    fn of(body: &Members) -> Result<Self, Refusal> {
        if body.present("name").is_none() {
            return Err(Refusal::missing_member("name"));
        }
        let name = body.text("name")?.unwrap_or_default();
        let permissions = requested_permissions(body)?;
        let days = body.number("expiresInDays")?;
        let mut wrong = Vec::new();
        if name.trim().is_empty() {
            wrong.push(("Name".to_owned(), "The Name field is required.".to_owned()));
        } else if units(&name) > MAX_NAME {
            wrong.push(("Name".to_owned(), WRONG_NAME.to_owned()));
        }
        if days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
            let message = "Incorrect number of days. Value must be between 1 and 365";
            wrong.push(("ExpiresInDays".to_owned(), message.to_owned()));
        }
        if wrong.is_empty() {
            Ok(Self {
                name,
                permissions,
                days,
            })
        } else {
            Err(Refusal::Validation(wrong))
        }
    }
}

impl World {
    fn key(&self, id: &str) -> Result<&ApiKey, Refusal> {
        self.keys.iter().find(|key| key.id == id).ok_or(UNKNOWN)
    }

    /// A key as responses show it: only the end of its secret.
    fn api_key(&self, key: &ApiKey) -> Value {
        let end = key.token.len().saturating_sub(4);
        let postfix = key.token.get(end..).unwrap_or_default();
        // A change to `*` alone leaves no list.
        let permissions = Some(&key.scopes).filter(|scopes| **scopes != ["*"]);
        json!({
            "id": key.id, "name": key.name, "key": format!("sk-***{postfix}"), "keyPostfix": postfix,
            "permissions": permissions, "lastUsed": key.last_used.map(|at| self.date(at)),
            "createOn": self.date(key.created), "createBy": self.employee(&key.person),
            "expiresAt": key.expires.map(|at| self.date(at)), "isActive": key.is_active,
        })
    }
}
