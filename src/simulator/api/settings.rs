//! A room's settings and tags.

use serde_json::{Value, json};

use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{FolderType, Lifetime, RoomType};
use crate::simulator::state::title;
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Members, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

pub(crate) const LONGEST_ROOM_TITLE: usize = 170;
const COVERS: [&str; 6] = ["avocado", "business", "cart", "chat", "folder", "star"];

/// The members that room creation and room update share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    quota: Option<i64>,
    indexing: Option<bool>,
    deny_download: Option<bool>,
    lifetime: Option<WantedLifetime>,
    watermark: Option<Members>,
    tags: Option<Vec<String>>,
    color: Option<String>,
    cover: Option<String>,
}

#[derive(Debug, Clone)]
struct WantedLifetime {
    deletes_permanently: bool,
    period: i64,
    value: i64,
    is_enabled: bool,
}

impl Settings {
    pub(crate) fn read(body: &Members) -> Result<Self, Refusal> {
        let color = body.text("color")?;
        if color.as_ref().is_some_and(|color| {
            color.len() > 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit())
        }) {
            return Err(Refusal::validation(
                "Color",
                "The field Color must match the regular expression '^[0-9a-fA-F]{1,6}$'.",
            ));
        }
        let tags = body.texts("tags")?;
        if tags.iter().flatten().any(|tag| title::units(tag) > 255) {
            return Err(Refusal::too_long("Tags", "Tags", 255));
        }
        let watermark = body.object("watermark")?;
        if let Some(watermark) = &watermark {
            watermark.number("additions")?;
            watermark.flag("enabled")?;
            if watermark
                .text("text")?
                .is_some_and(|text| title::units(&text) > 255)
            {
                return Err(Refusal::too_long("Watermark.Text", "Text", 255));
            }
        }
        Ok(Self {
            quota: body.number("quota")?,
            indexing: body.flag("indexing")?,
            deny_download: body.flag("denyDownload")?,
            lifetime: body
                .object("lifetime")?
                .map(|members| WantedLifetime::read(&members))
                .transpose()?,
            watermark,
            tags,
            color,
            cover: body.text("cover")?,
        })
    }

    /// What the service refuses before it writes anything.
    pub(crate) fn check(&self, world: &World) -> Result<(), Refusal> {
        if self
            .quota
            .zip(world.options.largest_room_quota)
            .is_some_and(|(wanted, most)| wanted > most)
        {
            return Err(Refusal::Rule(Phrase::QuotaTooHigh));
        }
        if self
            .cover
            .as_ref()
            .is_some_and(|cover| !cover.is_empty() && !COVERS.contains(&cover.as_str()))
        {
            return Err(Refusal::Argument(Phrase::CoverUnknown));
        }
        Ok(())
    }

    pub(crate) fn apply(&self, world: &mut World, id: &EntryId, actor: &str) {
        if let Some(tags) = &self.tags {
            let known = tags
                .iter()
                .map(|tag| world.portal_tag(tag, actor))
                .collect::<Vec<_>>();
            if let Some(room) = world.room_mut(id) {
                room.tags = distinct(known.into_iter().flatten());
            }
        }
        // Of a room on a connected storage nothing else is stored.
        if id.is_third_party() {
            return;
        }
        let now = world.now();
        let was_indexed = world.room(id).is_some_and(|(_, room)| room.is_indexed);
        let Some(room) = world.room_mut(id) else {
            return;
        };
        room.quota = self.quota.map_or(room.quota, |quota| quota.max(-2));
        room.is_indexed = self.indexing.unwrap_or(room.is_indexed);
        room.denies_download = self.deny_download.unwrap_or(room.denies_download);
        if let Some(wanted) = &self.lifetime {
            room.lifetime = wanted.is_enabled.then_some(Lifetime {
                deletes_permanently: wanted.deletes_permanently,
                period: wanted.period,
                value: wanted.value,
                start: now,
            });
        }
        if let Some(wanted) = &self.watermark {
            room.watermark_writes += 1;
            room.watermark = watermark(wanted);
        }
        if let Some(color) = &self.color {
            color.clone_into(&mut room.color);
        }
        if let Some(cover) = &self.cover {
            room.cover = Some(cover.clone()).filter(|cover| !cover.is_empty());
        }
        if room.is_indexed && !was_indexed {
            world.number_by_date(id);
        }
    }
}

impl WantedLifetime {
    fn read(members: &Members) -> Result<Self, Refusal> {
        let period = members.number("period")?.unwrap_or(0);
        let is_enabled = members.flag("enabled")?.unwrap_or(true);
        let value = members.number("value")?.unwrap_or(0);
        if is_enabled && !(1..=999).contains(&value) {
            return Err(Refusal::out_of_range("Lifetime.Value", 1, 999));
        }
        if !(0..=2).contains(&period) {
            return Err(Refusal::not_convertible(
                "$.lifetime.period",
                "RoomDataLifetimePeriod",
            ));
        }
        let deletes_permanently = members.flag("deletePermanently")?.unwrap_or(false);
        Ok(Self {
            deletes_permanently,
            period,
            value,
            is_enabled,
        })
    }
}

/// The stored watermark; `enabled: false` takes it away.
fn watermark(wanted: &Members) -> Option<Value> {
    let or_zero = |name: &str| wanted.member(name).cloned().unwrap_or_else(|| 0.into());
    let is_enabled = wanted
        .member("enabled")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    is_enabled.then(|| {
        json!({
            "additions": wanted.number("additions").ok().flatten().unwrap_or(0), "text": wanted.member("text"),
            "rotate": or_zero("rotate"), "imageScale": or_zero("imageScale"), "imageUrl": wanted.member("imageUrl"),
            "imageHeight": or_zero("imageHeight"), "imageWidth": or_zero("imageWidth"),
        })
    })
}

