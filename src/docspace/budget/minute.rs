//! The places of the minute: who may make how many calls, and whose turn it is (docs/docspace.md, rate limits).
//!
//! A place is free, held (given out and not used yet) or used (its call left less than a minute ago). Nothing here
//! knows what a call is for; the budget says how many places somebody may see filled before they wait.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Whose turn it is when there is a queue, the first one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// What ends an adoption that is open: a room is in our hands. Its single calls may use the places that are kept.
    OpenAdoption,
    /// New rooms: somebody is waiting in them.
    NewRoom,
    /// Rooms that something happened in, or that are tried again.
    Retry,
    /// What a person asked for.
    #[default]
    Command,
    /// Everything that can wait: it leaves a quarter of the minute to the others.
    Sweep,
}

/// How many places somebody asks for, and how many may be filled when he has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) places: usize,
    pub(super) most: usize,
    pub(super) priority: Priority,
    /// Whether he may use the places that are kept. Who may not never stands in the way of who may.
    pub(super) kept: bool,
}

/// The order of a queue: who may use the kept places, then by priority, then by arrival.
type Rank = (bool, Priority, u64);

#[derive(Debug, Default)]
pub(super) struct Minute(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the calls of the last minute left.
    used: VecDeque<Instant>,
    held: usize,
    waiting: BTreeMap<Rank, Arc<Notify>>,
    arrivals: u64,
}

impl State {
    fn wake_first(&self) {
        if let Some(first) = self.waiting.values().next() {
            first.notify_one();
        }
    }

    fn forget_what_is_over(&mut self, now: Instant) {
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

    /// How many calls left within the last minute.
    pub(super) fn used(&self) -> usize {
        let mut state = self.state();
        state.forget_what_is_over(Instant::now());
        state.used.len()
    }

    /// Waits for places, all at once.
    pub(super) async fn reserve(self: &Arc<Self>, demand: Demand) -> Reservation {
        self.wait(demand).await;
        Reservation {
            minute: self.clone(),
            left: AtomicUsize::new(demand.places),
        }
    }

    /// Waits for a single place.
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
        state.forget_what_is_over(Instant::now());
        let filled = state.used.len() + state.held + demand.places;
        let Some(over) = filled.checked_sub(demand.most + 1) else {
            state.held += demand.places;
            return Grant::Held;
        };
        // Who holds places says when they are used, or free again.
        let frees = state.used.get(over).map(|left| *left + MINUTE);
        frees.map_or(Grant::WhenWoken, Grant::NotBefore)
    }

    fn release(&self, places: usize) {
        let mut state = self.state();
        state.held = state.held.saturating_sub(places);
        state.wake_first();
    }
}

/// What the first in the queue, or somebody behind him, is told.
enum Grant {
    Held,
    NotBefore(Instant),
    WhenWoken,
}

/// Somebody in the queue, until he has what he waits for or goes away.
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

/// One place that is held: used when its call leaves, free again when it is dropped before.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Minute>>);

impl Slot {
    /// The call leaves now.
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

/// Places of the minute that are held for calls to come. Those that are left are free again when this is dropped.
#[derive(Debug)]
#[must_use = "the places are free again when this is dropped"]
pub struct Reservation {
    minute: Arc<Minute>,
    left: AtomicUsize,
}

impl Reservation {
    /// How many places are left.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes over the places of another reservation of the same budget.
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
