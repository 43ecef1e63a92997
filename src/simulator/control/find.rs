//! Looking up accounts, groups, keys, rooms and folders by id, name in the seed, e-mail address or name.

use serde_json::Value;

use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::world::World;

/// A word that names nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// `account`, `group`, `key`, `room` or `folder`.
    pub what: &'static str,
    /// The word that was looked up.
    pub word: String,
    /// The known names, which the word may have meant.
    pub known: Vec<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "there is no {} `{}`", self.what, self.word)?;
        if !self.known.is_empty() {
            let known = self.known.join(", ");
            write!(out, "; write an id or one of {known}")?;
        }
        Ok(())
    }
}

impl Portal {
    /// Finds an account by its id, its name in the seed or its e-mail address, and returns its id.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn find_account(&self, word: &str) -> Result<String, Unknown> {
        let world = self.world();
        let meant = world.named("user", word).unwrap_or(word);
        let person = world.person(meant).or_else(|| world.person_by_email(word));
        person
            .map(|person| person.id.clone())
            .ok_or_else(|| world.unknown("account", &["user"], word))
    }

    /// Finds a group by its id, its name in the seed or its name, and returns its id.
    ///
    /// # Errors
    /// The group does not exist.
    pub fn find_group(&self, word: &str) -> Result<String, Unknown> {
        let world = self.world();
        let meant = world.named("group", word).unwrap_or(word);
        let mut groups = world.groups.values().filter(|group| !group.is_removed);
        groups
            .clone()
            .find(|group| group.id == meant)
            .or_else(|| groups.find(|group| group.name == word))
            .map(|group| group.id.clone())
            .ok_or_else(|| world.unknown("group", &["group"], word))
    }

    /// Finds an account or a group and returns its id.
    ///
    /// # Errors
    /// Neither exists.
    pub fn find_subject(&self, word: &str) -> Result<String, Unknown> {
        self.find_account(word)
            .or_else(|_| self.find_group(word))
            .map_err(|_| {
                self.world()
                    .unknown("account or group", &["user", "group"], word)
            })
    }

    /// Finds a key by its id or its name in the seed, and returns its id.
    ///
    /// # Errors
    /// The key does not exist.
    pub fn find_key(&self, word: &str) -> Result<String, Unknown> {
        let world = self.world();
        let meant = world.named("key", word).unwrap_or(word);
        let key = world.keys.iter().find(|key| key.id == meant);
        key.map(|key| key.id.clone())
            .ok_or_else(|| world.unknown("key", &["key"], word))
    }

    /// Finds a room by its id or its name in the seed, and returns its id.
    ///
    /// # Errors
    /// The room does not exist.
    pub fn find_room(&self, word: &str) -> Result<EntryId, Unknown> {
        let world = self.world();
        let named = world.names.get(&format!("room:{word}"));
        let id = match named.and_then(Value::as_i64) {
            Some(number) => EntryId::Number(number),
            None => EntryId::from_route(word),
        };
        match world.room(&id) {
            Some(_) => Ok(id),
            None => Err(world.unknown("room", &["room"], word)),
        }
    }

    /// Finds a folder of a room, or the room itself, and returns its id.
    ///
    /// # Errors
    /// The folder does not exist.
    pub fn find_folder(&self, word: &str) -> Result<EntryId, Unknown> {
        let id = EntryId::from_route(word);
        let world = self.world();
        match world.room_of(&id) {
            Some(_) => Ok(id),
            None => Err(world.unknown("folder", &[], word)),
        }
    }
}

impl World {
    fn named(&self, kind: &str, word: &str) -> Option<&str> {
        self.names.get(&format!("{kind}:{word}"))?.as_str()
    }

    fn unknown(&self, what: &'static str, kinds: &[&str], word: &str) -> Unknown {
        let names = self.names.keys().filter_map(|key| key.split_once(':'));
        Unknown {
            what,
            word: word.to_owned(),
            known: names
                .filter(|(kind, _)| kinds.contains(kind))
                .map(|(_, name)| name.to_owned())
                .collect(),
        }
    }
}