/// `PUT files/rooms/{id}`: always tells the webhooks, changed or not.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.body()?;
    let name = body.text("title")?.unwrap_or_default();
    if title::units(&name) > LONGEST_ROOM_TITLE {
        return Err(Refusal::too_long("Title", "Title", LONGEST_ROOM_TITLE));
    }
    let settings = Settings::read(&body)?;
    if !world.entries.contains_key(&id) {
        return Err(Refusal::Rule(Phrase::FolderMissing));
    }
    let Some(kind) = world.room(&id).map(|(_, room)| room.kind) else {
        return Err(Refusal::Unforeseen(
            "Object reference not set to an instance of an object.",
        ));
    };
    if !world.may(Some(&who), Right::EditRoom, &id) {
        return Err(Refusal::Rule(Phrase::NoEditRoom));
    }
    settings.check(world)?;
    if !name.trim().is_empty() {
        world.rename(&id, &name, &who);
    }
    settings.apply(world, &id, &who);
    world.touch(&id, &who);
    world.publish(
        if kind == RoomType::Ai {
            Trigger::AgentUpdated
        } else {
            Trigger::RoomUpdated
        },
        &id,
        &who,
    );
    shown(world, &who, &id)
}

/// `PUT files/rooms/{id}/tags`.
pub(crate) fn add_tags(world: &mut World, call: &Call) -> Outcome {
    let (id, names) = taggable(world, call)?;
    let who = call.person()?;
    for name in names {
        world.add_tag(&id, &name, who);
    }
    shown(world, who, &id)
}

/// `DELETE files/rooms/{id}/tags`, with a body.
pub(crate) fn remove_tags(world: &mut World, call: &Call) -> Outcome {
    let (id, names) = taggable(world, call)?;
    if let Some(room) = world.room_mut(&id) {
        room.tags
            .retain(|tag| !names.iter().any(|name| same_tag(name, tag)));
    }
    shown(world, call.person()?, &id)
}

/// Tags may be set by those who may edit the room and by any DocSpace admin.
fn taggable(world: &World, call: &Call) -> Result<(EntryId, Vec<String>), Refusal> {
    let (who, id) = (call.person()?, call.entry_id());
    let required = || Refusal::validation("Names", "The Names field is required.");
    let names = call.body()?.texts("names")?.ok_or_else(required)?;
    if names.iter().any(|name| title::units(name) > 255) {
        return Err(Refusal::too_long("Names", "Names", 255));
    }
    if world.room(&id).is_none() {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    let is_admin = world
        .person(who)
        .is_some_and(|person| person.kind == EmployeeType::DocSpaceAdmin)
        && world.may_read(Some(who), &id)
        && !world.is_below(&id, FolderType::Archive);
    if is_admin || world.may(Some(who), Right::EditRoom, &id) {
        Ok((id, names))
    } else {
        Err(Refusal::Right)
    }
}

fn shown(world: &World, who: &str, id: &EntryId) -> Outcome {
    let entry = world
        .entries
        .get(id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    Ok(Answer::of(world.folder(Some(who), entry, Shown::Changed)))
}

/// The portal's collation takes no account of case.
fn same_tag(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn distinct(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        if !kept.iter().any(|known| same_tag(known, &tag)) {
            kept.push(tag);
        }
    }
    kept
}

impl World {
    /// The tag as the portal spells it. Unknown ones are made, if the caller may.
    fn portal_tag(&mut self, name: &str, actor: &str) -> Option<String> {
        let name = name.trim();
        if let Some(known) = self.portal_tags.iter().find(|tag| same_tag(tag, name)) {
            return Some(known.clone());
        }
        let may_make = self
            .person(actor)
            .is_some_and(|person| person.kind.may_own_rooms());
        (may_make && !name.is_empty()).then(|| {
            self.portal_tags.push(name.to_owned());
            name.to_owned()
        })
    }

    pub(crate) fn add_tag(&mut self, id: &EntryId, name: &str, actor: &str) {
        let Some(tag) = self.portal_tag(name, actor) else {
            return;
        };
        if let Some(room) = self
            .room_mut(id)
            .filter(|room| !room.tags.iter().any(|known| same_tag(known, &tag)))
        {
            room.tags.push(tag);
        }
    }

    pub(crate) fn touch(&mut self, id: &EntryId, actor: &str) {
        let now = self.now();
        if let Some(entry) = self.entries.get_mut(id) {
            entry.updated = now;
            actor.clone_into(&mut entry.updated_by);
        }
    }

    /// Stores a new title, as the portal stores titles.
    pub(crate) fn rename(&mut self, id: &EntryId, name: &str, actor: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.title = title::stored(name);
        }
        self.touch(id, actor);
    }

    /// Switching the index on numbers everything in the room by date.
    fn number_by_date(&mut self, room: &EntryId) {
        let below = self
            .descendants(room)
            .into_iter()
            .map(|entry| entry.id.clone());
        for parent in below.chain([room.clone()]).collect::<Vec<_>>() {
            let mut children: Vec<_> = self
                .children(&parent)
                .map(|child| (child.created, child.id.clone()))
                .collect();
            children.sort();
            for (order, (_, id)) in (1..).zip(children) {
                if let Some(entry) = self.entries.get_mut(&id) {
                    entry.order = order;
                }
            }
        }
    }
}
