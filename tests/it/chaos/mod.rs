//! Chaos: thousands of deliveries for hundreds of rooms, repeated and in any order, while one call in five fails, the
//! process is killed or stopped, its disk fills up, and the portal is unavailable. In the end all rooms are as planned.
//!
//! `CHAOS=2000` sets the number of rooms; `CHAOS_SEED` draws other faults.
#![expect(
    clippy::print_stdout,
    reason = "`--nocapture` shows the progress of a test that takes minutes"
)]

mod faults;
mod feed;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Fault, FaultKind, Latency, Options, RateLimits, Trigger};
use roomwright::store::{DeliveryRow, RoomRow, Store};
use tokio::sync::watch;

use faults::faults;
use feed::Feed;

use crate::process_harness::{BINARY, DEEP, Service, Site, address};
use crate::world::{SECRET, contended, env_variable, now};

const ROOMS: usize = 300;

/// How long the disk is full, the portal is unavailable, or the service is stopped.
const OUTAGE_DURATION: Duration = Duration::from_secs(3);
/// The limit for the last rooms after everything is sent, for each hundred rooms.
const LAST: Duration = Duration::from_secs(60);
/// The limit of the peak memory of the process, in kilobytes. A released program has about this many pages itself.
const MEMORY: u64 = 80 * 1024 - PROGRAM;
const PROGRAM: u64 = 12 * 1024;

/// Outages while deliveries are sent, and after which part of them, in percent.
const OUTAGES: [(usize, Outage); 7] = [
    (10, Outage::Kill),
    (22, Outage::DiskFull),
    (34, Outage::PortalDown),
    (46, Outage::Kill),
    (58, Outage::Stopped),
    (70, Outage::DiskFull),
    (82, Outage::Kill),
];

#[derive(Debug, Clone, Copy)]
enum Outage {
    Kill,
    DiskFull,
    PortalDown,
    Stopped,
}

struct Chaos {
    site: Site,
    address: String,
    /// A key that may also read and repair the webhook.
    key: String,
    rooms: usize,
    seed: u64,
}

impl Chaos {
    async fn new(rooms: usize, seed: u64) -> Self {
        let options = Options {
            seed,
            retry_scale: 0.05,
            latency: Some(Latency {
                from: Duration::from_millis(1),
                to: Duration::from_millis(5),
            }),
            ..contended()
        };
        let site = Site::at(options, DEEP).await;
        // A few at the beginning are enough: they mean that somebody else uses the account, and adoptions then wait a
        // minute.
        let too_many = FaultKind::Status {
            status: 429,
            retry_after: None,
            body: String::new(),
        };
        let too_many = Fault::on("*", "*", too_many).with_probability(0.05);
        site.portal.fault(too_many.after(50).times(10));
        // As many at once as the server allows, but more per minute and day: otherwise this takes days.
        site.portal.set_rate_limits(Some(RateLimits {
            per_minute: 30_000,
            writes_per_day: 1_000_000,
            ..RateLimits::default()
        }));
        let settings = "\
retry: { first: 50 ms, longest: 1 s, attempts: 100, after_lost_answer: 1 s }
limits: { requests_per_minute: 24000, writes_per_day: 900000, portal_allows_more: true }
sweep: { newest: 5 s, all: 20 s }
";
        std::fs::write(site.directory.path().join("roomwright.yaml"), settings).unwrap();
        Self {
            key: site.portal.add_key(&site.cast.me, &["*"]),
            site,
            address: address(),
            rooms,
            seed,
        }
    }

    /// Ignores the signal for a file that is too large: a full disk sends none.
    async fn serve(&self) -> Service {
        let mut command = self.site.command("bash");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve", BINARY])
            .env("DOCSPACE_API_KEY", &self.key)
            .env("ROOMWRIGHT_LISTEN", &self.address)
            .env(
                "ROOMWRIGHT_WEBHOOK_URL",
                format!("http://{}/docspace/webhook", self.address),
            );
        Service::listening(&mut command).await
    }

