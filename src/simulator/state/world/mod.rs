//! The portal's memory: everything it knows, and its clock.

mod links;
mod operations;
mod people;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulator::state::ids::{self, EntryId};
use crate::simulator::state::jobs::Jobs;
use crate::simulator::state::links::Link;
use crate::simulator::state::notices::Notice;
use crate::simulator::state::operations::Operation;
use crate::simulator::state::options::Options;
use crate::simulator::state::people::{ApiKey, EmployeeType, Group, Person, system_groups};
use crate::simulator::state::rooms::{Ace, Entry, FolderType};
use crate::simulator::state::seed::Seed;
use crate::simulator::state::sorting::SortOrder;
use crate::simulator::state::tags::{TagId, Tags};
use crate::simulator::state::webhooks::{LogRow, Webhook};

pub(crate) const ROOMS_ROOT: EntryId = EntryId::Number(4);
pub(crate) const ARCHIVE_ROOT: EntryId = EntryId::Number(5);
pub(crate) const TEMPLATES_ROOT: EntryId = EntryId::Number(6);
pub(crate) const AGENTS_ROOT: EntryId = EntryId::Number(7);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    /// The seed it was built from.
    pub(crate) seed: Seed,
    /// The values of the seed's names, such as `user:anna` and `room:contracts`.
    pub(crate) names: BTreeMap<String, Value>,
    /// How far the portal's clock was moved forward.
    pub(crate) ahead: SignedDuration,
    last_entry: i64,
    last_guid: u64,
    pub(crate) last_provider: i64,
    pub(crate) last_event: i64,
    pub(crate) last_webhook: i64,
    pub(crate) owner: String,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) keys: Vec<ApiKey>,
    /// Session token → the signed-in account.
    pub(crate) sessions: BTreeMap<String, String>,
    pub(crate) entries: BTreeMap<EntryId, Entry>,
    pub(crate) aces: BTreeMap<EntryId, Vec<Ace>>,
    pub(crate) tags: Tags,
    /// Uploaded pictures that no room uses yet.
    pub(crate) uploads: BTreeSet<String>,
    /// Person → the rooms that they have muted.
    pub(crate) muted: BTreeMap<String, Vec<String>>,
    /// The number of colours drawn.
    pub(crate) drawn: usize,
    pub(crate) links: BTreeMap<EntryId, Vec<Link>>,
    /// The number of the last first grant, by entry and subject.
    pub(crate) first_grants: BTreeMap<(EntryId, String), u64>,
    /// Pairs of a person and a guest who know each other.
    pub(crate) relations: BTreeSet<(String, String)>,
    pub(crate) sort_orders: BTreeMap<String, SortOrder>,
    /// In the order in which they started.
    pub(crate) operations: Vec<Operation>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) jobs: Jobs,
    pub(crate) webhooks: BTreeMap<i64, Webhook>,
    pub(crate) log: BTreeMap<i64, LogRow>,
    /// Rows of the log that wait for the sender.
    pub(crate) outbox: Vec<i64>,
    /// What calls have created so far.
    pub(crate) made: Made,
    /// The random numbers that decide which of concurrent calls loses.
    pub(crate) random: fastrand::Rng,
    shuffles: u64,
}

/// Counters of what calls have created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Made {
    /// Folders in other folders of a room.
    pub(crate) nested: u64,
    /// All folders.
    pub(crate) all: u64,
    /// The number of the newest tag.
    pub(crate) tag: TagId,
    /// First grants of a subject.
    pub(crate) grants: u64,
}

/// Shuffles equally sorted entries, or leaves them in order.
#[derive(Debug)]
pub(crate) struct Shuffler(Option<fastrand::Rng>);

impl Shuffler {
    pub(crate) fn shuffle<T>(self, items: &mut [T]) {
        if let Some(mut random) = self.0 {
            random.shuffle(items);
        }
    }
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        let seed = options.seed;
        let mut world = Self {
            options,
            seed: Seed::default(),
            names: BTreeMap::new(),
            ahead: SignedDuration::ZERO,
            last_entry: 50,
            last_guid: 0,
            last_provider: 0,
            last_event: 1000,
            last_webhook: 0,
            owner: String::new(),
            people: BTreeMap::new(),
            groups: system_groups()
                .into_iter()
                .map(|group| (group.id.clone(), group))
                .collect(),
            keys: Vec::new(),
            sessions: BTreeMap::new(),
            entries: BTreeMap::new(),
            aces: BTreeMap::new(),
            tags: Tags::default(),
            uploads: BTreeSet::new(),
            muted: BTreeMap::new(),
            drawn: 0,
            links: BTreeMap::new(),
            first_grants: BTreeMap::new(),
            relations: BTreeSet::new(),
            sort_orders: BTreeMap::new(),
            operations: Vec::new(),
            notices: Vec::new(),
            jobs: Jobs::default(),
            webhooks: BTreeMap::new(),
            log: BTreeMap::new(),
            outbox: Vec::new(),
            made: Made::default(),
            random: fastrand::Rng::with_seed(seed),
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
        ] {
            let root = world.blank_entry(id.clone(), EntryId::Number(0), title, kind);
            world.entries.insert(id, root);
        }
        world
    }

    pub(crate) fn new_guid(&mut self) -> String {
        self.last_guid += 1;
        ids::guid(self.options.seed, self.last_guid)
    }

    /// Shuffles the entries of a listing before they are sorted, if ties are unstable: a different order each time.
    pub(crate) fn shuffler(&mut self) -> Shuffler {
        self.shuffles += 1;
        let seed = self.options.seed.wrapping_add(self.shuffles);
        let random = self.options.unstable_ties.then_some(seed);
        Shuffler(random.map(fastrand::Rng::with_seed))
    }

    pub(crate) fn new_key_token(&mut self) -> String {
        self.last_guid += 1;
        ids::key_token(self.options.seed, self.last_guid)
    }

    /// Signs a person in and returns the token.
    pub(crate) fn new_session(&mut self, person: &str) -> String {
        self.last_guid += 1;
        let token = ids::session_token(self.options.seed, self.last_guid);
        self.sessions.insert(token.clone(), person.to_owned());
        token
    }

    pub(crate) fn new_entry_id(&mut self) -> EntryId {
        self.last_entry += 1;
        EntryId::Number(self.last_entry)
    }

    /// The portal's time, in whole seconds as its database stores it.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.precise_now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    pub(crate) fn precise_now(&self) -> Timestamp {
        let base = self.options.now.unwrap_or_else(wall_clock);
        base.checked_add(self.ahead).unwrap_or(base)
    }

    /// A date as responses show it: seven digits of fraction and the portal's offset.
    pub(crate) fn date(&self, at: Timestamp) -> String {
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

/// A date as webhooks show it: UTC, whole seconds.
pub(crate) fn utc_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the portal has a clock of its own"
)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}
