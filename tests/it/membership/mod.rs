//! The members of a room: exact membership, guests, the owner, and notifications.

mod exact;
mod guests;
mod owner;

use roomwright::decide::Trigger;
use roomwright::room::RoomId;
use roomwright::simulator::EntryId;
use roomwright::store::Claim;

use crate::wait;
use crate::world::{World, now};

fn access(world: &World, room: &EntryId, who: &str) -> Option<i32> {
    let view = world.portal.room(room).unwrap();
    view.access.get(who).copied()
}

fn code(world: &World, room: &EntryId, name: &str) -> Option<i32> {
    access(world, room, &world.people[name])
}

/// Does what `apply` does when a person runs it.
async fn apply(world: &World, room: &EntryId) -> roomwright::report::Report {
    let id = RoomId::new(room.to_string());
    let lease = std::time::Duration::from_secs(20);
    let job = wait::for_some("the room is free", || async {
        let claim = world.store.claim_room(&id, now(), lease, "a person");
        match claim.await.unwrap() {
            Claim::Got(job) => Some(job),
            Claim::Busy { .. } => None,
        }
    })
    .await;
    let stop = tokio_util::sync::CancellationToken::new();
    world.worker.reconcile(&job, Trigger::Apply, &stop).await.0
}
