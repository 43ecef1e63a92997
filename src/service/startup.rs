//! The start: open adoptions are reported, refused rooms are looked at under the policies of today, a key that does not
//! work is reported at once, the webhook is checked, and the list of rooms is swept.

use super::guard::Watch;
use super::key_account;
use super::sweep::{Reach, Sweep};
use super::worker::Worker;
use crate::docspace::Reader;

/// Why the service cannot go on with the account of its key, if the portal says so.
pub(super) async fn run(worker: &Worker, sweep: &Sweep, watch: &Watch) -> Result<(), String> {
    let open = worker.store.adoptions().await.unwrap_or_default();
    let has_open = !open.is_empty();
    for entry in open {
        tracing::warn!(room.id = %entry.room, owner = %entry.owner, "the adoption of this room was not finished by an earlier run; it is finished before all else");
    }
    // The policies may have changed since the last run.
    worker.wake_refused().await;
    let reader = Reader::new(&worker.client);
    let key = match reader.key().await {
        Ok(key) => key,
        Err(error) => {
            worker.pause(&error.to_string());
            return Ok(());
        }
    };
    sweep.saw_key(&key);
    if let Some(problem) = key.problem() {
        worker.pause(&problem);
        return Ok(());
    }
    match key_account::problem(&reader, &key).await {
        Ok(None) => {}
        // Whoever is no admin any more can still give back what our account owns.
        Ok(Some(problem)) if has_open => {
            worker.pause(&problem);
            return Ok(());
        }
        Ok(Some(problem)) => return Err(problem),
        Err(error) => {
            worker.pause(&error.to_string());
            return Ok(());
        }
    }
    // Before the sweep: what the portal's log has needs no second look.
    watch.pass(Reach::All).await;
    if let Err(error) = sweep.pass(Reach::All).await {
        tracing::warn!(%error, "the list of rooms could not be swept; it is tried again");
    }
    tracing::info!(account = %key.owner, "the portal serves us");
    Ok(())
}
