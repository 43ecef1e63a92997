//! `plan` and `apply`: live rooms, now.

use std::sync::Arc;

use tokio::sync::{RwLock, watch};

use super::serve::stop_on_signals;
use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::docspace::Reader;
use crate::policy::PolicySet;
use crate::reconcile::{Planner, Why};
use crate::report::Report;
use crate::room::RoomId;
use crate::store::{Claim, OpenMode};
use crate::worker::{Worker, lease};

/// Say what would change in live rooms; writes nothing
#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    /// Ids of rooms, as they stand in the room's address
    #[arg(required = true)]
    rooms: Vec<String>,
    /// Print the reports as JSON
    #[arg(long)]
    json: bool,
}

/// Bring live rooms in line with their policies
#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// Ids of rooms, as they stand in the room's address
    #[arg(required = true)]
    rooms: Vec<String>,
    /// Print the reports as JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let policies = match connect::policies(&config, out)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        let client = connect::client(&config, Arc::new(connect::Uncounted))?;
        let planner = Planner::new(client, connect::directory(), connect::settings(&config));
        let mut reports = Vec::new();
        for room in &self.rooms {
            let report = planner.plan(&policies, &RoomId::new(room.as_str())).await;
            show(&report, self.json, out)?;
            reports.push(report);
        }
        finish(&reports, self.json, out)
    }
}

impl Apply {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let policies = match connect::policies(&config, out)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        config.portal()?;
        let store = connect::store(&config, OpenMode::Create).await?;
        let client = connect::counted_client(&config, &store)?;
        // A dead key is told once, before any room.
        Reader::new(&client).whoami().await?;
        let worker = Worker {
            engine: connect::engine(&config, &client, &store),
            store: store.clone(),
            client,
            policies: Arc::new(RwLock::new(Arc::<PolicySet>::new(policies))),
            retry: config.retry,
            at_once: 1,
            holder: connect::holder(),
            clock: now,
            paused: Arc::new(watch::Sender::new(None)),
        };
        let stop = stop_on_signals()?;
        let mut reports = Vec::new();
        for room in &self.rooms {
            let room = RoomId::new(room.as_str());
            let lease = lease(config.retry.after_lost_answer);
            match store
                .claim_room(&room, now(), lease, &worker.holder)
                .await?
            {
                Claim::Busy { until } => {
                    let reason = format!(
                        "another process works on it, until {until:.0} at the latest; try again then"
                    );
                    let report = Report::new(room, crate::report::Outcome::Failed(reason));
                    show(&report, self.json, out)?;
                    reports.push(report);
                }
                Claim::Got(job) => {
                    let (report, settled) = worker.reconcile(&job, Why::Apply, &stop).await;
                    show(&report, self.json, out)?;
                    reports.push(report);
                    settled?;
                }
            }
        }
        store.close().await;
        finish(&reports, self.json, out)
    }
}

fn show(report: &Report, json: bool, out: &mut Out) -> std::io::Result<()> {
    if json {
        Ok(())
    } else {
        out.text(&report.to_string())
    }
}

fn finish(reports: &[Report], json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    if json {
        out.json(&reports)?;
    }
    Ok(Exit::of(reports))
}
