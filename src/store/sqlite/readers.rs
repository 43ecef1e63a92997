//! Connections that only read: with write-ahead logging they never wait for the writer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::file::{Connected, Location};
use super::{TIMED_OUT, closed};
use crate::store::Error;

/// The maximum number of connections.
const READERS: u32 = 4;

#[derive(Debug)]
pub(super) struct Readers {
    place: Arc<Location>,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connected>>>,
    patience: Duration,
}

impl Readers {
    pub(super) fn new(place: Arc<Location>, patience: Duration) -> Self {
        Self {
            place,
            places: Arc::new(Semaphore::new(READERS as usize)),
            idle: Arc::default(),
            patience,
        }
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (place, idle) = (self.place.clone(), self.idle.clone());
        let turn = self.places.clone().acquire_owned();
        let turn = turn.await.map_err(|_| closed())?;
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let connected = connected(&place, &idle)?;
            // A connection that failed is not used again.
            let found = work(&connected.db)?;
            lock(&idle).push(connected);
            Ok(found)
        });
        match tokio::time::timeout(self.patience, reading).await {
            Ok(Ok(found)) => found.map_err(|error: rusqlite::Error| unavailable(&error)),
            Ok(Err(panicked)) => Err(Error::Unavailable(panicked.to_string())),
            Err(_) => Err(Error::Unavailable(TIMED_OUT.to_owned())),
        }
    }

    /// Waits for running reads, and closes the file.
    pub(super) async fn close(&self) {
        if let Ok(all) = self.places.acquire_many(READERS).await {
            self.places.close();
            drop(all);
        }
        lock(&self.idle).clear();
    }
}

fn connected(place: &Location, idle: &Mutex<Vec<Connected>>) -> rusqlite::Result<Connected> {
    let kept = lock(idle).pop();
    match kept {
        Some(kept) if place.has(&kept) => Ok(kept),
        Some(_) | None => fresh(place),
    }
}

/// A connection to the file that the writer uses. Only the writer may turn to another one.
fn fresh(place: &Location) -> rusqlite::Result<Connected> {
    let [file, ..] = place.last();
    let connected = place.connect_to(file)?;
    connected.touch_nothing_on_close();
    connected.db.pragma_update(None, "query_only", true)?;
    Ok(connected)
}

fn lock(idle: &Mutex<Vec<Connected>>) -> std::sync::MutexGuard<'_, Vec<Connected>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(error: &rusqlite::Error) -> Error {
    Error::Unavailable(error.to_string())
}
