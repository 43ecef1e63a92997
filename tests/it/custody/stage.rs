//! The real engine over a real store, against the simulated portal, one call at a time: every call is held until it
//! is let go, and what the model says is compared after each.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use roomwright::config::Retry;
use roomwright::docspace::{Directory, Fence, Reader};
use roomwright::plan::Ownership;
use roomwright::policy::PolicySet;
use roomwright::reconcile::{Engine, Settings, Why};
use roomwright::report::Report;
use roomwright::room::RoomId;
use roomwright::simulator::{
    EmployeeType, EntryId, Fault, FaultKind, Options, Portal, Recorded, RoomType,
};
use roomwright::store::{Claim, Custody, OpenMode, RoomJob, RoomRow, Settled, Store};
use roomwright::worker::{record, settlement};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::model::{Change, Model, Who};
use crate::world::{Cast, LIMIT, SCOPES, client, now, policies};

/// Real time: it is waited for in full whenever an answer is lost.
const AFTER_LOST_ANSWER: Duration = Duration::from_millis(10);
/// How long after a call left the portal may still do it. The product watches for as long.
const LATEST: Duration = Duration::from_millis(100);
const LEASE: Duration = Duration::from_millis(25);
const RETRY: Retry = Retry {
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

fn clock() -> Timestamp {
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

impl Loss {
    fn fault(self) -> FaultKind {
        match self {
            Self::Done => FaultKind::HoldAfter,
            Self::NotDone | Self::DoneLater => FaultKind::HoldBefore,
        }
    }
}

/// One of our processes.
struct Process {
    engine: Engine,
    /// Names it in the portal's record.
    key: String,
    /// The owner that it read last.
    read: Option<Who>,
    /// What it read and has not gone on from yet.
    fresh: Option<Who>,
}

/// A run under way.
struct Live {
    process: usize,
    job: RoomJob,
    fence: Arc<Fence>,
    run: JoinHandle<Report>,
}

/// A call that the portal has and has not done.
#[derive(Clone, Copy)]
struct Held {
    seq: u64,
    process: usize,
    what: Call,
}

#[derive(Clone, Copy)]
enum Call {
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
    store: Store,
    policies: Arc<PolicySet>,
    processes: Vec<Process>,
    live: Option<Live>,
    stalled: Option<Live>,
    held: Vec<Held>,
    /// How many of the portal's records were looked at.
    known: usize,
    /// When what is out is done at the latest.
    latest: Option<Timestamp>,
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
    fn named_in(&self, custody: &Custody) -> Who {
        let last = custody.seen_owner.as_ref().unwrap_or(&custody.owner);
        self.who(last.as_str())
    }

    fn who(&self, id: &str) -> Who {
        let known = self.ids.iter().find(|(_, known)| *known == id);
        *known.unwrap_or_else(|| panic!("a stranger: {id}")).0
    }

    /// Arms what goes wrong next; everything else is held.
    fn arm(&self) {
        self.portal.clear_faults();
        if let Some(loss) = self.loss {
            let fault = Fault::on("POST", "files/owner", loss.fault());
            self.portal.fault(fault.times(1));
        }
        if self.dark > 0 {
            let kind = FaultKind::Status {
                status: 500,
                retry_after: None,
                body: String::new(),
            };
            let fault = Fault::on("GET", "files/rooms/{id}", kind);
            self.portal.fault(fault.times(self.dark));
        }
        self.portal.fault(Fault::on("*", "*", FaultKind::Pause));
    }

    /// Lets go of the calls that are held, or begins a run; then waits until the next call is held or the run is over.
    pub(super) async fn step(&mut self) -> Checked {
        if self.live.is_none() {
            self.begin().await?;
        } else {
            self.let_go();
        }
        self.arrive().await
    }

    async fn claim(&self) -> Claim {
        let room = self.id();
        let claim = self.store.claim_room(&room, clock(), LEASE, "test");
        claim.await.unwrap()
    }

    /// Claims the room as its next worker does, be it due or not.
    async fn begin(&mut self) -> Checked {
        self.let_go();
        let process = self
            .stalled
            .as_ref()
            .map_or(0, |stalled| 1 - stalled.process);
        let job = match self.claim().await {
            Claim::Got(job) => job,
            // Nobody comes while an answer of the portal is still out.
            Claim::Busy { until } => {
                let quiet = Duration::try_from(until.duration_since(clock()));
                self.advance(quiet.unwrap_or_default()).await?;
                let Claim::Got(job) = self.claim().await else {
                    return Err("the room is held though its lease has run out".to_owned());
                };
                job
            }
        };
        self.say(format!("run {} begins", job.attempt));
        if !matches!(self.claim().await, Claim::Busy { .. }) {
            return Err("two workers have the room".to_owned());
        }
        let fence = Arc::new(Fence::until(Instant::now() + LIMIT * 10));
        let run = {
            let (engine, policies) = (
                self.processes[process].engine.clone(),
                self.policies.clone(),
            );
            let (job, fence) = (job.clone(), fence.clone());
            tokio::spawn(async move {
                let stop = CancellationToken::new();
                engine
                    .reconcile(&policies, &job, Why::Apply, &fence, &stop)
                    .await
            })
        };
        self.processes[process].read = None;
        self.processes[process].fresh = None;
        self.live = Some(Live {
            process,
            job,
            fence,
            run,
        });
        Ok(())
    }

    /// The portal does what is held, and answers.
    fn let_go(&mut self) {
        self.arm();
        let held = std::mem::take(&mut self.held);
        let mut changes = false;
        for call in &held {
            if let Call::Owner(change) = call.what {
                self.model.ours_is_done(change);
                changes = true;
            }
        }
        for call in held
            .iter()
            .filter(|call| matches!(call.what, Call::ReadRoom))
        {
            // Beside a change of owner it may read either.
            let read = (!changes).then_some(self.model.owner);
            self.processes[call.process].read = read;
            self.processes[call.process].fresh = read;
        }
        self.portal.release_held();
    }

    /// Waits until a call is held, or a run is over.
    async fn arrive(&mut self) -> Checked {
        let portal = self.portal.clone();
        let over = match &mut self.live {
            None => None,
            Some(live) => {
                let next = async {
                    tokio::select! {
                        biased;
                        report = &mut live.run => Some(report.unwrap()),
                        () = portal.wait_held() => None,
                    }
                };
                let next = tokio::time::timeout(LIMIT, next).await;
                next.map_err(|_| "the run stands still".to_owned())?
            }
        };
        self.look().await?;
        if let Some(report) = over {
            let live = self.live.take().unwrap();
            self.reading_counts(live.process);
            self.settle(&live.job, &report).await?;
        }
        if self
            .stalled
            .as_ref()
            .is_some_and(|stalled| stalled.run.is_finished())
        {
            let stalled = self.stalled.take().unwrap();
            let report = stalled.run.await.unwrap();
            self.settle(&stalled.job, &report).await?;
        }
        self.check().await
    }

    /// What a run read counts as seen once it has gone on.
    fn reading_counts(&mut self, process: usize) {
        let fresh = self.processes[process].fresh.take();
        if fresh == Some(self.model.rightful) && self.model.owner == self.model.rightful {
            self.model.seen = true;
        }
    }

    /// Looks at the calls that came to the portal.
    async fn look(&mut self) -> Checked {
        let requests = self.portal.requests();
        let new: Vec<Recorded> = requests.into_iter().skip(self.known).collect();
        self.known += new.len();
        for request in new {
            let key = request.key.clone().unwrap_or_default();
            let process = self.processes.iter().position(|process| process.key == key);
            let process = process.ok_or("a call under a key of nobody")?;
            if self
                .live
                .as_ref()
                .is_some_and(|live| live.process == process)
            {
                self.reading_counts(process);
            }
            let what = match (request.method.as_str(), request.route) {
                ("POST", Some("files/owner")) => self.owner_call(&request, process).await?,
                ("GET", Some("files/rooms/{id}")) if self.dark > 0 => {
                    self.dark -= 1;
                    continue;
                }
                ("GET", Some("files/rooms/{id}")) => Call::ReadRoom,
                _ => Call::Other,
            };
            self.held.push(Held {
                seq: request.seq,
                process,
                what,
            });
        }
        Ok(())
    }

    /// A change of owner has left: what must hold then, and what becomes of it.
    async fn owner_call(&mut self, request: &Recorded, process: usize) -> Checked<Call> {
        let body = request.body.as_ref().unwrap();
        let to = self.who(body["userId"].as_str().unwrap());
        let read = self.processes[process].read;
        self.say(format!(
            "we ask to make {to:?} the owner, having read {read:?}"
        ));
        let custody = self.store.custody(&self.id()).await.unwrap();
        let custody = custody.ok_or(format!(
            "{to:?} is to own the room, and nothing is on record"
        ))?;
        let record = self.named_in(&custody);
        if to == Who::Us {
            if custody.returned_at.is_some() || read.is_some_and(|read| read != record) {
                return Err(format!("taken from {read:?}, and on record is {custody:?}"));
            }
        } else {
            if to != record || !self.model.chosen.contains(&to) {
                return Err(format!("given to {to:?}, and on record is {record:?}"));
            }
            if read.is_some_and(|read| read != Who::Us) {
                return Err(format!("given to {to:?}, and {read:?} owns it as we know"));
            }
        }
        let change = Change { to, record };
        match self.loss.take() {
            None => return Ok(Call::Owner(change)),
            Some(Loss::Done) => self.model.ours_is_done(change),
            Some(Loss::NotDone) => {}
            Some(Loss::DoneLater) => {
                self.model.out.push(change);
                self.latest.get_or_insert(clock() + LATEST);
            }
        }
        Ok(Call::Lost)
    }

    async fn settle(&mut self, job: &RoomJob, report: &Report) -> Checked {
        let settlement = settlement(report, job, &RETRY, clock(), 0.5);
        let record = record(report, clock()).unwrap();
        let settled = self
            .store
            .settle(job, &settlement, Some(&record), report.quiet_until, clock())
            .await
            .unwrap();
        self.say(format!(
            "run over: {} ({:?}, {settled:?})",
            report.outcome, report.custody
        ));
        if settled == Settled::LeaseLost {
            return Ok(());
        }
        let row = self.row().await.ok_or("a run without a record")?;
        if self.record().await.is_some() && row.job.is_none_or(|job| job.dead.is_some()) {
            return Err("nobody comes back to a room that is, or may become, ours".to_owned());
        }
        Ok(())
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

    /// Waits until the portal has done the calls that were let go.
    async fn done(&self, mut calls: Vec<Held>) -> Checked {
        // Lost ones are never answered.
        calls.retain(|call| !matches!(call.what, Call::Lost));
        let start = Instant::now();
        loop {
            let requests = self.portal.requests();
            let is_done = |call: &Held| {
                let mut answered = requests.iter().filter(|known| known.status > 0);
                answered.any(|known| known.seq == call.seq)
            };
            if calls.iter().all(is_done) {
                return Ok(());
            }
            if start.elapsed() > LIMIT {
                return Err("the portal does not do what was let go".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The process is killed: its run ends where it waits, what has left is done, and in time its lease ends.
    pub(super) async fn kill(&mut self) -> Checked {
        let Some(live) = self.live.take() else {
            return Ok(());
        };
        live.run.abort();
        live.run.await.err().ok_or("it ended by itself")?;
        let held = self.held.clone();
        self.let_go();
        self.done(held).await?;
        self.advance(LEASE).await
    }

    /// The process stands still for longer than its lease; then both it and its successor go on.
    pub(super) async fn stall(&mut self) -> Checked {
        if self.stalled.is_some() {
            return self.kill().await;
        }
        let Some(live) = self.live.take() else {
            return Ok(());
        };
        live.fence.move_to(Instant::now());
        let held = self.held.clone();
        self.let_go();
        self.done(held).await?;
        self.stalled = Some(live);
        self.advance(LEASE).await?;
        self.step().await
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
        let us = &self.ids[&Who::Us];
        for late in std::mem::take(&mut self.model.out) {
            self.portal
                .change_owner(us, &self.room, &self.ids[&late.to]);
            self.model.ours_is_done(late);
        }
        self.latest = None;
        self.check().await
    }

    /// Lets runs go on until none is left.
    pub(super) async fn finish(&mut self) -> Checked {
        for _ in 0..400 {
            if self.live.is_none() && self.stalled.is_none() {
                return Ok(());
            }
            if self.live.is_none() {
                self.let_go();
                tokio::time::sleep(Duration::from_millis(1)).await;
                self.arrive().await?;
            } else {
                self.step().await?;
            }
        }
        Err("a run without an end".to_owned())
    }

    /// Ends what runs, and runs again whenever the room is due, until nothing is left to do or, after two runs, `enough`
    /// says so.
    pub(super) async fn settled(&mut self, enough: impl Fn(&Model) -> bool) -> Checked {
        self.finish().await?;
        for runs in 0..40 {
            let row = self.row().await;
            let Some(job) = row.as_ref().and_then(|row| row.job.as_ref()) else {
                return Ok(());
            };
            if job.dead.is_some() || (runs > 1 && enough(&self.model)) {
                return Ok(());
            }
            let due = job.due.max(job.leased_until.unwrap_or(job.due));
            let until = Duration::try_from(due.duration_since(clock())).unwrap_or_default();
            self.advance(until).await?;
            self.step().await?;
            self.finish().await?;
        }
        Err(format!("the room does not settle: {:?}", self.row().await))
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
