//! A simulated portal with its people, and a service that listens to it, in one process and over real HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use roomwright::config::Retry;
use roomwright::decide::Ownership;
use roomwright::docspace::{Budget, Client, Directory, Limits, Target, Uncounted};
use roomwright::policy::PolicySet;
use roomwright::reconcile::{Custodian, Engine, Journal, Pace, Settings};
use roomwright::report::dto::Report;
use roomwright::room::RoomId;
use roomwright::service::{Brakes, Worker};
use roomwright::simulator::{
    Contention, EmployeeType, EntryId, Options, Portal, RoomType, Trigger,
};
use roomwright::store::{OpenMode, RoomRow, Store};
use roomwright::webhook::{self, Secrets, WebhookState};
use roomwright::yaml::{Sources, render};
use tokio::sync::{RwLock, watch};
use tokio_util::sync::CancellationToken;

pub(crate) const SECRET: &str = "Rooms-2026!Prov1sion";
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
pub(crate) const SCOPES: [&str; 3] = ["rooms:write", "files:write", "accounts:read"];

/// The vendor sample's room, done right.
pub(crate) const SAMPLE: &str = r#"
version: 1
templates:
  workspace:
    folders: [Documents, Tasks, Archive]
    grants:
      - { user: mia@example.org, role: room-manager }
      - { user: ed@example.org, role: editor }
      - { user: vera@example.org, role: viewer }
      - { group: HR, role: viewer }
policies:
  - name: workspaces
    match: { title: "Team *" }
    template: workspace
"#;

pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "tests have a clock of their own")]
    Timestamp::now()
}

/// How long a run somebody asked for, if he did.
pub(crate) fn asked_for(variable: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have variables of their own"
    )]
    std::env::var(variable).ok()
}

pub(crate) fn policies(text: &str) -> PolicySet {
    let mut sources = Sources::default();
    sources.add("policies/test.yaml", text);
    let (set, problems) = PolicySet::check(&sources);
    set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)))
}

/// A client that is held back by nothing but the portal.
pub(crate) fn client(portal: &Portal, key: &str) -> Client {
    let limits = Limits {
        requests_per_minute: 100_000,
        writes_at_once: 12,
        reads_at_once: 20,
        writes_per_day: 10_000,
        no_adoption_after_429: Duration::from_millis(1),
    };
    let target = Target {
        host: portal.url(),
        key: key.into(),
        timeout: Duration::from_secs(5),
    };
    Client::new(target, Arc::new(Budget::new(limits, Arc::new(Uncounted)))).unwrap()
}

/// How a world is made.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) policies: String,
    pub(crate) ownership: Ownership,
    pub(crate) observe: bool,
    pub(crate) portal: Options,
    pub(crate) after_lost_answer: Duration,
    /// How long a change of owner is waited for before it is looked up.
    pub(crate) patience: Duration,
    pub(crate) attempts: u32,
    /// How long names of people and groups are remembered.
    pub(crate) directory: Duration,
    /// How long a run may send calls.
    pub(crate) deadline: Duration,
    pub(crate) removals: usize,
    pub(crate) removals_per_day: u64,
    pub(crate) repaired_rooms_per_hour: u32,
}

impl Setup {
    pub(crate) fn of(policies: &str) -> Self {
        Self {
            policies: policies.to_owned(),
            ownership: Ownership::Adopt,
            observe: false,
            portal: Options {
                retry_scale: 0.01,
                ..Options::default()
            },
            after_lost_answer: Duration::from_millis(100),
            patience: Duration::from_secs(1),
            attempts: 4,
            directory: Duration::from_millis(1),
            deadline: Duration::from_secs(30 * 60),
            removals: 5,
            removals_per_day: 50,
            repaired_rooms_per_hour: 20,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            ownership: self.ownership,
            removals: self.removals,
            removals_per_day: self.removals_per_day,
            repaired_rooms_per_hour: self.repaired_rooms_per_hour,
            after_lost_answer: self.after_lost_answer,
            pause: Duration::from_millis(20),
            deadline: self.deadline,
        }
    }
}

