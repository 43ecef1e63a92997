//! `GET files/rooms`: the list of rooms (rooms-api.md I).

use std::cmp::Ordering;

use crate::simulator::api::contents;
use crate::simulator::api::sorting;
use crate::simulator::api::tags::{database_fault, is_storable};
use crate::simulator::state::collation;
use crate::simulator::state::ids::{self, EntryId};
use crate::simulator::state::natural;
use crate::simulator::state::people::Person;
use crate::simulator::state::rooms::{Entry, Room, RoomType, ThirdParty};
use crate::simulator::state::sorting::{SortBy, SortOrder};
use crate::simulator::state::world::{
    AGENTS_ROOT, ARCHIVE_ROOT, ROOMS_ROOT, TEMPLATES_ROOT, World,
};
use crate::simulator::wire::call::{Call, Outcome, Page};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const ARCHIVE: i64 = 1;
const ANY: i64 = 2;
const TEMPLATES: i64 = 4;
const AGENTS: i64 = 7;
const PROVIDERS: [(&str, i64); 10] = [
    ("None", 0),
    ("Box", 1),
    ("DropBox", 2),
    ("GoogleDrive", GOOGLE_DRIVE),
    ("kDrive", 4),
    ("OneDrive", 5),
    ("SharePoint", 6),
    ("WebDav", WEB_DAV),
    ("Yandex", 8),
    ("Storage", STORAGE),
];
const GOOGLE_DRIVE: i64 = 3;
const WEB_DAV: i64 = 7;
const STORAGE: i64 = 9;
const SUBJECT_FILTERS: [(&str, i64); 2] = [("Owner", 0), ("Member", MEMBER)];
const MEMBER: i64 = 1;
const QUOTA_FILTERS: [(&str, i64); 3] = [("All", 0), ("Default", 1), ("Custom", 2)];
const STORAGE_FILTERS: [(&str, i64); 3] = [("None", 0), ("Internal", 1), ("ThirdParty", 2)];

/// The parameters of the list.
struct Parameters {
    kinds: Vec<RoomType>,
    subject: Option<String>,
    subject_owner: Option<String>,
    subject_filter: Option<i64>,
    excludes_subject: bool,
    area: i64,
    tags: Option<Vec<String>>,
    without_tags: bool,
    provider: i64,
    quota: i64,
    storage: i64,
    group: Option<i64>,
    text: String,
    order: Option<SortOrder>,
    page: Page,
}

/// The rooms of one area that the caller can see. Pinned rooms come first; the total counts all rooms.
pub(crate) fn rooms(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let requested = Parameters::read(call)?;
    let (order, ties) = (
        world.order_of(Some(&who), requested.order),
        world.shuffler(),
    );
    let tags = requested.tags.iter().flatten().chain([&requested.text]);
    if !tags.into_iter().all(|text| is_storable(text)) {
        return Err(database_fault());
    }
    let mut found: Vec<&Entry> = world.rooms_in_sight(&who, requested.area);
    found.retain(|entry| {
        let room = entry.room.as_ref();
        room.is_some_and(|room| requested.finds(world, &who, entry, room))
    });
    let root = match requested.area {
        ARCHIVE => ARCHIVE_ROOT,
        TEMPLATES => TEMPLATES_ROOT,
        _ => ROOMS_ROOT,
    };
    let top = world.entries.get(&root);
    let top = top.ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    ties.shuffle(&mut found);
    found.sort_by(|one, other| world.order_of_rooms(order, one, other));
    if order.by != SortBy::New && requested.provider != STORAGE {
        found.sort_by_key(|entry| !world.is_pinned(entry, &who));
    }
    let total = found.len();
    Ok(contents::listing(
        world,
        call,
        top,
        found,
        total,
        requested.page,
    ))
}

