//! People, groups and the caller's own key.

use serde_json::{Value, json};

use crate::simulator::state::collation;
use crate::simulator::state::people::{EmployeeType, Group, Person};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// `GET keys/@self`: the health of the key that is used.
pub(crate) fn own_key(world: &mut World, call: &Call) -> Outcome {
    let key = call
        .key
        .as_ref()
        .and_then(|id| world.keys.iter().find(|key| key.id == *id));
    let key = key.ok_or(Refusal::Empty(401))?;
    let postfix: String = key
        .token
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    Ok(Answer::of(json!({
        "id": key.id, "name": key.name, "keyPostfix": postfix, "permissions": key.scopes,
        "lastUsed": key.last_used.map(|at| world.date(at)), "createOn": world.date(key.created),
        "createBy": world.employee(&key.person), "expiresAt": key.expires.map(|at| world.date(at)), "isActive": key.is_active,
    })))
}

/// `GET people/@self`.
pub(crate) fn oneself(world: &mut World, call: &Call) -> Outcome {
    found(world, world.person(call.person()?))
}

/// `GET people/{id}`, by id or user name.
pub(crate) fn person(world: &mut World, call: &Call) -> Outcome {
    call.person()?;
    let wanted = call.capture();
    let by_name = || {
        world
            .people
            .values()
            .find(|person| !person.is_removed && person.user_name == wanted)
    };
    found(
        world,
        world.person(&wanted.to_ascii_lowercase()).or_else(by_name),
    )
}

/// `GET people/email`: finds terminated people too. Only guests are kept from those who have nothing to do with them.
pub(crate) fn by_email(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let email = call
        .query("email")
        .ok_or_else(|| Refusal::validation("email", "The email field is required."))?;
    let person = world.person_by_email(email);
    let is_hidden =
        |person: &Person| person.kind == EmployeeType::Guest && !world.can_view(who, &person.id);
    if person.is_some_and(is_hidden) {
        return Err(Refusal::Right);
    }
    found(world, person)
}

fn found(world: &World, person: Option<&Person>) -> Outcome {
    let person = person.ok_or(Refusal::NotFound(Phrase::PersonMissing))?;
    Ok(Answer::of(world.employee_full(person)))
}

/// `GET people/filter`.
pub(crate) fn filter(world: &mut World, call: &Call) -> Outcome {
    let who = keeper_of_people(world, call)?;
    let page = call.page()?;
    let status = call.query_number("employeeStatus")?.unwrap_or(7);
    let kind = call.query("employeeType").map(employee_type).transpose()?;
    let group = call.query("groupId").map(str::to_ascii_lowercase);
    let text = call.query("filterValue").unwrap_or_default();
    let area = call.query("area").map(str::to_ascii_lowercase);
    let fits = |person: &&Person| {
        let guest = person.kind == EmployeeType::Guest;
        let names = [&person.first_name, &person.last_name, &person.email];
        !person.is_removed
            && status & person.status.code() != 0
            && kind.is_none_or(|kind| person.kind.code() == kind)
            && group
                .as_ref()
                .is_none_or(|group| world.is_in_group(person, group))
            && match area.as_deref() {
                Some("people" | "1") => !guest,
                Some("guests" | "2") => guest,
                _ => true,
            }
            && text
                .split_whitespace()
                .all(|word| names.iter().any(|name| collation::contains(name, word)))
            && (!guest || world.can_view(who, &person.id))
    };
    let mut people: Vec<&Person> = world.people.values().filter(fits).collect();
    people.sort_by_key(|person| (collation::key(&person.first_name), person.id.clone()));
    let total = people.len();
    let shown: Vec<Value> = page
        .of(people)
        .into_iter()
        .map(|person| world.employee_full(person))
        .collect();
    Ok(Answer::page(shown, total, page.start, page.most))
}

fn employee_type(text: &str) -> Result<i64, Refusal> {
    let code = match text.to_ascii_lowercase().as_str() {
        "roomadmin" => Some(1),
        "guest" => Some(2),
        "docspaceadmin" => Some(3),
        "user" => Some(4),
        number => number.parse().ok(),
    };
    code.ok_or_else(|| {
        Refusal::validation("employeeType", format!("The value '{text}' is not valid."))
    })
}

/// `GET group`: by a part of the name; names need not be unique.
pub(crate) fn groups(world: &mut World, call: &Call) -> Outcome {
    keeper_of_people(world, call)?;
    let page = call.page()?;
    let text = call.query("filterValue").unwrap_or_default();
    let member = call.query("userId").map(str::to_ascii_lowercase);
    let fits = |group: &&Group| {
        !group.is_removed
            && !group.is_system
            && collation::contains(&group.name, text)
            && member
                .as_ref()
                .is_none_or(|member| group.members.contains(member))
    };
    let mut found: Vec<&Group> = world.groups.values().filter(fits).collect();
    found.sort_by_key(|group| (collation::key(&group.name), group.id.clone()));
    let total = found.len();
    let shown: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|group| world.group_full(group, false))
        .collect();
    Ok(Answer::page(shown, total, page.start, page.most))
}

/// `GET group/{id}`.
pub(crate) fn group(world: &mut World, call: &Call) -> Outcome {
    keeper_of_people(world, call)?;
    let with_members = call.query_flag("includeMembers", true)?;
    let group = world
        .groups
        .get(&call.capture().to_ascii_lowercase())
        .filter(|group| !group.is_removed);
    let group = group.ok_or(Refusal::NotFound(Phrase::GroupMissing))?;
    Ok(Answer::of(world.group_full(group, with_members)))
}

/// Users and guests may not look people and groups up.
fn keeper_of_people<'call>(world: &World, call: &'call Call) -> Result<&'call str, Refusal> {
    let who = call.person()?;
    let may = world
        .person(who)
        .is_some_and(|person| person.kind.may_own_rooms());
    if may { Ok(who) } else { Err(Refusal::Right) }
}

impl World {
    /// Whether `who` may know of the subject: what is no guest's account, a group say, passes for a room admin.
    pub(crate) fn can_view(&self, who: &str, subject: &str) -> bool {
        let is_guest = self
            .person(subject)
            .is_some_and(|person| person.kind == EmployeeType::Guest);
        who == subject
            || match self.person(who).map(|person| person.kind) {
                Some(EmployeeType::DocSpaceAdmin) => true,
                Some(EmployeeType::RoomAdmin) => {
                    !is_guest
                        || self
                            .relations
                            .contains(&(who.to_owned(), subject.to_owned()))
                }
                Some(EmployeeType::User | EmployeeType::Guest) | None => false,
            }
    }
}
