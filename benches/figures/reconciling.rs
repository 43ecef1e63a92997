//! One room of sixty folders in three levels and twelve grants, at twenty milliseconds a round trip.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use roomwright::decide::{Ownership, Trigger};
use roomwright::docspace::{Budget, Client, Directory, Fence, Limits, Target, Uncounted};
use roomwright::policy::PolicySet;
use roomwright::reconcile::{Engine, Journal, Settings};
use roomwright::report::Outcome;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeType, Fault, FaultKind, Options, Portal, RoomType};
use roomwright::store::{Claim, OpenMode, Store};
use roomwright::yaml::Sources;
use tokio_util::sync::CancellationToken;

use super::{head, now, row};

const ROUND_TRIP: Duration = Duration::from_millis(20);
const WRITES_AT_ONCE: usize = 12;
/// Folders on each level: five, ten below them, forty-five below those.
const LEVELS: [usize; 3] = [5, 10, 45];
const GRANTS: usize = 12;
/// Three reads, sixty folders and one call with all grants, three reads. An adopted room needs two more calls, which
/// change the owner.
const FLOOR: u32 = 3 + 61 + 3;
const ROOMS: usize = 5;

struct Site {
    portal: Portal,
    engine: Engine,
    store: Store,
    policies: PolicySet,
    me: String,
    boss: String,
    people: Vec<String>,
    _scratch: tempfile::TempDir,
}

fn policies() -> PolicySet {
    let mut text = "version: 1\ntemplates:\n  t:\n    folders:\n".to_owned();
    let [first, second, third] = LEVELS;
    for number in 0..third {
        let below = number % second;
        let _ = writeln!(text, "      - A{}/B{below}/C{number}", below % first);
    }
    text.push_str("    grants:\n");
    for number in 0..GRANTS {
        let _ = writeln!(
            text,
            "      - {{ user: p{number}@example.org, role: editor }}"
        );
    }
    text.push_str("policies:\n  - { name: all, match: all, template: t }\n");
    let mut sources = Sources::default();
    sources.add("room.yaml", text);
    PolicySet::check(&sources).0.expect("a good policy")
}

