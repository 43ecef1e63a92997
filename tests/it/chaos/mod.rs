//! Chaos: thousands of deliveries for hundreds of rooms, doubled and in any order, while one call in five goes wrong, the
//! process is killed, its disk fills up, the portal goes away, and so do we. At the end every room is right.
//!
//! `CHAOS=2000` makes so many rooms; `CHAOS_SEED` draws other faults.
#![expect(
    clippy::print_stdout,
    reason = "`--nocapture` shows how it goes: it takes some minutes"
)]

mod faults;
mod feed;

use std::time::{Duration, Instant};

use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Fault, FaultKind, Latency, Options, RateLimits, Trigger};
use roomwright::store::{DeliveryRow, RoomRow, Store};
use tokio::sync::watch;

use faults::faults;
use feed::Feed;

use crate::process_harness::{BINARY, DEEP, Service, Site, address};
use crate::world::{SECRET, asked_for, contended, now};

const ROOMS: usize = 300;

/// How long the disk is full, the portal is away, and we are.
const OUTAGE: Duration = Duration::from_secs(3);
/// How long the last rooms take at most when nothing is sent any more, for each hundred rooms.
const LAST: Duration = Duration::from_secs(60);
/// The most memory that the process may hold at any time, in kilobytes. Without optimisation, as here, it holds some
/// more than with it.
const MEMORY: u64 = 80 * 1024;

/// What happens while deliveries are sent, and after which part of them in percent.
const BLOWS: [(usize, Blow); 7] = [
    (10, Blow::Kill),
    (22, Blow::DiskFull),
    (34, Blow::PortalAway),
    (46, Blow::Kill),
    (58, Blow::WeAreAway),
    (70, Blow::DiskFull),
    (82, Blow::Kill),
];

#[derive(Debug, Clone, Copy)]
enum Blow {
    Kill,
    DiskFull,
    PortalAway,
    WeAreAway,
}

struct Chaos {
    site: Site,
    address: String,
    /// Of a key that may see and repair the webhook, too.
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
        // A few at the beginning are enough: they mean that somebody else uses the account, and the rooms that were to be
        // adopted then wait for a minute.
        let too_many = FaultKind::Status {
            status: 429,
            retry_after: None,
            body: String::new(),
        };
        let too_many = Fault::on("*", "*", too_many).with_probability(0.05);
        site.portal.fault(too_many.after(50).times(10));
        // As many at once as the server allows; more a minute and a day, so that this ends today.
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

    /// The signal of a file that grows too large would end the process; a disk that is full sends none.
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

    async fn strike(&self, blow: Blow, service: Service) -> Service {
        match blow {
            Blow::Kill => {
                is_small(&service);
                service.signal("KILL");
                assert_eq!(service.ended().await, None);
                self.serve().await
            }
            Blow::WeAreAway => {
                is_small(&service);
                service.signal("TERM");
                // Something may be open that the next one finishes.
                assert!(service.ended().await.is_some());
                tokio::time::sleep(OUTAGE).await;
                self.serve().await
            }
            Blow::DiskFull => {
                let said = |what: &str| service.log().matches(what).count();
                let (full, free) = ("the store cannot be written", "can be written again");
                let alarms = said(full);
                files_may_grow_to(&service, "16384");
                service
                    .until("the disk is full", || said(full) > alarms)
                    .await;
                tokio::time::sleep(OUTAGE).await;
                files_may_grow_to(&service, "unlimited");
                service
                    .until("the store is healed", || said(full) == said(free))
                    .await;
                service
            }
            Blow::PortalAway => {
                self.site.portal.clear_faults();
                self.site
                    .portal
                    .fault(Fault::on("*", "*", FaultKind::Html(503)));
                tokio::time::sleep(OUTAGE).await;
                self.site.portal.clear_faults();
                self.go_wrong();
                service
            }
        }
    }

    fn go_wrong(&self) {
        for fault in faults() {
            self.site.portal.fault(fault);
        }
    }

