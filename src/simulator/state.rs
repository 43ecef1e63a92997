//! The portal's memory: everything it knows, and its clock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Options;
use super::ids::{self, EntryId};
use super::people::{self, ApiKey, EmployeeType, Group, Person};
use super::rooms::{Ace, Entry, FolderType, TemplateCopy};
use super::view::Notice;
use super::webhooks::{LogRow, Webhook};

pub(super) const ROOMS_ROOT: EntryId = EntryId::Number(4);
pub(super) const ARCHIVE_ROOT: EntryId = EntryId::Number(5);
pub(super) const TEMPLATES_ROOT: EntryId = EntryId::Number(6);
pub(super) const AGENTS_ROOT: EntryId = EntryId::Number(7);
pub(super) const TRASH_ROOT: EntryId = EntryId::Number(8);

/// The order in which an account last asked for entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortOrder {
    pub(super) by: SortBy,
    pub(super) is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortBy {
    Title,
    Updated,
    Created,
    Author,
    Custom,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    /// How far the portal's clock is ahead of where it would be by itself.
    pub(super) ahead: SignedDuration,
    last_entry: i64,
    last_guid: u64,
    pub(super) last_provider: i64,
    pub(super) last_event: i64,
    pub(super) last_webhook: i64,
    pub(super) owner: String,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) keys: Vec<ApiKey>,
    pub(super) entries: BTreeMap<EntryId, Entry>,
    pub(super) aces: BTreeMap<EntryId, Vec<Ace>>,
    pub(super) portal_tags: Vec<String>,
    /// Who has dealt with which guest.
    pub(super) relations: BTreeSet<(String, String)>,
    pub(super) sort_orders: BTreeMap<String, SortOrder>,
    pub(super) notices: Vec<Notice>,
    pub(super) template_copy: Option<TemplateCopy>,
    pub(super) webhooks: BTreeMap<i64, Webhook>,
    pub(super) log: BTreeMap<i64, LogRow>,
    /// Rows of the log that wait for the sender.
    pub(super) outbox: Vec<i64>,
    shuffles: u64,
}

/// What comes first of what sorts equal is left to chance, or stays as it is.
#[derive(Debug)]
pub(super) struct Shuffler(Option<fastrand::Rng>);

impl Shuffler {
    pub(super) fn shuffle<T>(self, items: &mut [T]) {
        if let Some(mut random) = self.0 {
            random.shuffle(items);
        }
    }
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let mut world = Self {
            options,
            ahead: SignedDuration::ZERO,
            last_entry: 50,
            last_guid: 0,
            last_provider: 0,
            last_event: 1000,
            last_webhook: 0,
            owner: String::new(),
            people: BTreeMap::new(),
            groups: people::system_groups()
                .into_iter()
                .map(|group| (group.id.clone(), group))
                .collect(),
            keys: Vec::new(),
            entries: BTreeMap::new(),
            aces: BTreeMap::new(),
            portal_tags: Vec::new(),
            relations: BTreeSet::new(),
            sort_orders: BTreeMap::new(),
            notices: Vec::new(),
            template_copy: None,
            webhooks: BTreeMap::new(),
            log: BTreeMap::new(),
            outbox: Vec::new(),
            shuffles: 0,
        };
        let (name, email) = (
            world.options.owner_name.clone(),
            world.options.owner_email.clone(),
        );
        let mut owner = world.new_person(&name, &email, EmployeeType::DocSpaceAdmin);
        owner.is_portal_owner = true;
        world.owner.clone_from(&owner.id);
        world.people.insert(owner.id.clone(), owner);
        for (id, kind, title) in [
            (ROOMS_ROOT, FolderType::VirtualRooms, "Rooms"),
            (ARCHIVE_ROOT, FolderType::Archive, "Archive"),
            (TEMPLATES_ROOT, FolderType::RoomTemplates, "Templates"),
            (AGENTS_ROOT, FolderType::AiAgents, "AI agents"),
            (TRASH_ROOT, FolderType::Trash, "Trash"),
        ] {
            let root = world.blank_entry(id.clone(), EntryId::Number(0), title, kind);
            world.entries.insert(id, root);
        }
        world
    }

    pub(super) fn new_guid(&mut self) -> String {
        self.last_guid += 1;
        ids::guid(self.options.seed, self.last_guid)
    }

    /// Shuffles what a listing is about to sort, if ties are unstable: a different order each time.
    pub(super) fn shuffler(&mut self) -> Shuffler {
        self.shuffles += 1;
        let seed = self.options.seed.wrapping_add(self.shuffles);
        let random = self.options.unstable_ties.then_some(seed);
        Shuffler(random.map(fastrand::Rng::with_seed))
    }

    pub(super) fn new_key_token(&mut self) -> String {
        self.last_guid += 1;
        ids::key_token(self.options.seed, self.last_guid)
    }

    pub(super) fn new_entry_id(&mut self) -> EntryId {
        self.last_entry += 1;
        EntryId::Number(self.last_entry)
    }

    /// The portal's time, in whole seconds as its database keeps it.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.precise_now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    pub(super) fn precise_now(&self) -> Timestamp {
        let base = self.options.now.unwrap_or_else(wall_clock);
        base.checked_add(self.ahead).unwrap_or(base)
    }

    /// A date as answers carry it: seven digits of fraction and the portal's offset.
    pub(super) fn date(&self, at: Timestamp) -> String {
        let minutes = self.options.utc_offset_minutes;
        let local = at
            .checked_add(SignedDuration::from_mins(minutes.into()))
            .unwrap_or(at);
        let zone = match minutes {
            0 => "Z".to_owned(),
            _ => format!(
                "{}{:02}:{:02}",
                if minutes < 0 { '-' } else { '+' },
                minutes.abs() / 60,
                minutes.abs() % 60
            ),
        };
        format!("{}.0000000{zone}", local.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

/// A date as webhooks carry it: UTC, whole seconds.
pub(super) fn utc_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the portal has a clock of its own"
)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}
