//! `PUT files/rooms/{id}`: a room's settings (rooms-api.md H.1). Not atomic: what comes before a refusal stays.

use serde_json::Value;

use crate::simulator::api::owner::entry_ids;
use crate::simulator::api::requested::{MAX_TITLE, RequestedSettings};
use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{FolderType, Room, RoomType};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::Faults;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The server's message for a null reference.
pub(crate) const NO_OBJECT: Refusal =
    Refusal::Unforeseen("Object reference not set to an instance of an object.");

/// Always notifies the webhooks, changed or not.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.bound("UpdateRoom")?;
    let mut faults = Faults::default();
    let title = body.text("title")?;
    faults.length(&body, "Title", title.as_ref(), MAX_TITLE);
    let requested = RequestedSettings::read(&body, &mut faults)?;
    faults.into_result()?;
    requested.check_quota(world)?;
    if !world.entries.contains_key(&id) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    editable(world, &who, &id)?;
    let title = title.unwrap_or_default().trim().to_owned();
    change(world, &who, &id, &title, &requested)?;
    if let Some(logo) = &requested.logo {
        let file = logo.file.clone().unwrap_or_default();
        world.take_logo(&who, &id, &file)?;
    }
    if let Some(tags) = &requested.tags {
        world.retag(&who, &id, tags, call.made_before)?;
    }
    world.publish_update(&id, &who);
    shown(world, &who, &id)
}

/// Checks the right to change a room, which does not exist for archived rooms.
pub(crate) fn editable(world: &World, who: &str, id: &EntryId) -> Result<(), Refusal> {
    let is_kept = world.is_below(id, FolderType::Archive) || world.is_below(id, FolderType::Trash);
    if is_kept || !world.may(Some(who), Right::EditRoom, id) {
        return Err(Refusal::Rule(Phrase::NoEditRoom));
    }
    Ok(())
}

pub(crate) fn shown(world: &World, who: &str, id: &EntryId) -> Outcome {
    let entry = world.existing(id)?;
    Ok(Answer::of(world.folder(Some(who), entry, Shown::Changed)))
}

/// Writes title and settings if anything differs, and returns whether it did. A plain folder has no settings.
pub(crate) fn change(
    world: &mut World,
    who: &str,
    id: &EntryId,
    title: &str,
    requested: &RequestedSettings,
) -> Result<bool, Refusal> {
    let is_title_new = !title.is_empty()
        && world
            .entries
            .get(id)
            .is_some_and(|entry| entry.title != title);
    let room = world.room(id).map(|(_, room)| room);
    if !is_title_new && !requested.change_anything(room) {
        return Ok(false);
    }
    requested.check_chat()?;
    if let Some(watermark) = &requested.watermark {
        watermark.check_picture(who, world)?;
    }
    let Some((_, room)) = world.room(id) else {
        return Err(NO_OBJECT);
    };
    let was_indexed = room.is_indexed;
    let is_cover_new = requested.cover.is_some() && requested.cover != room.cover;
    if is_cover_new && !id.is_third_party() {
        requested.check_cover()?;
    }
    if is_title_new {
        world.rename(id, title, who);
    }
    world.touch(id, who);
    // Of a room on a connected storage nothing else is stored.
    if id.is_third_party() {
        return Ok(true);
    }
    world.store(id, requested);
    if requested.indexing == Some(true) && !was_indexed {
        world.number_newest_first(who, id)?;
    }
    Ok(true)
}

/// `PUT files/rooms/roomquota`: processes the rooms one after the other. The server does not handle an unknown one.
pub(crate) fn set_quotas(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let rooms = body.list("roomIds")?.unwrap_or_default();
    let quota = body.plain_long("quota")?;
    let ids = rooms_by_number(&rooms)?;
    quotas(world, &who, &ids, quota)
}

/// `PUT files/rooms/resetquota`: sets the portal's default.
pub(crate) fn reset_quotas(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let rooms = call.bound("")?.list("roomIds")?.unwrap_or_default();
    let ids = rooms_by_number(&rooms)?;
    quotas(world, &who, &ids, -2)
}

fn rooms_by_number(values: &[Value]) -> Result<Vec<EntryId>, Refusal> {
    let mut ids = entry_ids(values)?;
    ids.retain(|id| !id.is_third_party());
    Ok(ids)
}

fn quotas(world: &mut World, who: &str, ids: &[EntryId], quota: i64) -> Outcome {
    let mut folders = Vec::new();
    for id in ids {
        change_quota(world, who, id, quota)?;
        let entry = world.entries.get(id);
        folders.extend(entry.map(|entry| world.folder(Some(who), entry, Shown::Changed)));
    }
    Ok(Answer::streamed(folders))
}

