//! Who may use a room: the listing and the grants, with every silent skip.

use serde_json::{Value, json};

use super::answer::{Answer, Fail, Outcome};
use super::http::Call;
use super::people;
use super::state::{
    ADMINS, EVERYONE, Entry, LOST_USER, Person, PersonType, Room, RoomKind, State, Status,
};

/// One row; a grant to nobody is hidden in listings, as the server joins with its people.
fn row(state: &State, id: &str, code: i64) -> Option<Value> {
    if let Some(person) = state.people.get(id) {
        let account = people::account(state, person);
        return Some(json!({
            "access": code, "sharedToUser": account, "sharedTo": account, "subjectType": 0,
            "isLocked": false, "isOwner": false, "canEditAccess": true,
        }));
    }
    let name = match id {
        EVERYONE => "Jeder",
        ADMINS => "DocSpace-Administratoren",
        id => state.groups.get(id)?.name.as_str(),
    };
    let group = json!({ "id": id, "name": name, "isSystem": matches!(id, EVERYONE | ADMINS) });
    Some(json!({
        "access": code, "sharedToGroup": group, "sharedTo": group, "subjectType": 2,
        "isLocked": false, "isOwner": false, "canEditAccess": true,
    }))
}

fn owner_row(state: &State, entry: &Entry) -> Option<Value> {
    let person = state.people.get(&entry.creator)?;
    let account = people::account(state, person);
    Some(json!({
        "access": 1, "sharedToUser": account, "sharedTo": account, "subjectType": 0,
        "isLocked": false, "isOwner": true, "canEditAccess": false,
    }))
}

/// Unreadable rooms answer 200 with an empty list; the owner, who has no row of his own, is always the first.
pub(super) fn list(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?;
    let (count, start) = match (
        call.number("count", 100, 1, 100),
        call.number("startIndex", 0, 0, usize::MAX),
    ) {
        (Ok(count), Ok(start)) => (count, start),
        (Err(answer), _) | (_, Err(answer)) => return Ok(answer),
    };
    let state = call.portal.state();
    let entry = state.entries.get(id).ok_or(Fail::NotFound)?;
    let room = entry.room.as_ref().ok_or(Fail::NotFound)?;
    if !state.can_read(entry, me) {
        return Ok(Answer::counted(json!([]), 0, 0));
    }
    let rows: Vec<Value> = owner_row(&state, entry)
        .into_iter()
        .chain(
            room.aces
                .iter()
                .filter_map(|(id, code)| row(&state, id, *code)),
        )
        .collect();
    let total = rows.len();
    let left = i64::try_from(total).unwrap_or_default() - i64::try_from(start).unwrap_or_default();
    let page: Vec<Value> = rows.into_iter().skip(start).take(count).collect();
    Ok(Answer::counted(
        json!(page),
        left.min(i64::try_from(count).unwrap_or_default()),
        total,
    ))
}

struct Invitation {
    id: Option<String>,
    email: Option<String>,
    access: i64,
}

/// The server's converter: a number, or a member's name; everything else is 0, which removes.
fn access(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(name)) => match name.as_str() {
            "ReadWrite" => 1,
            "Read" => 2,
            "Restrict" => 3,
            "Varies" => 4,
            "Review" => 5,
            "Comment" => 6,
            "FillForms" => 7,
            "CustomFilter" => 8,
            "RoomManager" => 9,
            "Editing" => 10,
            "ContentCreator" => 11,
            _ => 0,
        },
        _ => 0,
    }
}

fn invitations(body: &Value) -> Result<Vec<Invitation>, Answer> {
    let mut out = Vec::new();
    for item in body
        .get("invitations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let id = item
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_lowercase);
        if let Some(id) = &id
            && !crate::simulator::share::is_guid(id)
        {
            return Err(Answer::invalid(
                "$.invitations[0].id",
                "The JSON value could not be converted to System.Guid.",
            ));
        }
        let email = item.get("email").and_then(Value::as_str).map(str::to_owned);
        out.push(Invitation {
            id,
            email,
            access: access(item.get("access")),
        });
    }
    Ok(out)
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| {
            if [8, 13, 18, 23].contains(&at) {
                c == '-'
            } else {
                c.is_ascii_hexdigit()
            }
        })
}

