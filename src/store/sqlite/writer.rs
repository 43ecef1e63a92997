//! The only thread that writes. Changes that arrive during a transaction share the next one. After a failure the
//! connection is replaced; while the file cannot be used, all changes are refused and the file is retried.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::clock::{self, Clock, Reading};
use super::errors::{is_about_file, is_damage};
use super::file::{Connected, Location, REPLACED};
use super::health::Health;
use super::repair::Repair;
use super::{Options, TIMED_OUT, closed};
use crate::store::{Error, OpenMode};

/// The maximum number of changes per transaction.
const BATCH: usize = 256;
/// How many changes are queued before callers wait.
const QUEUE: usize = 1024;
/// The first pause before a failed file is retried; it doubles up to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// How often the queue is emptied during the pause.
const TICK: Duration = Duration::from_millis(10);

/// A change, and a caller that waits for it to be on disk.
trait Change: Send {
    fn carry_out(&mut self, db: &Connection) -> rusqlite::Result<()>;
    /// Reports the result after the transaction.
    fn answer(self: Box<Self>, ended: Result<(), &str>);
    /// Whether the caller no longer waits.
    fn is_abandoned(&self) -> bool;
}

struct Waiting<T, F> {
    work: F,
    found: Option<T>,
    done: oneshot::Sender<Result<T, String>>,
}

impl<T, F> Change for Waiting<T, F>
where
    T: Send,
    F: Fn(&Connection) -> rusqlite::Result<T> + Send,
{
    fn carry_out(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.found = Some((self.work)(db)?);
        Ok(())
    }

    fn answer(self: Box<Self>, ended: Result<(), &str>) {
        let answer = match (ended, self.found) {
            (Ok(()), Some(found)) => Ok(found),
            (Ok(()), None) => Err("it was not carried out".to_owned()),
            (Err(reason), _) => Err(reason.to_owned()),
        };
        // A caller that no longer waits does not need the result.
        let _ = self.done.send(answer);
    }

    fn is_abandoned(&self) -> bool {
        self.done.is_closed()
    }
}

enum Message {
    Change(Box<dyn Change>),
    /// Check whether the file can be used.
    Check,
    Close(oneshot::Sender<()>),
}

/// The handle of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    health: Arc<Health>,
    /// How long any disk operation may take.
    patience: Duration,
}

impl Writer {
    /// Starts the thread, which opens the file.
    pub(super) async fn open(
        place: Arc<Location>,
        mode: OpenMode,
        options: Options,
        health: Arc<Health>,
    ) -> Result<Self, Error> {
        let (queue, messages) = mpsc::channel(QUEUE);
        let (opened, is_open) = oneshot::channel();
        let (patience, thread_health) = (options.patience, health.clone());
        let thread = move || match place.open(mode) {
            Ok(connected) => {
                place.uses(&connected);
                let thread = Thread {
                    repair: Repair::new(place.clone(), options.absent),
                    place,
                    clock: options.clock,
                    health: thread_health,
                    connected: Some(connected),
                };
                if opened.send(Ok(())).is_ok() {
                    thread.run(messages);
                }
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        };
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(thread)
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        is_open.await.map_err(|_| closed())??;
        Ok(Self {
            queue,
            health,
            patience,
        })
    }

    /// Applies a change; it is on disk when this returns. A failed first attempt may be repeated.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        if let Err(error) = self.health.check() {
            let _ = self.queue.try_send(Message::Check);
            return Err(error);
        }
        let (done, answer) = oneshot::channel();
        let change = Message::Change(Box::new(Waiting {
            work,
            found: None,
            done,
        }));
        let written = async {
            self.queue.send(change).await.map_err(|_| closed())?;
            answer.await.map_err(|_| closed())
        };
        match tokio::time::timeout(self.patience, written).await {
            Ok(answer) => answer?.map_err(Error::Unavailable),
            Err(_) => {
                self.health.fail(TIMED_OUT);
                Err(Error::Unavailable(TIMED_OUT.to_owned()))
            }
        }
    }

    /// Waits until pending changes are on disk, and closes the file.
    pub(super) async fn close(&self) {
        let (done, is_closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = is_closed.await;
        }
    }
}

/// Why a transaction failed.
enum Failure {
    /// The change is refused; the file is fine.
    Change(String),
    /// The connection failed; another one may work.
    Connection(String),
    /// The file cannot be used: it is locked, or no longer the one that was opened.
    File(String),
}

struct Thread {
    place: Arc<Location>,
    clock: Clock,
    health: Arc<Health>,
    /// `None` while the file cannot be used.
    connected: Option<Connected>,
    repair: Repair,
}

