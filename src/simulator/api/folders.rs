//! Folders: reading, making, renaming, deleting.

use crate::simulator::api::rooms;
use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::notices::{Notice, NoticeKind};
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{FolderType, RoomType};
use crate::simulator::state::title;
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

const LONGEST_TITLE: usize = 165;

/// `GET files/folder/{id}`.
pub(crate) fn folder(world: &mut World, call: &Call) -> Outcome {
    let id = call.entry_id();
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    rooms::readable(world, call, &id)?;
    Ok(Answer::of(world.folder(
        call.caller.as_deref(),
        entry,
        Shown::Alone,
    )))
}

/// `POST files/folder/{id}`: makes one more folder, whatever is there already.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let (who, parent) = (call.person()?.to_owned(), call.entry_id());
    let body = call.body()?;
    if body.present("title").is_none() {
        return Err(Refusal::missing_member("title"));
    }
    let name = body.text("title")?.unwrap_or_default();
    if title::units(&name) > LONGEST_TITLE {
        return Err(Refusal::too_long("Folder.Title", "Title", LONGEST_TITLE));
    }
    if name.trim().is_empty() {
        return Err(Refusal::Argument(Phrase::EmptyTitle));
    }
    if !world.entries.contains_key(&parent) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    let is_root = world.entries.get(&parent).is_some_and(|parent| {
        matches!(parent.kind, FolderType::VirtualRooms | FolderType::AiAgents)
    });
    // The right is there, for rooms.
    if is_root || !world.may(Some(&who), Right::Create, &parent) {
        return Err(Refusal::Rule(Phrase::NoCreate));
    }
    world.contend(call.made_before, &parent)?;
    let id = world.create_folder(&who, &parent, &name, FolderType::Default);
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::Unforeseen("the folder vanished"))?;
    Ok(Answer::of(world.folder(Some(&who), entry, Shown::Changed)))
}

/// `PUT files/folder/{id}`: neither trims nor asks for a title; takes rooms too.
pub(crate) fn rename(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.body()?;
    if body.present("title").is_none() {
        return Err(Refusal::missing_member("title"));
    }
    let name = body.text("title")?.unwrap_or_default();
    if title::units(&name) > LONGEST_TITLE {
        return Err(Refusal::too_long("Folder.Title", "Title", LONGEST_TITLE));
    }
    if !world.entries.contains_key(&id) {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    if world
        .person(&who)
        .is_some_and(|person| person.kind == EmployeeType::Guest)
    {
        return Err(Refusal::Right);
    }
    if !world.may(Some(&who), Right::Rename, &id) {
        return Err(Refusal::Rule(Phrase::NoRename));
    }
    world.rename_if_other(&id, &name, &who);
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    Ok(Answer::of(world.folder(Some(&who), entry, Shown::Changed)))
}

/// `DELETE files/folder/{id}`, with a body: an operation.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.body()?;
    let is_immediate = body.plain_flag("immediately")?;
    body.plain_flag("deleteAfter")?;
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    if !world.may(Some(&who), Right::Delete, &id) || (entry.room.is_some() && !is_immediate) {
        return Err(Refusal::Right);
    }
    let answer = rooms::operation(world, call, &id, 2);
    if is_immediate {
        world.remove_entry(&id);
    } else {
        let trash = world.trash_of(&who);
        if let Some(entry) = world.entries.get_mut(&id) {
            entry.parent = trash;
        }
    }
    Ok(answer)
}

impl World {
    /// Makes a folder, tells the webhooks, and everybody who can already read the room.
    pub(crate) fn create_folder(
        &mut self,
        actor: &str,
        parent: &EntryId,
        name: &str,
        kind: FolderType,
    ) -> EntryId {
        let id = self.insert_folder(actor, parent, name, kind);
        self.publish(Trigger::FolderCreated, &id, actor);
        let Some(room) = self.room_of(parent).map(|room| room.id.clone()) else {
            return id;
        };
        let told: Vec<Notice> = self
            .people
            .values()
            .filter(|person| {
                !person.is_gone() && person.id != actor && self.is_member(&person.id, &room)
            })
            .map(|person| Notice {
                person: person.id.clone(),
                kind: NoticeKind::FolderCreated,
                entry: id.clone(),
            })
            .collect();
        self.notices.extend(told);
        id
    }

    /// Whether the person reads the room as its owner or through a grant.
    fn is_member(&self, person: &str, room: &EntryId) -> bool {
        let Some((person, entry)) = self.person(person).zip(self.entries.get(room)) else {
            return false;
        };
        entry.created_by == person.id || self.grant_of(person, room).is_some()
    }

    /// Renames if the title as sent differs from the stored one; so a title that is altered on storing always does.
    pub(crate) fn rename_if_other(&mut self, id: &EntryId, name: &str, actor: &str) {
        let Some(entry) = self.entries.get(id).filter(|entry| entry.title != name) else {
            return;
        };
        let trigger = match entry.room.as_ref().map(|room| room.kind) {
            None => Trigger::FolderUpdated,
            Some(RoomType::Ai) => Trigger::AgentUpdated,
            Some(_) => Trigger::RoomUpdated,
        };
        self.rename(id, name, actor);
        self.publish(trigger, id, actor);
    }
}
