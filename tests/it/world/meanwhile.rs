//! Something changes while a run waits for the portal.

use roomwright::simulator::{EntryId, Fault, FaultKind};

use super::World;
use crate::wait;

/// Creates a room, holds a call of its run, changes something meanwhile, and releases the call.
pub(crate) async fn meanwhile(
    world: &World,
    fault: Fault,
    room: impl FnOnce() -> EntryId,
    what: impl FnOnce(&EntryId),
) -> EntryId {
    world.portal.fault(fault.times(1));
    let room = room();
    wait::for_future("the call", world.portal.wait_held()).await;
    what(&room);
    world.portal.release_held();
    room
}

/// A fault for [`meanwhile`].
pub(crate) fn held(method: &str, route: &str) -> Fault {
    Fault::on(method, route, FaultKind::Pause)
}
