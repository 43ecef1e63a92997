//! The contract of the store. Time is an argument, so no test here waits.

mod adoptions;
mod deliveries;
mod files;
mod lists;
mod queue;
mod records;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::store::{OpenMode, RoomJob, Store, Which};

const LEASE: Duration = Duration::from_secs(60);

struct Scratch {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        Self {
            _directory: directory,
            path,
        }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    async fn open(&self) -> Store {
        Store::open(&self.url(), OpenMode::Create).await.unwrap()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

fn room(id: &str) -> RoomId {
    RoomId::new(id)
}

fn delivery(id: i64, room: Option<&str>, seconds: i64) -> Delivery {
    Delivery {
        id,
        trigger: "room.created".to_owned(),
        room: room.map(RoomId::new),
        title: "Team".to_owned(),
        received_at: at(seconds),
    }
}

async fn claimed(store: &Store, seconds: i64) -> RoomJob {
    store
        .claim(at(seconds), LEASE, "w", Which::Any)
        .await
        .unwrap()
        .expect("a room that is due")
}

async fn nothing_due(store: &Store, seconds: i64) -> bool {
    store
        .claim(at(seconds), LEASE, "w", Which::Any)
        .await
        .unwrap()
        .is_none()
}
