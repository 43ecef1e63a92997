//! People and the portal do things to a room between our look and our doing.

mod people;
mod rooms;

use roomwright::simulator::{EntryId, Fault, FaultKind};

use crate::wait;
use crate::world::World;

/// Makes a room and stops the service at a call of it; something is done meanwhile, and the service goes on.
async fn meanwhile(
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

fn at(method: &str, route: &str) -> Fault {
    Fault::on(method, route, FaultKind::Pause)
}