/// A portal whose calls get in each other's way as those of a real server do, in less time.
pub(crate) fn contended() -> Options {
    Options {
        retry_scale: 0.01,
        contention: Contention::measured(),
        listing_deadlocks: Some(0.02),
        ..Options::default()
    }
}

/// Our account, a room admin who makes rooms, and whom the sample's policy names.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) me: String,
    pub(crate) boss: String,
    pub(crate) key: String,
    pub(crate) people: BTreeMap<&'static str, String>,
}

impl Cast {
    pub(crate) fn of(portal: &Portal) -> Self {
        let me = portal.add_person(
            "roomwright",
            "roomwright@example.org",
            EmployeeType::DocSpaceAdmin,
        );
        let boss = portal.add_person("Bo Boss", "boss@example.org", EmployeeType::RoomAdmin);
        let mut people = BTreeMap::new();
        for (name, email, kind) in [
            ("mia", "mia@example.org", EmployeeType::RoomAdmin),
            ("ed", "ed@example.org", EmployeeType::User),
            ("vera", "vera@example.org", EmployeeType::User),
        ] {
            people.insert(name, portal.add_person(name, email, kind));
        }
        people.insert("HR", portal.add_group("HR", &[&people["vera"]]));
        portal.add_group::<&str>("HR abroad", &[]);
        let key = portal.add_key(&me, &SCOPES);
        Self {
            me,
            boss,
            key,
            people,
        }
    }
}

