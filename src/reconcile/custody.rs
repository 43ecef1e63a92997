//! Rooms that are ours for a moment. The store names a room before it is taken; it is given back before the run
//! ends; what a killed run left behind is found by the lease's successor.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Run, Stop};
use crate::bind::PersonEntry;
use crate::docspace::{self, AdoptionPlaces, Writer};
use crate::plan::{Ownership, Refusal, cannot_own};
use crate::report::{Custody, Wait};
use crate::room::{Observed, Person, PersonKind, PersonStatus, Room, Skip, Standing, UserId};
use crate::store;

/// Giving back is tried once more after each of these pauses: a run does not end with a room in our hands because of
/// one call that went wrong.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];
/// A portal that leaves a call unanswered for so long may leave the next ones so too.
const HANGS: Duration = Duration::from_secs(5);
/// After a change of owner whose answer was lost the room is watched this many times the wait for a lost answer: the
/// portal may do it late.
const WATCH: u32 = 10;

/// A room that is ours, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// To whom it goes: who owned it last.
    pub(super) owner: Person,
    /// From whom we took it.
    taken_from: UserId,
    /// The account of ours that owns it.
    us: UserId,
    /// Until when a change of owner that we asked for may still happen; `None` when all were answered.
    unsure_until: Option<Timestamp>,
    /// What was set aside for giving it back, if this run took it.
    places: Option<Arc<AdoptionPlaces>>,
}

