//! Rooms that are ours for a moment. The store names a room before it is taken; it is given back before the run
//! ends; what a killed run left behind is found by the lease's successor.

use tokio::time::Instant;

use super::{Run, Stop};
use crate::docspace::{self, Writer};
use crate::plan::{Refusal, cannot_own};
use crate::room::{Observed, Person, PersonKind, PersonStatus, Skip, UserId};

/// How often giving back is tried in one run.
const TRIES: usize = 4;

/// A room that is ours, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) owner: Person,
}

impl Run<'_> {
    /// Finds out whether an earlier run left the room in our hands.
    pub(super) async fn resume(&mut self) -> Result<(), Stop> {
        let store = &self.engine.store;
        let Some(custody) = store.custody(&self.job.room).await? else {
            return Ok(());
        };
        // The lease of the killed run outlasted every call that it can have made, so what is read now is final.
        let Some(room) = self.look.reader.room(&self.job.room).await? else {
            store
                .custody_close(
                    &self.job.room,
                    &self.job.lease,
                    "the room is gone",
                    (self.engine.clock)(),
                )
                .await?;
            return Err(Stop::Skipped(Skip::Gone));
        };
        if room.owner != self.look.reader.whoami().await? {
            let how = if room.owner == custody.owner {
                "with its owner"
            } else {
                "owner changed by somebody else"
            };
            store
                .custody_close(&self.job.room, &self.job.lease, how, (self.engine.clock)())
                .await?;
            return Ok(());
        }
        let owner = self
            .fresh(&custody.owner)
            .await?
            .unwrap_or_else(|| unknown(custody.owner.clone()));
        tracing::warn!(room.id = %self.job.room, "a room was left in our hands; going on and giving it back");
        self.look.held = Some(Held { owner });
        self.look.report.taken = true;
        Ok(())
    }

    /// Makes our account the owner. On record before it happens; refused when the room could not be given back.
    pub(super) async fn take(&mut self, seen: &Observed) -> Result<(), Stop> {
        if self.look.held.is_some() {
            return Err(Stop::Failed(
                "our account owns the room and still lacks a right in it".to_owned(),
            ));
        }
        let (store, owner) = (&self.engine.store, &seen.owner.id);
        store
            .custody_open(
                &self.job.room,
                owner,
                &self.job.lease,
                (self.engine.clock)(),
            )
            .await?;
        let ready = match self.look.reader.room(&self.job.room).await {
            Ok(Some(room)) if room.owner == *owner => self.fit_to_own(owner).await,
            Ok(Some(_)) => Err(Stop::Failed(
                "the owner of the room changed while we were looking".to_owned(),
            )),
            Ok(None) => Err(Stop::Skipped(Skip::Gone)),
            Err(error) => Err(error.into()),
        };
        let person = match ready {
            Ok(person) => person,
            Err(stop) => {
                store
                    .custody_close(
                        &self.job.room,
                        &self.job.lease,
                        "not taken",
                        (self.engine.clock)(),
                    )
                    .await?;
                return Err(stop);
            }
        };
        let left = Instant::now();
        let answer = Writer::new(self.look.client)
            .set_owner(&self.job.room, &seen.me)
            .await;
        match answer {
            Ok(()) => {}
            Err(docspace::Error::LostAnswer { .. }) => self.wait_for_lost(left).await,
            Err(error) => {
                store
                    .custody_close(
                        &self.job.room,
                        &self.job.lease,
                        "not taken",
                        (self.engine.clock)(),
                    )
                    .await?;
                return Err(error.into());
            }
        }
        // Held from here on even if the next read fails: giving back reads the owner first.
        self.look.held = Some(Held { owner: person });
        self.look.report.taken = true;
        match self.look.reader.room(&self.job.room).await? {
            Some(room) if room.owner == seen.me => Ok(()),
            _ => Err(Stop::Failed(
                "the portal did not make our account the owner of the room".to_owned(),
            )),
        }
    }

    async fn fit_to_own(&self, owner: &UserId) -> Result<Person, Stop> {
        let refused = |name: &str, reason: String| {
            Stop::Refused(Refusal::CannotGiveBack {
                owner: name.to_owned(),
                reason,
            })
        };
        let Some(person) = self.fresh(owner).await? else {
            return Err(refused(
                owner.as_str(),
                "the portal has no such account".to_owned(),
            ));
        };
        match cannot_own(&person) {
            Some(reason) => Err(refused(&person.name, reason)),
            None => Ok(person),
        }
    }

    async fn fresh(&self, id: &UserId) -> Result<Option<Person>, Stop> {
        Ok(self.look.reader.person(id).await?.map(|entry| entry.person))
    }

    /// Makes the former owner the owner again, and believes it only once it was read.
    pub(super) async fn give_back(&mut self) -> Result<(), Stop> {
        let Some(held) = self.look.held.clone() else {
            return Ok(());
        };
        let store = &self.engine.store;
        let me = self.look.reader.whoami().await?;
        for _ in 0..TRIES {
            let owner = self
                .look
                .reader
                .room(&self.job.room)
                .await?
                .map(|room| room.owner);
            if owner.as_ref() != Some(&me) {
                let how = match &owner {
                    Some(owner) if *owner == held.owner.id => "given back",
                    Some(_) => "owner changed by somebody else",
                    None => "the room is gone",
                };
                store
                    .custody_close(&self.job.room, &self.job.lease, how, (self.engine.clock)())
                    .await?;
                self.look.held = None;
                return Ok(());
            }
            if let Some(person) = self.fresh(&held.owner.id).await?
                && let Some(reason) = cannot_own(&person)
            {
                tracing::error!(room.id = %self.job.room, "a room is in our hands and its owner cannot take it back");
                return Err(Stop::Failed(format!(
                    "the room is in our hands and cannot be given back to `{}`: {reason}; a person must give it to somebody",
                    person.name
                )));
            }
            let left = Instant::now();
            match Writer::new(self.look.client)
                .set_owner(&self.job.room, &held.owner.id)
                .await
            {
                Ok(()) => {}
                Err(docspace::Error::LostAnswer { .. }) => self.wait_for_lost(left).await,
                Err(error) => return Err(error.into()),
            }
        }
        tracing::error!(room.id = %self.job.room, "a room is still in our hands");
        Err(Stop::Failed(format!(
            "the room is still in our hands: the portal did not give it back to `{}`",
            held.owner.name
        )))
    }
}

/// The owner of an older custody whose account is gone: matching goes on by id alone.
fn unknown(id: UserId) -> Person {
    Person {
        name: id.to_string(),
        id,
        email: String::new(),
        kind: PersonKind::RoomAdmin,
        status: PersonStatus::Active,
    }
}
