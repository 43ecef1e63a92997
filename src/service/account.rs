//! What the processes of one account share, counted in the store: the writes per day and the calls per minute.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::docspace::{self, Purpose};
use crate::store::{OtherCalls, Store};

/// How many writes a service reserves in advance: a kill may lose this many of the day.
const AHEAD: u64 = 20;
/// How often a service announces itself.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The kind of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// It runs permanently, and new rooms wait for it.
    Service,
    /// It ends on its own: it leaves the minute to services, and reserves no writes in advance.
    Command,
}

/// The account, counted in the store.
#[derive(Debug)]
pub(super) struct Account {
    store: Store,
    process: Process,
    clock: fn() -> Timestamp,
    /// How many reserved writes are left.
    left: tokio::sync::Mutex<u64>,
}

impl Account {
    pub(super) fn new(store: Store, process: Process, clock: fn() -> Timestamp) -> Self {
        Self {
            store,
            process,
            clock,
            left: tokio::sync::Mutex::default(),
        }
    }
}

#[async_trait::async_trait]
impl docspace::Account for Account {
    async fn spend_write(&self, purpose: Purpose, limit: u64) -> bool {
        let mut left = self.left.lock().await;
        if *left > 0 {
            *left -= 1;
            return true;
        }
        // The writes for giving rooms back are not reserved for other work.
        let most = match (purpose, self.process) {
            (Purpose::Work, Process::Service) => AHEAD,
            (Purpose::Work, Process::Command) | (Purpose::GiveBack, _) => 1,
        };
        match self
            .store
            .set_writes_aside(most, limit, (self.clock)())
            .await
        {
            Ok(granted) => {
                *left = granted.saturating_sub(1);
                granted > 0
            }
            Err(error) => {
                // The portal counts too; a failing store stops the run soon anyway.
                tracing::warn!(%error, "writes could not be counted");
                true
            }
        }
    }

    async fn written(&self) -> Option<u64> {
        let left = self.left.lock().await;
        let set_aside = self.store.writes_set_aside((self.clock)()).await.ok()?;
        Some(set_aside.saturating_sub(*left))
    }

    async fn announce(&self, calls: usize, limit: usize) -> usize {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        let serves = self.process == Process::Service;
        let others = self.store.announce_calls(calls, serves, (self.clock)());
        match others.await {
            Ok(others) => part(self.process, limit, others),
            Err(error) => {
                // The store logs the error.
                tracing::debug!(%error, "calls could not be counted");
                limit
            }
        }
    }
}

/// The share of a process in the calls of a minute. DocSpace allows a quarter more than the default limit: that quarter
/// is for commands while a service runs, so that new rooms do not wait for them.
fn part(process: Process, limit: usize, others: OtherCalls) -> usize {
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let quarter = limit / 4;
    let of_commands = size(others.of_commands);
    match process {
        Process::Service => {
            let taken = size(others.of_services) + of_commands.saturating_sub(quarter);
            // Another service that used all of the last minute leaves some of the next.
            limit.saturating_sub(taken).max(limit / 8)
        }
        Process::Command => {
            let commands = size(others.commands) + 1;
            match others.services {
                0 => limit.saturating_sub(of_commands).max(quarter / commands),
                _ => quarter / commands,
            }
        }
    }
}

/// Announces the service while it runs: commands leave the minute to it.
pub(super) async fn announce_service(
    store: Store,
    clock: fn() -> Timestamp,
    stop: CancellationToken,
) {
    loop {
        if let Err(error) = store.announce_calls(0, true, clock()).await {
            tracing::debug!(%error, "the service could not announce itself");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HEARTBEAT) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_200;

    fn others(services: (u64, u64), commands: (u64, u64)) -> OtherCalls {
        OtherCalls {
            services: services.0,
            of_services: services.1,
            commands: commands.0,
            of_commands: commands.1,
        }
    }

    #[test]
    fn a_command_next_to_a_service_takes_nothing_from_it_and_both_stay_within_the_limit() {
        let of = |process, others| part(process, LIMIT, others);
        let alone = others((0, 0), (0, 0));
        assert_eq!(of(Process::Service, alone), LIMIT);
        assert_eq!(of(Process::Command, alone), LIMIT);
        assert_eq!(of(Process::Command, others((1, 0), (0, 0))), 300);
        assert_eq!(of(Process::Service, others((0, 0), (1, 300))), LIMIT);
        // The service started while the command was alone.
        assert_eq!(of(Process::Service, others((0, 0), (1, 900))), 600);
    }

    #[test]
    fn processes_of_one_kind_share_the_limit_and_each_gets_some_calls() {
        let of = |process, others| part(process, LIMIT, others);
        assert_eq!(of(Process::Service, others((1, 500), (0, 0))), 700);
        assert_eq!(of(Process::Service, others((1, 1_200), (0, 0))), 150);
        assert_eq!(of(Process::Command, others((0, 0), (1, 500))), 700);
        assert_eq!(of(Process::Command, others((0, 0), (1, 1_200))), 150);
        assert_eq!(of(Process::Command, others((1, 0), (2, 0))), 100);
    }
}
