//! A simulated portal with people, and a service with a webhook, in one process and over real HTTP.

mod meanwhile;
mod setup;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use roomwright::docspace::{Budget, Client, Limits, Target, Uncounted};
use roomwright::policy::PolicySet;
use roomwright::report::dto::Report;
use roomwright::room::RoomId;
use roomwright::service::Worker;
use roomwright::simulator::{EmployeeType, EntryId, Portal, RoomType, Trigger};
use roomwright::store::{OpenMode, RoomRow, Store};
use roomwright::webhook::{self, Secrets, WebhookState};
use roomwright::yaml::{Sources, render};
use tokio_util::sync::CancellationToken;

pub(crate) use meanwhile::{held, meanwhile};
pub(crate) use setup::{Cast, Setup, contended, worker};

use crate::wait;

pub(crate) const SECRET: &str = "Rooms-2026!Prov1sion";
pub(crate) const SCOPES: [&str; 3] = ["rooms:write", "files:write", "accounts:read"];

/// The room of the vendor's sample, as a policy.
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
    #[expect(clippy::disallowed_methods, reason = "tests have their own clock")]
    Timestamp::now()
}

/// The value of a variable that makes a test longer or changes its seed.
pub(crate) fn env_variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have their own variables")]
    std::env::var(name).ok()
}

pub(crate) fn policies(text: &str) -> PolicySet {
    let mut sources = Sources::default();
    sources.add("policies/test.yaml", text);
    let (set, problems) = PolicySet::check(&sources);
    set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)))
}

/// A client whose limits are above those of any test.
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
    server: tokio::task::JoinHandle<()>,
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
        let server = tokio::spawn({
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
            server,
            scratch,
        }
    }

    /// A foreign room that the policies match.
    pub(crate) fn a_room(&self) -> EntryId {
        self.portal
            .create_room(&self.boss, RoomType::Custom, "Team Apollo")
    }

    /// A person who can own rooms.
    pub(crate) fn heir(&self) -> String {
        let kind = EmployeeType::RoomAdmin;
        self.portal
            .add_person("Hedda Heir", "hedda@example.org", kind)
    }

    /// A foreign room that the policies match and our account manages.
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

    /// Waits until a condition on the store's row of a room holds.
    pub(crate) async fn until(
        &self,
        what: &str,
        room: &EntryId,
        holds: impl Fn(&RoomRow) -> bool,
    ) -> RoomRow {
        wait::for_ok(what, || async {
            match self.row(room).await {
                Some(row) if holds(&row) => Ok(row),
                row => Err(format!("{row:?}")),
            }
        })
        .await
    }

    /// Delivers the event of the room again, and returns the outcome of the next run.
    pub(crate) async fn delivered_again(&self, room: &EntryId) -> String {
        let before = self.row(room).await.unwrap().at;
        let deliveries = self.portal.deliveries();
        let delivery = deliveries.iter().find(|delivery| delivery.entry == *room);
        assert!(self.portal.deliver_again(delivery.unwrap().event));
        let row = self.until("another run", room, |row| row.at > before).await;
        row.outcome
    }

    /// Waits until the portal has delivered everything and the room is finished.
    pub(crate) async fn settled(&self, room: &EntryId) -> RoomRow {
        self.portal.wait_deliveries_settled().await;
        self.until("the room is finished", room, |row| {
            row.job
                .as_ref()
                .is_none_or(|job| job.given_up.is_some() || row.outcome == "partial")
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

    /// Stops the service, and checks that the server has every call that it made.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.running.await.unwrap();
        self.server.await.unwrap();
        assert_eq!(self.portal.unknown_requests(), []);
        assert_eq!(self.store.adoptions().await.unwrap(), []);
        self.portal.stop();
    }

    pub(crate) fn is_as_the_sample_says(&self, room: &EntryId) {
        assert_eq!(self.paths(room), ["Archive", "Documents", "Tasks"]);
        self.is_shared_as_the_sample_says(room);
    }

    /// Checks the owner and the grants, and ignores folders.
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
