//! Folders: reading, creating, renaming, ordering (rooms-api.md B, D).

use serde_json::Value;

use crate::simulator::api::rooms;
use crate::simulator::api::settings;
use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::{Right, Standing, access};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::notices::{Notice, NoticeKind};
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{Entry, FolderType, RoomType};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const MAX_TITLE: usize = 165;

/// `GET files/folder/{id}`.
pub(crate) fn folder(world: &mut World, call: &Call) -> Outcome {
    let id = call.entry_id();
    let entry = world.existing(&id)?;
    rooms::readable(world, call, &id)?;
    Ok(Answer::of(world.folder(
        call.caller.as_deref(),
        entry,
        Shown::Alone,
    )))
}

/// `POST files/folder/{id}`: always creates another folder, even if the title exists.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let (who, parent) = (call.person()?.to_owned(), call.entry_id());
    let title = read_title(&call.bound("Folder")?)?.ok_or(Refusal::Thrown(
        Exception::ArgumentNull,
        "Value cannot be null. (Parameter 'title')",
    ))?;
    let title = title.trim();
    if title.is_empty() {
        return Err(Refusal::Argument(Phrase::EmptyTitle));
    }
    if !world.entries.contains_key(&parent) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    if !world.may_create_folders(&who, &parent) {
        return Err(Refusal::Rule(Phrase::NoCreate));
    }
    world.contend(call.made_before, &parent)?;
    let id = world.create_folder(&who, &parent, title, FolderType::Default);
    settings::shown(world, &who, &id)
}

/// `PUT files/folder/{id}`: does not trim or require a title; accepts rooms too.
pub(crate) fn rename(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let title = read_title(&call.bound("Folder")?)?;
    let entry = world.existing(&id)?;
    let right = if entry.room.is_some() {
        Right::EditRoom
    } else {
        Right::Rename
    };
    if !world.may(Some(&who), right, &id) {
        return Err(Refusal::Rule(Phrase::NoRename));
    }
    if world
        .person(&who)
        .is_some_and(|person| person.kind == EmployeeType::Guest)
    {
        return Err(Refusal::Right);
    }
    let title = title.ok_or(Refusal::Thrown(
        Exception::DbUpdate,
        "An error occurred while saving the entity changes.",
    ))?;
    world.rename_if_other(&id, &title, &who);
    settings::shown(world, &who, &id)
}

/// `PUT files/folder/{id}/order`: moves the folder to this position in an indexed room and shifts the others.
pub(crate) fn order(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let order = read_order(&call.bound("Order")?)?;
    let entry = world.existing(&id)?;
    let before = entry.order;
    if !world.may_edit(&who, entry) {
        return Err(Refusal::Rule(Phrase::AccessDenied));
    }
    let after = world.reorder(&id, order);
    if after.is_some_and(|after| after != before) {
        world.publish(Trigger::FolderUpdated, &id, &who);
    }
    settings::shown(world, &who, &id)
}

/// At least 1; may be a string such as `2.4`, where the last part counts.
fn read_order(body: &Body) -> Result<u32, Refusal> {
    let last = |text: &str| {
        text.rsplit('.')
            .next()
            .and_then(|part| part.trim().parse().ok())
    };
    let order: Option<i32> = match body.value("order") {
        None => Some(0),
        Some(Value::Number(number)) => number.as_i64().and_then(|order| i32::try_from(order).ok()),
        Some(Value::String(text)) => last(text),
        Some(_) => None,
    };
    let order = order.ok_or(Refusal::Thrown(Exception::Argument, "order"))?;
    let mut faults = Faults::default();
    faults.range(body, "Order", order.into(), 1, i32::MAX.into());
    faults.into_result()?;
    Ok(u32::try_from(order).unwrap_or(1))
}

/// The title, which the body must contain; `None` for null.
fn read_title(body: &Body) -> Result<Option<String>, Refusal> {
    let title = body.text("title")?;
    body.demand(&["title"])?;
    let mut faults = Faults::default();
    faults.length(body, "Title", title.as_ref(), MAX_TITLE);
    faults.into_result()?;
    Ok(title)
}

impl World {
    /// Whether the person may create a folder here. At the root of rooms the right exists, but for rooms; at the root
    /// of templates everybody who may create rooms may, but cannot read the folder afterwards (rooms-api.md B.3).
    fn may_create_folders(&self, who: &str, parent: &EntryId) -> bool {
        match self.entries.get(parent).map(|parent| parent.kind) {
            Some(FolderType::VirtualRooms) => false,
            Some(FolderType::RoomTemplates) => self
                .person(who)
                .is_some_and(|person| person.kind.may_own_rooms()),
            _ => self.may(Some(who), Right::Create, parent),
        }
    }

    /// Whether the person may edit entries here: as the owner of the room or by a grant.
    fn may_edit(&self, who: &str, entry: &Entry) -> bool {
        let is_active = !self.is_below(&entry.id, FolderType::Archive)
            && !self.is_below(&entry.id, FolderType::Trash);
        let Some((person, room)) = self.person(who).zip(self.room_of(&entry.id)) else {
            return false;
        };
        let edits = match self.standing(person, room) {
            Standing::Owner => true,
            Standing::Member(access::ROOM_MANAGER) => true,
            Standing::Member(access::CONTENT_CREATOR | access::EDITING) => entry.room.is_none(),
            Standing::Member(_) | Standing::Stranger => false,
        };
        is_active && edits
    }

    /// Creates a folder and notifies the webhooks and everybody who can already read the room.
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
        let notices: Vec<Notice> = self
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
        self.notices.extend(notices);
        id
    }

    /// Whether the person can read the room as its owner or through a grant.
    fn is_member(&self, person: &str, room: &EntryId) -> bool {
        let Some((person, entry)) = self.person(person).zip(self.entries.get(room)) else {
            return false;
        };
        entry.created_by == person.id || self.grant_of(person, room).is_some()
    }

    /// Renames if the sent title differs from the stored one; a title that is altered on storing therefore always
    /// renames.
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
