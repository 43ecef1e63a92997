//! Building a portal from a seed.

use std::collections::BTreeMap;
use std::io;

use jiff::tz::Offset;
use serde::Serialize;
use serde_json::{Value, json};

use super::words;
use crate::simulator::faults::limits::RateLimits;
use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::options::{Culture, Options};
use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Password};
use crate::simulator::state::rooms::FolderType;
use crate::simulator::state::seed::{Seed, SeedAccount, SeedRoom};
use crate::simulator::state::world::{ARCHIVE_ROOT, ROOMS_ROOT, TEMPLATES_ROOT};

/// The type of the account that owns the portal.
pub(super) const PORTAL_OWNER: &str = "portal owner";
/// A key of this name is inactive, as an example of a dead key.
const REVOKED: &str = "revoked";
/// A key of this name was not issued by the portal.
const UNKNOWN: &str = "unknown";

/// The accounts and ids of a portal that was built from a seed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SeededNames {
    /// The value of the `Authorization` header by account, and by `key:` and the name of a key.
    pub credentials: BTreeMap<String, String>,
    /// The values of names: `user:…`, `email:…`, `name:…`, `first:…`, `last:…`, `login:…` of accounts, `group:…`,
    /// `key:…`, `room:…` and `roots:…` as ids.
    pub names: BTreeMap<String, Value>,
}

impl Seed {
    /// The name of a key that the seed does not name: it gets the same prefix as the accounts' user names.
    fn key_name(&self, name: &str) -> String {
        let prefix = self.accounts.iter().find_map(|(account, names)| {
            let login = names.user_name.as_ref()?;
            login.strip_suffix(account.as_str())
        });
        format!("{}{name}", prefix.unwrap_or_default())
    }
}

impl SeedAccount {
    fn first(&self, name: &str) -> String {
        self.first_name.clone().unwrap_or_else(|| name.to_owned())
    }

    pub(super) fn full_name(&self, name: &str) -> String {
        let last = self.last_name.clone().unwrap_or_default();
        format!("{} {last}", self.first(name)).trim().to_owned()
    }

    fn address(&self, name: &str) -> String {
        let made = || format!("{}@example.test", name.replace(' ', "-").to_lowercase());
        self.email.clone().unwrap_or_else(made)
    }
}

/// The offset of a time zone in minutes.
pub(super) fn minutes(zone: &str) -> Option<i32> {
    if zone.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let total: i32 = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
    Offset::from_seconds(sign * total * 60).ok()?;
    Some(sign * total)
}

pub(super) fn culture(language: &str) -> Option<Culture> {
    match language.split('-').next()? {
        "en" => Some(Culture::English),
        "de" => Some(Culture::German),
        _ => None,
    }
}

