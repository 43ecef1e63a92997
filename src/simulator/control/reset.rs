//! Resetting the portal.

use std::sync::PoisonError;

use super::populate::SeededNames;
use crate::simulator::portal::Portal;
use crate::simulator::state::world::World;

impl Portal {
    /// Restores the portal's first state: the seed's accounts, keys and rooms with the same ids and tokens, no
    /// webhooks, no faults, no recorded requests. Pending deliveries are dropped. The numbers of webhooks and events
    /// continue, so that a receiver does not mistake a new event for an old one.
    pub async fn reset(&self) -> SeededNames {
        self.clear_faults();
        self.release_held();
        self.discard_deferred();
        self.restart_sender().await;
        self.clear_requests();
        let seed = {
            let mut world = self.world();
            let mut fresh = World::new(self.inner.options.clone());
            fresh.last_event = world.last_event;
            fresh.last_webhook = world.last_webhook;
            std::mem::replace(&mut *world, fresh).seed
        };
        self.populate(&seed)
    }

    /// Aborts the sender in the middle of its work and starts a new one.
    async fn restart_sender(&self) {
        let sender = &self.inner.sender;
        let running = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else {
            return;
        };
        running.abort();
        running.await.ok();
        self.queue().clear();
        self.inner.in_flight.send_replace(0);
        let again = tokio::spawn(self.clone().run_sender());
        *sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
    }
}
