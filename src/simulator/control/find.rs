//! Whom and what words mean: ids, names of the seed, e-mail addresses, names of groups.

use serde_json::Value;

use crate::simulator::portal::Portal;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::world::World;

/// A word that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// `account`, `group`, `key`, `room` or `folder`.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// What might have been written: the names of the seed.
    pub known: Vec<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "there is no {} `{}`", self.what, self.word)?;
        if !self.known.is_empty() {
            let known = self.known.join(", ");
            write!(out, "; besides ids there are {known}")?;
        }
        Ok(())
    }
}

impl Portal {
    /// The id of the account of this id, name of the seed or e-mail address.
    ///
    /// # Errors
    /// There is none.
    pub fn find_account(&self, word: &str) -> Result<String, Unknown> {
        let world = self.world();
        let meant = world.named("user", word).unwrap_or(word);
        let person = world.person(meant).or_else(|| world.person_by_email(word));
        person
            .map(|person| person.id.clone())
            .ok_or_else(|| world.unknown("account", &["user"], word))
    }

    /// The id of the group of this id, name of the seed or name.
    ///
    /// # Errors
    /// There is none.
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

    /// The id of the account or group.
    ///
    /// # Errors
    /// There is neither.
    pub fn find_subject(&self, word: &str) -> Result<String, Unknown> {
        self.find_account(word)
            .or_else(|_| self.find_group(word))
            .map_err(|_| {
                self.world()
                    .unknown("account or group", &["user", "group"], word)
            })
    }

    /// The id of the key of this id or name of the seed.
    ///
    /// # Errors
    /// There is none.
    pub fn find_key(&self, word: &str) -> Result<String, Unknown> {
        let world = self.world();
        let meant = world.named("key", word).unwrap_or(word);
        let key = world.keys.iter().find(|key| key.id == meant);
        key.map(|key| key.id.clone())
            .ok_or_else(|| world.unknown("key", &["key"], word))
    }

    /// The id of the room of this id or name of the seed.
    ///
    /// # Errors
    /// There is none.
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

    /// The id of the folder of a room, which may be the room itself.
    ///
    /// # Errors
    /// There is none.
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