impl Parameters {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let kinds = call
            .query_exactly("type")
            .map(kind)
            .collect::<Result<Vec<_>, _>>()?;
        let area = call.query_enum("searchArea", &contents::SEARCH_AREAS)?;
        let without_tags = call.query_flag("withoutTags", false)?;
        let excludes_subject = call.query_flag("excludeSubject", false)?;
        let provider = call.query_enum("provider", &PROVIDERS)?.unwrap_or(0);
        let subject_filter = call.query_enum("subjectFilter", &SUBJECT_FILTERS)?;
        let quota = call.query_enum("quotaFilter", &QUOTA_FILTERS)?.unwrap_or(0);
        let storage = call.query_enum("storageFilter", &STORAGE_FILTERS)?;
        let group = call.query_number("groupId")?;
        let order = sorting::requested(call)?;
        call.window()?;
        Ok(Self {
            kinds,
            tags: tags(call)?.filter(|_| !without_tags),
            subject: subject(call, "subjectId")?,
            subject_owner: subject(call, "subjectOwnerId")?,
            subject_filter,
            excludes_subject,
            area: area.unwrap_or(0),
            without_tags,
            provider,
            quota,
            storage: storage.unwrap_or(0),
            group,
            text: call
                .query("filterValue")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            order,
            page: call.page()?,
        })
    }

    fn finds(&self, world: &World, who: &str, entry: &Entry, room: &Room) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&room.kind))
            && self.finds_storage(world, who, entry)
            && self.finds_quota(world, who, room)
            && self.finds_subject(world, entry)
            && self.finds_tags(world, entry)
            // Groups of rooms do not exist here.
            && self.group.is_none()
            && collation::contains(&entry.title, &self.text)
    }

    /// Matches the filter for the portal's own storage, which only admins can use.
    fn finds_storage(&self, world: &World, who: &str, entry: &Entry) -> bool {
        let sees_all = world.is_admin(who) && self.area != TEMPLATES;
        match &entry.provider {
            None => {
                let is_requested = self.provider == 0 || (self.provider == STORAGE && sees_all);
                is_requested && self.storage != 2
            }
            Some(provider) => {
                let code = match provider.kind {
                    ThirdParty::WebDav => WEB_DAV,
                    ThirdParty::GoogleDrive => GOOGLE_DRIVE,
                };
                (self.provider == 0 || self.provider == code) && self.storage != 1
            }
        }
    }

    /// Filters by quota; only an admin's list does.
    fn finds_quota(&self, world: &World, who: &str, room: &Room) -> bool {
        let counts = world.is_admin(who) && self.area != TEMPLATES && self.quota != 0;
        !counts || (room.quota == -2) == (self.quota == 1)
    }

    /// Matches the owner or a person with a personal grant; the owner counts as a member.
    fn finds_subject(&self, world: &World, entry: &Entry) -> bool {
        let owns = |subject: &String| entry.created_by == *subject;
        let is_in = |subject: &String| {
            let aces = world.aces.get(&entry.id).into_iter().flatten();
            owns(subject) || aces.into_iter().any(|ace| ace.subject == *subject)
        };
        let finds = |subject: &Option<String>, is_met: &dyn Fn(&String) -> bool| {
            subject
                .as_ref()
                .is_none_or(|subject| is_met(subject) != self.excludes_subject)
        };
        match self.subject_filter {
            Some(MEMBER) => finds(&self.subject, &is_in),
            Some(_) => finds(&self.subject, &owns),
            None => finds(&self.subject, &is_in) && finds(&self.subject_owner, &owns),
        }
    }

    /// One matching tag is enough.
    fn finds_tags(&self, world: &World, entry: &Entry) -> bool {
        let own = world.tags.of(&entry.id);
        if self.without_tags {
            return own.is_empty();
        }
        match self.tags.as_deref() {
            None | Some([]) => true,
            Some(tags) => tags
                .iter()
                .any(|tag| own.iter().any(|own| collation::same(own, tag))),
        }
    }
}

fn kind(text: &str) -> Result<RoomType, Refusal> {
    let text = text.trim();
    let by_number = text.parse().ok().and_then(RoomType::from_code);
    by_number
        .or_else(|| RoomType::from_name(text))
        .ok_or_else(|| Refusal::not_valid("type", text))
}

/// A JSON array in a string; the server does not handle anything else.
fn tags(call: &Call) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = call.query("tags") else {
        return Ok(None);
    };
    let read: Option<Vec<Option<String>>> = serde_json::from_str(text).map_err(|_| {
        let message =
            "The JSON value could not be converted to System.Collections.Generic.IEnumerable.";
        Refusal::Thrown(Exception::Json, message)
    })?;
    Ok(read.map(|tags| tags.into_iter().flatten().collect()))
}