impl Site {
    async fn new() -> Self {
        let portal = Portal::start(Options::default()).await.unwrap();
        let me = portal.add_person("roomwright", "us@example.org", EmployeeType::DocSpaceAdmin);
        let boss = portal.add_person("Bo Boss", "boss@example.org", EmployeeType::RoomAdmin);
        let people = (0..GRANTS)
            .map(|number| {
                let address = format!("p{number}@example.org");
                portal.add_person(&format!("P {number}"), &address, EmployeeType::User)
            })
            .collect();
        let key = portal.add_key(&me, &["rooms:write", "files:write", "accounts:read"]);
        let limits = Limits {
            requests_per_minute: 100_000,
            writes_at_once: WRITES_AT_ONCE,
            reads_at_once: 20,
            writes_per_day: 100_000,
            no_adoption_after_429: Duration::from_millis(100),
        };
        let target = Target {
            host: portal.url(),
            key: key.into(),
            timeout: Duration::from_secs(30),
        };
        let client =
            Client::new(target, Arc::new(Budget::new(limits, Arc::new(Uncounted)))).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", scratch.path().join("bench.db").display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        let settings = Settings {
            ownership: Ownership::Adopt,
            removals: 5,
            removals_per_day: 50,
            repaired_rooms_per_hour: 20,
            after_lost_answer: Duration::from_secs(60),
            pause: Duration::from_secs(2),
            deadline: Duration::from_secs(30 * 60),
        };
        let journal = Journal::new(store.clone(), settings.after_lost_answer, now);
        let directory = Directory::new(Duration::from_secs(600));
        let engine = Engine::new(client, directory, store.clone(), journal, settings, now);
        portal.fault(Fault::on("*", "*", FaultKind::Delay(ROUND_TRIP)));
        Self {
            portal,
            engine,
            store,
            policies: policies(),
            me,
            boss,
            people,
            _scratch: scratch,
        }
    }

    /// How long one room takes, and with how many calls.
    async fn one(&self, manager: bool) -> (Duration, usize) {
        let members: &[(&str, i32)] = if manager { &[(&self.me, 9)] } else { &[] };
        let (kind, title) = (RoomType::Custom, "Room");
        let room = self
            .portal
            .create_shared_room(&self.boss, kind, title, members);
        self.portal.clear_requests();
        let id = RoomId::new(room.to_string());
        let hour = Duration::from_secs(3600);
        let claimed = self
            .store
            .claim_room(&id, now(), hour, "bench")
            .await
            .unwrap();
        let Claim::Got(job) = claimed else {
            panic!("the room is free");
        };
        let fence = Arc::new(Fence::until(tokio::time::Instant::now() + hour));
        let start = Instant::now();
        let report = self
            .engine
            .reconcile(
                &self.policies,
                &job,
                Trigger::Event,
                &fence,
                &CancellationToken::new(),
            )
            .await;
        let took = start.elapsed();
        assert_eq!(report.outcome, Outcome::Changed);
        let view = self.portal.room(&room).unwrap();
        assert_eq!(view.paths().len(), LEVELS.iter().sum::<usize>());
        (took, self.portal.requests().len())
    }

    /// As in the vendor's sample: each call waits for the previous one.
    async fn one_after_the_other(&self) -> Duration {
        let room = self.portal.create_room(&self.me, RoomType::Custom, "Room");
        let key = self.portal.add_key(&self.me, &[]);
        let http = reqwest::Client::new();
        let call = async |method: reqwest::Method, path: String, body: serde_json::Value| {
            let url = format!("{}/api/2.0/{path}", self.portal.url());
            let sent = http
                .request(method, url)
                .bearer_auth(&key)
                .json(&body)
                .send()
                .await;
            let answer = sent.unwrap();
            assert!(answer.status().is_success());
            answer.json::<serde_json::Value>().await.unwrap()
        };
        let start = Instant::now();
        let mut parents: Vec<String> = vec![room.to_string()];
        for (level, count) in LEVELS.into_iter().enumerate() {
            let mut made = Vec::new();
            for number in 0..count {
                let path = format!("files/folder/{}", parents[number % parents.len()]);
                let title = serde_json::json!({ "title": format!("L{level} {number}") });
                let folder = call(reqwest::Method::POST, path, title).await;
                made.push(folder["response"]["id"].to_string());
            }
            parents = made;
        }
        let invitations: Vec<_> = self
            .people
            .iter()
            .map(|id| serde_json::json!({ "id": id, "access": 10 }))
            .collect();
        let body = serde_json::json!({ "invitations": invitations });
        call(
            reqwest::Method::PUT,
            format!("files/rooms/{room}/share"),
            body,
        )
        .await;
        start.elapsed()
    }
}

/// Round trips of the longest chain of calls in which each needs the previous one. One write at a time per room.
fn critical_path(adopted: bool) -> u32 {
    let folders = u32::try_from(LEVELS.iter().sum::<usize>()).unwrap();
    // The room, whether a template is being copied into it, what is in it; the folders; the grants; the last look.
    let managed = 3 + folders + 1 + 1;
    // The two changes of owner.
    managed + if adopted { 2 } else { 0 }
}

async fn median(site: &Site, manager: bool) -> (Duration, usize) {
    let mut all = Vec::new();
    for _ in 0..ROOMS {
        all.push(site.one(manager).await);
    }
    all.sort();
    all[ROOMS / 2]
}

pub(super) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let site = Site::new().await;
        // After the first room, the service account and the names in the policy are cached.
        site.one(true).await;
        let sample = site.one_after_the_other().await;
        head(&[
            "room",
            "calls ÷ floor",
            "time ÷ critical path",
            "one call after the other ÷ roomwright",
        ]);
        for (what, manager, floor) in [
            ("that the service account manages", true, FLOOR),
            ("that someone else owns, adopted", false, FLOOR + 2),
        ] {
            let (took, calls) = median(&site, manager).await;
            let path = ROUND_TRIP * critical_path(!manager);
            row(&[
                what.to_owned(),
                format!("{calls} ÷ {floor} = {:.2}", calls as f64 / f64::from(floor)),
                format!("{:.2}", super::ratio(took, path)),
                format!("{:.1}", super::ratio(sample, took)),
            ]);
        }
        site.store.close().await;
        site.portal.stop();
    });
}
