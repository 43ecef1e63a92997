//! Many rooms created at once: how long each is away from its owner, and when all are done.
//!
//! The portal behaves like the measured server: responses take 40 to 120 ms, folder creations and member listings
//! collide, and the server's limits apply. The service uses its default limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use roomwright::config::{Config, Flags};
use roomwright::delivery::Delivery;
use roomwright::policy::PolicySet;
use roomwright::room::RoomId;
use roomwright::service::{self, Process, Worker};
use roomwright::simulator::{
    Contention, EmployeeType, EntryId, Latency, Options, Portal, RateLimits, RoomType,
};
use roomwright::store::{OpenMode, Store};
use roomwright::yaml::Sources;
use tokio_util::sync::CancellationToken;

use super::{head, now, row};

/// How often the owners of all rooms are checked.
const TICK: Duration = Duration::from_millis(5);
/// Longer than any storm takes.
const LIMIT: Duration = Duration::from_secs(600);

/// A storm: how many rooms, and how many folders in each.
struct Storm {
    rooms: usize,
    folders: usize,
}

struct Figures {
    away: Vec<Duration>,
    all_done: Duration,
    calls: usize,
    put_off: usize,
}

fn policies(folders: usize) -> PolicySet {
    let mut text = "version: 1\ntemplates:\n  t:\n    folders:\n".to_owned();
    for number in 0..folders {
        // Every third one is inside another.
        let _ = match number % 3 {
            1 => writeln!(text, "      - Part {}/Drafts", number - 1),
            _ => writeln!(text, "      - Part {number}"),
        };
    }
    text.push_str(
        "    grants:\n      - { user: p0@example.org, role: room-manager }\n      - { user: p1@example.org, role: editor }\n      - { user: p2@example.org, role: viewer }\n      - { group: HR, role: viewer }\n    settings: { tags: [client, '{room.title}'] }\npolicies:\n  - { name: all, match: { title: 'Project *' }, template: t }\n",
    );
    let mut sources = Sources::default();
    sources.add("storm.yaml", text);
    PolicySet::check(&sources).0.expect("a good policy")
}

struct Site {
    portal: Portal,
    boss: String,
    me: String,
    worker: Worker,
    store: Store,
    _scratch: tempfile::TempDir,
}

impl Site {
    async fn new(storm: &Storm) -> Self {
        let portal = Portal::start(Options {
            latency: Some(Latency {
                from: Duration::from_millis(40),
                to: Duration::from_millis(120),
            }),
            contention: Contention::measured(),
            listing_deadlocks: Some(1.0),
            ..Options::default()
        });
        let portal = portal.await.unwrap();
        portal.set_rate_limits(Some(RateLimits::default()));
        let me = portal.add_person("roomwright", "us@example.org", EmployeeType::DocSpaceAdmin);
        let boss = portal.add_person("Bo Boss", "boss@example.org", EmployeeType::RoomAdmin);
        let mut people = Vec::new();
        for number in 0..3 {
            let address = format!("p{number}@example.org");
            people.push(portal.add_person(
                &format!("P {number}"),
                &address,
                EmployeeType::RoomAdmin,
            ));
        }
        portal.add_group("HR", &people[2..]);
        let key = portal.add_key(&me, &["rooms:write", "files:write", "accounts:read"]);
        let scratch = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", scratch.path().join("bench.db").display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        let worker = worker(&portal, &key, &store, policies(storm.folders));
        Self {
            portal,
            boss,
            me,
            worker,
            store,
            _scratch: scratch,
        }
    }

