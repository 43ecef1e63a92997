//! Rooms: reading and creating (rooms-api.md A, H.5, D).

use serde_json::Value;

use crate::simulator::api::requested::{MAX_TITLE, RequestedSettings, RequestedWatermark};
use crate::simulator::api::settings;
use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{Ace, Entry, FolderType, Room, RoomType};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::{ROOMS_ROOT, World};
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// `GET files/rooms/{id}`: answers for any folder, room or not.
pub(crate) fn room(world: &mut World, call: &Call) -> Outcome {
    let id = call.entry_id();
    let entry = world.existing(&id)?;
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

impl World {
    /// A room or folder, which must exist: active, archived or in the trash.
    pub(crate) fn existing(&self, id: &EntryId) -> Result<&Entry, Refusal> {
        let missing = Refusal::NotFound(Phrase::FolderMissing);
        self.entries.get(id).ok_or(missing)
    }
}

/// `POST files/rooms`.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let caller = call.person()?.to_owned();
    let body = call.bound("")?;
    let mut faults = Faults::default();
    let title = body.text("title")?;
    faults.length(&body, "Title", title.as_ref(), MAX_TITLE);
    let kind = room_type(&body)?;
    let is_private = body.plain_flag("private")?;
    let members = body.list("share")?.unwrap_or_default();
    let requested = RequestedSettings::read(&body, &mut faults)?;
    body.demand(&["title", "roomType"])?;
    faults.into_result()?;
    if is_private && members.is_empty() {
        return Err(absent("shares"));
    }
    if is_private {
        // No account here has a key for encryption.
        return Err(Refusal::Rule(Phrase::NoCreate));
    }
    let kind = RoomType::from_code(kind.into()).ok_or_else(|| {
        let message = "Exception of type 'System.ArgumentOutOfRangeException' was thrown.";
        Refusal::Thrown(Exception::ArgumentOutOfRange, message)
    })?;
    let id = make(
        world,
        &caller,
        kind,
        title.as_deref(),
        &requested,
        &ROOMS_ROOT,
    )?;
    let answer = settings::shown(world, &caller, &id)?;
    publish_creation(world, &id, &caller);
    Ok(with_access_of_link(world, answer, &id))
}

/// Creates a room. If a tag or a logo is refused, the room stays and no webhook is notified (rooms-api.md H.5).
pub(crate) fn make(
    world: &mut World,
    who: &str,
    kind: RoomType,
    title: Option<&str>,
    requested: &RequestedSettings,
    root: &EntryId,
) -> Result<EntryId, Refusal> {
    let title = title.ok_or_else(|| absent("title"))?.trim();
    if title.is_empty() {
        return Err(Refusal::Argument(Phrase::EmptyTitle));
    }
    let may_make = world
        .person(who)
        .is_some_and(|person| person.kind.may_own_rooms());
    if !may_make {
        return Err(Refusal::Rule(Phrase::NoCreate));
    }
    requested.check_quota(world)?;
    requested.check_chat()?;
    requested.check_cover()?;
    let room = world.requested_room(who, kind, requested);
    let id = world.insert_room(who, title, room, root.clone());
    if let Some(logo) = &requested.logo {
        world.take_logo(who, &id, logo.file.as_deref().unwrap_or_default())?;
    }
    if let Some(tags) = &requested.tags {
        world.tag(who, &id, tags, world.made)?;
    }
    Ok(id)
}

/// The response to the creation: it does not contain the primary link yet, but shows the link's access as the creator's
/// own.
fn with_access_of_link(world: &World, mut answer: Answer, id: &EntryId) -> Answer {
    let link = world.links_of(id).first();
    if let (Some(Value::Object(folder)), Some(link)) = (&mut answer.response, link) {
        folder.insert("access".to_owned(), Value::from(link.access));
    }
    answer
}

fn absent(name: &'static str) -> Refusal {
    let message = match name {
        "title" => "Value cannot be null. (Parameter 'title')",
        _ => "Value cannot be null. (Parameter 'shares')",
    };
    Refusal::Thrown(Exception::ArgumentNull, message)
}

/// A number, which need not be the number of a type, or a name; 0 if absent.
fn room_type(body: &Body) -> Result<i32, Refusal> {
    let Some(value) = body.value("roomType") else {
        return Ok(0);
    };
    let named = |text: &str| {
        let code = RoomType::from_name(text).map(RoomType::code);
        code.and_then(|code| i32::try_from(code).ok())
    };
    let read = match value {
        Value::Number(number) => number.as_i64().and_then(|code| i32::try_from(code).ok()),
        Value::String(text) => named(text.trim()).or_else(|| text.trim().parse().ok()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    read.ok_or_else(|| body.wrong_type("roomType", "RoomType"))
}

impl World {
    /// A new room with these settings. The `enabled` of lifetime and watermark does not count here.
    fn requested_room(&mut self, who: &str, kind: RoomType, requested: &RequestedSettings) -> Room {
        let color = requested.color.clone().filter(|color| !color.is_empty());
        let watermark = requested.watermark.as_ref();
        let watermark = watermark.filter(|requested| requested.check_picture(who, self).is_ok());
        let new = Room::new(kind);
        Room {
            // The database replaces a zero with its default.
            quota: requested
                .quota
                .filter(|quota| *quota != 0)
                .unwrap_or(new.quota),
            is_indexed: requested.indexing.unwrap_or(new.is_indexed),
            denies_download: requested.deny_download.unwrap_or(new.denies_download),
            sends_forms: requested.sends_forms.unwrap_or(new.sends_forms),
            saves_forms: requested.saves_forms.unwrap_or(new.saves_forms),
            lifetime: requested
                .lifetime
                .as_ref()
                .map(|requested| requested.begun(self)),
            watermark: watermark.map(RequestedWatermark::stored_with_room),
            watermark_writes: u32::from(watermark.is_some()),
            color: color.unwrap_or_else(|| self.drawn_color()),
            cover: requested.cover.clone().filter(|cover| !cover.is_empty()),
            ..new
        }
    }
}

/// Publishes a new room, and only then creates the primary link that some types have.
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
    if !world.is_below(id, FolderType::RoomTemplates) {
        world.give_primary_link(id);
    }
}

impl World {
    /// Writes one grant; access 0 removes it.
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
}
