//! `apply`: applies the policies to live rooms, now.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use futures::StreamExt as _;
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::{json, show, show_many};
use super::serve::stop_on_signals;
use super::survey::{Filters, progress, survey};
use super::totals::{Totals, needs_attention, needs_changes};
use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::decide::Trigger;
use crate::docspace::Reader;
use crate::policy::PolicySet;
use crate::report::{Outcome, Report, Wait};
use crate::room::{RoomId, Skip, counted, escape_control};
use crate::service::worker::lease;
use crate::service::{self, Portal, Process, Worker};
use crate::store::{Claim, OpenMode, Store};

/// How many rooms are processed at once.
const ROOMS_AT_ONCE: usize = 8;

/// Apply the policies to live rooms
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "roomwright apply [OPTIONS] <ROOMS>...\n       roomwright apply [OPTIONS] --all"
)]
pub(super) struct Apply {
    /// Ids of rooms, as in the room's address
    #[arg(required_unless_present = "all")]
    rooms: Vec<String>,
    /// Every room of the portal that needs changes; shows the totals and asks first
    #[arg(long, conflicts_with = "rooms")]
    all: bool,
    #[command(flatten)]
    filters: Filters,
    /// Do not ask before changing more than one room
    #[arg(long)]
    yes: bool,
    /// Print the reports as JSON
    #[arg(long)]
    json: bool,
}

/// How long each room waits for new rooms of a running service, and how often it looks.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

/// What applying to a room needs.
struct Applying<'a> {
    config: &'a Config,
    store: &'a Store,
    reader: Reader,
    worker: &'a Worker,
    /// Whether it was reported that new rooms go first.
    has_waited: AtomicBool,
    stop: &'a CancellationToken,
}

impl Apply {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let policies = match connect::policies(&config)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        self.filters.check(&policies)?;
        self.can_ask()?;
        config.portal()?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let portal = Portal::writing(&config, &store, Process::Command, now)?;
        connect::account(&portal).await?;
        let stop = stop_on_signals()?;
        // `mode: observe` stops `apply` too.
        let mut beside = JoinSet::new();
        let (followed, brake) = (
            connect::configuration(flags, false),
            portal.client().brake().clone(),
        );
        beside.spawn(async move { followed.follow_mode(&brake).await });
        let planned = if self.all {
            let planning = self.planned(&config, &portal, &policies, out);
            match stop.run_until_cancelled(planning).await {
                Some(planned) => Some(planned?),
                None => bail!("stopped: nothing was done"),
            }
        } else {
            None
        };
        let applying = Applying {
            config: &config,
            store: &store,
            reader: portal.reader(),
            worker: &portal.worker(&store, service::policies(policies), ROOMS_AT_ONCE),
            has_waited: AtomicBool::new(false),
            stop: &stop,
        };
        let done = match planned {
            Some(Planned::Nothing(exit)) => Ok(exit),
            Some(Planned::Rooms { in_need, others }) => {
                self.many(&applying, in_need, others, out).await
            }
            None => self.named(&applying, out).await,
        };
        store.close().await;
        done
    }

    /// Fails if a confirmation is needed and there is no terminal to ask on.
    fn can_ask(&self) -> anyhow::Result<()> {
        let what = if self.all {
            "`--all`"
        } else {
            "more than one room"
        };
        let many = self.all || self.rooms.len() > 1;
        let can_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if many && !self.yes && !can_ask {
            bail!(
                "nothing was done: {what} needs a confirmation, and there is no terminal to ask on; check with `roomwright plan`, then pass `--yes`"
            );
        }
        Ok(())
    }

    /// Shows what would be done to all rooms, and asks.
    async fn planned(
        &self,
        config: &Config,
        portal: &Portal,
        policies: &PolicySet,
        out: &mut Out,
    ) -> anyhow::Result<Planned> {
        let listed = portal.reader().rooms().await?;
        let planner = portal.planner(portal.client());
        let reports = survey(&self.filters, policies, &planner, listed).await?;
        let totals = Totals::of(&reports, config.limits.writes_per_day);
        let (in_need, mut others): (Vec<Report>, Vec<Report>) =
            reports.into_iter().partition(needs_changes);
        others.retain(needs_attention);
        if in_need.is_empty() {
            show_many(&others, &totals, self.json, out)?;
            return Ok(Planned::Nothing(Exit::of(&others)));
        }
        if !self.json {
            out.text(&totals.to_string())?;
        }
        let question = format!(
            "apply the policies to {}? `roomwright plan --all` shows each change",
            counted(in_need.len(), "room")
        );
        if self.yes || asked(question).await? {
            return Ok(Planned::Rooms { in_need, others });
        }
        out.line("nothing was done")?;
        Ok(Planned::Nothing(Exit::Fine))
    }

    /// Applies to the rooms in need, then prints the exceptions, those of other rooms included, and the totals.
    async fn many(
        &self,
        applying: &Applying<'_>,
        in_need: Vec<Report>,
        others: Vec<Report>,
        out: &mut Out,
    ) -> anyhow::Result<Exit> {
        let total = in_need.len();
        // Only one part of the line can be as wide as the terminal leaves it.
        let bar = progress(total, "{pos} of {len} rooms {bar:20} {elapsed}, {wide_msg}");
        let mut runs = futures::stream::iter(in_need)
            .map(|planned| applying.unless_stopped(planned, &bar))
            .buffer_unordered(ROOMS_AT_ONCE);
        let mut reports = Vec::with_capacity(total);
        let mut failed = None;
        while let Some(report) = runs.next().await {
            let report = match report {
                Ok(Some(report)) if !was_dropped(&report) => report,
                Ok(_) => continue,
                // What was done before is still reported.
                Err(error) => {
                    applying.stop.cancel();
                    failed.get_or_insert(error);
                    continue;
                }
            };
            bar.inc(1);
            let is_unavailable = matches!(
                report.outcome,
                Outcome::Waiting(Wait::Portal(_) | Wait::Key(_))
            );
            reports.push(report);
            if is_unavailable {
                applying.stop.cancel();
            }
        }
        bar.finish_and_clear();
        let left = total - reports.len();
        reports.extend(others);
        let totals = Totals::of(&reports, applying.config.limits.writes_per_day);
        if self.json {
            show_many(&reports, &totals, true, out)?;
        } else {
            for report in reports.iter().filter(|report| needs_attention(report)) {
                out.text(&report.to_string())?;
            }
            out.text(&totals.done(&reports))?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if left == 0 {
            return Ok(Exit::of(&reports));
        }
        bail!(
            "stopped: {left} of {} not started; run the same command again to continue",
            counted(total, "room")
        )
    }

    async fn named(&self, applying: &Applying<'_>, out: &mut Out) -> anyhow::Result<Exit> {
        let question = format!(
            "apply the policies to {}?",
            counted(self.rooms.len(), "room")
        );
        if self.rooms.len() > 1 && !self.yes {
            let answer = applying.stop.run_until_cancelled(asked(question));
            if !answer.await.transpose()?.unwrap_or(false) {
                out.line("nothing was done")?;
                return Ok(Exit::Fine);
            }
        }
        let mut reports = Vec::new();
        for room in &self.rooms {
            let report = applying.named(&RoomId::new(room.as_str())).await?;
            if was_dropped(&report) {
                bail!("stopped: nothing was done in room {room} and those after it");
            }
            show(&report, self.json, out)?;
            reports.push(report);
        }
        if self.json {
            out.json(&json(&reports, None))?;
        }
        Ok(Exit::of_named(&reports))
    }
}

