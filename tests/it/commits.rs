//! A real process is killed inside every transaction of a run: at each change of a row, before its commit. The calls
//! between two commits are in `kills`.
//!
//! Triggers that are added before `serve` opens the store count the changes and start an endless statement at the
//! chosen one. Instead of the kill, the store can also refuse the change.

use std::future::ready;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use roomwright::simulator::{EntryId, Trigger};
use roomwright::store::{OpenMode, Store};
use rusqlite::Connection;

use crate::process_harness::{DEEP, Service, Site};
use crate::wait;
use crate::world::SECRET;

/// How many processes run at once.
const AT_ONCE: usize = 5;
/// A transaction that is open this long does not end by itself.
const STOPPED: Duration = Duration::from_millis(120);
/// The most rows that a transaction changes before its last one; they are not on disk when it stops there.
const UNCOMMITTED: i64 = 3;

/// Gives each stage its own address.
static STAGES: AtomicU16 = AtomicU16::new(1);

/// The error of a refused change.
const REFUSAL: &str = "no more of this";

const STEPS: &str = "
    CREATE TABLE _steps (n INTEGER NOT NULL, stop INTEGER NOT NULL, refuse INTEGER NOT NULL);
    INSERT INTO _steps VALUES (0, 0, 0);
    CREATE VIEW _never AS
        WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers) SELECT count(*) AS i FROM numbers";

/// Renewed leases, the clock and announced calls depend on the time that a run takes, so they are not steps of it. The
/// writes of a recovering store are not, either.
const TABLES: &str = "
    SELECT t.name, group_concat(c.name) FROM sqlite_schema t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT IN ('_steps', 'clock', 'probe', 'calls')
        AND c.name <> 'leased_until'
    GROUP BY t.name";

const FINISHED: &str =
    "SELECT EXISTS (SELECT 1 FROM room WHERE room NOT IN (SELECT room FROM job))";

/// The steps of a store, through a separate connection.
struct Steps {
    file: PathBuf,
}

impl Steps {
    /// Creates the store of a site, and counts the changes of its rows.
    async fn of(site: &Site) -> Self {
        let file = site.directory.path().join("roomwright.db");
        let url = format!("sqlite:{}", file.display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        store.close().await;
        let steps = Self { file };
        let db = steps.connect();
        let tables: Vec<(String, String)> = db
            .prepare(TABLES)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(tables.len() >= 5, "{tables:?}");
        db.execute_batch(STEPS).unwrap();
        for (table, columns) in tables {
            for event in ["INSERT", "DELETE", &format!("UPDATE OF {columns}")] {
                let name = event.split(' ').next().unwrap();
                let trigger = format!(
                    "CREATE TRIGGER _{table}_{name} AFTER {event} ON {table} BEGIN
                        UPDATE _steps SET n = n + 1;
                        SELECT RAISE(ABORT, '{REFUSAL}') FROM _steps WHERE n = refuse;
                        SELECT CASE WHEN (SELECT n = stop FROM _steps) THEN (SELECT i FROM _never) END;
                     END"
                );
                db.execute_batch(&trigger).unwrap();
            }
        }
        drop(db);
        steps
    }

    /// This connection does not wait for locks.
    fn connect(&self) -> Connection {
        let db = Connection::open(&self.file).unwrap();
        db.busy_timeout(Duration::ZERO).unwrap();
        db
    }

    /// How many steps are on disk.
    fn taken(&self) -> i64 {
        let taken = self
            .connect()
            .query_row("SELECT n FROM _steps", [], |row| row.get(0));
        taken.unwrap()
    }

    /// Restarts the count and stops the process at this step; 0 stops at none.
    fn stop_at(&self, step: i64) {
        let db = self.connect();
        db.execute("UPDATE _steps SET n = 0, stop = ?1", [step])
            .unwrap();
    }

    /// Makes the store refuse this step from now on; 0 refuses nothing.
    fn refuse(&self, step: i64) {
        let db = self.connect();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        db.execute("UPDATE _steps SET refuse = ?1", [step]).unwrap();
    }

    /// Waits until the process is stopped at the step: earlier transactions are on disk, and nobody else can write.
    /// Returns `false` if the room is finished first.
    async fn stops_at(&self, step: i64, what: &str) -> bool {
        let db = self.connect();
        let mut locked: Option<Instant> = None;
        wait::for_some(&format!("{what}: the step"), move || {
            let is_passing = self.taken() + UNCOMMITTED < step || is_free(&db);
            if is_passing {
                locked = None;
            }
            let is_stopped =
                !is_passing && locked.get_or_insert_with(Instant::now).elapsed() > STOPPED;
            ready((is_stopped || is_finished(&db)).then_some(is_stopped))
        })
        .await
    }
}

/// Whether nobody writes.
fn is_free(db: &Connection) -> bool {
    let began = db.execute_batch("BEGIN IMMEDIATE");
    if began.is_ok() {
        db.execute_batch("ROLLBACK").unwrap();
    }
    began.is_ok()
}

/// Whether the only room is finished.
fn is_finished(db: &Connection) -> bool {
    db.query_row(FINISHED, [], |row| row.get(0)).unwrap()
}

/// A site whose service restarts at the same address, so that the portal can repeat a delivery.
struct Stage {
    site: Site,
    steps: Steps,
    address: SocketAddr,
}

impl Stage {
    async fn new(stop: i64) -> Self {
        let site = Site::new(DEEP).await;
        let steps = Steps::of(&site).await;
        steps.stop_at(stop);
        // A loopback address that nothing else uses: its port is still free when the process restarts.
        let [high, low] = STAGES.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let address = SocketAddr::from(([127, 77, high, low], 0));
        let address = std::net::TcpListener::bind(address).unwrap();
        let address = address.local_addr().unwrap();
        Self {
            site,
            steps,
            address,
        }
    }