/// Sets a quota and notifies the webhooks even if it is unchanged. Writing it resets the room's settings for forms.
pub(crate) fn change_quota(
    world: &mut World,
    who: &str,
    id: &EntryId,
    quota: i64,
) -> Result<(), Refusal> {
    let requested = RequestedSettings {
        quota: Some(quota),
        ..RequestedSettings::default()
    };
    requested.check_quota(world)?;
    let entry = world.entries.get(id);
    let entry = entry.ok_or(NO_OBJECT)?;
    let (right, is_archived) = match entry.room {
        Some(_) => (Right::EditRoom, world.is_below(id, FolderType::Archive)),
        None => (Right::Rename, false),
    };
    if is_archived || !world.may(Some(who), right, id) {
        return Err(Refusal::Rule(Phrase::AccessDenied));
    }
    if let Some(room) = world.room_mut(id).filter(|room| room.quota != quota) {
        room.quota = quota.max(-2);
        (room.saves_forms, room.sends_forms) = (false, false);
    }
    world.publish_update(id, who);
    Ok(())
}

impl RequestedSettings {
    /// Whether the settings have to be written: always with a `lifetime` or a `watermark`, else if one differs.
    fn change_anything(&self, room: Option<&Room>) -> bool {
        let plain = Room::new(RoomType::Custom);
        let now = room.unwrap_or(&plain);
        let is_other = |wanted: Option<bool>, now: bool| wanted.is_some_and(|wanted| wanted != now);
        self.lifetime.is_some()
            || self.watermark.is_some()
            || self.chat.is_some()
            || self.quota.is_some_and(|quota| quota != now.quota)
            || self.color.as_ref().is_some_and(|color| *color != now.color)
            || (self.cover.is_some() && self.cover != now.cover)
            || is_other(self.indexing, now.is_indexed)
            || is_other(self.deny_download, now.denies_download)
            || is_other(self.sends_forms, now.sends_forms)
            || is_other(self.saves_forms, now.saves_forms)
    }
}

impl World {
    /// Writes all requested settings.
    fn store(&mut self, id: &EntryId, requested: &RequestedSettings) {
        let lifetime = requested.lifetime.as_ref();
        let lifetime =
            lifetime.map(|requested| (!requested.is_off()).then(|| requested.begun(self)));
        let drawn = self.drawn_color();
        let Some(room) = self.room_mut(id) else {
            return;
        };
        room.quota = requested.quota.unwrap_or(room.quota).max(-2);
        room.is_indexed = requested.indexing.unwrap_or(room.is_indexed);
        room.denies_download = requested.deny_download.unwrap_or(room.denies_download);
        room.sends_forms = requested.sends_forms.unwrap_or(room.sends_forms);
        room.saves_forms = requested.saves_forms.unwrap_or(room.saves_forms);
        if let Some(lifetime) = lifetime {
            room.lifetime = lifetime;
        }
        if let Some(requested) = &requested.watermark {
            room.watermark_writes += 1;
            room.watermark = (!requested.is_off()).then(|| requested.stored());
        }
        match requested.color.as_deref() {
            None => {}
            Some("") => room.color = drawn,
            Some(color) => color.clone_into(&mut room.color),
        }
        if let Some(cover) = &requested.cover {
            room.cover = Some(cover.clone()).filter(|cover| !cover.is_empty());
        }
    }

    /// Publishes the change of a room, of an agent or, in the same way, of a folder.
    pub(crate) fn publish_update(&mut self, id: &EntryId, who: &str) {
        let trigger = match self.room(id).map(|(_, room)| room.kind) {
            Some(RoomType::Ai) => Trigger::AgentUpdated,
            Some(_) => Trigger::RoomUpdated,
            None => Trigger::FolderUpdated,
        };
        self.publish(trigger, id, who);
    }

    /// Numbers everything below a room by date, newest first; entries with a number keep their relative order. Stops at
    /// a folder that the caller may not change, such as an agent's own.
    fn number_newest_first(&mut self, who: &str, parent: &EntryId) -> Result<(), Refusal> {
        if !self.may(Some(who), Right::EditRoom, parent) {
            return Err(Refusal::Rule(Phrase::AccessDenied));
        }
        let mut children: Vec<_> = self.children(parent).collect();
        children.sort_by_key(|child| (child.order, std::cmp::Reverse(child.updated)));
        let numbered = (1_u32..).zip(children);
        let moved: Vec<(u32, EntryId)> = numbered
            .filter(|(order, child)| child.order != *order)
            .map(|(order, child)| (order, child.id.clone()))
            .collect();
        for (order, id) in &moved {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.order = *order;
            }
        }
        moved
            .iter()
            .try_for_each(|(_, id)| self.number_newest_first(who, id))
    }
}
