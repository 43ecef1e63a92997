//! Limits the calls to the portal (docs/docspace.md, rate limits): per minute, at once, and writes per day; one at a
//! time of what the portal cannot do in parallel; and a pause after a 429.

mod account;
mod adoption;
mod at_once;
mod back_off;
mod left;
mod minute;
#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::account::Part;
pub use self::account::{Account, Purpose, Uncounted};
pub use self::adoption::AdoptionPlaces;
pub(super) use self::adoption::Paid;
use self::at_once::{AtOnce, UnderWay};
use self::back_off::BackOff;
use self::minute::{Demand, Minute, Slot};
pub use self::minute::{Priority, Reservation};
pub use self::turns::Turn;
use self::turns::Turns;
use super::error::Error;

/// Calls of a minute that are reserved for ending adoptions, at most half of the minute.
const RESERVED_CALLS: usize = 20;
/// Writes of the day that are reserved for giving rooms back, at most half of the day.
const RESERVED_WRITES: u64 = 200;
/// The maximum size of one reservation.
const MAX_RESERVATION: usize = 200;
/// A longer pause is not waited out: the caller gets an error.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// A call that ends an adoption is sent after this time, pause or not: the service account owns the room.
const MAX_PAUSE_OF_ADOPTIONS: Duration = Duration::from_secs(5);
/// A write that waited longer is based on facts that may be outdated.
const WRITE_IS_FRESH: Duration = Duration::from_secs(1);
/// The same for a take: the owner may have changed.
const TAKE_IS_FRESH: Duration = Duration::from_millis(500);

/// The limits of the calls to the portal.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls within any minute.
    pub requests_per_minute: usize,
    /// Writes in progress at once.
    pub writes_at_once: usize,
    /// Reads in progress at once.
    pub reads_at_once: usize,
    /// Writes (POST and PUT) per day.
    pub writes_per_day: u64,
    /// How long no room is adopted after a 429 that roomwright's own calls do not explain.
    pub no_adoption_after_429: Duration,
}

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    /// A read that locks the portal's tables.
    ShareListing,
    Write,
    /// Makes the service account the owner of a room.
    Take,
    /// Makes another account the owner of a room that the service account owns.
    GiveBack,
}

impl Kind {
    pub(super) fn is_write(self) -> bool {
        !matches!(self, Kind::Read | Kind::ShareListing)
    }

    /// How long the facts that the call is based on stay valid.
    fn max_wait(self) -> Option<Duration> {
        match self {
            Kind::Read | Kind::ShareListing | Kind::GiveBack => None,
            Kind::Write => Some(WRITE_IS_FRESH),
            Kind::Take => Some(TAKE_IS_FRESH),
        }
    }
}

/// A call that waits to be sent.
#[derive(Debug)]
pub(super) struct Ask<'c> {
    pub(super) kind: Kind,
    pub(super) priority: Priority,
    /// Where it takes its slot from, while there are any.
    pub(super) reservation: Option<&'c Reservation>,
    /// A slot that it already has, which is also counted in the day.
    pub(super) paid: Option<Paid>,
}

impl Ask<'_> {
    fn ends_adoption(&self) -> bool {
        self.kind == Kind::GiveBack || self.priority == Priority::OpenAdoption
    }
}

/// Why a call is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotNow {
    /// The portal asked for a longer pause than is waited out.
    Paused,
    /// It waited longer than the facts that it is based on stay valid.
    Stale,
    /// The day's writes are used up.
    Day {
        /// The limit.
        limit: u64,
    },
}

/// The permission to send a call. The caller holds it until the response arrives.
#[derive(Debug)]
pub(super) struct Leave<'b> {
    place: Option<Slot>,
    _under_way: UnderWay<'b>,
    _turn: Option<Turn>,
}

impl Leave<'_> {
    /// The call is sent now.
    pub(super) fn used(&mut self) {
        if let Some(place) = self.place.take() {
            place.used();
        }
    }
}

/// The budget of one account, shared by everything that acts under it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    minute: Arc<Minute>,
    reads: AtOnce,
    writes: AtOnce,
    turns: Turns,
    back_off: BackOff,
    account: Arc<dyn Account>,
    part: Part,
}

