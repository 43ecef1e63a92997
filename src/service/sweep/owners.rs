//! The owners of listed rooms: the list has ids, and policies match on addresses, names and groups.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use moka::future::Cache;

use crate::bind::PersonEntry;
use crate::docspace::{self, Reader};
use crate::room::UserId;

/// How long an owner is cached.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many owners are cached.
const MAX_OWNERS: u64 = 10_000;
/// If more owners are missing, the list of all accounts is read, a hundred per page.
const FEW: usize = 10;

/// A cache of owners.
#[derive(Debug, Clone)]
pub(super) struct Owners(Cache<UserId, PersonEntry>);

impl Default for Owners {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MAX_OWNERS);
        Self(cache.time_to_live(KEPT).build())
    }
}

impl Owners {
    /// The wanted accounts that exist in the portal.
    pub(super) async fn find(
        &self,
        reader: &Reader,
        wanted: BTreeSet<UserId>,
    ) -> Result<BTreeMap<UserId, PersonEntry>, docspace::Error> {
        let mut found = BTreeMap::new();
        let mut missing = BTreeSet::new();
        for id in wanted {
            match self.0.get(&id).await {
                Some(entry) => {
                    found.insert(id, entry);
                }
                None => {
                    missing.insert(id);
                }
            }
        }
        let mut next = Some(0).filter(|_| missing.len() > FEW);
        while let Some(start) = next {
            let (page, following) = reader.accounts(start).await?;
            for entry in page {
                if missing.remove(&entry.person.id) {
                    self.remember(&mut found, entry).await;
                }
            }
            next = following.filter(|_| !missing.is_empty());
        }
        // Also those that slipped between two pages.
        for id in missing {
            if let Some(entry) = reader.person(&id).await? {
                self.remember(&mut found, entry).await;
            }
        }
        Ok(found)
    }

    async fn remember(&self, found: &mut BTreeMap<UserId, PersonEntry>, entry: PersonEntry) {
        let id = entry.person.id.clone();
        self.0.insert(id.clone(), entry.clone()).await;
        found.insert(id, entry);
    }
}
