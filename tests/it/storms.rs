//! Storms of ten rooms, in which the real process is killed or asked to end at moments that nobody chose.
//!
//! `STORMS=50` is the long run; `STORM_SEED` draws others.

use std::time::Duration;

use futures::StreamExt;
use roomwright::simulator::{EntryId, Latency, Options, RateLimits, RoomType, Trigger};

use crate::process_harness::{DEEP, Service, Site, address};
use crate::world::{SECRET, asked_for, contended};

/// How many of them rage at one time.
const AT_ONCE: usize = 4;
const ROOMS: usize = 10;
/// A room of ten takes about so many calls.
const CALLS: usize = 300;

/// After how many more calls the process is sent which signal.
#[derive(Debug, Clone, Copy)]
struct Blow {
    calls: usize,
    signal: &'static str,
}

fn drawn(random: &mut fastrand::Rng) -> Vec<Blow> {
    let count = random.usize(1..=3);
    let blow = |_| Blow {
        calls: random.usize(0..CALLS / count),
        signal: if random.bool() { "KILL" } else { "TERM" },
    };
    (0..count).map(blow).collect()
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
        // No answer is lost but those to a process that is gone: what it sent is long done when its leases end.
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

    async fn strikes(&self, service: Service, blow: Blow, was_killed: bool) {
        let what = &self.what;
        let portal = &self.site.portal;
        let end = portal.requests().len() + blow.calls;
        let quiet = std::time::Instant::now();
        // Where fewer calls are left the blow comes when all is done.
        while portal.requests().len() < end && quiet.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        service.signal(blow.signal);
        let log = service.log.clone();
        let code = service.ended().await;
        if blow.signal == "KILL" {
            assert_eq!(code, None, "{what}");
            return;
        }
        // What a killed process held is open until its lease has ended: then that is said.
        let store = self.site.store().await;
        let open = store.adoptions().await.unwrap();
        store.close().await;
        let log = log.lock().unwrap().clone();
        assert!(open.is_empty() || was_killed, "{what}: {open:?}");
        assert_eq!(code, Some(i32::from(!open.is_empty())), "{what}\n{log}");
        for room in &self.rooms {
            let id = room.to_string();
            if open.iter().any(|entry| entry.room.as_str() == id) {
                let told = format!(
                    "the adoption of this room is not finished; start again, or run `roomwright release` room.id={id} "
                );
                assert!(log.contains(&told), "{what}: {told}\n{log}");
            } else {
                let owner = portal.owner_of(room);
                assert_eq!(owner.as_ref(), Some(&self.site.cast.boss), "{what}");
            }
        }
    }

    /// All is as it should be, and the last service ends in order; its directory is there as long as it runs.
    async fn has_passed(self, service: Service) {
        let Self {
            site, rooms, what, ..
        } = self;
        site.portal.wait_deliveries_settled().await;
        site.are_deep(&rooms, &what).await;
        // Each is there once for all rooms, however many brought it.
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

async fn rages(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let blows = drawn(&mut random);
    let mut storm = Storm::new(format!("storm {seed}, {blows:?}")).await;
    let mut service = storm.serve().await;
    storm.begin(&service);
    let mut was_killed = false;
    for blow in blows {
        storm.strikes(service, blow, was_killed).await;
        was_killed |= blow.signal == "KILL";
        service = storm.serve().await;
    }
    storm.has_passed(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_or_asked_to_end_in_a_storm_it_leaves_no_room_undone_and_none_away_from_its_owner() {
    let number = |name: &str, or: u64| asked_for(name).map_or(or, |number| number.parse().unwrap());
    let first = number("STORM_SEED", 2026);
    futures::stream::iter(first..first + number("STORMS", 8))
        .map(|seed| tokio::spawn(rages(seed)))
        .buffer_unordered(AT_ONCE)
        .for_each(|ended| async { ended.unwrap() })
        .await;
}