impl Budget {
    /// Creates a budget with these limits.
    pub fn new(limits: Limits, account: Arc<dyn Account>) -> Self {
        Self {
            limits,
            minute: Arc::default(),
            reads: AtOnce::new(limits.reads_at_once),
            writes: AtOnce::new(limits.writes_at_once),
            turns: Turns::default(),
            back_off: BackOff::default(),
            part: Part::new(account.clone(), limits.requests_per_minute),
            account,
        }
    }

    /// Reserves slots of the minute for upcoming calls (see [`Client::within`](super::Client::within)), all or nothing,
    /// and waits until they are free. One reservation has at most 200 slots, and at most those of a whole minute.
    pub async fn reserve(&self, calls: usize, priority: Priority) -> Reservation {
        let most = self.open_places(priority);
        let places = calls.min(MAX_RESERVATION).min(most);
        self.part.wait(places, &self.minute).await;
        self.minute
            .reserve(Demand {
                places,
                most,
                priority,
                kept: false,
            })
            .await
    }

    /// Reserves what an adoption needs in the minute and in the day, for both the take and the give-back: from a
    /// reservation that has enough left, otherwise it waits for the minute.
    ///
    /// # Errors
    /// [`Error::AccountInUse`] says until when no room may be adopted, [`Error::DayBudget`] that the day has too few
    /// writes left.
    pub async fn reserve_adoption(
        &self,
        within: Option<&Reservation>,
        priority: Priority,
    ) -> Result<AdoptionPlaces, Error> {
        self.may_adopt()?;
        let places = match within {
            Some(reserved) if reserved.left() >= 2 => AdoptionPlaces::of(reserved),
            _ => {
                self.part.wait(2, &self.minute).await;
                let both = self.minute.reserve(Demand {
                    places: 2,
                    most: self.open_places(priority).max(2),
                    priority,
                    kept: false,
                });
                AdoptionPlaces::of(&both.await)
            }
        };
        self.may_adopt()?;
        for _ in 0..2 {
            self.spend_write(Purpose::Work)
                .await
                .map_err(|limit| Error::DayBudget { limit })?;
        }
        Ok(places)
    }

    fn may_adopt(&self) -> Result<(), Error> {
        match self.back_off.no_adoption_before() {
            Some(until) => Err(Error::AccountInUse { until }),
            None => Ok(()),
        }
    }

    /// The turn to create folders below the first level. A run holds it for all folders of a room.
    pub async fn nested_folders(&self) -> Turn {
        self.turns.nested_folders().await
    }

    /// The turn to write tags, if at least one of them was not seen in the portal yet; `None` otherwise.
    pub async fn new_tags(&self, tags: &[String]) -> Option<Turn> {
        self.turns.new_tags(tags).await
    }

    /// The portal has these tags.
    pub(super) fn saw_tags(&self, tags: &[String]) {
        self.turns.saw_tags(tags);
    }

    /// The turn to write a room.
    pub async fn room_to_write(&self) -> Turn {
        self.turns.room().await
    }

