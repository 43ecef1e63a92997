//! Tests specific to SQLite: failing files, changed clocks, indexes. `tests/it/store` tests the contract.

mod clock;
mod file;
mod group;
mod history;
mod index;
mod presence;
mod space;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use super::clock::Reading;
use super::{Options, Sqlite};
use crate::delivery::{Accepted, Delivery};
use crate::room::RoomId;
use crate::store::{Backend, Error, OpenMode, RoomJob, Which};

const LEASE: Duration = Duration::from_secs(60);
const LIMIT: Duration = Duration::from_secs(30);
const DAY: i64 = 24 * 60 * 60;

/// A directory with a store, on a machine with controllable clocks and disk.
struct Machine {
    directory: tempfile::TempDir,
    wall: Arc<AtomicI64>,
    steady: Arc<AtomicI64>,
    /// The maximum number of pages of the store.
    pages: Arc<AtomicI64>,
    absent: Duration,
}

impl Machine {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            wall: Arc::new(AtomicI64::new(1_800_000_000_000)),
            steady: Arc::new(AtomicI64::new(5_000_000)),
            pages: Arc::new(AtomicI64::new(i64::from(u32::MAX - 1))),
            absent: Duration::from_secs(60),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("test.db")
    }

    /// Another process opens the store.
    async fn open(&self) -> Sqlite {
        let (wall, steady, pages) = (self.wall.clone(), self.steady.clone(), self.pages.clone());
        let options = Options {
            clock: Arc::new(move || Reading {
                wall: wall.load(Ordering::SeqCst),
                steady: steady.load(Ordering::SeqCst),
            }),
            setup: Arc::new(move |db: &Connection| {
                let most = pages.load(Ordering::SeqCst);
                db.pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))
            }),
            busy: Duration::from_millis(200),
            patience: Duration::from_secs(2),
            absent: self.absent,
        };
        Sqlite::open_with(self.path(), OpenMode::Create, options)
            .await
            .unwrap()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.wall.load(Ordering::SeqCst)).unwrap()
    }

    /// Lets time pass.
    fn pass(&self, seconds: i64) {
        self.set(seconds);
        self.steady.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Sets the wall clock.
    fn set(&self, seconds: i64) {
        self.wall.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    async fn accept(&self, store: &Sqlite, id: i64, size: usize) -> Result<Accepted, Error> {
        let delivery = Delivery {
            id,
            trigger: "room.created".to_owned(),
            room: Some(RoomId::new(id.to_string())),
            title: "Team".to_owned(),
            received_at: self.now(),
        };
        store.accept(&delivery, &"x".repeat(size)).await
    }

    async fn claim(&self, store: &Sqlite) -> Option<RoomJob> {
        store
            .claim(self.now(), LEASE, "w", Which::Any)
            .await
            .unwrap()
    }

    async fn kept(&self, store: &Sqlite) -> Vec<i64> {
        let rows = store.deliveries(10_000, self.now()).await.unwrap();
        let mut ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    }
}

async fn heals(store: &Sqlite) {
    let start = Instant::now();
    while let Some(reason) = store.problem() {
        assert!(
            start.elapsed() < LIMIT,
            "the store does not recover: {reason}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