impl Run<'_> {
    pub(super) fn now(&self) -> Timestamp {
        (self.engine.planner.clock)()
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
        // It may be, until another owner was read.
        self.look.report.custody = Custody::InHand;
        let until = self.unsure_until(custody.since);
        let me = self.look.reader.whoami().await?;
        // Another key may be configured by now, of another account of ours.
        let us = custody.account.clone().unwrap_or_else(|| me.clone());
        let Some(room) = self.look.reader.room(&self.job.room).await? else {
            self.gone().await?;
            return Err(Stop::Skipped(Skip::Gone));
        };
        if room.owner != us {
            // Closed at the end of the run at the earliest: after everything was read once more.
            return self.watch(&room.owner, until).await;
        }
        let is_other_account = us != me;
        let held = self.held_since(custody, us, until).await?;
        tracing::warn!(room.id = %self.job.room, "a room was left in our hands; going on and giving it back");
        self.hold(held);
        if is_other_account {
            self.give_back().await?;
        }
        Ok(())
    }

    /// Makes our account the owner. On record before it happens; refused when the room could not be given back.
    pub(super) async fn take(&mut self, seen: &Observed) -> Result<(), Stop> {
        if self.look.held.is_some() {
            return Err(Stop::Failed(
                "our account owns the room and still lacks a right in it".to_owned(),
            ));
        }
        if self.engine.planner.settings.ownership == Ownership::Never {
            let owner = seen.owner.name.clone();
            return Err(Stop::Refused(Refusal::WouldTakeRoom { owner }));
        }
        let (store, owner) = (&self.engine.store, &seen.owner.id);
        let places = Arc::new(self.adoption_places().await?);
        let since = self.now();
        let prior = store.custody(&self.job.room).await?;
        let prior_watch = self.watched_until();
        store
            .custody_open(&self.job.room, owner, &seen.me, &self.job.lease, since)
            .await?;
        self.look.report.custody = Custody::InHand;
        let (room, person) = join(
            self.look.reader.room(&self.job.room),
            self.look.reader.person(owner),
        )
        .await;
        let ready = match room {
            Ok(Some(room)) if room.owner == *owner => fit_to_own(owner, person),
            Ok(Some(_)) => Err(Stop::OwnerChanged),
            Ok(None) => Err(Stop::Skipped(Skip::Gone)),
            Err(error) => Err(error.into()),
        };
        let person = match ready {
            Ok(person) => person,
            Err(stop) => return self.not_taken(stop, prior, prior_watch).await,
        };
        let answer = Writer::new(self.look.client)
            .take(&self.job.room, &seen.me, &places)
            .await;
        let (unsure_until, lost) = match answer {
            Ok(_) => (prior_watch, None),
            Err(docspace::Error::LostAnswer { left, .. }) => {
                (Some(self.unsure_until(since)), Some(left))
            }
            Err(error) if error.was_not_sent() => {
                let ended = self.not_taken(error.into(), prior, prior_watch).await;
                return match ended {
                    // Put off: the room is looked at again, and taken in the next round.
                    Err(Stop::Portal(docspace::Error::Throttled { .. })) => Ok(()),
                    ended => ended,
                };
            }
            // The portal is done with it, and what it has done is read when the room is given back.
            Err(_) => (prior_watch, None),
        };
        // Held from here on, whatever the next look shows: giving back reads the owner first.
        self.hold(Held {
            taken_from: person.id.clone(),
            owner: person,
            us: seen.me.clone(),
            unsure_until,
            places: Some(places),
        });
        match lost {
            Some(left) => self.wait_for_owner(left).await,
            None => Ok(()),
        }
    }

    /// What the room needs to be given back is set aside before it is taken.
    async fn adoption_places(&self) -> Result<AdoptionPlaces, Stop> {
        let client = self.look.client;
        loop {
            match client.budget().reserve_adoption(client.priority()).await {
                Err(docspace::Error::AccountInUse { until }) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = self.stop.cancelled() => return Err(Stop::Shutdown),
                },
                places => return Ok(places?),
            }
        }
    }

    /// Waits for a change of owner whose answer was lost. It may have been the key that was refused.
    async fn wait_for_owner(&mut self, left: Instant) -> Result<(), Stop> {
        self.wait_for_lost(left).await?;
        match self.look.key_trouble().await {
            Some(trouble) => Err(Stop::Waiting(Wait::Portal(trouble))),
            None => Ok(()),
        }
    }

    /// Nothing was sent. What an earlier run asked for may still be out: its record is put back as it was.
    async fn not_taken(
        &mut self,
        stop: Stop,
        prior: Option<store::Custody>,
        watched: Option<Timestamp>,
    ) -> Result<(), Stop> {
        match (prior, watched) {
            (Some(prior), Some(until)) => {
                let store = &self.engine.store;
                store.custody_put(&prior, &self.job.lease).await?;
                self.look.report.custody = Custody::Watched { until };
            }
            _ => self.close("not taken").await?,
        }
        Err(stop)
    }

    fn hold(&mut self, held: Held) {
        self.look.held = Some(held);
        self.look.watched = None;
        self.look.report.custody = Custody::InHand;
        self.look.report.taken = true;
    }

    fn watched_until(&self) -> Option<Timestamp> {
        match self.look.report.custody {
            Custody::Watched { until } => Some(until),
            Custody::None | Custody::InHand => None,
        }
    }

    async fn close(&mut self, how: &str) -> Result<(), Stop> {
        let (room, lease) = (&self.job.room, &self.job.lease);
        let store = &self.engine.store;
        store.custody_close(room, lease, how, self.now()).await?;
        self.look.watched = None;
        self.look.report.custody = Custody::None;
        Ok(())
    }

    /// The portal says that it has no such room. That ends custody only if it is the portal who speaks.
    async fn gone(&mut self) -> Result<(), Stop> {
        self.look.reader.key().await?;
        self.look.held = None;
        self.close("the room is gone").await
    }

    async fn watch(&mut self, owner: &UserId, until: Timestamp) -> Result<(), Stop> {
        let (room, lease) = (&self.job.room, &self.job.lease);
        let store = &self.engine.store;
        store
            .custody_returned(room, lease, owner, self.now())
            .await?;
        self.look.watched = Some(owner.clone());
        self.look.report.custody = Custody::Watched { until };
        Ok(())
    }

    /// Reads the owner of a watched room last of all: ours after all, it is to be given back; and the watch ends when
    /// its time has come.
    pub(super) async fn end_watch(&mut self) -> Result<(), Stop> {
        let Some(until) = self.watched_until() else {
            return Ok(());
        };
        let Some(custody) = self.engine.store.custody(&self.job.room).await? else {
            return Ok(());
        };
        let us = match custody.account.clone() {
            Some(account) => account,
            None => self.look.reader.whoami().await?,
        };
        let held = self.held_since(custody, us, until).await?;
        if !self.is_given_back(&held).await? {
            self.hold(held);
        }
        Ok(())
    }

    /// Somebody else owns the room: custody ends, unless a change of owner that we asked for may still happen.
    async fn not_ours(
        &mut self,
        owner: &UserId,
        taken_from: &UserId,
        unsure_until: Option<Timestamp>,
    ) -> Result<(), Stop> {
        self.look.held = None;
        if let Some(until) = unsure_until.filter(|until| self.now() < *until) {
            return self.watch(owner, until).await;
        }
        self.close(if owner == taken_from {
            "with its owner"
        } else {
            "owner changed by somebody else"
        })
        .await
    }

    /// A room that an earlier run took, as it is on record.
    async fn held_since(
        &self,
        custody: store::Custody,
        us: UserId,
        until: Timestamp,
    ) -> Result<Held, Stop> {
        Ok(Held {
            owner: self.last_owner(&custody).await?,
            taken_from: custody.owner,
            us,
            unsure_until: Some(until),
            places: None,
        })
    }

    /// Who owned the room last, before us.
    async fn last_owner(&self, custody: &store::Custody) -> Result<Person, Stop> {
        let id = custody.seen_owner.as_ref().unwrap_or(&custody.owner);
        let found = self.fresh(id).await?;
        Ok(found.unwrap_or_else(|| unknown(id.clone())))
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
            let began = Instant::now();
            match self.try_to_give_back(&held).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // The successor gives it back.
                Err(stop @ Stop::Portal(docspace::Error::LeaseLost { .. })) => return Err(stop),
                Err(stop @ (Stop::Portal(_) | Stop::Waiting(_))) => last = stop,
                Err(stop) => return Err(stop),
            }
            // Nobody hears of a portal that does not answer before this run is over.
            if began.elapsed() >= HANGS
                && let Some(trouble) = self.look.key_trouble().await
            {
                last = Stop::Waiting(Wait::Portal(trouble));
                break;
            }
        }
        tracing::error!(room.id = %self.job.room, "a room is still in our hands");
        Err(last)
    }

    /// Asks the portal to change the owner, unless it is somebody else already; whether somebody else was read then.
    async fn try_to_give_back(&mut self, held: &Held) -> Result<bool, Stop> {
        let (room, person) = join(
            self.look.reader.room(&self.job.room),
            self.fresh(&held.owner.id),
        )
        .await;
        if self.is_with_another(room?, held).await? {
            return Ok(true);
        }
        let reason = match person? {
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
        match Writer::new(self.look.client)
            .give_back(&self.job.room, &held.owner.id, held.places.as_deref())
            .await
        {
            Ok(_) => {}
            // Whether a part was done is read below.
            Err(error) if error.is_final() => {}
            // Done late it does no harm: the room goes to the same owner once more.
            Err(docspace::Error::LostAnswer { left, .. }) => {
                match self.wait_for_owner(left).await {
                    // Nobody waits any more: it is looked at, and asked for again, at once.
                    Err(Stop::Shutdown) => {}
                    waited => waited?,
                }
            }
            Err(error) => return Err(error.into()),
        }
        self.is_given_back(held).await
    }

    async fn is_given_back(&mut self, held: &Held) -> Result<bool, Stop> {
        let room = self.look.reader.room(&self.job.room).await?;
        self.is_with_another(room, held).await
    }

    /// Whether a room that was just read is out of our hands; then that is put on record.
    async fn is_with_another(&mut self, room: Option<Room>, held: &Held) -> Result<bool, Stop> {
        let Some(room) = room else {
            self.gone().await?;
            return Ok(true);
        };
        if room.owner == held.us {
            return match room.standing {
                // Nothing can be changed in the archive, the owner included.
                Standing::Not(Skip::Archived) => Err(Stop::Failed(format!(
                    "the room was archived while it was in our hands; bring it back from the archive, so that it can be given back to `{}`",
                    held.owner.name
                ))),
                _ => Ok(false),
            };
        }
        self.not_ours(&room.owner, &held.taken_from, held.unsure_until)
            .await?;
        Ok(true)
    }
}

/// The account to which a room can be given back.
fn fit_to_own(
    owner: &UserId,
    found: Result<Option<PersonEntry>, docspace::Error>,
) -> Result<Person, Stop> {
    let refused = |name: &str, reason: String| {
        Stop::Refused(Refusal::CannotGiveBack {
            owner: name.to_owned(),
            reason,
        })
    };
    let Some(PersonEntry { person, .. }) = found? else {
        let reason = "the portal has no such account".to_owned();
        return Err(refused(owner.as_str(), reason));
    };
    match cannot_own(&person) {
        Some(reason) => Err(refused(&person.name, reason)),
        None => Ok(person),
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