    /// Waits until a call may be sent. A write that waited too long is not sent any more.
    pub(super) async fn acquire(&self, ask: Ask<'_>) -> Result<Leave<'_>, NotNow> {
        let start = Instant::now();
        let (kind, is_paid) = (ask.kind, ask.paid.is_some());
        let leave = match kind.max_wait() {
            None => self.wait(ask, start).await?,
            Some(fresh) => tokio::time::timeout(fresh, self.wait(ask, start))
                .await
                .map_err(|_| NotNow::Stale)??,
        };
        if kind.is_write() && !is_paid {
            let purpose = match kind {
                Kind::GiveBack => Purpose::GiveBack,
                _ => Purpose::Work,
            };
            self.spend_write(purpose)
                .await
                .map_err(|limit| NotNow::Day { limit })?;
        }
        // Counting may take time as well.
        match kind.max_wait() {
            Some(fresh) if start.elapsed() > fresh => Err(NotNow::Stale),
            _ => Ok(leave),
        }
    }

    /// The slot in the minute comes first, then the one among the calls in progress: a call that waits for the minute
    /// does not delay one of a higher priority.
    async fn wait(&self, mut ask: Ask<'_>, start: Instant) -> Result<Leave<'_>, NotNow> {
        self.wait_out_pause(&ask, start).await?;
        let place = match (
            ask.paid.take(),
            ask.reservation.and_then(Reservation::place),
        ) {
            (Some(Paid(place)), _) | (None, Some(place)) => place,
            (None, None) => {
                // A room that the service account owns does not wait for other processes.
                if !ask.ends_adoption() {
                    self.part.wait(1, &self.minute).await;
                }
                self.minute.place(self.single(&ask)).await
            }
        };
        loop {
            self.wait_out_pause(&ask, start).await?;
            let turn = match ask.kind {
                Kind::ShareListing => Some(self.turns.share_listing().await),
                _ => None,
            };
            let at_once = if ask.kind.is_write() {
                &self.writes
            } else {
                &self.reads
            };
            let under_way = at_once.one(ask.ends_adoption()).await;
            if self.paused_until(&ask, start).is_none() {
                return Ok(Leave {
                    place: Some(place),
                    _under_way: under_way,
                    _turn: turn,
                });
            }
        }
    }

    fn single(&self, ask: &Ask<'_>) -> Demand {
        let kept = ask.ends_adoption();
        let most = if kept {
            self.limits.requests_per_minute.max(1)
        } else {
            self.open_places(ask.priority)
        };
        Demand {
            places: 1,
            most,
            priority: ask.priority,
            kept,
        }
    }

    /// The slots of a minute that are not reserved for ending adoptions, nor, for a sweep, for other work.
    fn open_places(&self, priority: Priority) -> usize {
        let limit = self.limits.requests_per_minute;
        let open = limit - RESERVED_CALLS.min(limit / 2);
        match priority {
            Priority::Sweep => open - open / 4,
            _ => open,
        }
        .max(1)
    }

    async fn wait_out_pause(&self, ask: &Ask<'_>, start: Instant) -> Result<(), NotNow> {
        while let Some(until) = self.paused_until(ask, start) {
            if until.duration_since(Instant::now()) > MAX_PAUSE {
                return Err(NotNow::Paused);
            }
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }

    fn paused_until(&self, ask: &Ask<'_>, start: Instant) -> Option<Instant> {
        let until = self.back_off.not_before()?;
        if !ask.ends_adoption() {
            return Some(until);
        }
        let until = until.min(start + MAX_PAUSE_OF_ADOPTIONS);
        (until > Instant::now()).then_some(until)
    }

    /// Counts a write of the day; fails with the limit when none are left. The last ones are reserved for giving rooms
    /// back.
    async fn spend_write(&self, purpose: Purpose) -> Result<(), u64> {
        let limit = match purpose {
            Purpose::Work => self.work_writes(),
            Purpose::GiveBack => self.limits.writes_per_day,
        };
        if self.account.spend_write(purpose, limit).await {
            Ok(())
        } else {
            Err(limit)
        }
    }

    /// The writes of a day that are not reserved for giving rooms back.
    fn work_writes(&self) -> u64 {
        let day = self.limits.writes_per_day;
        day - RESERVED_WRITES.min(day / 2)
    }

    /// Pauses after a 429: as long as the portal says, and at least a little longer each time. A 429 although
    /// roomwright's calls are within the limit means that someone else uses the account.
    pub(super) fn back_off(&self, after: Option<Duration>) {
        self.back_off.begin(after);
        if self.minute.used() < self.limits.requests_per_minute
            && self
                .back_off
                .pause_adoptions(self.limits.no_adoption_after_429)
        {
            tracing::warn!(
                pause_s = self.limits.no_adoption_after_429.as_secs(),
                "the portal returned 429, although roomwright's calls are within the limit: someone else uses the service account; no room is adopted for a while"
            );
        }
    }

    /// The portal responded with something other than 429.
    pub(super) fn answered(&self) {
        self.back_off.answered();
    }
}
