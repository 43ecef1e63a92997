//! Candidates and members of a room: `GET people/room/{id}`, `GET group/room/{id}` (rooms-api.md M).

use serde_json::{Value, json};

use super::people_filter::{
    DOCSPACE_ADMIN, GUEST, GUESTS_AREA, PEOPLE_AREA, Parameters, ROOM_ADMIN, USER,
};
use crate::simulator::dto::merged;
use crate::simulator::rights::Right;
use crate::simulator::state::collation;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::{EVERYONE, EmployeeType, Group, Person};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome, Page};
use crate::simulator::wire::refusal::Refusal;

/// `GET people/room/{id}`: all matching people, and for each whether the room is shared with them.
pub(crate) fn people(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let (start, count) = call.window()?;
    let requested = Parameters::of(call)?;
    let excludes = call.query_flag("excludeShared", false)?;
    let includes = call.query_flag("includeShared", false)?;
    let id = call.entry_id();
    let caller = world.person(who).ok_or(Refusal::Empty(401))?;
    world.existing(&id)?;
    if caller.kind == EmployeeType::Guest || !world.may(Some(who), Right::Read, &id) {
        return Err(Refusal::Right);
    }
    let ties = world.shuffler();
    let fits = |(person, shared): &(&Person, bool)| {
        let by_sharing = if excludes {
            !shared
        } else {
            *shared || !includes
        };
        by_sharing
            && is_in_area(world, who, &requested, person, *shared)
            && requested
                .status
                .is_none_or(|status| status == person.status.code())
            && type_fits(&requested.types, person)
            && requested.fits(person)
    };
    let everybody = world.people.values().filter(|person| !person.is_removed);
    let mut found: Vec<(&Person, bool)> = everybody
        .map(|person| (person, world.is_shared_with(&id, &person.id)))
        .filter(fits)
        .collect();
    ties.shuffle(&mut found);
    found.sort_by_key(|(person, _)| (person.activation, collation::key(&person.first_name)));
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let shown = Page::from(start, count).of(found).into_iter();
    let shown: Vec<Value> = shown
        .map(|(person, shared)| {
            let full = world.employee_full(who, person);
            merged(full, json!({ "shared": shared }))
        })
        .collect();
    Ok(Answer::window(shown, total, start, count))
}

/// `GET group/room/{id}`: all groups and Everyone, for callers who may share the room.
pub(crate) fn groups(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let (start, count) = call.window()?;
    let excludes = call.query_flag("excludeShared", false)?;
    let id = call.entry_id();
    world.existing(&id)?;
    if !world.may(Some(who), Right::EditAccess, &id) {
        return Err(Refusal::Right);
    }
    let text = call.query("filterValue").unwrap_or_default().trim();
    let ties = world.shuffler();
    let fits = |group: &&Group| {
        !group.is_removed
            && (!group.is_system || group.id == EVERYONE)
            && collation::contains(&group.name, text)
            && !(excludes && world.is_shared_with(&id, &group.id))
    };
    let mut found: Vec<&Group> = world.groups.values().filter(fits).collect();
    ties.shuffle(&mut found);
    found.sort_by_key(|group| collation::key(&group.name));
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let shown = Page::from(start, count).of(found).into_iter();
    let shown: Vec<Value> = shown
        .map(|group| {
            let full = world.group_full(who, group, false);
            merged(
                full,
                json!({ "shared": world.is_shared_with(&id, &group.id) }),
            )
        })
        .collect();
    Ok(Answer::window(shown, total, start, count))
}

/// Guests without a relation to the caller are shown only to DocSpace admins, or if the room is shared with them.
fn is_in_area(
    world: &World,
    who: &str,
    requested: &Parameters<'_>,
    person: &Person,
    is_shared: bool,
) -> bool {
    let is_guest = person.kind == EmployeeType::Guest;
    let sees_all = world.person(who).is_some_and(Person::is_docspace_admin);
    let is_known = sees_all || !world.is_stranger(who, person);
    match requested.area {
        PEOPLE_AREA => !is_guest,
        GUESTS_AREA => is_guest && is_known,
        _ => is_known || is_shared,
    }
}

/// Whether one of the types fits. As the server implements it, everybody fits unless room admins are among the types.
fn type_fits(types: &[i64], person: &Person) -> bool {
    let code = person.kind.code();
    let is_requested = [GUEST, DOCSPACE_ADMIN, USER].contains(&code) && types.contains(&code);
    is_requested || !types.contains(&ROOM_ADMIN) || person.kind == EmployeeType::RoomAdmin
}

impl World {
    /// Whether the entry or its room is granted to the subject, or the subject owns the room.
    fn is_shared_with(&self, id: &EntryId, subject: &str) -> bool {
        let room = self.room_of(id);
        let granted = |id: &EntryId| {
            let aces = self.aces.get(id).map(Vec::as_slice).unwrap_or_default();
            aces.iter().any(|ace| ace.subject == subject)
        };
        granted(id) || room.is_some_and(|room| granted(&room.id) || room.created_by == subject)
    }
}
