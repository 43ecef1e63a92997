//! How long a claim takes with few and with many rooms in the queue, until the response after its COMMIT. Measured on
//! disk and in memory, because disks differ.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use roomwright::store::{OpenMode, Store, Which};

use super::{head, now, ratio, row};

const LEASE: Duration = Duration::from_secs(600);
const QUEUES: [u32; 3] = [100, 10_000, 100_000];
const CLAIMS: usize = 100;

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

pub(super) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let disk = std::env::temp_dir();
    let memory = if Path::new(MEMORY).is_dir() {
        PathBuf::from(MEMORY)
    } else {
        disk.clone()
    };
    let medians =
        QUEUES.map(|rooms| [&memory, &disk].map(|place| runtime.block_on(median(place, rooms))));
    head(&[
        "rooms in the queue",
        "a claim without a disk",
        "÷ 100 rooms",
        "with this disk",
    ]);
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1_000.0);
    for (rooms, [bare, durable]) in QUEUES.into_iter().zip(medians) {
        row(&[
            rooms.to_string(),
            millis(bare),
            format!("{:.2}", ratio(bare, medians[0][0])),
            millis(durable),
        ]);
    }
}

async fn median(place: &Path, rooms: u32) -> Duration {
    let scratch = tempfile::tempdir_in(place).unwrap();
    let path = scratch.path().join("bench.db");
    let url = format!("sqlite:{}", path.display());
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    store.close().await;
    fill(&path, rooms, now());
    let store = Store::open(&url, OpenMode::Existing).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..CLAIMS {
        let start = Instant::now();
        let job = store
            .claim(now(), LEASE, "bench", Which::Any)
            .await
            .unwrap();
        times.push(start.elapsed());
        assert!(job.is_some());
    }
    store.close().await;
    times.sort_unstable();
    times[times.len() / 2]
}

/// Rooms that are due, as after deliveries.
fn fill(path: &Path, rooms: u32, now: Timestamp) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO job (room, generation, fresh, due, since)
            SELECT 'r' || i, 1, i % 2, ?2 - i, ?2 - i FROM n",
        (rooms, now.as_millisecond()),
    )
    .unwrap();
}