impl Thread {
    fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::new();
        // Waits for one message and takes all others that are queued: no timer, no added delay.
        while queue.blocking_recv_many(&mut messages, BATCH) > 0 {
            let mut changes = Vec::new();
            let mut close = None;
            for message in messages.drain(..) {
                match message {
                    Message::Change(change) if change.is_abandoned() => {}
                    Message::Change(change) => changes.push(change),
                    Message::Check => {}
                    Message::Close(done) => close = Some(done),
                }
            }
            let usable = self.commit(changes);
            if let Some(done) = close {
                self.connected = None;
                let _ = done.send(());
                return;
            }
            if !usable && !self.heal(&mut queue) {
                return;
            }
        }
    }

    /// Applies changes in one transaction and reports their results. Returns whether the file can be used.
    fn commit(&mut self, mut changes: Vec<Box<dyn Change>>) -> bool {
        let (reason, usable) = match self.try_twice(&mut changes) {
            Ok(()) => {
                self.health.heal();
                for change in changes {
                    change.answer(Ok(()));
                }
                return true;
            }
            Err(Failure::Change(reason)) => (reason, true),
            Err(Failure::Connection(reason) | Failure::File(reason)) => {
                self.health.fail(&reason);
                (reason, false)
            }
        };
        if usable && changes.len() > 1 {
            // At least one of them fails: retries each in its own transaction.
            return changes
                .into_iter()
                .fold(true, |usable, change| self.one(change, usable));
        }
        if usable {
            tracing::error!(%reason, "the store refused a change");
        }
        for change in changes {
            change.answer(Err(&reason));
        }
        usable
    }

    /// Retries once: a new log may have space that the old one lacked, and an error may disappear with the connection.
    /// A locked file is not retried, since the attempt already waited for the lock.
    fn try_twice(&mut self, changes: &mut [Box<dyn Change>]) -> Result<(), Failure> {
        match self.transaction(changes) {
            Err(Failure::Connection(reason)) => {
                tracing::debug!(%reason, "a transaction failed and is retried once");
                let again = self.repair.open();
                self.connected = Some(again.map_err(|error| Failure::File(reason_of(&error)))?);
                self.transaction(changes)
            }
            ended => ended,
        }
    }

    fn one(&mut self, change: Box<dyn Change>, usable: bool) -> bool {
        if usable {
            return self.commit(vec![change]);
        }
        change.answer(Err(&self.health.problem().unwrap_or_default()));
        false
    }

    /// One transaction. When this succeeds, the changes are in the file at the path.
    fn transaction(&mut self, changes: &mut [Box<dyn Change>]) -> Result<(), Failure> {
        let Some(connected) = self.connected.take() else {
            return Err(Failure::File(self.place.says("it is not open")));
        };
        let written = write(&connected.db, (self.clock)(), changes);
        if !self.place.has(&connected) {
            self.repair.lost(connected);
            return Err(Failure::File(self.place.says(REPLACED)));
        }
        let Err(error) = written else {
            self.connected = Some(connected);
            return Ok(());
        };
        drop(connected);
        self.repair.suspect |= is_damage(&error);
        let reason = self.place.says(&error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Err(Failure::File(reason)),
            _ if is_about_file(&error) => Err(Failure::Connection(reason)),
            _ => {
                let again = self.repair.connect_again();
                self.connected = Some(
                    again.map_err(|error| Failure::File(self.place.says(&error.to_string())))?,
                );
                Err(Failure::Change(reason))
            }
        }
    }

    /// Retries the file until it can be used, and refuses all changes in the meantime. `false` if the store is closed.
    fn heal(&mut self, queue: &mut mpsc::Receiver<Message>) -> bool {
        let mut pause = FIRST_PAUSE;
        loop {
            if !self.refuse_for(pause, queue) {
                return false;
            }
            match self.repair.open() {
                Ok(connected) => {
                    self.connected = Some(connected);
                    self.health.heal();
                    return true;
                }
                Err(error @ Error::Damaged { .. }) => self.health.damaged(&reason_of(&error)),
                Err(error) => self.health.fail(&reason_of(&error)),
            }
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    fn refuse_for(&self, pause: Duration, queue: &mut mpsc::Receiver<Message>) -> bool {
        let start = Instant::now();
        let reason = self.health.problem().unwrap_or_default();
        while start.elapsed() < pause {
            match queue.try_recv() {
                Ok(Message::Change(change)) => change.answer(Err(&reason)),
                Ok(Message::Check) => {}
                Ok(Message::Close(done)) => {
                    let _ = done.send(());
                    return false;
                }
                Err(mpsc::error::TryRecvError::Empty) => std::thread::sleep(TICK),
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
        true
    }
}

fn reason_of(error: &Error) -> String {
    match error {
        Error::Unavailable(reason) => reason.clone(),
        error => error.to_string(),
    }
}

fn write(db: &Connection, now: Reading, changes: &mut [Box<dyn Change>]) -> rusqlite::Result<()> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let carried_out = (|| {
        clock::follow(db, now)?;
        for change in changes {
            change.carry_out(db)?;
        }
        db.execute_batch("COMMIT")
    })();
    if carried_out.is_err() && !db.is_autocommit() {
        // The connection is not used for writing again, but perhaps for reading.
        let _ = db.execute_batch("ROLLBACK");
    }
    carried_out
}
