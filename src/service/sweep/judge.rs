//! What follows from the list of rooms: which are due, which wait for an operator, and which are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Candidate, Known, Listing};
use super::{Found, Reach, Sweep};
use crate::bind::PersonEntry;
use crate::docspace::Reader;
use crate::policy::PolicySet;
use crate::reconcile::{Engine, Speaking};
use crate::report::dto::Report;
use crate::room::{Person, PersonKind, PersonStatus, UserId};
use crate::service::Error;
use crate::store::{Knowledge, RoomRow};

/// How many records are read at once.
const PAGE: u32 = 500;
/// How many rooms that are no longer listed are checked per sweep: an incomplete list must not cause a flood of runs.
const MAX_GONE: usize = 100;
/// Outcomes of runs that compared the room with the policies.
const COMPARED: [&str; 4] = ["in-sync", "changed", "drifted", "would-change"];

/// Which policies match listed rooms.
struct Spoken<'s> {
    engine: &'s Engine,
    policies: &'s PolicySet,
    reader: &'s Reader,
    /// `None` if no policy matches on the creator.
    owners: &'s Option<BTreeMap<UserId, PersonEntry>>,
}

impl Spoken<'_> {
    /// `None` if the owner is unknown.
    async fn about(&self, candidate: &Candidate) -> Result<Option<Speaking>, Error> {
        let (room, kind) = (&candidate.room, candidate.kind);
        let owner = match self.owners {
            Some(owners) => owners.get(&room.owner).cloned(),
            None => Some(nobody(&room.owner)),
        };
        let Some(owner) = owner else {
            return Ok(None);
        };
        let speaking = self
            .engine
            .speaking(self.policies, self.reader, (room, kind), &owner);
        Ok(Some(speaking.await?))
    }
}

/// An owner whose properties no policy uses.
fn nobody(id: &UserId) -> PersonEntry {
    PersonEntry {
        person: Person {
            id: id.clone(),
            name: String::new(),
            email: String::new(),
            kind: PersonKind::RoomAdmin,
            status: PersonStatus::Active,
        },
        groups: BTreeSet::new(),
    }
}

impl Sweep {
    /// Evaluates the list.
    pub(super) async fn judge(
        &self,
        reader: &Reader,
        known: &Known<'_>,
        listing: &Listing,
        reach: Reach,
    ) -> Result<Found, Error> {
        let mut found = Found {
            listed: listing.all.len(),
            ..Found::default()
        };
        for room in &listing.ours {
            self.ours(reader, room, &mut found).await?;
        }
        let unknown = listing.unknown.iter().map(|(candidate, _)| candidate);
        let recorded = listing.recorded.values().map(|(candidate, _)| candidate);
        let recorded = recorded.filter(|_| reach == Reach::All);
        let owners = self
            .owners(reader, &known.policies, unknown.chain(recorded))
            .await?;
        let spoken = Spoken {
            engine: &self.worker.engine,
            policies: &known.policies,
            reader,
            owners: &owners,
        };
        for (candidate, is_new) in &listing.unknown {
            // If the owner is unknown, a run finds out more.
            let speaking = spoken.about(candidate).await?;
            if speaking.is_some_and(|speaking| speaking.is_none()) {
                if *is_new {
                    known.settled().add(&candidate.room);
                }
                continue;
            }
            if *is_new {
                self.wake(&candidate.room.id).await?;
                found.due.push(candidate.room.id.clone());
            } else {
                found.older += 1;
                found.waiting.push(candidate.room.id.clone());
            }
        }
        if reach == Reach::All {
            known.settled().keep(&listing.all);
            self.check_repaired(known, listing, &mut found).await?;
            self.compare(&spoken, listing, &mut found).await?;
        }
        Ok(found)
    }

    /// Queues configured rooms whose policies restore changes.
    async fn check_repaired(
        &self,
        known: &Known<'_>,
        listing: &Listing,
        found: &mut Found,
    ) -> Result<(), Error> {
        for (Candidate { room, kind }, knowledge) in listing.recorded.values() {
            let is_repaired = known.policies.may_repair(&room.title, *kind);
            if *knowledge == Knowledge::Configured && is_repaired {
                self.wake(&room.id).await?;
                found.checked += 1;
            }
        }
        Ok(())
    }

    /// Compares the records with the list: queues rooms that are gone, and counts rooms that other policies match now.
    async fn compare(
        &self,
        spoken: &Spoken<'_>,
        listing: &Listing,
        found: &mut Found,
    ) -> Result<(), Error> {
        let store = &self.worker.store;
        let mut last: Option<RoomRow> = None;
        loop {
            let rows = store.rooms_after(None, last.as_ref(), PAGE).await?;
            let Some(end) = rows.last().cloned() else {
                return Ok(());
            };
            last = Some(end);
            for row in rows {
                let was_before = row.at.is_some_and(|at| at < listing.began_at);
                if row.job.is_some() || !was_before {
                    continue;
                }
                let Some(report) = Report::read(&row.report) else {
                    continue;
                };
                if !listing.all.contains(&row.room) {
                    if report.skipped.is_none() && found.gone.len() < MAX_GONE {
                        self.wake(&row.room).await?;
                        found.gone.push(row.room);
                    }
                    continue;
                }
                let was_compared = match report.skipped.as_deref() {
                    None => COMPARED.contains(&row.outcome.as_str()),
                    Some(why) => why == "no-policy",
                };
                if !was_compared {
                    continue;
                }
                let before = report.matched.into_iter().map(|matched| matched.policy);
                let before: BTreeSet<String> = before.collect();
                let now = match listing.recorded.get(&row.room) {
                    Some((candidate, _)) => spoken.about(candidate).await?,
                    None => Some(Speaking::default()),
                };
                if now.is_some_and(|now| !now.is_undecided && now.policies != before) {
                    found.moved += 1;
                    found.waiting.push(row.room);
                }
            }
        }
    }

    /// The owners of these rooms, if a policy matches on the creator.
    async fn owners<'l>(
        &self,
        reader: &Reader,
        policies: &PolicySet,
        candidates: impl Iterator<Item = &'l Candidate>,
    ) -> Result<Option<BTreeMap<UserId, PersonEntry>>, Error> {
        if !policies.asks_who_made_it() {
            return Ok(None);
        }
        let wanted = candidates.map(|candidate| candidate.room.owner.clone());
        let found = self.owners.find(reader, wanted.collect()).await?;
        Ok(Some(found))
    }
}
