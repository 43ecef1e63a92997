//! The calls of a minute: how many may be sent, and in which order (docs/docspace.md, rate limits). A slot is free,
//! held (assigned and not used yet) or used (its call was sent less than a minute ago). Nothing here knows what a call
//! is for; the budget decides how many slots may be filled before a caller waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The order in a queue, highest priority first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// Ends an open adoption: the service account owns a room. Its single calls may use the reserved slots.
    OpenAdoption,
    /// New rooms: someone is waiting in them.
    NewRoom,
    /// Rooms that had an event, or that are retried.
    Retry,
    /// A command that someone runs.
    #[default]
    Command,
    /// Everything that can wait: it leaves a quarter of the minute to others.
    Sweep,
}

/// How many slots a caller needs, and how many may be filled once it has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) places: usize,
    pub(super) most: usize,
    pub(super) priority: Priority,
    /// Whether the caller may use the reserved slots. A caller that may not never delays one that may.
    pub(super) kept: bool,
}

/// The order of a queue: first callers that may use the reserved slots, then by priority, then by arrival.
type Rank = (bool, Priority, u64);

#[derive(Debug, Default)]
pub(super) struct Minute(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the calls of the last minute were sent.
    used: VecDeque<Instant>,
    held: usize,
    /// Slots that were freed without a call since this was asked last.
    freed: usize,
    waiting: BTreeMap<Rank, Arc<Notify>>,
    arrivals: u64,
    /// When a wait was reported last.
    reported: Option<Instant>,
}

impl State {
    fn wake_first(&self) {
        if let Some(first) = self.waiting.values().next() {
            first.notify_one();
        }
    }

    /// Reports a wait for one of the calls that this process may send in a minute; once a minute.
    fn report_wait(&mut self, until: Instant, most: usize) {
        let now = Instant::now();
        let wait_s = until.duration_since(now).as_secs();
        let is_known = |at: Instant| now.duration_since(at) < MINUTE;
        if wait_s == 0 || self.reported.is_some_and(is_known) {
            return;
        }
        self.reported = Some(now);
        tracing::info!(
            "waiting {wait_s} s: the {most} calls per minute that are left for this work are used up"
        );
    }

    fn remove_expired(&mut self, now: Instant) {
        let over = |left: &Instant| now.duration_since(*left) >= MINUTE;
        while self.used.front().is_some_and(over) {
            self.used.pop_front();
        }
    }
}

impl Minute {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls were sent within the last minute.
    pub(super) fn used(&self) -> usize {
        let mut state = self.state();
        state.remove_expired(Instant::now());
        state.used.len()
    }

    /// Waits for several slots, all at once.
    pub(super) async fn reserve(self: &Arc<Self>, demand: Demand) -> Reservation {
        self.wait(demand).await;
        Reservation {
            minute: self.clone(),
            left: AtomicUsize::new(demand.places),
        }
    }

    /// Waits for a single slot.
    pub(super) async fn place(self: &Arc<Self>, demand: Demand) -> Slot {
        self.wait(Demand {
            places: 1,
            ..demand
        })
        .await;
        Slot(Some(self.clone()))
    }

    async fn wait(&self, demand: Demand) {
        let turn = self.queue(demand);
        loop {
            match self.grant(&turn, demand) {
                Grant::Held => return,
                Grant::NotBefore(at) => {
                    tokio::select! {
                        () = turn.woken.notified() => {}
                        () = tokio::time::sleep_until(at) => {}
                    }
                }
                Grant::WhenWoken => turn.woken.notified().await,
            }
        }
    }

    fn queue(&self, demand: Demand) -> Turn<'_> {
        let woken = Arc::new(Notify::new());
        let mut state = self.state();
        let rank = (!demand.kept, demand.priority, state.arrivals);
        state.arrivals += 1;
        state.waiting.insert(rank, woken.clone());
        Turn {
            minute: self,
            rank,
            woken,
        }
    }

    fn grant(&self, turn: &Turn<'_>, demand: Demand) -> Grant {
        let mut state = self.state();
        if state.waiting.keys().next() != Some(&turn.rank) {
            return Grant::WhenWoken;
        }
        state.remove_expired(Instant::now());
        let filled = state.used.len() + state.held + demand.places;
        let Some(over) = filled.checked_sub(demand.most + 1) else {
            state.held += demand.places;
            return Grant::Held;
        };
        // The holder of a slot wakes the queue when the slot is used or freed.
        let frees = state.used.get(over).map(|left| *left + MINUTE);
        let Some(until) = frees else {
            return Grant::WhenWoken;
        };
        state.report_wait(until, demand.most);
        Grant::NotBefore(until)
    }

    /// Reports a wait until `over` slots and one more are free again; `most` of them belong to this process.
    pub(super) fn report_wait_for(&self, over: usize, most: usize) {
        let mut state = self.state();
        if let Some(left) = state.used.get(over).copied() {
            state.report_wait(left + MINUTE, most);
        }
    }

    fn release(&self, places: usize) {
        let mut state = self.state();
        state.held = state.held.saturating_sub(places);
        state.freed += places;
        state.wake_first();
    }

    /// How many slots were freed without a call since the last time.
    pub(super) fn take_freed(&self) -> usize {
        std::mem::take(&mut self.state().freed)
    }
}

/// The decision for a caller in the queue.
enum Grant {
    Held,
    NotBefore(Instant),
    WhenWoken,
}

/// A caller's entry in the queue, until the slots are assigned or the caller gives up.
struct Turn<'m> {
    minute: &'m Minute,
    rank: Rank,
    woken: Arc<Notify>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.minute.state();
        state.waiting.remove(&self.rank);
        state.wake_first();
    }
}

/// One slot that is held: used when its call is sent, free again if it is dropped before.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Minute>>);

impl Slot {
    /// The call is sent now.
    pub(super) fn used(mut self) {
        if let Some(minute) = self.0.take() {
            let mut state = minute.state();
            state.held = state.held.saturating_sub(1);
            state.used.push_back(Instant::now());
            state.wake_first();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(minute) = self.0.take() {
            minute.release(1);
        }
    }
}

/// Slots of the minute that are held for upcoming calls. Dropping this frees the remaining ones.
#[derive(Debug)]
#[must_use = "dropping this frees the slots"]
pub struct Reservation {
    minute: Arc<Minute>,
    left: AtomicUsize,
}

impl Reservation {
    /// How many slots are left.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes over the slots of another reservation of the same budget.
    pub fn take_over(&self, other: &Reservation) {
        let places = other.left.swap(0, Ordering::Relaxed);
        self.left.fetch_add(places, Ordering::Relaxed);
    }

    pub(super) fn place(&self) -> Option<Slot> {
        let one_less = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .ok()
            .map(|_| Slot(Some(self.minute.clone())))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.minute.release(self.left());
    }
}
