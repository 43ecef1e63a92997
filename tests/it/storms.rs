//! Ten rooms at once, while the real process is killed or stopped at random moments.
//!
//! `STORMS=50` runs more storms; `STORM_SEED` draws others.

use std::time::Duration;

use futures::StreamExt;
use roomwright::simulator::{EntryId, Latency, Options, RateLimits, RoomType, Trigger};

use crate::process_harness::{DEEP, Service, Site, address};
use crate::world::{SECRET, contended, env_variable};

/// How many storms run at once.
const AT_ONCE: usize = 4;
const ROOMS: usize = 10;
/// About as many calls as ten rooms take.
const CALLS: usize = 300;

/// A signal to the process, and after how many further calls.
#[derive(Debug, Clone, Copy)]
struct Signal {
    calls: usize,
    name: &'static str,
}

fn drawn(random: &mut fastrand::Rng) -> Vec<Signal> {
    let count = random.usize(1..=3);
    let signal = |_| Signal {
        calls: random.usize(0..CALLS / count),
        name: if random.bool() { "KILL" } else { "TERM" },
    };
    (0..count).map(signal).collect()
}

struct Storm {
    site: Site,
    address: String,
    rooms: Vec<EntryId>,
    what: String,
}

impl Storm {
    async fn new(what: String) -> Self {
        let options = Options {
            retry_scale: 0.1,
            latency: Some(Latency {
                from: Duration::from_millis(2),
                to: Duration::from_millis(12),
            }),
            ..contended()
        };
        let site = Site::at(options, DEEP).await;
        site.portal.set_rate_limits(Some(RateLimits::default()));
        // Only answers to killed processes are lost, and their calls are done long before their leases end.
        let patient = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 1 s }\n";
        std::fs::write(site.directory.path().join("roomwright.yaml"), patient).unwrap();
        Self {
            site,
            address: address(),
            rooms: Vec::new(),
            what,
        }
    }

    async fn serve(&self) -> Service {
        let mut command = self.site.command(env!("CARGO_BIN_EXE_roomwright"));
        command.env("ROOMWRIGHT_LISTEN", &self.address).arg("serve");
        Service::listening(&mut command).await
    }

    fn begin(&mut self, service: &Service) {
        let (portal, cast) = (&self.site.portal, &self.site.cast);
        portal.add_webhook(&cast.me, &service.hook, SECRET, Trigger::RoomCreated.bit());
        portal.clear_requests();
        self.rooms = (0..ROOMS)
            .map(|n| portal.create_room(&cast.boss, RoomType::Custom, &format!("Team {n}")))
            .collect();
    }

    async fn interrupt(&self, service: Service, signal: Signal, was_killed: bool) {
        let what = &self.what;
        let portal = &self.site.portal;
        let end = portal.requests().len() + signal.calls;
        let quiet = std::time::Instant::now();
        // If fewer calls are left, the signal comes after the last one. A short pause keeps it close to its call.
        while portal.requests().len() < end && quiet.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        service.signal(signal.name);
        let log = service.log.clone();
        let code = service.ended().await;
        if signal.name == "KILL" {
            assert_eq!(code, None, "{what}");
            return;
        }
        // An adoption of a killed process stays open until its lease ends; a stop reports it.
        let store = self.site.store().await;
        let open = store.adoptions().await.unwrap();
        store.close().await;
        let log = log.lock().unwrap().clone();
        assert!(open.is_empty() || was_killed, "{what}: {open:?}");
        assert_eq!(code, Some(i32::from(!open.is_empty())), "{what}\n{log}");
        for room in &self.rooms {
            let id = room.to_string();
            if open.iter().any(|entry| entry.room.as_str() == id) {
                let printed = format!(
                    "the adoption of this room is not finished; start again, or run `roomwright release` room.id={id} "
                );
                assert!(log.contains(&printed), "{what}: {printed}\n{log}");
            } else {
                let owner = portal.owner_of(room);
                assert_eq!(owner.as_ref(), Some(&self.site.cast.boss), "{what}");
            }
        }
    }

    /// All rooms are as planned, and the last service ends without an error. `self` keeps the directory until then.
    async fn has_passed(self, service: Service) {
        let Self {
            site, rooms, what, ..
        } = self;
        site.portal.wait_deliveries_settled().await;
        site.are_deep(&rooms, &what).await;
        // The tag exists once, however many rooms have it.
        let tags = format!("{}/api/2.0/files/tags", site.portal.url());
        let answer = reqwest::Client::new()
            .get(tags)
            .bearer_auth(&site.cast.key)
            .send();
        let tags: serde_json::Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(tags["response"], serde_json::json!(["team"]), "{what}");
        let log = service.log.clone();
        let code = service.end().await;
        assert_eq!(code, Some(0), "{what}\n{}", log.lock().unwrap());
        site.portal.stop();
    }
}

async fn storm(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let signals = drawn(&mut random);
    let mut storm = Storm::new(format!("storm {seed}, {signals:?}")).await;
    let mut service = storm.serve().await;
    storm.begin(&service);
    let mut was_killed = false;
    for signal in signals {
        storm.interrupt(service, signal, was_killed).await;
        was_killed |= signal.name == "KILL";
        service = storm.serve().await;
    }
    storm.has_passed(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_and_stops_at_random_moments_leave_every_room_configured_and_with_its_owner() {
    let number =
        |name: &str, or: u64| env_variable(name).map_or(or, |number| number.parse().unwrap());
    let first = number("STORM_SEED", 2026);
    futures::stream::iter(first..first + number("STORMS", 8))
        .map(|seed| tokio::spawn(storm(seed)))
        .buffer_unordered(AT_ONCE)
        .for_each(|ended| async { ended.unwrap() })
        .await;
}
