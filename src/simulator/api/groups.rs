//! Groups: `GET group`, `GET group/{id}`, `DELETE group/{id}` (rooms-api.md M).

use serde_json::Value;

use crate::simulator::state::collation::{self, Key};
use crate::simulator::state::people::{Group, Person};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome, Page};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// `GET group`: by a part of the name; names need not be unique, and system groups are not listed.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let (start, count) = call.window()?;
    let member = call.query_guid("userId")?;
    let as_manager = call.query_flag("manager", false)?;
    let orders = [("Ascending", 0), ("Descending", 1)];
    let is_descending = call.query_enum("sortOrder", &orders)? == Some(1);
    keeper_of_groups(world, who, Person::may_read_groups)?;
    let text = call.query("filterValue").unwrap_or_default().trim();
    let ties = world.shuffler();
    let is_of = |group: &Group, who: &String| match as_manager {
        true => group.manager.as_ref() == Some(who),
        false => group.members.contains(who),
    };
    let fits = |group: &&Group| {
        !group.is_removed
            && !group.is_system
            && collation::contains(&group.name, text)
            && member.as_ref().is_none_or(|who| is_of(group, who))
    };
    let mut found: Vec<&Group> = world.groups.values().filter(fits).collect();
    ties.shuffle(&mut found);
    world.sort_groups(&mut found, call.query("sortBy"), is_descending);
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let shown: Vec<Value> = Page::from(start, count)
        .of(found)
        .into_iter()
        .map(|group| world.group_full(who, group, false))
        .collect();
    Ok(Answer::window(shown, total, start, count))
}

impl World {
    fn sort_groups(&self, groups: &mut [&Group], by: Option<&str>, is_descending: bool) {
        let manager = |group: &Group| -> Option<Key> {
            let person = self.person(group.manager.as_ref()?)?;
            Some(collation::key(&person.first_name))
        };
        let by = by.unwrap_or_default().to_ascii_lowercase();
        groups.sort_by(|one, other| {
            let (one, other) = if is_descending {
                (other, one)
            } else {
                (one, other)
            };
            match by.as_str() {
                "manager" | "1" => manager(one).cmp(&manager(other)),
                "memberscount" | "2" => one.members.len().cmp(&other.members.len()),
                _ => collation::key(&one.name).cmp(&collation::key(&other.name)),
            }
        });
    }
}

/// `GET group/{id}`: also answers for system groups.
pub(crate) fn group(world: &mut World, call: &Call) -> Outcome {
    let id = call.capture().to_owned();
    let who = call.person()?;
    let with_members = call.query_flag("includeMembers", true)?;
    keeper_of_groups(world, who, Person::may_read_groups)?;
    let group = found(world, &id)?;
    Ok(Answer::of(world.group_full(who, group, with_members)))
}

/// `DELETE group/{id}`: removes its grants too. A system group loses its grants and stays.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.capture().to_owned();
    keeper_of_groups(world, call.person()?, Person::is_docspace_admin)?;
    let is_system = found(world, &id)?.is_system;
    if let Some(group) = world.groups.get_mut(&id).filter(|_| !is_system) {
        group.is_removed = true;
    }
    let all = world.aces.values_mut();
    all.for_each(|aces| aces.retain(|ace| ace.subject != id));
    Ok(Answer::no_content())
}

fn found<'world>(world: &'world World, id: &str) -> Result<&'world Group, Refusal> {
    let group = world.groups.get(id).filter(|group| !group.is_removed);
    group.ok_or(Refusal::NotFound(Phrase::GroupMissing))
}

fn keeper_of_groups(
    world: &World,
    who: &str,
    may: impl Fn(&Person) -> bool,
) -> Result<(), Refusal> {
    match world.person(who).filter(|person| may(person)) {
        Some(_) => Ok(()),
        None => Err(Refusal::Thrown(Exception::Authorizing, "Access denied")),
    }
}
