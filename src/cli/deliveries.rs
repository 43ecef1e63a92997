//! `deliveries`: what the webhook delivered, and the outcome.

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use super::store::open;
use super::{Exit, Out, now};
use crate::config::Flags;
use crate::room::escape_control;
use crate::store::Store;

/// How many deliveries are read at a time.
const PAGE: u32 = 500;

/// List deliveries, show one, or process its room again
#[derive(Debug, clap::Args)]
pub(super) struct Deliveries {
    #[command(subcommand)]
    command: DeliveryCommand,
}

#[derive(Debug, Subcommand)]
enum DeliveryCommand {
    /// List the latest deliveries
    List {
        /// Only deliveries in this state: waiting, running, done or given-up
        #[arg(long, value_parser = ["waiting", "running", "done", "given-up"])]
        state: Option<String>,
        /// The maximum number of deliveries
        #[arg(long = "limit", value_name = "NUMBER", default_value = "50")]
        most: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a delivery with its original payload
    Show {
        /// The id of the delivery
        #[arg(allow_negative_numbers = true)]
        id: i64,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Process the room of a delivery again
    Retry {
        /// The id of the delivery
        #[arg(allow_negative_numbers = true)]
        id: i64,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Deliveries {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let store = open(flags).await?;
        match &self.command {
            DeliveryCommand::List { state, most, json } => {
                list(&store, state.as_deref(), *most, *json, out).await?;
            }
            DeliveryCommand::Show { id, json } => {
                let Some(row) = store.delivery(*id, now()).await? else {
                    bail!("{}", unknown(&store, *id).await?)
                };
                let body: Value = serde_json::from_str(&row.body).unwrap_or(Value::Null);
                if *json {
                    out.json(&json!({ "version": 1, "delivery": row, "body": body }))?;
                } else {
                    out.line(&format!(
                        "delivery {} of {}, room {} ({}), arrived {}, first at {:.0}: {} {}",
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
            DeliveryCommand::Retry { id, json } => {
                let Some(row) = store.delivery(*id, now()).await? else {
                    bail!("{}", unknown(&store, *id).await?)
                };
                store.wake(&row.room, now()).await?;
                if *json {
                    out.json(&json!({ "version": 1, "room": row.room }))?;
                } else {
                    out.line(&escape_control(&format!(
                        "room {} is due now; `roomwright serve` processes it",
                        row.room
                    )))?;
                }
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

async fn unknown(store: &Store, id: i64) -> anyhow::Result<String> {
    let nearest = store.nearest_delivery(id).await?;
    let nearest = nearest.map_or(String::new(), |near| format!("; the nearest is `{near}`"));
    Ok(format!(
        "the store has no delivery `{id}`{nearest}; `roomwright deliveries list` shows those it has"
    ))
}

/// Lists up to `most` deliveries, page by page: there may be a hundred thousand.
async fn list(
    store: &Store,
    state: Option<&str>,
    most: u32,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let now = now();
    let mut left = most;
    let mut page = store
        .deliveries_after(state, None, left.min(PAGE), now)
        .await?;
    if json {
        let mut list = out.json_list(&json!({ "version": 1 }), "deliveries")?;
        while let Some(last) = page.last() {
            for row in &page {
                if !list.push(row)? {
                    return Ok(());
                }
            }
            left = left.saturating_sub(PAGE);
            page = store
                .deliveries_after(state, Some(last), left.min(PAGE), now)
                .await?;
        }
        return Ok(list.end()?);
    }
    if page.is_empty() {
        out.line("no deliveries")?;
    }
    while let Some(last) = page.last() {
        for row in &page {
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
        left = left.saturating_sub(PAGE);
        page = store
            .deliveries_after(state, Some(last), left.min(PAGE), now)
            .await?;
    }
    Ok(())
}
