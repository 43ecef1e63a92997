//! Rooms: reading, making, archiving, deleting, handing over.

use serde_json::{Value, json};

use crate::simulator::api::settings::{self, Settings};
use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::Right;
use crate::simulator::rights::access;
use crate::simulator::state::ids::{self, EntryId};
use crate::simulator::state::people::EmployeeStatus;
use crate::simulator::state::rooms::{Ace, FolderType, Room, RoomType};
use crate::simulator::state::title;
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::{ARCHIVE_ROOT, ROOMS_ROOT, World};
use crate::simulator::wire::call::{Answer, Call, Members, Outcome, number};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// `GET files/rooms/{id}`: answers for any folder, room or not.
pub(crate) fn room(world: &mut World, call: &Call) -> Outcome {
    let id = call.entry_id();
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    readable(world, call, &id)?;
    Ok(Answer::of(world.folder(
        call.caller.as_deref(),
        entry,
        Shown::Alone,
    )))
}

/// 403 for a known caller who may not read the entry, 401 for an unknown one.
pub(crate) fn readable(world: &World, call: &Call, id: &EntryId) -> Result<(), Refusal> {
    if world.may_read(call.caller.as_deref(), id) {
        return Ok(());
    }
    Err(if call.caller.is_some() {
        Refusal::Rule(Phrase::NoView)
    } else {
        Refusal::Anonymous(Phrase::NoView)
    })
}

/// `POST files/rooms`.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let caller = call.person()?.to_owned();
    let body = call.body()?;
    let kind = room_type(&body)?;
    if body.present("title").is_none() {
        return Err(Refusal::missing_member("title"));
    }
    let name = body.text("title")?.unwrap_or_default();
    if title::units(&name) > settings::LONGEST_ROOM_TITLE {
        return Err(Refusal::too_long(
            "Title",
            "Title",
            settings::LONGEST_ROOM_TITLE,
        ));
    }
    let settings = Settings::read(&body)?;
    let is_private = body.flag("private")?.unwrap_or(false);
    if !world
        .person(&caller)
        .is_some_and(|person| person.kind.may_own_rooms())
    {
        return Err(Refusal::Rule(Phrase::NoCreate));
    }
    if name.trim().is_empty() {
        return Err(Refusal::Argument(Phrase::EmptyTitle));
    }
    settings.check(world)?;
    let mut room = Room::new(kind);
    room.is_private = is_private;
    let id = world.insert_room(&caller, &name, room, ROOMS_ROOT);
    settings.apply(world, &id, &caller);
    publish_creation(world, &id, &caller);
    let entry = world
        .entries
        .get(&id)
        .ok_or(Refusal::Unforeseen("the room vanished"))?;
    Ok(Answer::of(world.folder(
        Some(&caller),
        entry,
        Shown::Changed,
    )))
}

fn room_type(body: &Members) -> Result<RoomType, Refusal> {
    let value = body
        .member("roomType")
        .ok_or_else(|| Refusal::missing_member("roomType"))?;
    number(value)
        .and_then(RoomType::from_code)
        .or_else(|| value.as_str().and_then(RoomType::from_name))
        .ok_or_else(|| Refusal::not_convertible("$.roomType", "RoomType"))
}

/// Tells of a new room, and only then makes the primary link some types have.
pub(crate) fn publish_creation(world: &mut World, id: &EntryId, actor: &str) {
    let Some(kind) = world.room(id).map(|(_, room)| room.kind) else {
        return;
    };
    let trigger = if kind == RoomType::Ai {
        Trigger::AgentCreated
    } else {
        Trigger::RoomCreated
    };
    world.publish(trigger, id, actor);
    let is_template = world.is_below(id, FolderType::RoomTemplates);
    let link = match kind {
        RoomType::Public => Some(access::READ),
        RoomType::FillingForms => Some(access::FILL_FORMS),
        RoomType::Editing | RoomType::Custom | RoomType::VirtualData | RoomType::Ai => None,
    };
    if let Some(code) = link.filter(|_| !is_template) {
        let link_id = world.new_guid();
        if let Some(room) = world.room_mut(id) {
            room.primary_link = Some((link_id, code));
        }
    }
}

/// `PUT files/rooms/{id}/archive`.
pub(crate) fn archive(world: &mut World, call: &Call) -> Outcome {
    let id = movable(world, call)?;
    if world.is_below(&id, FolderType::VirtualRooms) || world.is_below(&id, FolderType::AiAgents) {
        world.move_room(&id, &ARCHIVE_ROOT, Trigger::RoomArchived, call.person()?);
    }
    Ok(operation(world, call, &id, 0))
}

/// `PUT files/rooms/{id}/unarchive`.
pub(crate) fn unarchive(world: &mut World, call: &Call) -> Outcome {
    let id = movable(world, call)?;
    if world.is_below(&id, FolderType::Archive) {
        world.move_room(&id, &ROOMS_ROOT, Trigger::RoomRestored, call.person()?);
    }
    Ok(operation(world, call, &id, 0))
}

