//! `rooms` and `deliveries`: what the store knows.

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Exit, Out, connect, now};
use crate::config::{Flags, environment, store_address};
use crate::report::dto;
use crate::room::{RoomId, escape_control};
use crate::store::{Adoption, OpenMode, RoomRow, Store};

/// List what the store knows of rooms
#[derive(Debug, clap::Args)]
pub(super) struct Rooms {
    /// One room: everything about its last run
    room: Option<String>,
    /// Only rooms whose last outcome is this
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// List deliveries, show one, or try dead letters again
#[derive(Debug, clap::Args)]
pub(super) struct Deliveries {
    #[command(subcommand)]
    command: DeliveryCommand,
}

#[derive(Debug, Subcommand)]
enum DeliveryCommand {
    /// List the latest
    List {
        /// Only these: waiting, running, done or dead
        #[arg(long, value_parser = ["waiting", "running", "done", "dead"])]
        state: Option<String>,
        /// How many at the most
        #[arg(long, default_value = "50")]
        most: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one, with the payload as it came
    Show {
        /// The id of the event
        #[arg(allow_negative_numbers = true)]
        id: i64,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Work on the room of a delivery again
    Retry {
        /// The id of the event
        #[arg(allow_negative_numbers = true)]
        id: i64,
    },
}

/// That an adoption is not finished, loudly.
pub(super) fn is_open(entry: &Adoption) -> String {
    let blocked = entry
        .blocked
        .as_ref()
        .map_or(String::new(), |why| format!("; {why}"));
    format!(
        "THE ADOPTION OF ROOM {} IS NOT FINISHED since {:.0}; it belongs to {}{blocked}",
        entry.room, entry.opened_at, entry.owner
    )
}

async fn open(flags: &Flags) -> anyhow::Result<Store> {
    let address = store_address(flags, &environment)?;
    connect::store(&address, OpenMode::Existing).await
}

impl Rooms {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let store = open(flags).await?;
        if !self.json {
            for entry in store.adoptions().await? {
                out.line(&escape_control(&format!("! {}", is_open(&entry))))?;
            }
        }
        if let Some(room) = &self.room {
            return self.one(&store, &RoomId::new(room.as_str()), out).await;
        }
        let rows = store.rooms(self.outcome.as_deref()).await?;
        if self.json {
            out.json(&json!({ "rooms": rows, "adoptions": store.adoptions().await? }))?;
            return Ok(Exit::Fine);
        }
        if rows.is_empty() {
            out.line("the store knows no such room yet")?;
        }
        for row in rows {
            out.row(&format!(
                "{:<8} {:<36} {}",
                escape_control(row.room.as_str()),
                escape_control(&row.title),
                escape_control(&what(&row))
            ))?;
        }
        Ok(Exit::Fine)
    }

    async fn one(&self, store: &Store, room: &RoomId, out: &mut Out) -> anyhow::Result<Exit> {
        let Some(row) = store.room(room).await? else {
            bail!("the store knows no room `{room}`; `roomwright rooms` lists those it knows");
        };
        let report = dto::Report::read(&row.report);
        if self.json {
            out.json(&json!({ "room": row, "report": report }))?;
            return Ok(Exit::Fine);
        }
        match report {
            Some(report) => out.text(&report.to_string())?,
            None => out.line(&escape_control(&format!("room {room}: {}", what(&row))))?,
        }
        if let Some(at) = row.at {
            out.line(&format!("  last run {at:.0}"))?;
        }
        if let Some(job) = row.job {
            match job.dead {
                Some(reason) => out.line(&escape_control(&format!("  given up: {reason}")))?,
                None => out.line(&format!(
                    "  next run {:.0}, {} attempts used",
                    job.due, job.attempts
                ))?,
            }
        }
        Ok(Exit::Fine)
    }
}

fn what(row: &RoomRow) -> String {
    let due = match &row.job {
        Some(job) => match &job.dead {
            Some(_) => " [dead letter]".to_owned(),
            None => format!(" [next run {:.0}]", job.due),
        },
        None => String::new(),
    };
    let summary = if row.summary.is_empty() {
        "not looked at yet"
    } else {
        row.summary.as_str()
    };
    format!("{summary}{due}")
}

impl Deliveries {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let store = open(flags).await?;
        match &self.command {
            DeliveryCommand::List { state, most, json } => {
                let rows = store.deliveries_in(state.as_deref(), *most, now()).await?;
                if *json {
                    out.json(&rows)?;
                    return Ok(Exit::Fine);
                }
                if rows.is_empty() {
                    out.line("no such delivery")?;
                }
                for row in rows {
                    out.row(&format!(
                        "{:<8} {:.0} {:<8} room {:<8} {:<30} {}",
                        row.id,
                        row.received_at,
                        row.state,
                        escape_control(row.room.as_str()),
                        escape_control(&row.title),
                        escape_control(&row.summary)
                    ))?;
                }
            }
            DeliveryCommand::Show { id, json } => {
                let Some(row) = store.delivery(*id, now()).await? else {
                    bail!("{}", unknown(*id))
                };
                let body: Value = serde_json::from_str(&row.body).unwrap_or(Value::Null);
                if *json {
                    out.json(&json!({ "delivery": row, "body": body }))?;
                } else {
                    out.line(&format!(
                        "delivery {} of {}, room {} ({}), came {}, first at {:.0}: {} {}",
                        row.id,
                        escape_control(&row.trigger),
                        escape_control(row.room.as_str()),
                        escape_control(&row.title),
                        times(row.seen),
                        row.received_at,
                        row.state,
                        escape_control(&row.summary)
                    ))?;
                    out.json(&body)?;
                }
            }
            DeliveryCommand::Retry { id } => {
                let Some(row) = store.delivery(*id, now()).await? else {
                    bail!("{}", unknown(*id))
                };
                store.wake(&row.room, now()).await?;
                out.line(&escape_control(&format!(
                    "room {} is due now; `roomwright serve` works on it",
                    row.room
                )))?;
            }
        }
        Ok(Exit::Fine)
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn unknown(id: i64) -> String {
    format!("the store knows no delivery `{id}`; `roomwright deliveries list` lists those it knows")
}