    fn feed(&self, sent: watch::Sender<usize>) -> Feed {
        Feed {
            portal: self.site.portal.clone(),
            cast: self.site.cast.clone(),
            rooms: self.rooms,
            random: fastrand::Rng::with_seed(self.seed),
            sent,
        }
    }

    async fn run_outage(&self, outage: Outage, service: Service) -> Service {
        match outage {
            Outage::Kill => {
                memory_is_bounded(&service);
                service.signal("KILL");
                assert_eq!(service.ended().await, None);
                self.serve().await
            }
            Outage::Stopped => {
                memory_is_bounded(&service);
                service.signal("TERM");
                // The next process may have to finish something.
                assert!(service.ended().await.is_some());
                tokio::time::sleep(OUTAGE_DURATION).await;
                self.serve().await
            }
            Outage::DiskFull => {
                let said = |what: &str| service.log().matches(what).count();
                let (full, free) = ("the store cannot be written", "can be written again");
                let alarms = said(full);
                files_may_grow_to(&service, "16384");
                service
                    .until("the disk is full", || said(full) > alarms)
                    .await;
                tokio::time::sleep(OUTAGE_DURATION).await;
                files_may_grow_to(&service, "unlimited");
                service
                    .until("the store can be written again", || {
                        said(full) == said(free)
                    })
                    .await;
                service
            }
            Outage::PortalDown => {
                self.site.portal.clear_faults();
                self.site
                    .portal
                    .fault(Fault::on("*", "*", FaultKind::Html(503)));
                tokio::time::sleep(OUTAGE_DURATION).await;
                self.site.portal.clear_faults();
                self.arm_faults();
                service
            }
        }
    }

    fn arm_faults(&self) {
        for fault in faults() {
            self.site.portal.fault(fault);
        }
    }

    /// Whether no policy matches a room. If its event is lost, it has no record.
    fn is_unmatched(&self, room: &EntryId) -> bool {
        let view = self.site.portal.room(room).unwrap();
        view.title.starts_with("Something else")
    }