impl Applying<'_> {
    /// `None` if the process was asked to stop before the room was started.
    async fn unless_stopped(
        &self,
        planned: Report,
        bar: &ProgressBar,
    ) -> anyhow::Result<Option<Report>> {
        if self.stop.is_cancelled() {
            return Ok(None);
        }
        self.leave_to_new_rooms().await?;
        bar.set_message(format!("room {}", escape_control(&planned.title)));
        self.one(&planned.room).await.map(Some)
    }

    /// New rooms that a running service is about to process go first: someone is waiting in them.
    async fn leave_to_new_rooms(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while start.elapsed() < LONGEST_WAIT && !self.stop.is_cancelled() {
            if self.store.overview(now()).await?.due_new == 0 {
                break;
            }
            let others = self.store.announce_calls(0, false, now()).await?;
            if others.services == 0 {
                break;
            }
            if !self.has_waited.swap(true, Ordering::Relaxed) {
                tracing::info!("waiting: new rooms of the running service go first");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// A room that somebody named: if it exists nowhere, it is not recorded.
    async fn named(&self, room: &RoomId) -> anyhow::Result<Report> {
        let is_unknown = self.store.room(room).await?.is_none();
        if is_unknown && matches!(self.reader.room(room).await, Ok(None)) {
            return Ok(Report::new(room.clone(), Outcome::Skipped(Skip::Gone)));
        }
        self.one(room).await
    }

    async fn one(&self, room: &RoomId) -> anyhow::Result<Report> {
        let lease = lease(self.config.retry.after_lost_answer);
        let claim = self
            .store
            .claim_room(room, now(), lease, &self.worker.holder);
        let job = match claim.await? {
            Claim::Busy { until } => {
                let reason = format!(
                    "another process is working on it, until {until:.0} at the latest; try again then"
                );
                return Ok(Report::new(room.clone(), Outcome::Failed(reason)));
            }
            Claim::Got(job) => job,
        };
        let (mut report, settled) = self.worker.reconcile(&job, Trigger::Apply, self.stop).await;
        if report.adoption_open {
            self.worker.custodian.release_all().await?;
            report.adoption_open = self.store.adoption_of(&report.room).await?.is_some();
        }
        settled?;
        Ok(report)
    }
}

/// What `--all` does.
enum Planned {
    /// Nothing, and the process ends.
    Nothing(Exit),
    /// Applies the policies.
    Rooms {
        /// To these rooms.
        in_need: Vec<Report>,
        /// Other rooms that an operator should know about.
        others: Vec<Report>,
    },
}

/// Whether the process was asked to stop before the run wrote anything.
fn was_dropped(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Waiting(Wait::Shutdown)) && report.calls.writes == 0
}

/// Asks on the terminal, in a thread of its own: a process that is asked to stop does not wait for the answer.
async fn asked(question: String) -> std::io::Result<bool> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits for the answer when the process was asked to stop.
        let _ = sender.send(answered(&question));
    });
    answer.await.unwrap_or(Ok(false))
}

/// Anything but yes means no.
fn answered(question: &str) -> std::io::Result<bool> {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
