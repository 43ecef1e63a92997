//! Names → groups and people, remembered for a while within a bound, and shared by all rooms. However many rooms ask for
//! one name at once, the portal is asked once.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::error::Error;
use super::reader::Reader;
use crate::bind::{GroupEntry, PersonEntry};
use crate::room::{GroupId, SYSTEM_GROUPS, UserId, fold, is_guid, is_ignorable, tag_key};

/// How many names of each kind are remembered.
const MAX_NAMES: u64 = 10_000;

/// Answers of the portal's directory.
#[derive(Debug, Clone)]
pub struct Directory {
    groups: Cache<String, Vec<GroupEntry>>,
    people: Cache<String, Option<PersonEntry>>,
    tags: Cache<String, bool>,
}

impl Directory {
    /// A directory whose answers are believed for so long.
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

    /// The groups that a policy's word means, which is a name or an id; names are not unique.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn groups_written(
        &self,
        reader: &Reader,
        word: &str,
    ) -> Result<Vec<GroupEntry>, Error> {
        let word = word.trim();
        let key = fold(word);
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
                // The portal's search knows fewer spellings of one name than people do.
                found = self.all_groups(reader).await?;
                found.retain(|group| fold(&group.name) == key);
            }
            Ok(found)
        });
        found.await.map_err(shared)
    }

    async fn all_groups(&self, reader: &Reader) -> Result<Vec<GroupEntry>, Error> {
        // No group has an empty name.
        let found = self
            .groups
            .try_get_with(String::new(), reader.groups_containing(""));
        found.await.map_err(shared)
    }

    /// Whether the portal knows a tag that a policy matches on.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn has_tag(&self, reader: &Reader, tag: &str) -> Result<bool, Error> {
        let found = self.tags.try_get_with(tag_key(tag), reader.has_tag(tag));
        found.await.map_err(shared)
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
        let key = fold(word.trim());
        let found = self.people.try_get_with(key, async {
            let found = person(reader, word).await?;
            // Only what was read just now: what is remembered would never become old.
            self.remember(found.as_ref()).await;
            Ok(found)
        });
        found.await.map_err(shared)
    }

    /// The same, read anew: what somebody could lose is not decided on what is remembered.
    ///
    /// # Errors
    /// The portal cannot be asked.
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

    /// Under all names that she has.
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
    // The portal looks for the very characters that it is sent.
    let word: String = word.trim().chars().filter(|c| !is_ignorable(*c)).collect();
    if is_guid(&word) {
        reader.person(&UserId::new(&word)).await
    } else {
        reader.person_by_email(&word).await
    }
}

fn shared(error: Arc<Error>) -> Error {
    Arc::unwrap_or_clone(error)
}