    async fn serve(&self) -> Service {
        Service::start(&mut self.command()).await
    }

    fn command(&self) -> std::process::Command {
        let mut command = self.site.command(env!("CARGO_BIN_EXE_roomwright"));
        let address = self.address.to_string();
        command.arg("serve").env("ROOMWRIGHT_LISTEN", address);
        command
    }

    /// Adds a webhook for the service, and creates a foreign room.
    fn room(&self, service: &Service) -> EntryId {
        let (portal, me) = (&self.site.portal, &self.site.cast.me);
        portal.add_webhook(me, &service.hook, SECRET, Trigger::RoomCreated.bit());
        self.site.a_room()
    }

    /// Kills a process that is stopped at a step, and checks that the transaction was not committed.
    async fn kill(&self, service: Service, step: i64, what: &str) {
        service.signal("KILL");
        assert_eq!(service.ended().await, None, "{what}");
        let taken = self.steps.taken();
        assert!(
            (step - 1 - UNCOMMITTED..step).contains(&taken),
            "{what}: {taken}"
        );
    }
}

/// How many rows the delivery and the run over a foreign room change.
async fn steps_of_a_run() -> i64 {
    let stage = Stage::new(0).await;
    let service = stage.serve().await;
    let room = stage.room(&service);
    stage.site.is_deep(&room, "no kill").await;
    let steps = stage.steps.taken();
    assert_eq!(service.end().await, Some(0));
    stage.site.portal.stop();
    steps
}

/// Kills a process at a step, and checks that a new one finishes the room. Returns `false` if the run had no such step.
async fn killed(step: i64) -> bool {
    let what = format!("killed at step {step}");
    let stage = Stage::new(step).await;
    let service = stage.serve().await;
    let room = stage.room(&service);
    let stopped = stage.steps.stops_at(step, &what).await;
    let service = if stopped {
        stage.kill(service, step, &what).await;
        stage.steps.stop_at(0);
        stage.serve().await
    } else {
        service
    };
    stage.site.is_deep(&room, &what).await;
    assert_eq!(service.end().await, Some(0), "{what}");
    stage.site.portal.stop();
    stopped
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_before_any_commit_leaves_nothing_undone_and_nothing_done_twice() {
    let steps = steps_of_a_run().await;
    // The delivery and its job, the claim, the writes of the day, the open and closed adoption, the record, the end.
    assert!(steps >= 8, "{steps} steps");
    let stood = futures::stream::iter(1..=steps)
        .map(|step| tokio::spawn(killed(step)))
        .buffer_unordered(AT_ONCE)
        .filter(|stood| ready(*stood.as_ref().unwrap()))
        .count()
        .await;
    assert_eq!(i64::try_from(stood).unwrap(), steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_repeatedly_one_step_later_each_time_it_still_finishes() {
    let stage = Stage::new(1).await;
    let mut service = stage.serve().await;
    let room = stage.room(&service);
    let mut step = 1;
    loop {
        let what = format!("killed for the {step}th time");
        if !stage.steps.stops_at(step, &what).await {
            break;
        }
        stage.kill(service, step, &what).await;
        step += 1;
        stage.steps.stop_at(step);
        // It can stop before it has checked the portal.
        service = Service::listening(&mut stage.command()).await;
    }
    assert!(step > 5, "the room was finished after {step} processes");
    // On a slow machine, the portal may have given up before a process accepted the delivery.
    let portal = &stage.site.portal;
    portal.wait_deliveries_settled().await;
    let first = portal.deliveries().remove(0);
    if !first.delivered {
        portal.deliver_again(first.event);
        portal.wait_deliveries_settled().await;
    }
    stage.site.is_deep(&room, "killed again and again").await;
    assert_eq!(service.end().await, Some(0));
    stage.site.portal.stop();
}

/// The store refuses a step until the log has this many refusals; then the same process finishes the room.
async fn refused(step: i64, times: usize) -> bool {
    let what = format!("step {step} refused {times} times");
    let stage = Stage::new(0).await;
    stage.steps.refuse(step);
    let service = stage.serve().await;
    let room = stage.room(&service);
    let refusals = || service.log().matches(REFUSAL).count();
    wait::for_ok(&what, || {
        let is_over = refusals() >= times || is_finished(&stage.steps.connect());
        ready(if is_over { Ok(()) } else { Err(service.log()) })
    })
    .await;
    let was_refused = refusals() > 0;
    stage.steps.refuse(0);
    stage.site.is_deep(&room, &what).await;
    assert_eq!(service.end().await, Some(0), "{what}");
    stage.site.portal.stop();
    was_refused
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_any_change_once_or_three_times_loses_and_duplicates_nothing() {
    let steps = steps_of_a_run().await;
    let cases = (1..=steps).flat_map(|step| [(step, 1), (step, 3)]);
    let refused = futures::stream::iter(cases)
        .map(|(step, times)| tokio::spawn(refused(step, times)))
        .buffer_unordered(AT_ONCE)
        .filter(|refused| ready(*refused.as_ref().unwrap()))
        .count()
        .await;
    assert_eq!(i64::try_from(refused).unwrap(), 2 * steps);
}
