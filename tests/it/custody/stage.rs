//! The real engine over a real store, against the simulated portal; what the model says is compared with it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use roomwright::config::Retry;
use roomwright::docspace::{Directory, Fence, Reader};
use roomwright::plan::Ownership;
use roomwright::policy::PolicySet;
use roomwright::reconcile::{Engine, Settings};
use roomwright::report::Report;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeType, EntryId, Options, Portal, RoomType};
use roomwright::store::{Custody, OpenMode, RoomJob, RoomRow, Store};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::model::{Change, Model, Who};
use crate::world::{Cast, SCOPES, client, now, policies};

/// Real time: it is waited for in full whenever an answer is lost.
const AFTER_LOST_ANSWER: Duration = Duration::from_millis(10);
/// How long after a call left the portal may still do it. The product watches for as long.
pub(super) const LATEST: Duration = Duration::from_millis(100);
pub(super) const LEASE: Duration = Duration::from_millis(25);
pub(super) const RETRY: Retry = Retry {
    first: Duration::from_millis(5),
    longest: Duration::from_millis(20),
    attempts: 3,
    after_lost_answer: AFTER_LOST_ANSWER,
};
const POLICY: &str = r#"
version: 1
templates:
  t:
    folders: [Documents]
    grants: [{ user: mia@example.org, role: editor }]
policies:
  - { name: teams, match: { title: 'Team *' }, template: t }
"#;

thread_local! {
    /// Stands still unless a test moves it: everything of a case runs in one thread.
    static CLOCK: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

pub(super) fn clock() -> Timestamp {
    CLOCK.get()
}

/// What a case found wrong.
pub(super) type Checked<T = ()> = Result<T, String>;

/// How the answer to a change of owner that we ask for is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    Done,
    NotDone,
    DoneLater,
}

/// One of our processes.
pub(super) struct Process {
    pub(super) engine: Engine,
    /// Names it in the portal's record.
    pub(super) key: String,
    /// The owner that it read last.
    pub(super) read: Option<Who>,
    /// What it read and has not gone on from yet.
    pub(super) fresh: Option<Who>,
}

/// A run under way.
pub(super) struct Live {
    pub(super) process: usize,
    pub(super) job: RoomJob,
    pub(super) fence: Arc<Fence>,
    pub(super) run: JoinHandle<Report>,
}

/// A call that the portal has and has not done.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) seq: u64,
    pub(super) process: usize,
    pub(super) what: Call,
}

#[derive(Clone, Copy)]
pub(super) enum Call {
    Owner(Change),
    /// A change of owner whose answer will be lost.
    Lost,
    ReadRoom,
    Other,
}

pub(super) struct Stage {
    pub(super) portal: Portal,
    pub(super) room: EntryId,
    pub(super) ids: BTreeMap<Who, String>,
    pub(super) model: Model,
    pub(super) loss: Option<Loss>,
    /// How many readings of the room fail.
    pub(super) dark: u32,
    pub(super) trace: Vec<String>,
    pub(super) store: Store,
    pub(super) policies: Arc<PolicySet>,
    pub(super) processes: Vec<Process>,
    pub(super) live: Option<Live>,
    pub(super) stalled: Option<Live>,
    pub(super) held: Vec<Held>,
    /// How many of the portal's records were looked at.
    pub(super) known: usize,
    /// When what is out is done at the latest.
    pub(super) latest: Option<Timestamp>,
    _scratch: tempfile::TempDir,
}

