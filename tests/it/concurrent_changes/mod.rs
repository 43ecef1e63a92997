//! People and the portal change a room between the observation and the writes of a run.

mod people;
mod rooms;

use roomwright::simulator::{EntryId, Fault, FaultKind};

use crate::wait;
use crate::world::World;

/// Creates a room, holds a call of its run, changes something meanwhile, and releases the call.
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