/// A GUID. All zeros means none; the server does not handle other texts.
fn subject(call: &Call, name: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = call.query(name) else {
        return Ok(None);
    };
    let no_guid = Refusal::Thrown(Exception::Format, "Unrecognized Guid format.");
    let guid = ids::any_guid(text).ok_or(no_guid)?;
    Ok(Some(guid).filter(|guid| guid.contains(|digit| !matches!(digit, '0' | '-'))))
}

impl World {
    /// A DocSpace admin sees all rooms of an area, but of templates, like others, only their own and those they are in.
    fn rooms_in_sight(&self, who: &str, area: i64) -> Vec<&Entry> {
        let person = self.person(who);
        let sees_all = self.is_admin(who) && area != TEMPLATES;
        let roots: &[EntryId] = match (area, sees_all) {
            (0, _) => &[ROOMS_ROOT],
            (ARCHIVE, _) => &[ARCHIVE_ROOT],
            (TEMPLATES, _) => &[TEMPLATES_ROOT],
            (AGENTS, _) => &[AGENTS_ROOT],
            (ANY, false) => &[ROOMS_ROOT, ARCHIVE_ROOT, AGENTS_ROOT],
            (ANY, true) => &[ROOMS_ROOT, ARCHIVE_ROOT],
            // For an area without rooms an admin sees the active rooms.
            (_, true) => &[ROOMS_ROOT],
            (_, false) => &[],
        };
        let is_in = |entry: &Entry| {
            let counts = area != TEMPLATES || person.is_some_and(|one| one.kind.may_own_rooms());
            counts && person.is_some_and(|one| self.grant_of(one, &entry.id).is_some())
        };
        let owns = |entry: &Entry| entry.created_by == who;
        let rooms = self.entries.values();
        rooms
            .filter(|entry| entry.room.is_some() && roots.contains(&entry.parent))
            .filter(|entry| sees_all || owns(entry) || is_in(entry))
            .collect()
    }

    fn is_pinned(&self, entry: &Entry, who: &str) -> bool {
        let room = entry.room.as_ref();
        room.is_some_and(|room| room.pinned_by.contains(who))
    }

    /// Equal rooms sort by title, ascending whatever order was requested.
    fn order_of_rooms(&self, order: SortOrder, one: &Entry, other: &Entry) -> Ordering {
        let kind = |entry: &Entry| entry.room.as_ref().map(|room| room.kind.name());
        let tags = |entry: &Entry| self.tags.ids_of(&entry.id).count();
        let author = |entry: &Entry| {
            self.people
                .get(&entry.created_by)
                .map(Person::display_name)
                .unwrap_or_default()
        };
        // Comparing thousands of titles is slow, and most orders do not need it.
        let by_title = || natural::compare(&one.title, &other.title);
        let turned = |ordering: Ordering| match order.is_descending {
            true => ordering.reverse(),
            false => ordering,
        };
        let requested = match order.by {
            SortBy::RoomType => kind(one).cmp(&kind(other)),
            SortBy::Tags => tags(one).cmp(&tags(other)),
            SortBy::Author => natural::compare(&author(one), &author(other)),
            // The server needs time to create a room: of two rooms the one with the higher id has the later time.
            SortBy::DateAndTime | SortBy::New => {
                return turned((one.updated, &one.id).cmp(&(other.updated, &other.id)));
            }
            SortBy::DateAndTimeCreation => {
                return turned((one.created, &one.id).cmp(&(other.created, &other.id)));
            }
            // No entry here comes from another room.
            SortBy::Room => return Ordering::Equal,
            SortBy::Size | SortBy::Type => Ordering::Equal,
            SortBy::UsedSpace => one.provider.is_none().cmp(&other.provider.is_none()),
            SortBy::Az | SortBy::CustomOrder | SortBy::LastOpened | SortBy::Undefined => {
                return turned(by_title());
            }
        };
        let requested = match order.by {
            SortBy::UsedSpace => requested,
            _ => turned(requested),
        };
        requested.then_with(by_title)
    }
}
