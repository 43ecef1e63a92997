//! Looks up groups, people and tags by name. All rooms share a bounded cache; concurrent lookups of one name are one
//! call.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::error::Error;
use super::reader::Reader;
use crate::bind::{GroupEntry, PersonEntry};
use crate::room::{
    GroupId, SYSTEM_GROUPS, UserId, fold, is_account, is_guid, is_ignorable, tag_key,
};

/// How many names of each kind are cached.
const MAX_NAMES: u64 = 10_000;

/// A cache of the portal's directory.
#[derive(Debug, Clone)]
pub struct Directory {
    groups: Cache<String, Vec<GroupEntry>>,
    people: Cache<String, Option<PersonEntry>>,
    tags: Cache<String, bool>,
}

impl Directory {
    /// Creates a directory that caches results for `keep`.
    pub fn new(keep: Duration) -> Self {
        Self {
            groups: Cache::builder()
                .max_capacity(MAX_NAMES)
                .time_to_live(keep)
                .build(),
            people: Cache::builder()
                .max_capacity(MAX_NAMES)
                .time_to_live(keep)
                .build(),
            tags: Cache::builder()
                .max_capacity(MAX_NAMES)
                .time_to_live(keep)
                .build(),
        }
    }

    /// The groups that a name or id in a policy refers to; names are not unique.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn groups_written(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Vec<GroupEntry>, Error> {
        let word = word.trim();
        let key = fold(word);
        // No group has an empty name, and the key of all groups is empty.
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let system = SYSTEM_GROUPS
            .into_iter()
            .find(|(name, id)| fold(name) == key || *id == key);
        if let Some((name, id)) = system {
            return Ok(vec![GroupEntry {
                id: GroupId::new(id),
                name: name.to_owned(),
            }]);
        }
        let found = self.groups.try_get_with(key.clone(), async {
            if is_guid(word) {
                let found = reader.group(&GroupId::new(word)).await?;
                return Ok(found.into_iter().collect());
            }
            let mut found = reader.groups_containing(word).await?;
            found.retain(|group| fold(&group.name) == key);
            if found.is_empty() {
                // The portal's search treats fewer spellings as equal than roomwright does.
                found = self.all_groups(reader).await?;
                found.retain(|group| fold(&group.name) == key);
            }
            Ok(found)
        });
        found.await.map_err(shared)
    }

    async fn all_groups(&self, reader: &Reader) -> Result<Vec<GroupEntry>, Error> {
        let found = self
            .groups
            .try_get_with(String::new(), reader.groups_containing(""));
        found.await.map_err(shared)
    }

    /// Whether the portal knows a tag that a policy matches on.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn has_tag(&self, reader: &Reader, tag: &str) -> Result<bool, Error> {
        let found = self.tags.try_get_with(tag_key(tag), reader.has_tag(tag));
        found.await.map_err(shared)
    }

    /// The person that an e-mail address or id in a policy refers to.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn person_written(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Option<PersonEntry>, Error> {
        let key = fold(word.trim());
        let found = self.people.try_get_with(key, async {
            let found = person(reader, word).await?;
            // Only what was read just now: re-inserting cached entries would keep them forever.
            self.remember(found.as_ref()).await;
            Ok(found)
        });
        found.await.map_err(shared)
    }

    /// The same, without the cache: decisions that may take access away need current data.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn person_read_anew(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Option<PersonEntry>, Error> {
        let found = person(reader, word).await?;
        self.people.insert(fold(word.trim()), found.clone()).await;
        self.remember(found.as_ref()).await;
        Ok(found)
    }

    /// Caches a person under their id and e-mail address.
    async fn remember(&self, found: Option<&PersonEntry>) {
        let Some(found) = found else {
            return;
        };
        for name in [found.person.id.as_str(), found.person.email.trim()] {
            if !name.is_empty() {
                self.people.insert(fold(name), Some(found.clone())).await;
            }
        }
    }
}

async fn person(reader: &Reader, word: &str) -> Result<Option<PersonEntry>, Error> {
    // The portal searches for exactly the characters that it receives.
    let word: String = word.trim().chars().filter(|c| !is_ignorable(*c)).collect();
    if is_guid(&word) {
        reader.person(&UserId::new(&word)).await
    } else if is_account(&word) {
        reader.person_by_email(&word).await
    } else {
        // The portal rejects the question.
        Ok(None)
    }
}

fn shared(error: Arc<Error>) -> Error {
    Arc::unwrap_or_clone(error)
}
