//! Finishes open adoptions: of killed processes, after lost responses, and after an outage of the portal. Needs no
//! policies.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::adopt::{Adopting, Finish, Journal};
use crate::docspace::{Client, Priority, Reader};
use crate::room::{RoomId, UserId};
use crate::store::{self, Adoption};

/// How often entries of other processes are looked up.
const POLL: Duration = Duration::from_secs(1);

/// Finishes open adoptions.
#[derive(Debug, Clone)]
pub struct Custodian {
    client: Client,
    reader: Reader,
    journal: Journal,
}

/// The result of an attempt to finish an adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// The room has another owner, and nothing is unanswered.
    Closed,
    /// It continues automatically.
    Open,
    /// It needs an administrator.
    Blocked {
        /// Why.
        reason: String,
    },
}

impl Custodian {
    /// Creates a custodian for one portal and one journal.
    pub fn new(client: &Client, journal: Journal) -> Self {
        let client = client.with_priority(Priority::OpenAdoption);
        Self {
            reader: Reader::new(&client),
            client,
            journal,
        }
    }

    /// Finishes entries until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.claim(None).await {
                Ok(Some(entry)) => {
                    self.finish(&entry).await;
                }
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.journal.woken.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
                // The store logs the error.
                Err(error) => {
                    tracing::debug!(%error, "the journal of adoptions cannot be written");
                    if !self.finish_without_store().await {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = tokio::time::sleep(POLL) => {}
                        }
                    }
                }
            }
        }
    }

    /// Finishes known open entries without the store; `false` if none is due. Giving a room back twice changes nothing,
    /// so no lease is needed.
    async fn finish_without_store(&self) -> bool {
        let journal = &self.journal;
        let now = journal.now();
        for entry in journal.store.adoptions().await.unwrap_or_default() {
            if entry.leased_until <= now {
                journal.remember_first(self.as_left(entry));
            }
        }
        let Some(entry) = journal.claim_remembered() else {
            return false;
        };
        self.finish(&entry).await;
        true
    }

    /// An entry without a retry time was left by a killed process: its take may have been sent.
    fn as_left(&self, entry: Adoption) -> Adoption {
        let unanswered_until = match entry.tries {
            0 => entry.opened_at.checked_add(self.journal.grace()).ok(),
            _ => entry.unanswered_until,
        };
        Adoption {
            unanswered_until,
            ..entry
        }
    }

    async fn claim(&self, room: Option<&RoomId>) -> Result<Option<Adoption>, store::Error> {
        let journal = &self.journal;
        let lease = journal.later(journal.pace.lease);
        let store = &journal.store;
        let claimed = store
            .adoption_claim(room, lease, journal.grace(), journal.now())
            .await?;
        if let Some(entry) = &claimed {
            let due = entry.leased_until;
            journal.remember(Adoption {
                due,
                ..entry.clone()
            });
        }
        Ok(claimed)
    }

    async fn finish(&self, entry: &Adoption) -> Released {
        let adopting = Adopting::new(&self.journal, &self.client, &self.reader);
        let mut entry = entry.clone();
        if entry.account.as_str().is_empty() {
            match self.reader.whoami().await {
                Ok(me) => entry.account = me,
                Err(_) => {
                    let due = self.journal.later(Duration::from_secs(5));
                    adopting.put_off(&entry, None, due).await;
                    return Released::Open;
                }
            }
        }
        match adopting.finish(&entry).await {
            Finish::Closed { .. } => {
                tracing::info!(room.id = %entry.room, "an open adoption is finished");
                Released::Closed
            }
            Finish::Open { due, owner } => {
                adopting.put_off(&entry.with_owner(owner), None, due).await;
                Released::Open
            }
            Finish::Blocked { reason } => {
                adopting.block(&entry, &reason).await;
                Released::Blocked { reason }
            }
        }
    }

    /// Tries to finish every open entry now, and returns the result of each.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn release_all(&self) -> Result<Vec<(RoomId, Released)>, store::Error> {
        let mut done = Vec::new();
        for open in self.journal.store.adoptions().await? {
            let released = match self.claim(Some(&open.room)).await? {
                Some(entry) => self.finish(&entry).await,
                None => Released::Open,
            };
            done.push((open.room, released));
        }
        Ok(done)
    }

    /// Retries until no open entry is left.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn release_until_none(&self) -> Result<(), store::Error> {
        loop {
            let released = self.release_all().await?;
            if released.iter().all(|(_, how)| *how == Released::Closed) {
                return Ok(());
            }
            tokio::time::sleep(self.journal.pace.watch.min(POLL)).await;
        }
    }

    /// Gives a room that the service account owns to a person.
    ///
    /// # Errors
    /// The error of the portal, as a message for operators.
    pub async fn release_to(&self, room: &RoomId, to: &UserId) -> Result<(), String> {
        let writer = crate::docspace::Writer::new(&self.client);
        let change = writer
            .give_back(room, to, None)
            .await
            .map_err(|error| error.to_string())?;
        if change.is_none_or(|change| change.owner != *to) {
            return Err("the portal reported success but did not do it".to_owned());
        }
        let store = &self.journal.store;
        if let Ok(Some(open)) = store.adoption_of(room).await {
            let closed = store.adoption_close(&open, "released to a person", self.journal.now());
            closed.await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