    async fn weather(&self, storm: &Storm) -> Figures {
        let rooms: Vec<EntryId> = (0..storm.rooms)
            .map(|number| {
                let title = format!("Project {number}");
                self.portal
                    .create_room(&self.boss, RoomType::Custom, &title)
            })
            .collect();
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (worker, stop) = (self.worker.clone(), stop.clone());
            async move { worker.run(&stop).await }
        });
        let start = Instant::now();
        for (number, room) in rooms.iter().enumerate() {
            let delivery = Delivery {
                id: i64::try_from(number).unwrap() + 1,
                trigger: "room.created".to_owned(),
                room: Some(RoomId::new(room.to_string())),
                title: format!("Project {number}"),
                received_at: now(),
            };
            self.store.accept(&delivery, "{}").await.unwrap();
        }
        let figures = self.watch(&rooms, start).await;
        stop.cancel();
        running.await.unwrap().unwrap();
        figures
    }

    /// Checks all owners until every room is done.
    async fn watch(&self, rooms: &[EntryId], start: Instant) -> Figures {
        let mut away: BTreeMap<&EntryId, (Instant, Duration)> = BTreeMap::new();
        let mut next_count = start;
        loop {
            let at = Instant::now();
            for room in rooms {
                if self.portal.owner_of(room).as_deref() == Some(self.me.as_str()) {
                    let (since, so_long) = away.entry(room).or_insert((at, TICK));
                    *so_long = at.duration_since(*since) + TICK;
                }
            }
            if at >= next_count {
                next_count = at + Duration::from_millis(250);
                if self.done().await == rooms.len() {
                    break;
                }
                assert!(start.elapsed() < LIMIT, "the storm does not end");
            }
            tokio::time::sleep(TICK).await;
        }
        let requests = self.portal.requests();
        Figures {
            away: away.into_values().map(|(_, so_long)| so_long).collect(),
            all_done: start.elapsed(),
            calls: requests.len(),
            put_off: requests.iter().filter(|call| call.status == 429).count(),
        }
    }
}

impl Site {
    async fn done(&self) -> usize {
        let mut done = 0;
        for outcome in ["changed", "in-sync"] {
            done += self.store.rooms(Some(outcome)).await.unwrap().len();
        }
        done
    }

    async fn end(self) {
        assert_eq!(self.store.adoptions().await.unwrap(), []);
        self.store.close().await;
        self.portal.stop();
    }
}

/// The service with the default configuration.
fn worker(portal: &Portal, key: &str, store: &Store, policies: PolicySet) -> Worker {
    let environment = |name: &str| match name {
        "DOCSPACE_API_HOST" => Some(portal.url()),
        "DOCSPACE_API_KEY" => Some(key.to_owned()),
        _ => None,
    };
    let config = Config::load(&Flags::default(), &environment).unwrap();
    let at_once = usize::try_from(config.limits.writes_at_once).unwrap();
    service::Portal::writing(&config, store, Process::Service, now)
        .unwrap()
        .worker(store, service::policies(policies), at_once)
}

pub(super) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    head(&[
        "rooms at once",
        "folders in each",
        "away from the owner: median",
        "p90",
        "longest",
        "all done",
        "calls a room",
        "429",
    ]);
    for storm in [
        Storm {
            rooms: 80,
            folders: 4,
        },
        Storm {
            rooms: 80,
            folders: 9,
        },
        Storm {
            rooms: 300,
            folders: 4,
        },
    ] {
        let mut figures = runtime.block_on(async {
            let site = Site::new(&storm).await;
            let figures = site.weather(&storm).await;
            site.end().await;
            figures
        });
        figures.away.sort();
        let away = |share: f64| {
            let last = figures.away.len().saturating_sub(1);
            let at = (last as f64 * share).round() as usize;
            let away = figures.away.get(at).copied().unwrap_or_default();
            format!("{:.2} s", away.as_secs_f64())
        };
        row(&[
            storm.rooms.to_string(),
            storm.folders.to_string(),
            away(0.5),
            away(0.9),
            away(1.0),
            format!("{:.0} s", figures.all_done.as_secs_f64()),
            format!("{:.1}", figures.calls as f64 / storm.rooms as f64),
            figures.put_off.to_string(),
        ]);
    }
}
