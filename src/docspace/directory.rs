//! Names → groups and people, remembered for a while and shared by all rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use super::reader::Reader;
use super::system_groups::SYSTEM_GROUPS;
use crate::bind::{GroupEntry, PersonEntry};
use crate::room::{GroupId, UserId, fold, is_guid};

/// Answers of the portal's directory.
#[derive(Debug, Clone)]
pub struct Directory {
    keep: Duration,
    cache: Arc<Mutex<Cache>>,
}

#[derive(Debug, Default)]
struct Cache {
    groups: BTreeMap<String, (Instant, Vec<GroupEntry>)>,
    people: BTreeMap<String, (Instant, Option<PersonEntry>)>,
}

impl Directory {
    /// A directory whose answers are believed for so long.
    pub fn new(keep: Duration) -> Self {
        Self {
            keep,
            cache: Arc::default(),
        }
    }

    /// Forgets everything: somebody is about to look closely.
    pub fn forget(&self) {
        *self.lock() = Cache::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh<T: Clone>(&self, entry: Option<&(Instant, T)>) -> Option<T> {
        entry
            .filter(|(at, _)| at.elapsed() < self.keep)
            .map(|(_, value)| value.clone())
    }

    /// The groups that bear exactly this name, trimmed and without case; names are not unique.
    ///
    /// # Errors
    /// The portal cannot be asked.
    async fn groups_named(&self, reader: &Reader, name: &str) -> Result<Vec<GroupEntry>, Error> {
        let key = fold(name.trim());
        if let Some((name, id)) = SYSTEM_GROUPS
            .into_iter()
            .find(|(system, _)| fold(system) == key)
        {
            return Ok(vec![GroupEntry {
                id: GroupId::new(id),
                name: name.to_owned(),
            }]);
        }
        let cached = self.fresh(self.lock().groups.get(&key));
        if let Some(found) = cached {
            return Ok(found);
        }
        let mut found = reader.groups_containing(name.trim()).await?;
        found.retain(|group| fold(group.name.trim()) == key);
        self.lock()
            .groups
            .insert(key, (Instant::now(), found.clone()));
        Ok(found)
    }

    /// The group with this id.
    ///
    /// # Errors
    /// The portal cannot be asked.
    async fn group(&self, reader: &Reader, id: &GroupId) -> Result<Option<GroupEntry>, Error> {
        if let Some((name, _)) = SYSTEM_GROUPS
            .into_iter()
            .find(|(_, system)| *system == id.as_str())
        {
            return Ok(Some(GroupEntry {
                id: id.clone(),
                name: name.to_owned(),
            }));
        }
        let cached = self.fresh(self.lock().groups.get(id.as_str()));
        if let Some(found) = cached {
            return Ok(found.into_iter().next());
        }
        let found = reader.group(id).await?;
        self.lock().groups.insert(
            id.to_string(),
            (Instant::now(), found.clone().into_iter().collect()),
        );
        Ok(found)
    }

    /// The person with this e-mail address.
    ///
    /// # Errors
    /// The portal cannot be asked.
    async fn person_by_email(
        &self,
        reader: &Reader,
        email: &str,
    ) -> Result<Option<PersonEntry>, Error> {
        let key = fold(email.trim());
        let cached = self.fresh(self.lock().people.get(&key));
        if let Some(found) = cached {
            return Ok(found);
        }
        let found = reader.person_by_email(email.trim()).await?;
        self.remember(key, found.as_ref());
        Ok(found)
    }

    /// The person with this id.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn person(&self, reader: &Reader, id: &UserId) -> Result<Option<PersonEntry>, Error> {
        let cached = self.fresh(self.lock().people.get(id.as_str()));
        if let Some(found) = cached {
            return Ok(found);
        }
        let found = reader.person(id).await?;
        self.remember(id.to_string(), found.as_ref());
        Ok(found)
    }

    /// The groups that a policy's word means, which is a name or an id.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn groups_written(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Vec<GroupEntry>, Error> {
        if !is_guid(word.trim()) {
            return self.groups_named(reader, word).await;
        }
        let found = self.group(reader, &GroupId::new(word.trim())).await?;
        Ok(found.into_iter().collect())
    }

    /// The person that a policy's word means, which is an e-mail address or an id.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn person_written(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Option<PersonEntry>, Error> {
        if is_guid(word.trim()) {
            self.person(reader, &UserId::new(word.trim())).await
        } else {
            self.person_by_email(reader, word).await
        }
    }

    fn remember(&self, key: String, found: Option<&PersonEntry>) {
        let now = Instant::now();
        let mut cache = self.lock();
        let names: BTreeSet<String> = found
            .map(|entry| [entry.person.id.to_string(), fold(&entry.person.email)])
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
            .chain([key])
            .collect();
        for name in names {
            cache.people.insert(name, (now, found.cloned()));
        }
    }
}
