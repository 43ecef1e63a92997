//! Keys, people, groups.

use serde_json::{Value, json};

use super::answer::{Answer, Fail, Outcome};
use super::http::Call;
use super::state::{Person, PersonType, State, Status};

pub(super) fn key(call: &Call<'_>) -> Outcome {
    let me = call.person()?;
    let state = call.portal.state();
    let scopes = state
        .keys
        .values()
        .find(|key| key.owner == me.id)
        .map(|key| key.scopes.clone())
        .unwrap_or_default();
    Ok(Answer::ok(json!({
        "id": "11111111-2222-3333-4444-555555555555", "name": "roomwright", "key": "sk-****0000",
        "permissions": scopes, "isActive": true,
        "createBy": me.id, "createOn": "2026-01-01T00:00:00.0000000+00:00",
    })))
}

/// The full form of an account.
pub(super) fn account(state: &State, person: &Person) -> Value {
    let mut value = json!({
        "id": person.id, "displayName": person.name, "userName": person.email, "email": person.email,
        "status": match person.status { Status::Active => 1, Status::Terminated => 2, Status::Pending => 4 },
        "activationStatus": i64::from(person.status != Status::Pending),
        "isOwner": person.portal_owner,
        "isAdmin": person.kind == PersonType::Admin && !person.portal_owner,
        "isRoomAdmin": person.kind == PersonType::RoomAdmin,
        "isCollaborator": person.kind == PersonType::User,
        "isVisitor": person.kind == PersonType::Guest,
    });
    let groups: Vec<Value> = state
        .groups
        .iter()
        .filter(|(_, group)| group.members.contains(&person.id))
        .map(|(id, group)| json!({ "id": id, "name": group.name }))
        .collect();
    if let (Some(value), false) = (value.as_object_mut(), groups.is_empty()) {
        value.insert("groups".to_owned(), json!(groups));
    }
    value
}

/// Guests that an account has nothing to do with are hidden from all but DocSpace admins.
fn hidden(state: &State, me: &Person, other: &Person) -> bool {
    other.kind == PersonType::Guest
        && me.kind != PersonType::Admin
        && !state.entries.values().any(|entry| {
            entry.creator == me.id
                && entry
                    .room
                    .as_ref()
                    .is_some_and(|room| room.aces.contains_key(&other.id))
        })
}

pub(super) fn person(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?;
    let state = call.portal.state();
    let found = state
        .people
        .values()
        .find(|person| person.id.eq_ignore_ascii_case(id))
        .ok_or(Fail::NotFound)?;
    if hidden(&state, me, found) {
        return Err(Fail::Right);
    }
    Ok(Answer::ok(account(&state, found)))
}

pub(super) fn by_email(call: &Call<'_>) -> Outcome {
    let me = call.person()?;
    let email = call.query.get("email").cloned().unwrap_or_default();
    let state = call.portal.state();
    let found = state
        .people
        .values()
        .find(|person| person.email.eq_ignore_ascii_case(&email))
        .ok_or(Fail::NotFound)?;
    if hidden(&state, me, found) {
        return Err(Fail::Right);
    }
    Ok(Answer::ok(account(&state, found)))
}

fn may_see_groups(me: &Person) -> Result<(), Fail> {
    match me.kind {
        PersonType::Admin | PersonType::RoomAdmin => Ok(()),
        PersonType::User | PersonType::Guest => Err(Fail::Right),
    }
}

pub(super) fn groups(call: &Call<'_>) -> Outcome {
    may_see_groups(call.person()?)?;
    let (count, start) = match (
        call.number("count", 100, 1, 100),
        call.number("startIndex", 0, 0, usize::MAX),
    ) {
        (Ok(count), Ok(start)) => (count, start),
        (Err(answer), _) | (_, Err(answer)) => return Ok(answer),
    };
    let wanted = call
        .query
        .get("filterValue")
        .map(|text| text.to_lowercase())
        .unwrap_or_default();
    let state = call.portal.state();
    let all: Vec<Value> = state
        .groups
        .iter()
        .filter(|(_, group)| group.name.to_lowercase().contains(&wanted))
        .map(|(id, group)| json!({ "id": id, "name": group.name, "isLDAP": false, "membersCount": group.members.len() }))
        .collect();
    let total = all.len();
    let page: Vec<Value> = all.into_iter().skip(start).take(count).collect();
    let count = i64::try_from(page.len()).unwrap_or_default();
    Ok(Answer::counted(json!(page), count, total))
}

pub(super) fn group(call: &Call<'_>, id: &str) -> Outcome {
    may_see_groups(call.person()?)?;
    let state = call.portal.state();
    let (id, group) = state
        .groups
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(id))
        .ok_or(Fail::NotFound)?;
    Ok(Answer::ok(
        json!({ "id": id, "name": group.name, "isLDAP": false, "membersCount": group.members.len() }),
    ))
}
