//! The list of rooms, page by page, sorted by what the store knows of each. One that broke off is gone on with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Reach;
use crate::docspace::{ListedRoom, Reader};
use crate::policy::PolicySet;
use crate::room::{RoomId, RoomType, UserId};
use crate::service::Error;
use crate::store::{Knowledge, Store};

/// A listing that broke off longer ago begins anew.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// What a listed room is held against.
pub(super) struct Known<'s> {
    pub(super) store: &'s Store,
    pub(super) policies: Arc<PolicySet>,
    pub(super) me: UserId,
    pub(super) store_made_at: Timestamp,
}

/// A room that a policy may speak about, by its title and type.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) room: ListedRoom,
    pub(super) kind: RoomType,
}

/// What was listed.
#[derive(Debug)]
pub(super) struct Listing {
    began: Instant,
    /// With which the rooms were sorted.
    policies: Arc<PolicySet>,
    /// By the wall clock.
    pub(super) began_at: Timestamp,
    /// Where the next page starts; nothing when the list is whole.
    next: Option<u64>,
    /// Every room.
    pub(super) all: BTreeSet<RoomId>,
    /// Those of our account.
    pub(super) ours: Vec<ListedRoom>,
    /// Those without a record; whether each is newer than the store.
    pub(super) unknown: Vec<(Candidate, bool)>,
    /// Those with a record, and what it says.
    pub(super) recorded: BTreeMap<RoomId, (Candidate, Knowledge)>,
}

impl Listing {
    pub(super) fn new(policies: &Arc<PolicySet>, now: Timestamp) -> Self {
        Self {
            began: Instant::now(),
            policies: policies.clone(),
            began_at: now,
            next: Some(0),
            all: BTreeSet::new(),
            ours: Vec::new(),
            unknown: Vec::new(),
            recorded: BTreeMap::new(),
        }
    }

    /// Whether it is worth going on with under these policies.
    pub(super) fn may_go_on(&self, policies: &Arc<PolicySet>) -> bool {
        self.began.elapsed() < MAX_AGE && Arc::ptr_eq(&self.policies, policies)
    }

    /// Reads on, to the end or to a page without news.
    pub(super) async fn read_on(
        &mut self,
        reader: &Reader,
        known: &Known<'_>,
        reach: Reach,
    ) -> Result<(), Error> {
        while let Some(start) = self.next {
            let (rooms, following) = reader.newest_rooms(start).await?;
            let has_news = self.take(rooms, known).await?;
            self.next = following.filter(|_| reach == Reach::All || has_news);
        }
        Ok(())
    }

    /// Whether anything on the page is news: a room that was created after the store and has no record.
    async fn take(&mut self, rooms: Vec<ListedRoom>, known: &Known<'_>) -> Result<bool, Error> {
        let ids = rooms.iter().map(|room| room.id.clone()).collect();
        let recorded = known.store.known(ids).await?;
        let mut has_news = false;
        for room in rooms {
            // Rooms that were created meanwhile move others to the next page.
            if !self.all.insert(room.id.clone()) {
                continue;
            }
            if room.owner == known.me {
                self.ours.push(room);
                continue;
            }
            let knowledge = recorded.get(&room.id);
            // The portal's list tells whole seconds.
            let is_new = room.created_at.as_second() >= known.store_made_at.as_second();
            has_news |= is_new && knowledge.is_none();
            let kind = room.kind;
            let Some(kind) = kind.filter(|kind| known.policies.may_match(&room.title, *kind))
            else {
                continue;
            };
            let id = room.id.clone();
            let candidate = Candidate { room, kind };
            match knowledge {
                Some(knowledge) => {
                    self.recorded.insert(id, (candidate, *knowledge));
                }
                None => self.unknown.push((candidate, is_new)),
            }
        }
        Ok(has_news)
    }
}
