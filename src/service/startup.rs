//! The start: open adoptions are reported, refused rooms are looked at under the policies of today, and a key that does
//! not work is reported at once.

use super::owned::owned;
use super::worker::Worker;
use crate::docspace::Reader;
use crate::room::shown;

pub(super) async fn run(worker: Worker) {
    for entry in worker.store.adoptions().await.unwrap_or_default() {
        tracing::warn!(room.id = %entry.room, owner = %entry.owner, "the adoption of this room was not finished by an earlier run; it is finished before all else");
    }
    // The policies may have changed since the last run.
    worker.wake_refused().await;
    let reader = Reader::new(&worker.client);
    let key = match reader.key().await {
        Ok(key) => key,
        Err(error) => return worker.pause(&error.to_string()),
    };
    if let Some(trouble) = key.trouble() {
        return worker.pause(&trouble);
    }
    match owned(&worker.store, &reader).await {
        Ok(rooms) => {
            for found in rooms {
                let room = found.room;
                tracing::warn!(
                    room.id = %room, title = %shown(&found.title), managers = %shown(&found.room_managers.join(", ")),
                    "our account owns this room, and no adoption is open; `roomwright release {room} --to E-MAIL` gives it to its owner"
                );
            }
        }
        Err(error) => tracing::warn!("the rooms of our account could not be listed: {error}"),
    }
    tracing::info!(account = %key.owner, "the portal serves us");
}
