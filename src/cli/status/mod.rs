//! `status`: what the service is doing, and the last lines of its log.

use std::net::SocketAddr;

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use super::healthcheck::{ask, local};
use super::lines::{self, is_open};
use super::{Exit, Out, connect, now};
use crate::config::{Flags, admin_address, environment, store_address};
use crate::report::Took;
use crate::room::counted;
use crate::service::Running;
use crate::store::{Adoption, OpenMode, Overview};

/// Show what the service is doing, and what it did last
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// The maximum number of history lines
    #[arg(long, default_value = "20")]
    most: u32,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What the service reports about itself.
enum Service {
    /// It has no address for operators.
    Unasked,
    /// It does not respond.
    Silent(SocketAddr, String),
    Answers(SocketAddr, Box<Running>),
}

impl Status {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let service = match admin_address(flags, &environment)? {
            None => Service::Unasked,
            Some(address) => match running(address).await {
                Ok(running) => Service::Answers(address, Box::new(running)),
                Err(error) => Service::Silent(address, format!("{error:#}")),
            },
        };
        let store =
            connect::store(&store_address(flags, &environment)?, OpenMode::Existing).await?;
        let overview = store.overview(now()).await?;
        let open = store.adoptions().await?;
        let history = store.history(None, self.most).await?;
        if self.json {
            let running = match &service {
                Service::Answers(_, running) => Some(running),
                Service::Unasked | Service::Silent(..) => None,
            };
            out.json(&json!({
                "version": 1, "service": running, "store": overview, "adoptions": open, "history": history,
            }))?;
        } else {
            out.text(&text(&service, &overview, &open))?;
            lines::history(&history, out)?;
        }
        Ok(match service {
            Service::Answers(_, running) if running.is_ready() => Exit::Fine,
            Service::Unasked => Exit::Fine,
            Service::Answers(..) | Service::Silent(..) => Exit::Failed,
        })
    }
}

async fn running(address: SocketAddr) -> anyhow::Result<Running> {
    let (status, body) = ask(&format!("http://{}/readyz", local(address))).await?;
    serde_json::from_value(body)
        .map_err(|_| anyhow!("what responds there ({status}) is not this version of roomwright"))
}

fn text(service: &Service, overview: &Overview, open: &[Adoption]) -> String {
    let mut lines = Vec::new();
    let mut line = |what: &str, text: String| lines.push(format!("{what:<12}{text}"));
    match service {
        Service::Unasked => line(
            "service",
            "it cannot be asked (`admin_listen: none`); showing data from the store".to_owned(),
        ),
        Service::Silent(address, reason) => line(
            "service",
            format!(
                "the service does not respond at {address} (`admin_listen`): {reason}; showing data from the store"
            ),
        ),
        Service::Answers(address, running) => {
            let Running {
                status,
                mode,
                policies,
                ..
            } = running.as_ref();
            line(
                "service",
                format!(
                    "{status} at {address}; mode {mode}, {}",
                    counted(*policies, "policy")
                ),
            );
            for check in &running.checks {
                if let Some(problem) = &check.problem {
                    line("", format!("! {problem}"));
                }
            }
        }
    }
    for (what, text) in stored(overview, open) {
        line(what, text);
    }
    if let Service::Answers(_, running) = service {
        for (what, text) in live(running) {
            line(what, text);
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The lines from the store.
fn stored(overview: &Overview, open: &[Adoption]) -> Vec<(&'static str, String)> {
    let Overview {
        due,
        due_since,
        later,
        running,
        dead,
        outcomes,
        last_delivery,
        ..
    } = overview;
    let first = due_since.map_or(String::new(), |since| {
        format!(", the first for {}", age(since))
    });
    let mut lines = vec![(
        "rooms",
        format!("{due} due{first}, {later} scheduled, {running} in progress, {dead} given up"),
    )];
    let outcomes: Vec<String> = outcomes
        .iter()
        .map(|(outcome, rooms)| format!("{rooms} {outcome}"))
        .collect();
    if !outcomes.is_empty() {
        lines.push(("", outcomes.join(", ")));
    }
    let observed = overview.would_change();
    if observed > 0 {
        lines.push((
            "",
            format!(
                "{} only observed, waiting: `roomwright plan --all` shows what would change, `roomwright apply --all` changes it",
                counted(usize::try_from(observed).unwrap_or(usize::MAX), "room")
            ),
        ));
    }
    for entry in open {
        lines.push(("adoption", format!("! {}", is_open(entry))));
    }
    let last = last_delivery.map_or("none arrived yet".to_owned(), |at| {
        format!("the last arrived {} ago", age(at))
    });
    lines.push(("deliveries", last));
    lines
}

/// The lines that only the service can report.
fn live(running: &Running) -> Vec<(&'static str, String)> {
    let seconds = |seconds| Took(std::time::Duration::from_secs(seconds));
    let sweep = &running.sweep;
    let mut lines = vec![(
        "sweep",
        format!(
            "newest rooms {} ago, all {} ago",
            seconds(sweep.newest_s),
            seconds(sweep.all_s)
        ),
    )];
    if sweep.owned > 0 {
        lines.push((
            "",
            format!(
                "! the service account owns {}; `roomwright release --list` shows more",
                counted(sweep.owned, "room")
            ),
        ));
    }
    if sweep.waiting > 0 {
        lines.push((
            "",
            format!(
                "{} waiting, older than the store or matched by other policies now: `roomwright plan --all` shows what would change, `roomwright apply --all` changes it",
                counted(sweep.waiting, "room")
            ),
        ));
    }
    let day = running.budget.day.map_or(String::new(), |day| {
        format!(", {} left today", counted(day, "write"))
    });
    lines.push((
        "budget",
        format!(
            "{} left this minute{day}",
            counted(running.budget.minute, "call")
        ),
    ));
    if let Some(ends) = running.key_expires {
        lines.push(("key", format!("expires at {ends:.0}")));
    }
    lines
}

fn age(since: Timestamp) -> Took {
    let age = now().duration_since(since);
    Took(std::time::Duration::try_from(age).unwrap_or_default())
}
