//! How often the portal may be asked (docs/docspace.md, rate limits): so many calls a minute, so many at once, so
//! many writes a day; one at a time of what the portal does well only so; and silence after a 429.

mod account;
mod adoption;
mod at_once;
mod back_off;
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

/// Places of a minute that are kept for ending adoptions, at most half of the minute.
const KEPT_CALLS: usize = 20;
/// Writes of the day that are kept for giving rooms back, at most half of the day.
const KEPT_WRITES: u64 = 200;
/// The most places that are reserved at a time.
const MAX_RESERVED: usize = 200;
/// Silence that is longer than this is not waited out: the caller hears of it.
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// What ends an adoption leaves after this time, silence or not: a room is in our hands.
const MAX_SILENCE_OF_ADOPTIONS: Duration = Duration::from_secs(5);
/// A write that had to wait for longer rests on what may not be so any more.
const WRITE_IS_FRESH: Duration = Duration::from_secs(1);
/// So may be who owns the room that is taken.
const TAKE_IS_FRESH: Duration = Duration::from_millis(500);

/// The most that is asked of the portal.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls in any minute.
    pub requests_per_minute: usize,
    /// Writes under way at one time.
    pub writes_at_once: usize,
    /// Reads under way at one time.
    pub reads_at_once: usize,
    /// POST and PUT a day.
    pub writes_per_day: u64,
    /// How long no room is taken after a 429 that our own calls do not explain.
    pub no_adoption_after_429: Duration,
}

/// What kind of call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    /// A read that locks the portal's tables.
    ShareListing,
    Write,
    /// Makes our account the owner of a room.
    Take,
    /// Makes another account the owner of a room of ours.
    GiveBack,
}

impl Kind {
    pub(super) fn is_write(self) -> bool {
        !matches!(self, Kind::Read | Kind::ShareListing)
    }

    /// How long what the call rests on may be believed.
    fn is_fresh(self) -> Option<Duration> {
        match self {
            Kind::Read | Kind::ShareListing | Kind::GiveBack => None,
            Kind::Write => Some(WRITE_IS_FRESH),
            Kind::Take => Some(TAKE_IS_FRESH),
        }
    }
}

/// A call that wants to leave.
#[derive(Debug)]
pub(super) struct Ask<'c> {
    pub(super) kind: Kind,
    pub(super) priority: Priority,
    /// Where it takes its place from, as long as there are any.
    pub(super) reservation: Option<&'c Reservation>,
    /// A place that it has, counted in the day too.
    pub(super) paid: Option<Paid>,
}

impl Ask<'_> {
    fn ends_adoption(&self) -> bool {
        self.kind == Kind::GiveBack || self.priority == Priority::OpenAdoption
    }
}

/// Why a call does not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotNow {
    /// The portal asked for a longer silence than is waited out.
    Silence,
    /// It had to wait for longer than what it rests on may be believed.
    Stale,
    /// The day's writes are used up.
    Day {
        /// How many there are.
        limit: u64,
    },
}

/// A call may leave; to be held until it is answered.
#[derive(Debug)]
pub(super) struct Leave<'b> {
    place: Option<Slot>,
    _under_way: UnderWay<'b>,
    _turn: Option<Turn>,
}

impl Leave<'_> {
    /// The call leaves now.
    pub(super) fn used(&mut self) {
        if let Some(place) = self.place.take() {
            place.used();
        }
    }
}

