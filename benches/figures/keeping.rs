//! A million deliveries: how much memory and disk the store uses.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::service::Retention;
use roomwright::store::{OpenMode, Store};

use super::accepting::body_of;
use super::{head, now, row};

const DELIVERIES: i64 = 1_000_000;
const ROOMS: i64 = 10_000;
/// How many share a COMMIT.
const AT_ONCE: i64 = 100;
/// How many arrive between two passes of the retention.
const BETWEEN: i64 = 100_000;

async fn accept(store: &Store, id: i64) {
    let delivery = Delivery {
        id,
        trigger: "room.created".to_owned(),
        room: Some(RoomId::new((id % ROOMS).to_string())),
        title: "Contracts 2026".to_owned(),
        received_at: now() + SignedDuration::from_millis(id / 100),
    };
    store.accept(&delivery, &body_of(id)).await.unwrap();
}

/// The peak memory of this process, in megabytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.unwrap().trim().strip_suffix(" kB").unwrap();
    peak.parse::<f64>().unwrap() / 1024.0
}

fn megabytes(path: &std::path::Path) -> f64 {
    std::fs::metadata(path).map_or(0, |file| file.len()) as f64 / 1024.0 / 1024.0
}

pub(super) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let path = scratch.path().join("bench.db");
        let url = format!("sqlite:{}", path.display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        let kept = Retention {
            deliveries: Duration::from_secs(30 * 24 * 60 * 60),
            history: Duration::from_secs(365 * 24 * 60 * 60),
        };
        let (begin, mut largest) = (Instant::now(), 0.0_f64);
        for first in (1..=DELIVERIES).step_by(AT_ONCE as usize) {
            let all = (first..first + AT_ONCE).map(|id| accept(&store, id));
            futures::future::join_all(all).await;
            if (first + AT_ONCE - 1) % BETWEEN == 0 {
                kept.pass(&store, now()).await.unwrap();
                largest = largest.max(megabytes(&path));
            }
        }
        let took = begin.elapsed().as_secs_f64();
        let log = megabytes(&scratch.path().join("bench.db-wal"));
        store.close().await;
        head(&[
            "deliveries",
            "seconds",
            "memory at most",
            "file at most",
            "its log",
        ]);
        row(&[
            DELIVERIES.to_string(),
            format!("{took:.0}"),
            format!("{:.0} MB", peak()),
            format!("{largest:.0} MB"),
            format!("{log:.0} MB"),
        ]);
    });
}
