//! A disk that fails under the real process: at each write and each flush of a run, once or for a while.
//!
//! The product knows nothing of it: a library that is loaded before the C library counts what is done to the files of the
//! store, and lets the chosen calls fail. The process goes on, heals, and the room comes out right.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use roomwright::simulator::{Options, Trigger};
use roomwright::store::{OpenMode, Store};

use crate::process_harness::{BINARY, DEEP, Service, Site};
use crate::world::SECRET;

/// How many of them run at one time.
const AT_ONCE: usize = 4;
/// How many calls fail in a row when the disk fails for a while: more than the second try of a transaction makes.
const A_WHILE: usize = 8;
/// What the log says when a second try fails, too.
const ALARM: &str = "the store cannot be written";

/// The library, made by the compiler that made SQLite.
fn library(directory: &Path) -> PathBuf {
    let library = directory.join("failing_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/failing_disk.c");
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    assert!(compiled.unwrap().success());
    library
}

/// One run over a room of somebody else, while so many calls fail from that one on; how many calls it made in all, and
/// whether an alarm was given.
async fn run(library: PathBuf, from: usize, times: usize) -> (usize, bool) {
    let what = format!("{times} from call {from} on");
    let options = Options {
        retry_scale: 0.02,
        ..Options::default()
    };
    let site = Site::at(options, DEEP).await;
    let file = site.directory.path().join("roomwright.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    store.close().await;
    let count = site.directory.path().join("calls");
    let mut command = site.command(BINARY);
    command
        .arg("serve")
        .env("LD_PRELOAD", library)
        .env("FAILING_DISK_COUNT", &count)
        .env("FAILING_DISK_FROM", from.to_string())
        .env("FAILING_DISK_TIMES", times.to_string());
    let service = Service::start(&mut command).await;
    // What fails before the store is open stops the start.
    std::fs::write(&count, "").unwrap();
    let (me, hook) = (&site.cast.me, &service.hook);
    site.portal
        .add_webhook(me, hook, SECRET, Trigger::RoomCreated.bit());
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    heals(&service).await;
    // The portal gives up on what is refused for too long; sent again, it is one that is new or known.
    let first = site.portal.deliveries().remove(0);
    if !first.delivered {
        site.portal.deliver_again(first.event);
        site.portal.wait_deliveries_settled().await;
    }
    site.is_deep(&room, &what).await;
    let calls = std::fs::metadata(&count).unwrap().len();
    std::fs::remove_file(&count).unwrap();
    heals(&service).await;
    let has_alarmed = service.log().contains(ALARM);
    assert_eq!(service.end().await, Some(0), "{what}");
    site.portal.stop();
    (usize::try_from(calls).unwrap(), has_alarmed)
}

/// What the log says ended has begun.
async fn heals(service: &Service) {
    let said = |what: &str| service.log().matches(what).count();
    service
        .until("the store is in order", || {
            said(ALARM) == said("the store can be written again")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_at_any_write_or_flush_of_a_run_loses_nothing_and_doubles_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let library = library(scratch.path());
    let (calls, has_alarmed) = run(library.clone(), 0, 0).await;
    // Each transaction writes pages and flushes them.
    assert!(calls >= 30 && !has_alarmed, "{calls} calls");
    let once = (1..=calls).map(|from| (from, 1));
    let for_a_while = (1..=calls).step_by(A_WHILE / 2).map(|from| (from, A_WHILE));
    let alarms = futures::stream::iter(once.chain(for_a_while))
        .map(|(from, times)| tokio::spawn(run(library.clone(), from, times)))
        .buffer_unordered(AT_ONCE)
        .filter(|ended| {
            let has_alarmed = ended.as_ref().unwrap().1;
            std::future::ready(has_alarmed)
        })
        .count()
        .await;
    // One failure is made good by the second try.
    assert!(
        (calls / A_WHILE..=calls / 2).contains(&alarms),
        "{alarms} alarms of {calls} calls"
    );
}
