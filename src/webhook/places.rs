//! Slots for connections: a limited number, some of which only known senders can use. A new connection always gets a
//! slot unless every slot serves a signed delivery: an idle client loses its slot.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Limits;

/// The minimum time between two reports that slots run out.
const BETWEEN_REPORTS: Duration = Duration::from_secs(10);

/// All slots.
#[derive(Debug)]
pub(super) struct Places {
    limits: Limits,
    taken: Mutex<Taken>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    /// By age.
    visitors: BTreeMap<u64, Arc<Visitor>>,
    /// How many connections were closed since the last report, and when it was.
    closed: usize,
    reported: Option<Instant>,
}

/// The client of a connection, and what it has done so far.
#[derive(Debug)]
pub(super) struct Visitor {
    peer: IpAddr,
    since: Instant,
    /// Whether it sent a delivery with a valid signature.
    is_known: AtomicBool,
    is_served: AtomicBool,
    requests: AtomicU32,
    /// When the last request ended.
    idle_since: Mutex<Instant>,
    /// Cancelled when another connection gets the slot.
    pub(super) closing: CancellationToken,
    limits: Limits,
}

/// The slot of a client, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    pub(super) visitor: Arc<Visitor>,
    places: Arc<Places>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().visitors.remove(&self.number);
        self.places.left.notify_one();
    }
}

impl Visitor {
    pub(super) fn new(peer: IpAddr, limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            peer,
            since: now,
            is_known: AtomicBool::new(false),
            is_served: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            idle_since: Mutex::new(now),
            closing: CancellationToken::new(),
            limits,
        }
    }

    /// It sent a delivery with a valid signature.
    pub(super) fn mark_known(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// A request starts.
    pub(super) fn begins(&self) {
        self.is_served.store(true, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A request ends. Returns whether it was the last of this connection.
    pub(super) fn ends(&self) -> bool {
        *self.idle() = Instant::now();
        self.is_served.store(false, Ordering::Relaxed);
        self.requests.load(Ordering::Relaxed) >= self.limits.requests
            || self.since.elapsed() >= self.limits.age
    }

    fn idle(&self) -> MutexGuard<'_, Instant> {
        self.idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn strangers(&self) -> impl Iterator<Item = (u64, &Arc<Visitor>)> {
        let all = self
            .visitors
            .iter()
            .map(|(number, visitor)| (*number, visitor));
        all.filter(|(_, visitor)| !visitor.is_known.load(Ordering::Relaxed))
    }

    fn oldest_stranger(&self) -> Option<u64> {
        self.strangers().next().map(|(number, _)| number)
    }

    /// The known sender that has been idle longest.
    fn most_idle(&self) -> Option<u64> {
        let idle = self.visitors.iter().filter(|(_, visitor)| {
            visitor.is_known.load(Ordering::Relaxed) && !visitor.is_served.load(Ordering::Relaxed)
        });
        idle.min_by_key(|(_, visitor)| *visitor.idle())
            .map(|(number, _)| *number)
    }

    /// The address that most unknown clients come from, and how many they are.
    fn crowd(&self) -> Option<(IpAddr, usize)> {
        let mut peers = BTreeMap::new();
        for (_, visitor) in self.strangers() {
            *peers.entry(visitor.peer).or_insert(0) += 1;
        }
        peers.into_iter().max_by_key(|(_, count)| *count)
    }

    fn close(&mut self, number: u64) {
        if let Some(visitor) = self.visitors.remove(&number) {
            visitor.closing.cancel();
        }
    }

    /// Logs from time to time who uses the slots.
    fn report(&mut self) {
        self.closed += 1;
        let is_early = |at: Instant| at.elapsed() < BETWEEN_REPORTS;
        if self.reported.is_some_and(is_early) {
            return;
        }
        let (closed, open) = (self.closed, self.visitors.len());
        if let Some((peer, from_peer)) = self.crowd() {
            tracing::warn!(
                %peer, from_peer, open, closed,
                "too many connections send no signed delivery; the oldest are closed, most are from {peer}"
            );
        }
        (self.closed, self.reported) = (0, Some(Instant::now()));
    }
}

impl Places {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
            left: Notify::new(),
        })
    }

    /// A slot for a new connection. Waits only while every slot serves a signed delivery.
    pub(super) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Place {
        loop {
            let left = self.left.notified();
            if let Some(place) = self.try_admit(peer) {
                return place;
            }
            left.await;
        }
    }

    fn try_admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        if taken.strangers().count() >= self.limits.strangers.max(1) {
            taken.report();
            let oldest = taken.oldest_stranger()?;
            taken.close(oldest);
        } else if taken.visitors.len() >= self.limits.connections.max(1) {
            let idle = taken.most_idle().or_else(|| taken.oldest_stranger())?;
            taken.close(idle);
        }
        taken.last += 1;
        let number = taken.last;
        let visitor = Arc::new(Visitor::new(peer, self.limits));
        taken.visitors.insert(number, visitor.clone());
        Some(Place {
            number,
            visitor,
            places: self.clone(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

    fn places(connections: usize, strangers: usize) -> Arc<Places> {
        Places::new(Limits {
            connections,
            strangers,
            requests: 3,
            age: Duration::from_secs(60),
            ..Limits::default()
        })
    }

    fn is_closed(place: &Place) -> bool {
        place.visitor.closing.is_cancelled()
    }

    #[tokio::test]
    async fn the_oldest_stranger_loses_its_slot_and_a_known_sender_keeps_it() {
        let places = places(4, 2);
        let known = places.admit(PEER).await;
        known.visitor.mark_known();
        let (first, second) = (places.admit(PEER).await, places.admit(PEER).await);
        let third = places.admit(PEER).await;
        assert!(is_closed(&first) && !is_closed(&second) && !is_closed(&third));
        let fourth = places.admit(PEER).await;
        assert!(is_closed(&second) && !is_closed(&fourth) && !is_closed(&known));
    }

    #[tokio::test]
    async fn the_known_sender_that_is_idle_longest_loses_its_slot() {
        let places = places(3, 2);
        let mut known = Vec::new();
        for _ in 0..3 {
            let place = places.admit(PEER).await;
            place.visitor.mark_known();
            known.push(place);
        }
        known[0].visitor.begins();
        known[1].visitor.begins();
        known[1].visitor.ends();
        let _newcomer = places.admit(PEER).await;
        assert!(!is_closed(&known[0]) && !is_closed(&known[1]) && is_closed(&known[2]));
    }

    #[tokio::test]
    async fn a_new_connection_waits_only_while_all_slots_serve_requests() {
        let places = places(1, 1);
        let busy = places.admit(PEER).await;
        busy.visitor.mark_known();
        busy.visitor.begins();
        let waiting = tokio::spawn({
            let places = places.clone();
            async move { places.admit(PEER).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished() && !is_closed(&busy));
        drop(busy);
        assert!(!is_closed(&waiting.await.unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_after_a_number_of_requests_and_after_a_time() {
        let places = places(4, 2);
        let visitor = places.admit(PEER).await.visitor.clone();
        let last = [(); 3].map(|()| {
            visitor.begins();
            visitor.ends()
        });
        assert_eq!(last, [false, false, true]);
        let visitor = places.admit(PEER).await.visitor.clone();
        visitor.begins();
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(visitor.ends());
    }
}