fn movable(world: &World, call: &Call) -> Result<EntryId, Refusal> {
    let (who, id) = (call.person()?, call.entry_id());
    let is_template = world.is_below(&id, FolderType::RoomTemplates);
    if is_template || world.room(&id).is_none() {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    if world.may(Some(who), Right::Move, &id) {
        Ok(id)
    } else {
        Err(Refusal::Right)
    }
}

/// `DELETE files/rooms/{id}`: at once, not by way of the trash.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    if world.room(&id).is_none() {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    if !world.may(Some(&who), Right::Delete, &id) {
        return Err(Refusal::Right);
    }
    let answer = operation(world, call, &id, 2);
    world.delete_room(&id, &who);
    Ok(answer)
}

/// The list of the caller's operations, holding the one just done.
pub(crate) fn operation(world: &mut World, call: &Call, id: &EntryId, kind: u8) -> Answer {
    let folder = world
        .entries
        .get(id)
        .map(|entry| world.folder(call.caller.as_deref(), entry, Shown::Changed));
    Answer::streamed(vec![json!({
        "id": world.new_guid(), "Operation": kind, "progress": 100, "error": "", "processed": "1",
        "finished": true, "url": "", "files": [], "folders": folder.into_iter().collect::<Vec<Value>>(),
    })])
}

/// `POST files/owner`.
pub(crate) fn change_owner(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.body()?;
    let text = body
        .text("userId")?
        .ok_or_else(|| Refusal::missing_member("userId"))?;
    let new_owner =
        ids::parse_guid(&text).ok_or_else(|| Refusal::not_convertible("$.userId", "Guid"))?;
    let mut folders = Vec::new();
    for value in body.list("folderIds")?.unwrap_or_default() {
        let id = match value.as_str() {
            Some(text) => EntryId::from_route(text),
            None => EntryId::Number(
                number(&value)
                    .ok_or_else(|| Refusal::not_convertible("$.folderIds[0]", "Int32"))?,
            ),
        };
        world.hand_over(&who, &id, &new_owner)?;
        folders.extend(
            world
                .entries
                .get(&id)
                .map(|entry| world.folder(Some(&who), entry, Shown::Changed)),
        );
    }
    Ok(Answer::streamed(folders))
}

impl World {
    /// Makes `new_owner` the room's owner, on behalf of `who`. The old one becomes its room manager;
    /// if his account cannot be one this is refused after the owner was changed.
    pub(crate) fn hand_over(
        &mut self,
        who: &str,
        id: &EntryId,
        new_owner: &str,
    ) -> Result<(), Refusal> {
        let (entry, _) = self
            .room(id)
            .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
        let old_owner = entry.created_by.clone();
        if !self.may(Some(who), Right::ChangeOwner, id) {
            return Err(Refusal::Right);
        }
        let fits = |person: &crate::simulator::state::people::Person| {
            person.status == EmployeeStatus::Active && person.kind.may_own_rooms()
        };
        if !self.person(new_owner).is_some_and(fits) {
            return Err(Refusal::Rule(Phrase::CannotSelectUser));
        }
        if old_owner == new_owner {
            return Ok(());
        }
        let now = self.now();
        if let Some(entry) = self.entries.get_mut(id) {
            new_owner.clone_into(&mut entry.created_by);
            who.clone_into(&mut entry.updated_by);
            entry.updated = now;
        }
        self.set_access(id, new_owner, false, access::NONE);
        if let Some(old) = self.person(&old_owner).filter(|old| !old.is_gone()) {
            if !old.kind.may_own_rooms() {
                return Err(Refusal::Rule(Phrase::RoleImpossible));
            }
            self.set_access(id, &old_owner, false, access::ROOM_MANAGER);
        }
        self.publish(Trigger::FolderUpdated, id, who);
        Ok(())
    }

    /// Writes one grant; access 0 takes it away.
    pub(crate) fn set_access(&mut self, id: &EntryId, subject: &str, is_group: bool, code: i32) {
        let aces = self.aces.entry(id.clone()).or_default();
        match aces.iter_mut().find(|ace| ace.subject == subject) {
            Some(_) if code == access::NONE => aces.retain(|ace| ace.subject != subject),
            Some(ace) => ace.access = code,
            None if code == access::NONE => {}
            None => aces.push(Ace {
                subject: subject.to_owned(),
                is_group,
                access: code,
            }),
        }
    }

    pub(crate) fn move_room(&mut self, id: &EntryId, to: &EntryId, trigger: Trigger, actor: &str) {
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        entry.parent = to.clone();
        self.publish(trigger, id, actor);
    }

    pub(crate) fn delete_room(&mut self, id: &EntryId, actor: &str) {
        let Some(kind) = self.room(id).map(|(_, room)| room.kind) else {
            return;
        };
        let trigger = if kind == RoomType::Ai {
            Trigger::AgentDeleted
        } else {
            Trigger::RoomDeleted
        };
        self.publish(trigger, id, actor);
        self.remove_entry(id);
    }
}

/// `GET files/rooms/fromTemplate/status`: the portal's one job, or nothing.
pub(crate) fn template_status(world: &mut World, call: &Call) -> Outcome {
    call.person()?;
    let Some(copy) = &world.template_copy else {
        return Ok(Answer::default());
    };
    let all = copy.to_copy.len().max(1);
    let done = if copy.is_completed {
        100
    } else {
        100 * copy.copied / all
    };
    Ok(Answer::of(json!({
        "roomId": copy.announced.as_ref().map_or(Value::from(-1), EntryId::to_json),
        "progress": done, "error": copy.error, "isCompleted": copy.is_completed,
    })))
}
