//! The list of rooms, page by page, sorted by what the store knows about each room. A failed listing is continued
//! later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Reach;
use crate::docspace::{ListedRoom, Reader};
use crate::policy::PolicySet;
use crate::room::{RoomId, RoomType, UserId};
use crate::service::Error;
use crate::store::{Knowledge, Store};

/// A listing that failed longer ago starts over.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// What listed rooms are compared with.
pub(super) struct Known<'s> {
    pub(super) store: &'s Store,
    pub(super) policies: Arc<PolicySet>,
    pub(super) me: UserId,
    pub(super) store_created_at: Timestamp,
    pub(super) settled: &'s Mutex<Settled>,
}

impl Known<'_> {
    pub(super) fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// New rooms that no policy matches: they have no record, and a short sweep need not go beyond them again.
#[derive(Debug, Default)]
pub(super) struct Settled {
    policies: Option<Arc<PolicySet>>,
    /// Each with its title.
    rooms: BTreeMap<RoomId, String>,
}

impl Settled {
    fn has(&self, room: &ListedRoom) -> bool {
        let title = self.rooms.get(&room.id);
        title.is_some_and(|title| *title == room.title)
    }

    /// No policy matches a new room.
    pub(super) fn add(&mut self, room: &ListedRoom) {
        self.rooms.insert(room.id.clone(), room.title.clone());
    }

    /// Starts over with other policies.
    fn for_policies(&mut self, policies: &Arc<PolicySet>) {
        let is_same = |own: &Arc<PolicySet>| Arc::ptr_eq(own, policies);
        if !self.policies.as_ref().is_some_and(is_same) {
            self.policies = Some(policies.clone());
            self.rooms.clear();
        }
    }

    /// Forgets rooms that are no longer listed.
    pub(super) fn keep(&mut self, listed: &BTreeSet<RoomId>) {
        self.rooms.retain(|room, _| listed.contains(room));
    }
}

/// A room that a policy may match, by title and type.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) room: ListedRoom,
    pub(super) kind: RoomType,
}

/// The listed rooms.
#[derive(Debug)]
pub(super) struct Listing {
    began: Instant,
    /// The policies that the rooms were sorted with.
    policies: Arc<PolicySet>,
    /// The same time by the wall clock.
    pub(super) began_at: Timestamp,
    /// Where the next page starts; `None` if the list is complete.
    next: Option<u64>,
    /// Every room.
    pub(super) all: BTreeSet<RoomId>,
    /// Rooms of the service account.
    pub(super) ours: Vec<ListedRoom>,
    /// Rooms without a record, and whether each is newer than the store.
    pub(super) unknown: Vec<(Candidate, bool)>,
    /// Rooms with a record, and what the record says.
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

    /// Whether it can be continued with these policies.
    pub(super) fn may_continue(&self, policies: &Arc<PolicySet>) -> bool {
        self.began.elapsed() < MAX_AGE && Arc::ptr_eq(&self.policies, policies)
    }

    /// Continues to the end, or to the first page without a new room.
    pub(super) async fn continue_reading(
        &mut self,
        reader: &Reader,
        known: &Known<'_>,
        reach: Reach,
    ) -> Result<(), Error> {
        while let Some(start) = self.next {
            let (rooms, following) = reader.newest_rooms(start).await?;
            let has_new = self.take(rooms, known).await?;
            self.next = following.filter(|_| reach == Reach::All || has_new);
        }
        Ok(())
    }

    /// Adds a page. Returns whether it contains a new room: one that was created after the store and has no record.
    async fn take(&mut self, rooms: Vec<ListedRoom>, known: &Known<'_>) -> Result<bool, Error> {
        let ids = rooms.iter().map(|room| room.id.clone()).collect();
        let recorded = known.store.known(ids).await?;
        let mut settled = known.settled();
        settled.for_policies(&known.policies);
        let mut has_new = false;
        for room in rooms {
            // Rooms that are created in the meantime move others to the next page.
            if !self.all.insert(room.id.clone()) {
                continue;
            }
            if room.owner == known.me {
                self.ours.push(room);
                continue;
            }
            let knowledge = recorded.get(&room.id);
            // The portal's list shows whole seconds.
            let is_new = room.created_at.as_second() >= known.store_created_at.as_second();
            let is_unknown = is_new && knowledge.is_none();
            has_new |= is_unknown && !settled.has(&room);
            let kind = room.kind;
            let Some(kind) = kind.filter(|kind| known.policies.may_match(&room.title, *kind))
            else {
                if is_unknown {
                    settled.add(&room);
                }
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
        Ok(has_new)
    }
}
