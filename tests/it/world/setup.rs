//! The setup of a world: its settings, people and worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use roomwright::config::Retry;
use roomwright::decide::Ownership;
use roomwright::docspace::{Client, Directory};
use roomwright::reconcile::{Custodian, Engine, Journal, Pace, Settings};
use roomwright::service::{Brakes, Worker};
use roomwright::simulator::{Contention, EmployeeType, Options, Portal};
use roomwright::store::Store;
use tokio::sync::{RwLock, watch};

use super::{SCOPES, now, policies};

/// The settings of a world.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) policies: String,
    pub(crate) ownership: Ownership,
    pub(crate) observe: bool,
    pub(crate) portal: Options,
    pub(crate) after_lost_answer: Duration,
    /// How long to wait for the answer to a change of owner before checking it.
    pub(crate) patience: Duration,
    pub(crate) attempts: u32,
    /// How long names of people and groups are cached.
    pub(crate) directory: Duration,
    /// How long a run can send calls.
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

/// A portal whose calls block each other as those of a real server do, but for a shorter time.
pub(crate) fn contended() -> Options {
    Options {
        retry_scale: 0.01,
        contention: Contention::measured(),
        listing_deadlocks: Some(0.02),
        ..Options::default()
    }
}

/// Our account, a room admin who creates rooms, and the people and groups of the sample's policy.
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

/// A worker with the short intervals of tests.
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
