//! The start: open adoptions are reported, refused rooms are looked at under the policies of today, a key that does not
//! work is reported at once, and the list of rooms is swept.

use super::sweep::{Reach, Sweep};
use super::worker::Worker;
use crate::docspace::Reader;

pub(super) async fn run(worker: &Worker, sweep: &Sweep) {
    for entry in worker.store.adoptions().await.unwrap_or_default() {
        tracing::warn!(room.id = %entry.room, owner = %entry.owner, "the adoption of this room was not finished by an earlier run; it is finished before all else");
    }
    // The policies may have changed since the last run.
    worker.wake_refused().await;
    let key = match Reader::new(&worker.client).key().await {
        Ok(key) => key,
        Err(error) => return worker.pause(&error.to_string()),
    };
    if let Some(trouble) = key.problem() {
        return worker.pause(&trouble);
    }
    if let Err(error) = sweep.pass(Reach::All).await {
        tracing::warn!(%error, "the list of rooms could not be swept; it is tried again");
    }
    tracing::info!(account = %key.owner, "the portal serves us");
}