    /// Waits until all rooms are finished.
    async fn all_rooms_are_finished(&self, store: &Store, rooms: &[EntryId], service: &Service) {
        let start = Instant::now();
        let limit = LAST * u32::try_from(self.rooms.div_ceil(100)).unwrap();
        let matched = rooms.iter().filter(|room| !self.is_unmatched(room));
        let matched: Vec<RoomId> = matched.map(|room| RoomId::new(room.to_string())).collect();
        // Each look reads all rooms, so the pause is longer than that of `wait`.
        loop {
            let rows = store.rooms(None).await.unwrap();
            let open: Vec<&RoomRow> = rows.iter().filter(|row| row.job.is_some()).collect();
            let adopting = store.adoptions().await.unwrap();
            let known: HashSet<&RoomId> = rows.iter().map(|row| &row.room).collect();
            let all_known = matched.iter().all(|room| known.contains(room));
            if all_known && open.is_empty() && adopting.is_empty() {
                return;
            }
            assert!(
                start.elapsed() < limit,
                "{} of {} rooms are known, {} not done: {:#?}, adopting {adopting:#?}\n{}",
                rows.len(),
                rooms.len(),
                open.len(),
                open.first(),
                service.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Compares the room with the portal's own state, not with the store's.
    async fn is_right(&self, store: &Store, room: &EntryId) {
        let id = RoomId::new(room.to_string());
        let row = store.room(&id).await.unwrap();
        let view = self.site.portal.room(room).unwrap();
        if row.is_none() && self.is_unmatched(room) {
            return;
        }
        let row = row.unwrap();
        let what = format!("room {id}: {}", row.summary);
        if self.is_unmatched(room) {
            assert_eq!(row.outcome, "skipped", "{what}");
            assert_eq!(view.owner, self.site.cast.boss, "{what}");
            assert!(view.paths().is_empty() && view.tags.is_empty(), "{what}");
            assert!(view.access.is_empty(), "{what}");
        } else {
            let is_done = matches!(row.outcome.as_str(), "changed" | "in-sync");
            assert!(is_done, "{what}");
            self.site.has_what_deep_asks_for(room, &what);
        }
    }

    /// Exactly the delivered events are on record, and all are done.
    async fn all_deliveries_are_recorded(&self, store: &Store, rooms: &[EntryId]) {
        let mut stored: Vec<DeliveryRow> = Vec::new();
        loop {
            let page = store.deliveries_after(None, stored.last(), 1_000, now());
            let page = page.await.unwrap();
            if page.is_empty() {
                break;
            }
            stored.extend(page);
        }
        let mut attempts = 0;
        let mut lost = 0;
        for sent in self.site.portal.deliveries() {
            attempts += sent.attempts;
            let row = stored.iter().find(|row| row.id == sent.event);
            assert!(row.is_some() || !sent.delivered, "event {}", sent.event);
            assert!(rooms.contains(&sent.entry));
            lost += usize::from(row.is_none());
        }
        for row in &stored {
            assert_eq!(row.state, "done", "event {}: {}", row.id, row.summary);
        }
        let seen: u32 = stored.iter().map(|row| row.seen).sum();
        println!(
            "{attempts} attempts to deliver, {} events on record, seen {seen} times; {lost} never arrived",
            stored.len()
        );
        let all = self.site.portal.deliveries().len();
        assert_eq!(stored.len() + lost, all);
        assert!(
            usize::try_from(seen).unwrap() > stored.len(),
            "no delivery was repeated"
        );
    }
}

/// Limits the size of files of the process: for SQLite, writes fail as on a full disk.
fn files_may_grow_to(service: &Service, bytes: &str) {
    let done = std::process::Command::new("prlimit")
        .args([&format!("--fsize={bytes}:unlimited"), "--pid"])
        .arg(service.child.id().to_string())
        .status();
    assert!(done.unwrap().success());
}

/// The peak memory of the process, without the pages of its file: those of a build without optimisation are many.
fn peak(service: &Service) -> u64 {
    let status = format!("/proc/{}/status", service.child.id());
    let status = std::fs::read_to_string(status).unwrap();
    let value = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let value = line.unwrap().trim().strip_suffix(" kB").unwrap();
        value.parse().unwrap()
    };
    value("VmHWM:") - value("RssFile:")
}

fn memory_is_bounded(service: &Service) {
    let peak = peak(service);
    println!("{peak} kB at most");
    assert!(peak < MEMORY, "{peak} kB");
}

#[tokio::test(flavor = "multi_thread")]
async fn despite_all_faults_every_room_is_configured_once() {
    let number =
        |name: &str, or: u64| env_variable(name).map_or(or, |number| number.parse().unwrap());
    let rooms = usize::try_from(number("CHAOS", ROOMS as u64)).unwrap();
    let chaos = Chaos::new(rooms, number("CHAOS_SEED", 2026)).await;
    let start = Instant::now();
    let mut service = chaos.serve().await;
    let (portal, cast) = (&chaos.site.portal, &chaos.site.cast);
    portal.add_webhook(&cast.me, &service.hook, SECRET, Trigger::RoomCreated.bit());
    chaos.arm_faults();
    let (progress, mut sent) = watch::channel(0);
    let feed = tokio::spawn(chaos.feed(progress).run());
    for (percent, outage) in OUTAGES {
        sent.wait_for(|sent| *sent >= percent).await.unwrap();
        println!("{:?}: {outage:?}", start.elapsed());
        service = chaos.run_outage(outage, service).await;
    }
    let rooms = feed.await.unwrap();
    println!("{:?}: all is sent", start.elapsed());
    portal.wait_deliveries_settled().await;
    println!("{:?}: all is delivered", start.elapsed());
    let store = chaos.site.store().await;
    chaos.all_rooms_are_finished(&store, &rooms, &service).await;
    println!("{:?}: all is done", start.elapsed());
    for room in &rooms {
        chaos.is_right(&store, room).await;
    }
    chaos.all_deliveries_are_recorded(&store, &rooms).await;
    store.close().await;
    let (calls, struck) = (portal.requests().len(), portal.faults_struck());
    println!("{calls} calls, {struck:?} went wrong");
    assert_eq!(portal.unknown_requests(), []);
    memory_is_bounded(&service);
    portal.clear_faults();
    assert_eq!(service.end().await, Some(0));
    portal.stop();
}