pub(super) fn grant(call: &Call<'_>, id: &str) -> Outcome {
    let me = call.person()?.clone();
    let mut invitations = match invitations(call.body) {
        Ok(invitations) => invitations,
        Err(answer) => return Ok(answer),
    };
    // Nothing asked: answered before the room is looked up or any right is checked.
    if invitations.is_empty() {
        return Ok(Answer::ok(json!({ "error": 0 })));
    }
    let mut state = call.portal.state();
    let entry = state.entries.get(id).cloned().ok_or(Fail::NotFound)?;
    let room = entry.room.clone().ok_or(Fail::NotFound)?;
    if !state.can_read(&entry, &me) {
        return Err(Fail::Rule("Sie haben nicht genügend Rechte"));
    }
    invitations.retain(|invitation| visible(&state, &entry, &room, &me, invitation));
    if !invitations.is_empty() && !state.can_manage(&entry, &me) {
        return Err(Fail::Right);
    }
    for invitation in &invitations {
        one(&mut state, id, &room, &me, invitation)?;
    }
    let aces = state
        .entries
        .get(id)
        .and_then(|entry| entry.room.as_ref())
        .map(|room| room.aces.clone())
        .unwrap_or_default();
    let members: Vec<Value> = invitations
        .iter()
        .filter_map(|invitation| {
            let own = invitation.id.as_ref()?;
            let code = *aces.get(own)?;
            row(&state, own, code).or_else(|| {
                Some(json!({ "access": code, "sharedToUser": { "id": LOST_USER, "displayName": "Unknown" }, "subjectType": 0 }))
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "members": members, "error": 0 })))
}

/// Whom the caller cannot see is dropped without a word.
fn visible(
    state: &State,
    entry: &Entry,
    room: &Room,
    me: &Person,
    invitation: &Invitation,
) -> bool {
    let Some(id) = &invitation.id else {
        return true;
    };
    if entry.creator == me.id && (invitation.access == 0 || room.aces.contains_key(id)) {
        return true;
    }
    match me.kind {
        _ if *id == me.id => true,
        PersonType::Admin => true,
        PersonType::RoomAdmin => state
            .people
            .get(id)
            .is_none_or(|person| person.kind != PersonType::Guest),
        PersonType::User | PersonType::Guest => false,
    }
}

fn one(
    state: &mut State,
    room_id: &str,
    room: &Room,
    me: &Person,
    invitation: &Invitation,
) -> Result<(), Fail> {
    const NOT_THERE: &str = "Die Rolle ist für diesen Benutzertyp nicht verfügbar";
    let code = invitation.access;
    let (id, kind) = match (&invitation.id, &invitation.email) {
        (Some(id), _) => (id.clone(), state.people.get(id).map(|person| person.kind)),
        (None, Some(email)) => {
            // The type is checked before the address is resolved, so it is a guest's.
            if code == 9 {
                return Err(Fail::Rule(NOT_THERE));
            }
            if code == 0 {
                return Ok(());
            }
            let known = state
                .people
                .values()
                .find(|person| person.email.eq_ignore_ascii_case(email));
            let id = match known {
                Some(person) => person.id.clone(),
                None => {
                    let id = state.add_person(email, email, PersonType::Guest);
                    if let Some(person) = state.people.get_mut(&id) {
                        person.status = Status::Pending;
                    }
                    id
                }
            };
            let kind = state.people.get(&id).map(|person| person.kind);
            (id, kind)
        }
        (None, None) => return Ok(()),
    };
    let there = room.aces.get(&id).copied();
    let group = state.groups.contains_key(&id) || matches!(id.as_str(), EVERYONE | ADMINS);
    let terminated = state
        .people
        .get(&id)
        .is_some_and(|person| person.status == Status::Terminated);
    if terminated && !(code == 0 && there.is_some()) {
        return Ok(());
    }
    if code != 0 {
        if !room.codes(group).contains(&code) {
            return Err(Fail::Rule(NOT_THERE));
        }
        // An unknown id is taken for a guest.
        let lesser = !group && !matches!(kind, Some(PersonType::Admin | PersonType::RoomAdmin));
        let agent = room.kind == RoomKind::Ai
            && code == 11
            && (group && there.is_none() || matches!(kind, Some(PersonType::Guest)));
        if room.provider.is_none() && (lesser && code == 9 || agent) {
            return Err(Fail::Rule(NOT_THERE));
        }
    }
    let _ = me;
    if let Some(room) = state
        .entries
        .get_mut(room_id)
        .and_then(|entry| entry.room.as_mut())
    {
        if code == 0 {
            room.aces.remove(&id);
        } else {
            room.aces.insert(id, code);
        }
    }
    Ok(())
}
