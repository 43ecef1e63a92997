//! The disk of the real process fails at each write and each flush of a run, once or for a while.
//!
//! A preloaded library counts the calls on the files of the store and makes the chosen ones fail. The process continues
//! and recovers, and the room is as planned.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use roomwright::simulator::{Options, Trigger};
use roomwright::store::{OpenMode, Store};

use crate::process_harness::{BINARY, DEEP, Service, Site};
use crate::world::SECRET;

/// How many processes run at once.
const AT_ONCE: usize = 4;
/// How many calls fail in a row when the disk fails for a while: more than the second try of a transaction makes.
const A_WHILE: usize = 8;
/// The log message when the second try fails, too.
const ALARM: &str = "the store cannot be written";

/// The library, compiled with the compiler that built SQLite.
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

/// One run over a foreign room in which `times` calls fail from a certain one on. Returns how many calls it made, and
/// whether there was an alarm.
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
    // The count starts here: a failure before the store is open stops the start.
    std::fs::write(&count, "").unwrap();
    let (me, hook) = (&site.cast.me, &service.hook);
    site.portal
        .add_webhook(me, hook, SECRET, Trigger::RoomCreated.bit());
    let room = site.a_room();
    site.portal.wait_deliveries_settled().await;
    recovers(&service).await;
    // The portal gives up a delivery that is refused for too long. Sent again, it can be new or known.
    let first = site.portal.deliveries().remove(0);
    if !first.delivered {
        site.portal.deliver_again(first.event);
        site.portal.wait_deliveries_settled().await;
    }
    site.is_deep(&room, &what).await;
    let calls = std::fs::metadata(&count).unwrap().len();
    std::fs::remove_file(&count).unwrap();
    recovers(&service).await;
    let has_alarmed = service.log().contains(ALARM);
    assert_eq!(service.end().await, Some(0), "{what}");
    site.portal.stop();
    (usize::try_from(calls).unwrap(), has_alarmed)
}

/// Waits until the log has as many recoveries as alarms.
async fn recovers(service: &Service) {
    let said = |what: &str| service.log().matches(what).count();
    service
        .until("the store is usable", || {
            said(ALARM) == said("the store can be written again")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_at_any_write_or_flush_of_a_run_loses_and_duplicates_nothing() {
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
    // The second try repairs a single failure.
    assert!(
        (calls / A_WHILE..=calls / 2).contains(&alarms),
        "{alarms} alarms of {calls} calls"
    );
}
