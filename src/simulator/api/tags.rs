//! Tags of rooms and of the portal (rooms-api.md H.2).

use serde_json::Value;

use crate::simulator::api::settings;
use crate::simulator::rights::Right;
use crate::simulator::state::collation;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::FolderType;
use crate::simulator::state::tags::TagId;
use crate::simulator::state::title;
use crate::simulator::state::world::{Made, ROOMS_ROOT, World};
use crate::simulator::wire::body::Body;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// The maximum length of a name in the column, in UTF-16 units.
const MAX_NAME: usize = 255;

/// A name as it was sent; null is refused late.
pub(crate) type Name = Option<String>;

/// `PUT files/rooms/{id}/tags`: adds tags and answers in the order in which the portal learned them.
pub(crate) fn add_to_room(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let names = required_names(&call.bound("BatchTags")?, "BatchTags.Names")?;
    taggable(world, &who, &id)?;
    world.tag(&who, &id, &names, call.made_before)?;
    settings::shown(world, &who, &id)
}

/// `DELETE files/rooms/{id}/tags`, with a body.
pub(crate) fn remove_from_room(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let names = required_names(&call.bound("BatchTags")?, "BatchTags.Names")?;
    if names.contains(&None) {
        return Err(no_name());
    }
    taggable(world, &who, &id)?;
    for (row, _) in world.tags_named(&names)? {
        world.tags.unlink(&id, row);
    }
    settings::shown(world, &who, &id)
}

/// `GET files/tags`: all tags for a DocSpace admin, newest first; for others those of the rooms they see.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let count = call.query_number_or("count", 100)?;
    if !(1..=100).contains(&count) {
        return Err(Refusal::out_of_range("count", 1, 100));
    }
    let start = call.query_number_or("startIndex", 0)?;
    let wanted = call.query("filterValue").unwrap_or_default().trim();
    let names: Vec<&str> = if world.is_admin(who) {
        if start < 0 || !is_storable(wanted) {
            return Err(database_fault());
        }
        let names = world.tags.all().rev().map(|(_, name)| name);
        names
            .filter(|name| collation::contains(name, wanted))
            .collect()
    } else {
        let wanted = wanted
            .to_lowercase()
            .replace('%', r"\%")
            .replace('_', r"\_");
        let mut names = world.tags_in_sight(who);
        names.retain(|name| name.to_lowercase().contains(&wanted));
        names
    };
    let (start, count) = (
        usize::try_from(start).unwrap_or(0),
        usize::try_from(count).unwrap_or(100),
    );
    let page = names.into_iter().skip(start).take(count);
    Ok(Answer::streamed(page.map(Value::from).collect()))
}

/// `POST files/tags`.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let name = required_name(&call.bound("")?, "name", "Name")?;
    let seen = world.seen_tags(call.made_before);
    let tag = world.portal_tag(&who, name.as_deref(), seen)?;
    Ok(Answer::of(tag.into()))
}

/// `PUT files/tags`: renames a tag. A name that the collation considers known is ignored, including the old one.
pub(crate) fn rename(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let old = required_name(&body, "oldName", "OldName")?;
    let new = required_name(&body, "newName", "NewName")?;
    if !world.is_admin(&who) {
        return Err(Refusal::Right);
    }
    let (old, new) = (filled(old.as_deref())?, filled(new.as_deref())?);
    let row = newest(world, old)?.ok_or(Refusal::NotFound(Phrase::TagMissing))?;
    if newest(world, new)?.is_some() {
        return Err(Refusal::Argument(Phrase::TagTwice));
    }
    world.tags.rename(row, new);
    Ok(Answer::of(new.into()))
}

/// `DELETE files/tags`, with a body: removes tags from all rooms.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let names = required_names(&call.bound("")?, "Names")?;
    if !world.is_admin(&who) {
        return Err(Refusal::Right);
    }
    for (row, _) in world.tags_named(&names)? {
        world.tags.remove(row);
    }
    Ok(Answer::default())
}

/// `GET files/tags/{name}/haslinks`.
pub(crate) fn has_links(world: &mut World, call: &Call) -> Outcome {
    if !world.is_admin(call.person()?) {
        return Err(Refusal::Right);
    }
    let row = newest(world, call.capture())?.ok_or(Refusal::NotFound(Phrase::TagMissing))?;
    Ok(Answer::of(world.tags.is_linked(row).into()))
}

/// Tags can be set by everyone who may edit the room and by any DocSpace admin, but not in the archive.
fn taggable(world: &World, who: &str, id: &EntryId) -> Result<(), Refusal> {
    world.existing(id)?;
    let may = world.is_admin(who) || world.may(Some(who), Right::EditRoom, id);
    if may && !world.is_below(id, FolderType::Archive) {
        Ok(())
    } else {
        Err(Refusal::Right)
    }
}

/// The list of names, which the body must contain.
fn required_names(body: &Body, key: &str) -> Result<Vec<Name>, Refusal> {
    let required = || Refusal::validation(key, "The Names field is required.");
    body.texts("names")?.ok_or_else(required)
}

/// A name that the body must contain, though it may be null.
fn required_name(body: &Body, name: &str, field: &str) -> Result<Name, Refusal> {
    let text = body.text(name)?;
    body.demand(&[name])?;
    match text {
        Some(text) if title::units(&text) > MAX_NAME => {
            Err(Refusal::too_long(field, field, MAX_NAME))
        }
        text => Ok(text),
    }
}