/// One account's budget, shared by everything that acts under it.
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
    /// A budget within these limits.
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

    /// Reserves places of the minute for calls to come (see [`Client::within`](super::Client::within)), all or
    /// nothing; waits until they are free. No more are given at a time than 200, or than a whole minute has.
    pub async fn reserve(&self, calls: usize, priority: Priority) -> Reservation {
        let most = self.open_places(priority);
        let places = calls.min(MAX_RESERVED).min(most);
        self.part.wait(places, || self.minute.used()).await;
        self.minute
            .reserve(Demand {
                places,
                most,
                priority,
                kept: false,
            })
            .await
    }

    /// Sets aside what an adoption needs in the minute and in the day, both for the take and for the give-back: from a
    /// reservation that has both, else it waits until the minute has them.
    ///
    /// # Errors
    /// [`Error::AccountInUse`] says until when no room may be taken, [`Error::DayBudget`] that the day has too few
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
                self.part.wait(2, || self.minute.used()).await;
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

    /// The turn to make folders below the first level; a run keeps it for all of a room's.
    pub async fn nested_folders(&self) -> Turn {
        self.turns.nested_folders().await
    }

    /// The turn to write tags of which at least one was not seen in the portal yet; `None` when all were.
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

    /// Waits until a call may leave. A write that waited too long does not leave any more.
    pub(super) async fn acquire(&self, ask: Ask<'_>) -> Result<Leave<'_>, NotNow> {
        let start = Instant::now();
        let (kind, is_paid) = (ask.kind, ask.paid.is_some());
        let leave = match kind.is_fresh() {
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
        // Counting may take its time, too.
        match kind.is_fresh() {
            Some(fresh) if start.elapsed() > fresh => Err(NotNow::Stale),
            _ => Ok(leave),
        }
    }

    /// The place in the minute comes before the one among the calls under way: whoever waits for the minute keeps nobody of a higher priority waiting.
    async fn wait(&self, mut ask: Ask<'_>, start: Instant) -> Result<Leave<'_>, NotNow> {
        self.keep_silent(&ask, start).await?;
        let place = match (
            ask.paid.take(),
            ask.reservation.and_then(Reservation::place),
        ) {
            (Some(Paid(place)), _) | (None, Some(place)) => place,
            (None, None) => {
                // A room that is ours waits for no other process.
                if !ask.ends_adoption() {
                    self.part.wait(1, || self.minute.used()).await;
                }
                self.minute.place(self.single(&ask)).await
            }
        };
        loop {
            self.keep_silent(&ask, start).await?;
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
            if self.silent_until(&ask, start).is_none() {
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

    /// The places of a minute that are not kept for ending adoptions, nor for others than sweeps.
    fn open_places(&self, priority: Priority) -> usize {
        let limit = self.limits.requests_per_minute;
        let open = limit - KEPT_CALLS.min(limit / 2);
        match priority {
            Priority::Sweep => open - open / 4,
            _ => open,
        }
        .max(1)
    }

    async fn keep_silent(&self, ask: &Ask<'_>, start: Instant) -> Result<(), NotNow> {
        while let Some(until) = self.silent_until(ask, start) {
            if until.duration_since(Instant::now()) > MAX_SILENCE {
                return Err(NotNow::Silence);
            }
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }

    fn silent_until(&self, ask: &Ask<'_>, start: Instant) -> Option<Instant> {
        let until = self.back_off.not_before()?;
        if !ask.ends_adoption() {
            return Some(until);
        }
        let until = until.min(start + MAX_SILENCE_OF_ADOPTIONS);
        (until > Instant::now()).then_some(until)
    }

    /// How many calls may leave within this minute.
    pub fn minute_left(&self) -> usize {
        let limit = self.limits.requests_per_minute;
        limit.saturating_sub(self.minute.used())
    }

    /// How many writes are left of these 24 hours; nothing where nobody knows.
    pub async fn day_left(&self) -> Option<u64> {
        let spent = self.account.written().await?;
        Some(self.limits.writes_per_day.saturating_sub(spent))
    }

    /// Counts a write of the day; the limit when there are none left. The last ones are kept for giving rooms back.
    async fn spend_write(&self, purpose: Purpose) -> Result<(), u64> {
        let day = self.limits.writes_per_day;
        let limit = match purpose {
            Purpose::Work => day - KEPT_WRITES.min(day / 2),
            Purpose::GiveBack => day,
        };
        if self.account.spend_write(purpose, limit).await {
            Ok(())
        } else {
            Err(limit)
        }
    }

    /// Keeps silent after a 429: as long as the portal says, and at least a little longer each time. One that comes
    /// although our own calls are within the limit means that somebody else uses the account.
    pub(super) fn back_off(&self, after: Option<Duration>) {
        self.back_off.begin(after);
        if self.minute.used() < self.limits.requests_per_minute
            && self
                .back_off
                .pause_adoptions(self.limits.no_adoption_after_429)
        {
            tracing::warn!(
                pause_s = self.limits.no_adoption_after_429.as_secs(),
                "the portal answers 429 although our calls are within the limit: somebody else uses our account; no room is taken for a while"
            );
        }
    }

    /// The portal did not say 429.
    pub(super) fn answered(&self) {
        self.back_off.answered();
    }
}
