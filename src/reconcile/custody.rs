//! Rooms that are ours for a moment. The store names a room before it is taken; it is given back before the run
//! ends; what a killed run left behind is found by the lease's successor.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Run, Stop};
use crate::docspace::{self, Writer};
use crate::plan::{Refusal, cannot_own};
use crate::report::Custody;
use crate::room::{Observed, Person, PersonKind, PersonStatus, Skip, Standing, UserId};

/// Giving back is tried once more after each of these pauses: a run does not end with a room in our hands because of
/// one call that went wrong.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];
/// After a change of owner whose answer was lost the room is watched this many times the wait for a lost answer: the
/// portal may do it late.
const WATCH: u32 = 10;

/// A room that is ours, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) owner: Person,
    /// Until when a change of owner that we asked for may still happen; `None` when all were answered.
    unsure_until: Option<Timestamp>,
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        (self.engine.clock)()
    }

    fn unsure_until(&self, since: Timestamp) -> Timestamp {
        let watch = self.engine.planner.settings.after_lost_answer * WATCH;
        since.checked_add(watch).unwrap_or(Timestamp::MAX)
    }

    /// Finds out whether an earlier run left the room in our hands.
    pub(super) async fn resume(&mut self) -> Result<(), Stop> {
        let Some(custody) = self.engine.store.custody(&self.job.room).await? else {
            return Ok(());
        };
        let until = self.unsure_until(custody.since);
        let Some(room) = self.look.reader.room(&self.job.room).await? else {
            self.close("the room is gone").await?;
            return Err(Stop::Skipped(Skip::Gone));
        };
        if room.owner != self.look.reader.whoami().await? {
            // Closed at the end of the run at the earliest: after everything was read once more.
            return self.watch(&room.owner, until).await;
        }
        let owner = self
            .fresh(&custody.owner)
            .await?
            .unwrap_or_else(|| unknown(custody.owner.clone()));
        tracing::warn!(room.id = %self.job.room, "a room was left in our hands; going on and giving it back");
        self.look.held = Some(Held {
            owner,
            unsure_until: Some(until),
        });
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
        let since = self.now();
        store
            .custody_open(&self.job.room, owner, &self.job.lease, since)
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
            Err(stop) => return self.not_taken(stop).await,
        };
        let left = Instant::now();
        let answer = Writer::new(self.look.client)
            .take(&self.job.room, &seen.me)
            .await;
        let unsure_until = match answer {
            Ok(()) => self.watched_until(),
            Err(docspace::Error::LostAnswer { .. }) => {
                self.wait_for_lost(left).await;
                Some(self.unsure_until(since))
            }
            Err(error) => return self.not_taken(error.into()).await,
        };
        // Held from here on even if the next read fails: giving back reads the owner first.
        self.look.held = Some(Held {
            owner: person,
            unsure_until,
        });
        self.look.report.taken = true;
        match self.look.reader.room(&self.job.room).await? {
            Some(room) if room.owner == seen.me => Ok(()),
            _ => Err(Stop::Failed(
                "the portal did not make our account the owner of the room".to_owned(),
            )),
        }
    }

    /// Nothing was sent, or nothing was done. What an earlier run asked for may still be out.
    async fn not_taken(&mut self, stop: Stop) -> Result<(), Stop> {
        if self.watched_until().is_none() {
            self.close("not taken").await?;
        }
        Err(stop)
    }

    fn watched_until(&self) -> Option<Timestamp> {
        match self.look.report.custody {
            Custody::Watched { until } => Some(until),
            Custody::None | Custody::InHand => None,
        }
    }

    async fn close(&self, how: &str) -> Result<(), Stop> {
        let (room, lease) = (&self.job.room, &self.job.lease);
        let store = &self.engine.store;
        store.custody_close(room, lease, how, self.now()).await?;
        Ok(())
    }

    async fn watch(&mut self, owner: &UserId, until: Timestamp) -> Result<(), Stop> {
        let (room, lease) = (&self.job.room, &self.job.lease);
        let store = &self.engine.store;
        store
            .custody_returned(room, lease, owner, self.now())
            .await?;
        self.look.report.custody = Custody::Watched { until };
        Ok(())
    }

    /// Ends the watch over a room when its time has come: read last of all, and given back if it is ours after all.
    pub(super) async fn end_watch(&mut self) -> Result<(), Stop> {
        if self.watched_until().is_none_or(|until| until > self.now()) {
            return Ok(());
        }
        let Some(custody) = self.engine.store.custody(&self.job.room).await? else {
            return Ok(());
        };
        let owner = self.fresh(&custody.owner).await?;
        let held = Held {
            owner: owner.unwrap_or_else(|| unknown(custody.owner.clone())),
            unsure_until: None,
        };
        if !self.is_given_back(&held).await? {
            self.look.held = Some(held);
        }
        Ok(())
    }

    /// Somebody else owns the room: custody ends, unless a change of owner that we asked for may still happen.
    async fn not_ours(
        &mut self,
        owner: &UserId,
        former: &UserId,
        unsure_until: Option<Timestamp>,
    ) -> Result<(), Stop> {
        self.look.held = None;
        if let Some(until) = unsure_until.filter(|until| self.now() < *until) {
            return self.watch(owner, until).await;
        }
        self.look.report.custody = Custody::None;
        self.close(if owner == former {
            "with its owner"
        } else {
            "owner changed by somebody else"
        })
        .await
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
        let mut last = Stop::Failed(format!(
            "the room is still in our hands: the portal did not give it back to `{}`",
            held.owner.name
        ));
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            match self.try_to_give_back(&held).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // The successor gives it back.
                Err(stop @ Stop::Portal(docspace::Error::LeaseLost { .. })) => return Err(stop),
                Err(stop @ Stop::Portal(_)) => last = stop,
                Err(stop) => return Err(stop),
            }
        }
        tracing::error!(room.id = %self.job.room, "a room is still in our hands");
        Err(last)
    }

    /// Asks the portal to change the owner, unless it is somebody else already; whether somebody else was read then.
    async fn try_to_give_back(&mut self, held: &Held) -> Result<bool, Stop> {
        if self.is_given_back(held).await? {
            return Ok(true);
        }
        let reason = match self.fresh(&held.owner.id).await? {
            Some(person) => cannot_own(&person),
            None => Some("the account is gone".to_owned()),
        };
        if let Some(reason) = reason {
            tracing::error!(room.id = %self.job.room, "a room is in our hands and its owner cannot take it back");
            return Err(Stop::Failed(format!(
                "the room is in our hands and cannot be given back to `{}`: {reason}; a person must give it to somebody",
                held.owner.name
            )));
        }
        let left = Instant::now();
        match Writer::new(self.look.client)
            .give_back(&self.job.room, &held.owner.id)
            .await
        {
            Ok(()) => {}
            // Done late it does no harm: the room goes to the same owner once more.
            Err(docspace::Error::LostAnswer { .. }) => self.wait_for_lost(left).await,
            Err(error) => return Err(error.into()),
        }
        self.is_given_back(held).await
    }

    async fn is_given_back(&mut self, held: &Held) -> Result<bool, Stop> {
        let me = self.look.reader.whoami().await?;
        let Some(room) = self.look.reader.room(&self.job.room).await? else {
            self.look.held = None;
            self.close("the room is gone").await?;
            return Ok(true);
        };
        if room.owner == me {
            return match room.standing {
                // Nothing can be changed in the archive, the owner included.
                Standing::Not(Skip::Archived) => Err(Stop::Failed(format!(
                    "the room was archived while it was in our hands; bring it back from the archive, so that it can be given back to `{}`",
                    held.owner.name
                ))),
                _ => Ok(false),
            };
        }
        self.not_ours(&room.owner, &held.owner.id, held.unsure_until)
            .await?;
        Ok(true)
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
