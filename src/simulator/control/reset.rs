//! Back to the beginning.

use std::sync::PoisonError;

use super::sow::Introduction;
use crate::simulator::portal::Portal;
use crate::simulator::state::world::World;

impl Portal {
    /// Makes the portal what it was at its start: the seed's accounts, keys and rooms under the same ids and with the
    /// same tokens, no webhooks, no faults, no record. What is on its way to webhooks is dropped. Numbers of webhooks
    /// and events go on, so that a receiver takes no new event for an old one.
    pub async fn reset(&self) -> Introduction {
        self.clear_faults();
        self.release_held();
        self.forget_undone();
        self.restart_sender().await;
        self.clear_requests();
        let seed = {
            let mut world = self.world();
            let mut fresh = World::new(self.inner.options.clone());
            fresh.last_event = world.last_event;
            fresh.last_webhook = world.last_webhook;
            std::mem::replace(&mut *world, fresh).seed
        };
        self.sow(&seed)
    }

    /// Ends the sender in the middle of what it does, and begins with another one.
    async fn restart_sender(&self) {
        let sender = &self.inner.sender;
        let running = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else {
            return;
        };
        running.abort();
        running.await.ok();
        self.queue().clear();
        self.inner.under_way.send_replace(0);
        let again = tokio::spawn(self.clone().run_sender());
        *sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
    }
}