impl Portal {
    /// Starts a portal with the contents of the seed; the seed's settings override `options`.
    ///
    /// # Errors
    /// The address cannot be listened on, or the seed has a problem that [`Seed::check`] reports.
    pub async fn start_seeded(
        mut options: Options,
        seed: &Seed,
    ) -> io::Result<(Self, SeededNames)> {
        if let Some(problem) = seed.check().first() {
            let text = format!("{}: {}", problem.pointer, problem.message);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        options.guests_may_be_invited = seed.portal.guests_may_be_invited.unwrap_or(true);
        options.room_quotas = seed.portal.room_quotas.unwrap_or(false);
        let zone = seed.portal.time_zone.as_deref().and_then(minutes);
        options.utc_offset_minutes = zone.unwrap_or(options.utc_offset_minutes);
        let language = seed.portal.language.as_deref().and_then(culture);
        options.culture = language.unwrap_or(options.culture);
        let portal = Self::start(options).await?;
        let introduction = portal.populate(seed);
        Ok((portal, introduction))
    }

    /// Adds the seed's accounts, groups, keys and rooms to the portal.
    pub(crate) fn populate(&self, seed: &Seed) -> SeededNames {
        let mut names = SeededNames::default();
        let old_tags = seed.portal.tags.clone();
        for tag in old_tags.unwrap_or_else(|| vec!["   ".to_owned()]) {
            self.world().tags.link(&ROOMS_ROOT, &tag);
        }
        let people = self.add_people(seed, &mut names);
        let mut subjects = people.clone();
        for (name, group) in &seed.groups {
            // A manager is a member.
            let named = group.members.iter().chain(&group.manager);
            let members: Vec<&String> = named.filter_map(|who| people.get(who)).collect();
            let id = self.add_group(group.name.as_deref().unwrap_or(name), &members);
            let manager = group.manager.as_ref().and_then(|who| people.get(who));
            if let Some(group) = self.world().groups.get_mut(&id) {
                group.manager = manager.cloned();
            }
            names
                .names
                .insert(format!("group:{name}"), id.clone().into());
            subjects.insert(name.clone(), id);
        }
        self.add_keys(seed, &people, &mut names);
        for (name, room) in &seed.rooms {
            if let Some(id) = self.add_seed_room(name, room, &people, &subjects) {
                names.names.insert(format!("room:{name}"), id.to_json());
            }
        }
        for (name, root) in [
            ("rooms", ROOMS_ROOT),
            ("archive", ARCHIVE_ROOT),
            ("templates", TEMPLATES_ROOT),
        ] {
            names.names.insert(format!("roots:{name}"), root.to_json());
        }
        let is_limited = seed.portal.limiter == Some(true);
        self.set_rate_limits(is_limited.then(RateLimits::default));
        let mut world = self.world();
        (world.seed, world.names) = (seed.clone(), names.names.clone());
        drop(world);
        names
    }

    fn add_people(&self, seed: &Seed, names: &mut SeededNames) -> BTreeMap<String, String> {
        let mut people = BTreeMap::new();
        for (name, account) in &seed.accounts {
            let email = account.address(name);
            let kind = words::employee_type(&account.kind).unwrap_or(EmployeeType::DocSpaceAdmin);
            let id = if account.kind == PORTAL_OWNER {
                self.portal_owner()
            } else {
                self.add_person(&account.full_name(name), &email, kind)
            };
            self.describe_person(&id, name, account, names);
            people.insert(name.clone(), id);
        }
        for (name, account) in &seed.accounts {
            let maker = account
                .created_by
                .as_ref()
                .and_then(|maker| people.get(maker));
            if let Some((id, maker)) = people.get(name).zip(maker) {
                self.set_maker(id, maker);
            }
        }
        people
    }

    fn describe_person(
        &self,
        id: &str,
        name: &str,
        account: &SeedAccount,
        names: &mut SeededNames,
    ) {
        let token = self.sign_in_as(id);
        let mut world = self.world();
        let Some(person) = world.people.get_mut(id) else {
            return;
        };
        let is_named = account.kind != PORTAL_OWNER || account.first_name.is_some();
        if is_named {
            person.first_name = account.first(name);
            person.last_name = account.last_name.clone().unwrap_or_default();
        }
        if account.kind != PORTAL_OWNER || account.email.is_some() {
            person.email = account.address(name);
            person.user_name = person
                .email
                .split('@')
                .next()
                .unwrap_or_default()
                .to_owned();
        }
        if let Some(login) = &account.user_name {
            person.user_name.clone_from(login);
        }
        let status = account.status.as_deref().and_then(words::status);
        person.status = status.unwrap_or(EmployeeStatus::Active);
        let pending = person.status == EmployeeStatus::Pending;
        let activation = account.activation_status;
        person.activation = activation.unwrap_or(if pending { 2 } else { 1 });
        if let Some(password) = &account.password {
            person.password = Password(password.clone());
        }
        names.credentials.insert(name.to_owned(), token);
        let shown = crate::simulator::dto::encoded(&person.display_name());
        for (kind, value) in [
            ("user", person.id.clone()),
            ("email", person.email.clone()),
            ("name", shown),
            ("first", person.first_name.clone()),
            ("last", person.last_name.clone()),
            ("login", person.user_name.clone()),
        ] {
            names.names.insert(format!("{kind}:{name}"), value.into());
        }
    }

    fn add_keys(&self, seed: &Seed, people: &BTreeMap<String, String>, names: &mut SeededNames) {
        for (name, key) in &seed.keys {
            let Some(owner) = people.get(&key.of) else {
                continue;
            };
            let scopes: Vec<&str> = key.scopes.iter().map(String::as_str).collect();
            let token = self.add_key(owner, &scopes);
            if !key.active.unwrap_or(name != REVOKED) {
                self.revoke_key(&token);
            }
            if let Some(made) = self.world().keys.iter_mut().find(|key| key.token == token) {
                made.name = key.name.clone().unwrap_or_else(|| seed.key_name(name));
                names.names.insert(format!("key:{name}"), json!(made.id));
            }
            names
                .credentials
                .insert(format!("key:{name}"), format!("Bearer {token}"));
        }
        let never_given = format!("Bearer sk-{}", "0".repeat(64));
        names
            .credentials
            .entry(format!("key:{UNKNOWN}"))
            .or_insert(never_given);
    }

    fn add_seed_room(
        &self,
        name: &str,
        room: &SeedRoom,
        people: &BTreeMap<String, String>,
        subjects: &BTreeMap<String, String>,
    ) -> Option<EntryId> {
        let owner = people.get(&room.owner)?;
        let kind = words::room_type(&room.kind.0)?;
        let id = self.create_room(owner, kind, room.title.as_deref().unwrap_or(name));
        for path in &room.folders {
            let mut parent = id.clone();
            for title in path.split('/').filter(|title| !title.trim().is_empty()) {
                let mut world = self.world();
                let found = world.child_of_title(&parent, title);
                parent = found.unwrap_or_else(|| {
                    world.insert_folder(owner, &parent, title, FolderType::Default)
                });
            }
        }
        for tag in &room.tags {
            self.add_tag(owner, &id, tag);
        }
        for (member, access) in &room.members {
            if let Some((subject, code)) = subjects.get(member).zip(words::access(&access.0)) {
                self.grant(&id, subject, code);
            }
        }
        Some(id)
    }
}
