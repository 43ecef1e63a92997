//! Back to the beginning.

use super::sow::Introduction;
use crate::simulator::portal::Portal;
use crate::simulator::state::world::World;

impl Portal {
    /// Makes the portal what it was at its start: the seed's accounts, keys and rooms under the same ids and with the
    /// same tokens, no webhooks, no faults, no record. Numbers of webhooks and events go on, so that a delivery that
    /// is under way finds nothing of its own.
    pub fn reset(&self) -> Introduction {
        self.clear_faults();
        self.release_held();
        self.forget_undone();
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
}
