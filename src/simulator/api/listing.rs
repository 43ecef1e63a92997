//! The list of rooms (rooms-api.md I).

use crate::simulator::api::contents;
use crate::simulator::api::sorting;
use crate::simulator::state::collation;
use crate::simulator::state::ids;
use crate::simulator::state::people::Person;
use crate::simulator::state::rooms::{Entry, RoomType};
use crate::simulator::state::world::{
    AGENTS_ROOT, ARCHIVE_ROOT, ROOMS_ROOT, TEMPLATES_ROOT, World,
};
use crate::simulator::wire::call::{Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Refusal};

const AREAS: [(&str, i64); 8] = [
    ("Active", 0),
    ("Archive", 1),
    ("Any", 2),
    ("RecentByLinks", 3),
    ("Templates", 4),
    ("Knowledge", 5),
    ("ResultStorage", 6),
    ("AiAgents", 7),
];
const STORAGES: [(&str, i64); 3] = [("None", 0), ("Internal", 1), ("ThirdParty", 2)];

/// `GET files/rooms`: what the caller may see of one area.
pub(crate) fn rooms(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let page = call.page()?;
    let area = call.query_enum("searchArea", &AREAS)?.unwrap_or(0);
    let is_admin = world.person(&who).is_some_and(Person::is_docspace_admin);
    let roots = World::roots_of_area(area, is_admin);
    let kinds = call
        .query_all("type")
        .map(kind)
        .collect::<Result<Vec<_>, _>>()?;
    let tags = tags(call)?;
    let is_untagged = call.query_flag("withoutTags", false)?;
    let subjects = Subjects::of(call)?;
    let storage = call.query_enum("storageFilter", &STORAGES)?.unwrap_or(0);
    let text = call.query("filterValue").unwrap_or_default();
    let asked = sorting::asked(call)?;
    let (order, ties) = (world.order_of(Some(&who), asked), world.shuffler());
    let is_any = area == 2;
    let mut found: Vec<&Entry> = world
        .entries
        .values()
        .filter(|entry| roots.contains(&entry.parent))
        .filter_map(|entry| entry.room.as_ref().map(|room| (entry, room)))
        .filter(|(entry, room)| {
            sees(world, &who, entry, is_any)
                && (kinds.is_empty() || kinds.contains(&room.kind))
                && has_tags(world, entry, &tags, is_untagged)
                && (text.trim().is_empty() || collation::contains(&entry.title, text))
                && (storage == 0 || (storage == 2) == entry.provider.is_some())
                && subjects.fit(world, entry)
        })
        .map(|(entry, _)| entry)
        .collect();
    let root = match area {
        1 => ARCHIVE_ROOT,
        4 => TEMPLATES_ROOT,
        _ => ROOMS_ROOT,
    };
    let top = world
        .entries
        .get(&root)
        .ok_or(Refusal::Unforeseen("no root"))?;
    let total = found.len();
    sorting::sort(&mut found, order, ties);
    let pinned = |entry: &&Entry| {
        !entry
            .room
            .as_ref()
            .is_some_and(|room| room.pinned_by.contains(&who))
    };
    found.sort_by_key(pinned);
    Ok(contents::listing(world, call, top, found, total, page))
}

/// In the area "any" agents are shown to their members, not to an admin as such.
fn sees(world: &World, who: &str, entry: &Entry, is_any: bool) -> bool {
    let is_member = || {
        world.person(who).is_some_and(|person| {
            world.standing(person, entry) != crate::simulator::rights::Standing::Stranger
        })
    };
    world.may_read(Some(who), &entry.id) && (!is_any || entry.parent != AGENTS_ROOT || is_member())
}

/// Any of the tags, or none at all.
fn has_tags(world: &World, entry: &Entry, tags: &[String], is_untagged: bool) -> bool {
    let own = world.tags.of(&entry.id);
    if is_untagged {
        return own.is_empty();
    }
    tags.is_empty()
        || tags
            .iter()
            .any(|tag| own.iter().any(|own| collation::same(own, tag)))
}

/// Whose rooms are asked for. A member's are also those that he owns.
struct Subjects {
    subject: Option<String>,
    owner: Option<String>,
    filter: Option<i64>,
    others: bool,
}

impl Subjects {
    fn of(call: &Call) -> Result<Self, Refusal> {
        Ok(Self {
            subject: guid(call, "subjectId")?,
            owner: guid(call, "subjectOwnerId")?,
            filter: call.query_enum("subjectFilter", &[("Owner", 0), ("Member", 1)])?,
            others: call.query_flag("excludeSubject", false)?,
        })
    }

    fn fit(&self, world: &World, entry: &Entry) -> bool {
        let owns = |who: &str| entry.created_by == who;
        let is_in = |who: &str| {
            let aces = world.aces.get(&entry.id);
            owns(who) || aces.is_some_and(|aces| aces.iter().any(|ace| ace.subject == who))
        };
        let subject = self.subject.as_deref().is_none_or(|who| {
            let is_his = if self.filter == Some(0) {
                owns(who)
            } else {
                is_in(who)
            };
            is_his != self.others
        });
        // Beside a `subjectFilter` it has no effect.
        let owner = self.owner.as_deref().filter(|_| self.filter.is_none());
        subject && owner.is_none_or(|who| owns(who) != self.others)
    }
}

fn kind(text: &str) -> Result<RoomType, Refusal> {
    let by_number = text.parse().ok().and_then(RoomType::from_code);
    by_number
        .or_else(|| RoomType::from_name(text))
        .ok_or_else(|| Refusal::validation("type", format!("The value '{text}' is not valid.")))
}

/// A JSON array in a string; anything else is not foreseen.
fn tags(call: &Call) -> Result<Vec<String>, Refusal> {
    let Some(text) = call.query("tags") else {
        return Ok(Vec::new());
    };
    let tags = serde_json::from_str(text)
        .map_err(|_| Refusal::Thrown(Exception::Json, "The JSON value could not be converted."))?;
    Ok(tags)
}

fn guid(call: &Call, name: &str) -> Result<Option<String>, Refusal> {
    let parse = |text: &str| {
        ids::parse_guid(text).ok_or(Refusal::Thrown(
            Exception::Format,
            "Unrecognized Guid format.",
        ))
    };
    call.query(name).map(parse).transpose()
}
