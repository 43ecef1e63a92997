//! The start: reports open adoptions, retries refused rooms with the current policies, checks the key and the webhook,
//! and sweeps the list of rooms.

use super::guard::Watch;
use super::key_account;
use super::sweep::{Reach, Sweep};
use super::worker::Worker;
use crate::docspace::Reader;

/// Fails if the account of the key cannot do the work.
pub(super) async fn run(worker: &Worker, sweep: &Sweep, watch: &Watch) -> Result<(), String> {
    let open = worker.store.adoptions().await.unwrap_or_default();
    let has_open = !open.is_empty();
    for entry in open {
        tracing::warn!(room.id = %entry.room, owner = %entry.owner, "an earlier run did not finish the adoption of this room; it is finished first");
    }
    // The policies may have changed since the last run.
    worker.wake_refused().await;
    let reader = Reader::new(&worker.client);
    let key = match reader.key().await {
        Ok(key) => key,
        Err(error) => {
            worker.pause_after(&error);
            return Ok(());
        }
    };
    sweep.saw_key(&key);
    if let Some(problem) = key.problem() {
        worker.pause_for_key(&problem);
        return Ok(());
    }
    let account = match key_account::check(&reader, &key).await {
        Ok(Ok(account)) => account,
        // An account that is no longer an admin can still give back the rooms that it owns.
        Ok(Err(problem)) if has_open => {
            worker.pause_for_key(&problem);
            return Ok(());
        }
        Ok(Err(problem)) => return Err(problem),
        Err(error) => {
            worker.pause_after(&error);
            return Ok(());
        }
    };
    // Before the sweep: rooms in the portal's log need not be found again.
    watch.pass(Reach::All).await;
    if let Err(error) = sweep.pass(Reach::All).await {
        sweep.failed(Reach::All, &error).await;
    }
    if worker.paused.borrow().is_some() {
        return Ok(());
    }
    tracing::info!(account = %key.owner, email = %account.email, "the portal is available");
    Ok(())
}