impl Stage {
    pub(super) async fn new() -> Self {
        // In whole milliseconds, as the store keeps it.
        CLOCK.set(Timestamp::from_millisecond(now().as_millisecond()).unwrap());
        let scratch = tempfile::tempdir().unwrap();
        let portal = Portal::start(Options::default()).await.unwrap();
        let cast = Cast::of(&portal);
        let url = format!("sqlite:{}", scratch.path().join("test.db").display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        let heir = portal.add_person("Hedda Heir", "hedda@example.org", EmployeeType::RoomAdmin);
        let ids = BTreeMap::from([
            (Who::Us, cast.me.clone()),
            (Who::Boss, cast.boss.clone()),
            (Who::Heir, heir),
            (Who::Admin, portal.portal_owner()),
        ]);
        let mut processes = Vec::new();
        for _ in 0..2 {
            processes.push(Process::new(&portal, &cast.me, &store).await);
        }
        let room = portal.create_room(&cast.boss, RoomType::Custom, "Team Apollo");
        portal.clear_requests();
        Self {
            portal,
            room,
            ids,
            model: Model::new(Who::Boss),
            loss: None,
            dark: 0,
            trace: Vec::new(),
            store,
            policies: Arc::new(policies(POLICY)),
            processes,
            live: None,
            stalled: None,
            held: Vec::new(),
            known: 0,
            latest: None,
            _scratch: scratch,
        }
    }

    pub(super) fn say(&mut self, what: impl Into<String>) {
        self.trace.push(what.into());
    }

    pub(super) fn id(&self) -> RoomId {
        RoomId::new(self.room.to_string())
    }

    pub(super) fn runs(&self) -> bool {
        self.live.is_some()
    }

    /// Whether a change of owner that we ask for has left and is held.
    pub(super) fn changes_owner(&self) -> bool {
        self.held
            .iter()
            .any(|held| matches!(held.what, Call::Owner(_) | Call::Lost))
    }

    pub(super) async fn row(&self) -> Option<RoomRow> {
        self.store.room(&self.id()).await.unwrap()
    }

    pub(super) async fn record(&self) -> Option<Who> {
        let custody = self.store.custody(&self.id()).await.unwrap()?;
        Some(self.named_in(&custody))
    }

    /// Whose a record says that the room is: who was read last counts.
    pub(super) fn named_in(&self, custody: &Custody) -> Who {
        let last = custody.seen_owner.as_ref().unwrap_or(&custody.owner);
        self.who(last.as_str())
    }

    pub(super) fn who(&self, id: &str) -> Who {
        let known = self.ids.iter().find(|(_, known)| *known == id);
        *known.unwrap_or_else(|| panic!("a stranger: {id}")).0
    }

    /// What holds whenever nothing moves.
    pub(super) async fn check(&mut self) -> Checked {
        let start = Instant::now();
        let owner = loop {
            let owner = self.who(&self.portal.room(&self.room).unwrap().owner);
            if owner == self.model.owner || start.elapsed() > Duration::from_secs(1) {
                break owner;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        if owner != self.model.owner {
            return Err(format!(
                "{owner:?} owns the room; the model says {:?}",
                self.model.owner
            ));
        }
        if owner != Who::Us && owner != self.model.rightful {
            return Err(format!(
                "{owner:?} owns the room of {:?}",
                self.model.rightful
            ));
        }
        let may_be_ours = owner == Who::Us || self.model.may_become_ours();
        if may_be_ours && self.record().await.is_none() {
            return Err(format!(
                "nothing is on record; the owner is {owner:?}, out is {:?}",
                self.model.out
            ));
        }
        Ok(())
    }

    /// Time passes; what the portal does late it has done by then.
    pub(super) async fn advance(&mut self, by: Duration) -> Checked {
        if self.latest.is_some_and(|latest| clock() + by >= latest) {
            self.do_late().await?;
        }
        CLOCK.set(clock() + by);
        Ok(())
    }

    /// The portal does what is out.
    pub(super) async fn do_late(&mut self) -> Checked {
        if !self.model.out.is_empty() {
            self.say(format!("the portal does late: {:?}", self.model.out));
        }
        let record = self.record().await;
        let us = &self.ids[&Who::Us];
        for late in std::mem::take(&mut self.model.out) {
            self.portal
                .change_owner(us, &self.room, &self.ids[&late.to]);
            self.model.ours_is_done(late, record);
        }
        self.latest = None;
        self.check().await
    }

    pub(super) async fn end(self) {
        self.portal.clear_faults();
        self.portal.release_held();
        for live in self.live.into_iter().chain(self.stalled) {
            live.run.abort();
        }
        self.store.close().await;
        self.portal.stop();
    }
}

impl Process {
    async fn new(portal: &Portal, me: &str, store: &Store) -> Self {
        let client = client(portal, &portal.add_key(me, &SCOPES));
        Reader::new(&client).key().await.unwrap();
        let key = portal.requests().pop().unwrap().key.unwrap();
        let settings = Settings {
            ownership: Ownership::HandBack,
            observe: false,
            after_lost_answer: AFTER_LOST_ANSWER,
        };
        let directory = Directory::new(Duration::from_millis(1));
        Self {
            engine: Engine::new(client, directory, store.clone(), settings, clock),
            key,
            read: None,
            fresh: None,
        }
    }
}
