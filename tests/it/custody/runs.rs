//! Runs of the real engine, one call at a time: begun, held at each call, killed, stalled, settled.

use std::sync::Arc;
use std::time::Duration;

use roomwright::docspace::Fence;
use roomwright::reconcile::Why;
use roomwright::report::Report;
use roomwright::simulator::{Fault, FaultKind, Recorded};
use roomwright::store::{Claim, RoomJob, Settled};
use roomwright::worker::{record, settlement};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::model::{Change, Model, Who};
use super::stage::{Call, Checked, Held, LATEST, LEASE, Live, Loss, RETRY, Stage, clock};
use crate::world::LIMIT;

impl Loss {
    fn fault(self) -> FaultKind {
        match self {
            Self::Done => FaultKind::HoldAfter,
            Self::NotDone | Self::DoneLater => FaultKind::HoldBefore,
        }
    }
}

impl Stage {
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
            self.let_go().await;
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
        self.let_go().await;
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
    async fn let_go(&mut self) {
        self.arm();
        let record = self.record().await;
        let held = std::mem::take(&mut self.held);
        let mut changes = false;
        for call in &held {
            if let Call::Owner(change) = call.what {
                self.model.ours_is_done(change, record);
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
        let gifts = self.model.gifts;
        let change = Change { to, gifts };
        match self.loss.take() {
            None => return Ok(Call::Owner(change)),
            Some(Loss::Done) => self.model.ours_is_done(change, Some(record)),
            Some(Loss::NotDone) => {}
            Some(Loss::DoneLater) => {
                self.model.out.push(change);
                self.latest.get_or_insert(clock() + LATEST);
            }
        }
        Ok(Call::Lost)
    }

    async fn settle(&mut self, job: &RoomJob, report: &Report) -> Checked {
        let settlement = settlement(report, job.attempt, &RETRY, clock(), 0.5);
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
        self.let_go().await;
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
        self.let_go().await;
        self.done(held).await?;
        self.stalled = Some(live);
        self.advance(LEASE).await?;
        self.step().await
    }

    /// Lets runs go on until none is left.
    pub(super) async fn finish(&mut self) -> Checked {
        for _ in 0..400 {
            if self.live.is_none() && self.stalled.is_none() {
                return Ok(());
            }
            if self.live.is_none() {
                self.let_go().await;
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
}
