//! `plan` and `apply`: live rooms, now.

use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};

use super::serve::stop_on_signals;
use super::totals::Totals;
use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::decide::Trigger;
use crate::docspace::{Priority, Reader};
use crate::policy::PolicySet;
use crate::reconcile::Planner;
use crate::report::{Outcome, Report, Wait, dto};
use crate::room::RoomId;
use crate::service::worker::lease;
use crate::service::{self, Portal, Writes};
use crate::store::{Claim, OpenMode};

/// How many rooms `plan --all` looks at together; the budget keeps the calls within its limits.
const ROOMS_AT_ONCE: usize = 16;

/// Say what would change in live rooms; writes nothing
#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    /// Ids of rooms, as they stand in the room's address
    #[arg(required_unless_present = "all")]
    rooms: Vec<String>,
    /// Every room of the portal that our account can see, ending in totals
    #[arg(long, conflicts_with = "rooms")]
    all: bool,
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
        let policies = match connect::policies(&config)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        let portal = Portal::reading(&config, now)?;
        // Every room there is can wait for new ones.
        let client = if self.all {
            portal.client().with_priority(Priority::Sweep)
        } else {
            portal.client().clone()
        };
        let planner = portal.planner(&client);
        if self.all {
            let rooms = Reader::new(&client).rooms().await?;
            let rooms = rooms.into_iter().map(|room| room.id).collect();
            return self
                .every_room(&config, &policies, &planner, rooms, out)
                .await;
        }
        let mut reports = Vec::new();
        for room in &self.rooms {
            let report = planner.plan(&policies, &RoomId::new(room.as_str())).await;
            show(&report, self.json, out)?;
            reports.push(report);
        }
        finish(&reports, self.json, out)
    }

    /// Looks at every room, and tells of those to which something would be done or cannot be done.
    async fn every_room(
        &self,
        config: &Config,
        policies: &PolicySet,
        planner: &Planner,
        rooms: Vec<RoomId>,
        out: &mut Out,
    ) -> anyhow::Result<Exit> {
        let bar = ProgressBar::new(rooms.len() as u64).with_style(
            ProgressStyle::with_template("{pos} of {len} rooms {wide_bar} {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let total = rooms.len();
        let mut looks =
            futures::stream::iter(rooms.iter().map(|room| planner.plan(policies, room)))
                .buffer_unordered(ROOMS_AT_ONCE);
        let mut reports = Vec::with_capacity(total);
        while let Some(report) = looks.next().await {
            if let Outcome::Waiting(Wait::Portal(reason)) = &report.outcome {
                bar.finish_and_clear();
                anyhow::bail!(
                    "{} of {total} rooms were looked at, then the portal did not serve us any more: {reason}",
                    reports.len()
                );
            }
            reports.push(report);
            bar.inc(1);
        }
        bar.finish_and_clear();
        drop(looks);
        reports.sort_by(|a, b| room_order(&a.room).cmp(&room_order(&b.room)));
        let totals = Totals::of(&reports, config.limits.writes_per_day);
        if self.json {
            out.json(&serde_json::json!({ "rooms": dtos(&reports), "totals": totals }))?;
        } else {
            let quiet =
                |report: &&Report| !matches!(report.outcome, Outcome::InSync | Outcome::Skipped(_));
            for report in reports.iter().filter(quiet) {
                out.text(&report.to_string())?;
            }
            out.text(&totals.to_string())?;
        }
        Ok(Exit::of(&reports))
    }
}

/// The order in which the portal gave the ids out; third-party rooms last.
fn room_order(room: &RoomId) -> (u64, &str) {
    (room.as_str().parse().unwrap_or(u64::MAX), room.as_str())
}

impl Apply {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let policies = match connect::policies(&config)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        config.portal()?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let portal = Portal::writing(&config, &store, Writes::Few, now)?;
        // A dead key is reported once, before any room.
        portal.reader().whoami().await?;
        let worker = portal.worker(&store, service::policies(policies), 1);
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
                    let (mut report, settled) = worker.reconcile(&job, Trigger::Apply, &stop).await;
                    if report.adoption_open {
                        worker.custodian.release_all().await?;
                        let open = store.adoptions().await?;
                        report.adoption_open = open.iter().any(|entry| entry.room == report.room);
                    }
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

fn dtos(reports: &[Report]) -> Vec<dto::Report> {
    reports.iter().map(dto::Report::from).collect()
}

fn finish(reports: &[Report], json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    if json {
        out.json(&dtos(reports))?;
    }
    Ok(Exit::of(reports))
}