    /// Waits until nothing is left to do about any room.
    async fn come_to_rest(&self, store: &Store, rooms: &[EntryId], service: &Service) {
        let start = Instant::now();
        let limit = LAST * u32::try_from(self.rooms.div_ceil(100)).unwrap();
        // Each look reads all rooms, so the pause is longer than that of `wait`.
        loop {
            let rows = store.rooms(None).await.unwrap();
            let open: Vec<&RoomRow> = rows.iter().filter(|row| row.job.is_some()).collect();
            let adopting = store.adoptions().await.unwrap();
            if rows.len() == rooms.len() && open.is_empty() && adopting.is_empty() {
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

    /// Asked for in the portal's memory, not of what the store believes.
    async fn is_right(&self, store: &Store, room: &EntryId) {
        let id = RoomId::new(room.to_string());
        let row = store.room(&id).await.unwrap().unwrap();
        let view = self.site.portal.room(room).unwrap();
        let what = format!("room {id}: {}", row.summary);
        if view.title.starts_with("Something else") {
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

    /// What the portal delivered is on record and done, and nothing else is; of what it could not deliver, the room is.
    async fn are_accounted_for(&self, store: &Store, rooms: &[EntryId]) {
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
        let mut unheard = 0;
        for sent in self.site.portal.deliveries() {
            attempts += sent.attempts;
            let row = stored.iter().find(|row| row.id == sent.event);
            assert!(row.is_some() || !sent.delivered, "event {}", sent.event);
            assert!(rooms.contains(&sent.entry));
            unheard += usize::from(row.is_none());
        }
        for row in &stored {
            assert_eq!(row.state, "done", "event {}: {}", row.id, row.summary);
        }
        let seen: u32 = stored.iter().map(|row| row.seen).sum();
        println!(
            "{attempts} attempts to deliver, {} events on record, seen {seen} times; {unheard} never arrived",
            stored.len()
        );
        let all = self.site.portal.deliveries().len();
        assert_eq!(stored.len() + unheard, all);
        assert!(usize::try_from(seen).unwrap() > stored.len(), "no doubles");
    }
}

/// No file of the process may grow beyond so many bytes: to SQLite a write that fails, as on a disk that is full.
fn files_may_grow_to(service: &Service, bytes: &str) {
    let done = std::process::Command::new("prlimit")
        .args([&format!("--fsize={bytes}:unlimited"), "--pid"])
        .arg(service.child.id().to_string())
        .status();
    assert!(done.unwrap().success());
}

/// The most memory that the process held at any time.
fn peak(service: &Service) -> u64 {
    let status = format!("/proc/{}/status", service.child.id());
    let status = std::fs::read_to_string(status).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().strip_suffix(" kB").unwrap();
    peak.parse().unwrap()
}

fn is_small(service: &Service) {
    let peak = peak(service);
    println!("{peak} kB at most");
    assert!(peak < MEMORY, "{peak} kB");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_every_room_comes_out_right_and_nothing_is_done_twice() {
    let number = |name: &str, or: u64| asked_for(name).map_or(or, |number| number.parse().unwrap());
    let rooms = usize::try_from(number("CHAOS", ROOMS as u64)).unwrap();
    let chaos = Chaos::new(rooms, number("CHAOS_SEED", 2026)).await;
    let start = Instant::now();
    let mut service = chaos.serve().await;
    let (portal, cast) = (&chaos.site.portal, &chaos.site.cast);
    portal.add_webhook(&cast.me, &service.hook, SECRET, Trigger::RoomCreated.bit());
    chaos.go_wrong();
    let (progress, mut sent) = watch::channel(0);
    let feed = tokio::spawn(chaos.feed(progress).run());
    for (percent, blow) in BLOWS {
        sent.wait_for(|sent| *sent >= percent).await.unwrap();
        println!("{:?}: {blow:?}", start.elapsed());
        service = chaos.strike(blow, service).await;
    }
    let rooms = feed.await.unwrap();
    println!("{:?}: all is sent", start.elapsed());
    portal.wait_deliveries_settled().await;
    println!("{:?}: all is delivered", start.elapsed());
    let store = chaos.site.store().await;
    chaos.come_to_rest(&store, &rooms, &service).await;
    println!("{:?}: all is done", start.elapsed());
    for room in &rooms {
        chaos.is_right(&store, room).await;
    }
    chaos.are_accounted_for(&store, &rooms).await;
    store.close().await;
    let (calls, struck) = (portal.requests().len(), portal.faults_struck());
    println!("{calls} calls, {struck:?} went wrong");
    assert_eq!(portal.unknown_requests(), []);
    is_small(&service);
    portal.clear_faults();
    assert_eq!(service.end().await, Some(0));
    portal.stop();
}