/// A worker over a portal and a store, at the pace of tests.
pub(crate) fn worker(setup: &Setup, client: &Client, store: &Store) -> Worker {
    client.brake().set(setup.observe);
    let settings = setup.settings();
    let journal = Journal::new(store.clone(), setup.after_lost_answer, now).at_pace(Pace {
        lease: Duration::from_secs(2),
        watch: Duration::from_millis(20),
        retry: Duration::from_millis(20),
        patience: setup.patience,
    });
    let directory = Directory::new(setup.directory);
    Worker {
        engine: Engine::new(
            client.clone(),
            directory,
            store.clone(),
            journal.clone(),
            settings,
            now,
        ),
        custodian: Custodian::new(client, journal),
        store: store.clone(),
        client: client.clone(),
        policies: Arc::new(RwLock::new(Arc::new(policies(&setup.policies)))),
        retry: Retry {
            first: Duration::from_millis(30),
            longest: Duration::from_millis(200),
            attempts: setup.attempts,
            after_lost_answer: setup.after_lost_answer,
        },
        at_once: 8,
        holder: "test".to_owned(),
        clock: now,
        paused: Arc::new(watch::Sender::new(None)),
        brakes: Brakes::default(),
    }
}

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) store: Store,
    pub(crate) hook: String,
    pub(crate) service: String,
    pub(crate) me: String,
    pub(crate) boss: String,
    pub(crate) people: BTreeMap<&'static str, String>,
    pub(crate) worker: Worker,
    pub(crate) stop: CancellationToken,
    pub(crate) running: tokio::task::JoinHandle<()>,
    door: tokio::task::JoinHandle<()>,
    pub(crate) scratch: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(text: &str) -> Self {
        Self::built(Setup::of(text)).await
    }

    pub(crate) async fn built(setup: Setup) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let portal = Portal::start(setup.portal.clone()).await.unwrap();
        let cast = Cast::of(&portal);
        let store = Store::open(
            &format!("sqlite:{}", scratch.path().join("test.db").display()),
            OpenMode::Create,
        )
        .await
        .unwrap();
        let client = client(&portal, &cast.key);
        let worker = worker(&setup, &client, &store);
        let stop = CancellationToken::new();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let service = format!("http://{}", listener.local_addr().unwrap());
        let hook = format!("{service}/docspace/webhook");
        let secrets = Secrets::Required {
            current: SECRET.into(),
            previous: None,
        };
        let paused = worker.paused.clone();
        let readiness: webhook::Readiness = Arc::new(move || paused.borrow().is_none());
        let router = webhook::router(WebhookState {
            store: store.clone(),
            secrets,
            clock: now,
            readiness,
        });
        let door = tokio::spawn({
            let stop = stop.clone();
            async move { webhook::serve(listener, router, stop).await.unwrap() }
        });
        let running = tokio::spawn({
            let (worker, stop) = (worker.clone(), stop.clone());
            async move { assert!(worker.run(&stop).await.unwrap()) }
        });
        portal.add_webhook(&cast.me, &hook, SECRET, Trigger::RoomCreated.bit());
        let Cast {
            me, boss, people, ..
        } = cast;
        Self {
            portal,
            store,
            hook,
            service,
            me,
            boss,
            people,
            worker,
            stop,
            running,
            door,
            scratch,
        }
    }

    /// Somebody else's room that the policies match.
    pub(crate) fn a_room(&self) -> EntryId {
        self.portal
            .create_room(&self.boss, RoomType::Custom, "Team Apollo")
    }

    /// Somebody else's room that the policies match and that our account manages.
    pub(crate) fn our_room(&self) -> EntryId {
        self.portal.create_shared_room(
            &self.boss,
            RoomType::Custom,
            "Team Apollo",
            &[(&self.me, 9)],
        )
    }

    pub(crate) async fn row(&self, room: &EntryId) -> Option<RoomRow> {
        self.store
            .room(&RoomId::new(room.to_string()))
            .await
            .unwrap()
    }

    /// Waits until something holds about what the store knows of a room.
    pub(crate) async fn until(
        &self,
        what: &str,
        room: &EntryId,
        holds: impl Fn(&RoomRow) -> bool,
    ) -> RoomRow {
        let wait = async {
            loop {
                match self.row(room).await {
                    Some(row) if holds(&row) => return row,
                    _ => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        match tokio::time::timeout(LIMIT, wait).await {
            Ok(row) => row,
            Err(_) => panic!("waited for: {what}; it is {:?}", self.row(room).await),
        }
    }

    /// Delivers the room's event once more, and waits for the outcome of the run that follows.
    pub(crate) async fn delivered_again(&self, room: &EntryId) -> String {
        let before = self.row(room).await.unwrap().at;
        let deliveries = self.portal.deliveries();
        let delivery = deliveries.iter().find(|delivery| delivery.entry == *room);
        assert!(self.portal.deliver_again(delivery.unwrap().event));
        let row = self.until("another run", room, |row| row.at > before).await;
        row.outcome
    }

    /// Waits until the portal has delivered everything and nothing is left to do about a room.
    pub(crate) async fn settled(&self, room: &EntryId) -> RoomRow {
        self.portal.wait_deliveries_settled().await;
        self.until("the room is finished", room, |row| {
            row.job
                .as_ref()
                .is_none_or(|job| job.dead.is_some() || row.outcome == "partial")
        })
        .await
    }

    pub(crate) async fn report(&self, room: &EntryId) -> Report {
        Report::read(&self.settled(room).await.report).unwrap()
    }

    pub(crate) fn paths(&self, room: &EntryId) -> Vec<String> {
        self.portal
            .room(room)
            .unwrap()
            .paths()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    /// Ends the service; every call that it made must be one that the server has.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.running.await.unwrap();
        self.door.await.unwrap();
        assert_eq!(self.portal.unknown_requests(), []);
        assert_eq!(self.store.adoptions().await.unwrap(), []);
        self.portal.stop();
    }

    pub(crate) fn is_as_the_sample_says(&self, room: &EntryId) {
        assert_eq!(self.paths(room), ["Archive", "Documents", "Tasks"]);
        self.is_shared_as_the_sample_says(room);
    }

    /// The owner and the grants, whatever folders there are.
    pub(crate) fn is_shared_as_the_sample_says(&self, room: &EntryId) {
        let view = self.portal.room(room).unwrap();
        for (who, code) in [("mia", 9), ("ed", 10), ("vera", 2), ("HR", 2)] {
            assert_eq!(view.access.get(&self.people[who]), Some(&code), "{who}");
        }
        assert_eq!(view.owner, self.boss);
        let others: Vec<_> = view
            .access
            .keys()
            .filter(|id| !self.people.values().any(|own| own == *id))
            .collect();
        assert!(others.is_empty() || others == [&self.me], "{others:?}");
    }
}
