//! `status`: what the service is doing, and the last lines of its log.

mod live;

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
use crate::store::{Adoption, HistoryRow, OpenMode, Overview};

/// Show what the service is doing, and what it did last
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// The maximum number of history lines
    #[arg(long = "limit", value_name = "NUMBER", default_value = "20")]
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
        let store = stored(&store_address(flags, &environment)?, self.most).await;
        let store = match (&service, store) {
            (_, Ok(store)) => store,
            // The service knows more than nothing.
            (Service::Answers(_, running), Err(error)) => Stored {
                overview: running.store.clone(),
                problem: Some(format!("{error:#}")),
                ..Stored::default()
            },
            (_, Err(error)) => return Err(error),
        };
        if self.json {
            let running = match &service {
                Service::Answers(_, running) => Some(running),
                Service::Unasked | Service::Silent(..) => None,
            };
            out.json(&json!({
                "version": 1, "service": running, "store": store.overview, "store_problem": store.problem,
                "adoptions": store.open, "history": store.history,
            }))?;
        } else {
            out.text(&text(&service, &store))?;
            lines::history(&store.history, out)?;
        }
        let is_ready = match &service {
            Service::Answers(_, running) => running.is_ready(),
            Service::Unasked => true,
            Service::Silent(..) => false,
        };
        Ok(if is_ready && store.problem.is_none() {
            Exit::Fine
        } else {
            Exit::Failed
        })
    }
}

/// What the store knows, or why it cannot be read.
#[derive(Default)]
struct Stored {
    overview: Option<Overview>,
    open: Vec<Adoption>,
    history: Vec<HistoryRow>,
    problem: Option<String>,
}

async fn stored(address: &str, most: u32) -> anyhow::Result<Stored> {
    let store = connect::store(address, OpenMode::Existing).await?;
    Ok(Stored {
        overview: Some(store.overview(now()).await?),
        open: store.adoptions().await?,
        history: store.history(None, most).await?,
        problem: None,
    })
}

/// What the service at an address for operators reports.
pub(super) async fn running(address: SocketAddr) -> anyhow::Result<Running> {
    let (status, body) = ask(&format!("http://{}/readyz", local(address))).await?;
    serde_json::from_value(body)
        .map_err(|_| anyhow!("what responds there ({status}) is not this version of roomwright"))
}

fn text(service: &Service, store: &Stored) -> String {
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
    if let Some(problem) = &store.problem {
        line("store", format!("! {problem}"));
    }
    if let Some(overview) = &store.overview {
        for (what, text) in rooms(overview, &store.open) {
            line(what, text);
        }
    }
    if let Service::Answers(_, running) = service {
        for (what, text) in live::lines(running) {
            line(what, text);
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The lines from the store.
fn rooms(overview: &Overview, open: &[Adoption]) -> Vec<(&'static str, String)> {
    let Overview {
        due,
        due_since,
        later,
        running,
        given_up,
        outcomes,
        last_delivery,
        ..
    } = overview;
    let first = due_since.map_or(String::new(), |since| {
        format!(", the first for {}", age(since))
    });
    let mut lines = vec![(
        "rooms",
        format!("{due} due{first}, {later} scheduled, {running} in progress, {given_up} given up"),
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

fn age(since: Timestamp) -> Took {
    let age = now().duration_since(since);
    Took(std::time::Duration::try_from(age).unwrap_or_default())
}