fn filled(name: Option<&str>) -> Result<&str, Refusal> {
    match name {
        None => Err(no_name()),
        Some("") => Err(Refusal::Argument(Phrase::EmptyTag)),
        Some(name) => Ok(name),
    }
}

fn newest(world: &World, name: &str) -> Result<Option<u64>, Refusal> {
    if !is_storable(name) {
        return Err(database_fault());
    }
    let mut rows = world.tags.named(name);
    Ok(rows.next_back().map(|(row, _)| row))
}

/// Whether the column can store the name: its character set ends at U+FFFF, and a comparison with characters beyond
/// fails.
pub(crate) fn is_storable(name: &str) -> bool {
    name.chars().all(|letter| letter <= '\u{ffff}')
}

pub(crate) fn database_fault() -> Refusal {
    Refusal::Thrown(
        Exception::MySql,
        "Illegal mix of collations for operation '='",
    )
}

fn no_name() -> Refusal {
    Refusal::Thrown(
        Exception::ArgumentNull,
        "Value cannot be null. (Parameter 'name')",
    )
}

impl World {
    /// Whether the person is a DocSpace admin, which includes the portal's owner.
    pub(crate) fn is_admin(&self, who: &str) -> bool {
        self.person(who)
            .is_some_and(|person| person.is_docspace_admin())
    }

    /// The newest tag that a call sees. It may miss a tag that another call has created since it arrived.
    fn seen_tags(&mut self, since: Made) -> TagId {
        let is_overtaken = self.made.tag > since.tag && self.options.contention.tags > 0.0;
        if is_overtaken && self.random.f64() < self.options.contention.tags {
            since.tag
        } else {
            TagId::MAX
        }
    }

    /// The tag as the portal spells it. Creates an unknown one, if the caller may.
    fn portal_tag(
        &mut self,
        who: &str,
        name: Option<&str>,
        seen: TagId,
    ) -> Result<String, Refusal> {
        let may_make = self
            .person(who)
            .is_some_and(|person| person.kind.may_own_rooms());
        if !may_make {
            return Err(Refusal::Right);
        }
        let name = filled(name)?;
        if !is_storable(name) {
            return Err(database_fault());
        }
        let known = self.tags.named(name).rfind(|(row, _)| *row <= seen);
        if let Some((_, known)) = known {
            return Ok(known.to_owned());
        }
        if title::units(name) > MAX_NAME {
            return Err(Refusal::Argument(Phrase::TagTooLong));
        }
        self.made.tag = self.tags.insert(name);
        Ok(name.to_owned())
    }

    /// The rows that have one of these names, oldest first.
    fn tags_named(&self, names: &[Name]) -> Result<Vec<(u64, String)>, Refusal> {
        let names = names.iter().flatten();
        if !names.clone().all(|name| is_storable(name)) {
            return Err(database_fault());
        }
        let keys: Vec<_> = names.map(|name| collation::key(name)).collect();
        let rows = self.tags.all();
        let rows = rows.filter(|(_, name)| keys.contains(&collation::key(name)));
        Ok(rows.map(|(row, name)| (row, name.to_owned())).collect())
    }

    /// Creates the missing tags one by one and returns the portal's spellings. Tags before a bad name stay created.
    fn known_tags(
        &mut self,
        who: &str,
        names: &[Name],
        since: Made,
    ) -> Result<Vec<String>, Refusal> {
        let seen = self.seen_tags(since);
        let rows = self.tags_named(names)?.into_iter();
        let mut known: Vec<String> = rows
            .filter(|(row, _)| *row <= seen)
            .map(|(_, name)| name)
            .collect();
        for name in names {
            if !name.as_ref().is_some_and(|name| known.contains(name)) {
                known.push(self.portal_tag(who, name.as_deref(), seen)?);
            }
        }
        Ok(known)
    }

    /// Adds tags to an entry; none at all if one of the names is bad.
    pub(crate) fn tag(
        &mut self,
        who: &str,
        id: &EntryId,
        names: &[Name],
        since: Made,
    ) -> Result<(), Refusal> {
        for name in self.known_tags(who, names, since)? {
            self.tags.link(id, &name);
        }
        Ok(())
    }

    /// Replaces the tags of an entry.
    pub(crate) fn retag(
        &mut self,
        who: &str,
        id: &EntryId,
        names: &[Name],
        since: Made,
    ) -> Result<(), Refusal> {
        let before: Vec<(u64, String)> = self.tags.rows_of(id);
        let known = self.known_tags(who, names, since)?;
        for name in &known {
            self.tags.link(id, name);
        }
        for (row, name) in before {
            if !known.contains(&name) {
                self.tags.unlink(id, row);
            }
        }
        Ok(())
    }

    /// The tags of the active rooms that the person sees, each name once.
    fn tags_in_sight(&self, who: &str) -> Vec<&str> {
        let rooms = self.children(&ROOMS_ROOT);
        let rooms =
            rooms.filter(|entry| entry.room.is_some() && self.may_read(Some(who), &entry.id));
        let mut names = Vec::new();
        for name in rooms.flat_map(|room| self.tags.of(&room.id)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
