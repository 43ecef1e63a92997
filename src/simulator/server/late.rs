//! Work whose answer is gone before it is done.

use std::sync::{MutexGuard, PoisonError};

use crate::simulator::api::routes::{self, Route};
use crate::simulator::faults::Later;
use crate::simulator::faults::undone::Undone;
use crate::simulator::portal::Portal;
use crate::simulator::wire::call::Call;

impl Portal {
    /// Waits for [`Portal::release_held`].
    pub(crate) async fn hold(&self) {
        let held = &self.inner.held;
        let mut changes = held.subscribe();
        let round = changes.borrow_and_update().round;
        held.send_modify(|held| held.calls += 1);
        // Fails only if the sender is gone, which `self` holds.
        changes.wait_for(|held| held.round != round).await.ok();
    }

    pub(crate) fn put_off(&self, later: Later, route: &'static Route, call: Call) {
        let undone = Undone {
            template: route.template,
            call,
            waits_for_listing: later == Later::NextListing,
        };
        match later {
            Later::NextListing | Later::OnDemand => self.undone().push(undone),
            Later::After(time) => {
                let portal = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(time).await;
                    portal.catch_up(vec![undone]).await;
                });
            }
        }
    }

    /// Takes out what waited for this answer.
    pub(crate) fn due(&self, listing: &Route) -> Vec<Undone> {
        self.undone()
            .extract_if(.., |work| {
                work.waits_for_listing && work.shows_in(listing.method, listing.template)
            })
            .collect()
    }

    /// Work that was put off is not done any more.
    pub(crate) fn forget_undone(&self) {
        self.undone().clear();
    }

    fn undone(&self) -> MutexGuard<'_, Vec<Undone>> {
        self.inner
            .undone
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does work whose answer nobody waits for any more.
    pub(crate) async fn catch_up(&self, undone: Vec<Undone>) {
        for work in undone {
            if let Some(route) = routes::of_template(&work.call.method, work.template) {
                let call = Call {
                    made_before: self.world().made,
                    ..work.call
                };
                self.work(route, &call).await.ok();
            }
        }
    }

    /// Does all work that was put off; how much there was.
    pub async fn do_pending(&self) -> usize {
        let due = std::mem::take(&mut *self.undone());
        let done = due.len();
        self.catch_up(due).await;
        done
    }
}
