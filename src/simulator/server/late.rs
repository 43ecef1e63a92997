//! Work that is done after its response was sent or dropped.

use std::sync::{MutexGuard, PoisonError};

use crate::simulator::api::routes::{self, Route};
use crate::simulator::faults::Later;
use crate::simulator::faults::deferred::Deferred;
use crate::simulator::portal::Portal;
use crate::simulator::wire::call::Call;

impl Portal {
    /// Waits for [`Portal::release_held`].
    pub(crate) async fn hold(&self) {
        let held = &self.inner.held;
        let mut changes = held.subscribe();
        let round = changes.borrow_and_update().round;
        held.send_modify(|held| held.calls += 1);
        // Fails only if the sender is dropped, and `self` holds it.
        changes.wait_for(|held| held.round != round).await.ok();
    }

    pub(crate) fn defer(&self, later: Later, route: &'static Route, call: Call) {
        let deferred = Deferred {
            template: route.template,
            call,
            waits_for_listing: later == Later::NextListing,
        };
        match later {
            Later::NextListing | Later::OnDemand => self.deferred().push(deferred),
            Later::After(time) => {
                let portal = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(time).await;
                    portal.catch_up(vec![deferred]).await;
                });
            }
        }
    }

    /// Takes out the work that waited for this response.
    pub(crate) fn due(&self, listing: &Route) -> Vec<Deferred> {
        self.deferred()
            .extract_if(.., |work| {
                work.waits_for_listing && work.shows_in(listing.method, listing.template)
            })
            .collect()
    }

    /// Discards all deferred work.
    pub(crate) fn discard_deferred(&self) {
        self.deferred().clear();
    }

    fn deferred(&self) -> MutexGuard<'_, Vec<Deferred>> {
        self.inner
            .deferred
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does work whose caller no longer waits for the response.
    pub(crate) async fn catch_up(&self, deferred: Vec<Deferred>) {
        for work in deferred {
            if let Some(route) = routes::of_template(&work.call.method, work.template) {
                let call = Call {
                    made_before: self.world().made,
                    ..work.call
                };
                self.work(route, &call).await.ok();
            }
        }
    }

    /// Does all deferred work and returns how much there was.
    pub async fn do_pending(&self) -> usize {
        let due = std::mem::take(&mut *self.deferred());
        let done = due.len();
        self.catch_up(due).await;
        done
    }
}
