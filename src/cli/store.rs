//! `rooms`: lists the rooms in the store.

use anyhow::bail;
use serde_json::json;

use super::lines::{self, is_open};
use super::{Exit, Out, connect, now};
use crate::config::{Flags, environment, store_address};
use crate::report::dto;
use crate::room::{RoomId, escape_control};
use crate::store::{JobRow, OpenMode, RoomRow, Store};
use crate::yaml::hint;

/// How many rooms are read at a time.
const PAGE: u32 = 500;
/// How many lines of a room's history are shown.
const LINES: u32 = 20;

/// List rooms with their last outcomes
#[derive(Debug, clap::Args)]
pub(super) struct Rooms {
    /// Show one room: its last run in full, and its history
    room: Option<String>,
    /// Only rooms with this last outcome
    #[arg(long, value_name = "OUTCOME", value_parser = crate::report::OUTCOMES)]
    outcome: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn open(flags: &Flags) -> anyhow::Result<Store> {
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
        match &self.room {
            Some(room) => self.one(&store, &RoomId::new(room.as_str()), out).await,
            None if self.json => self.all_as_json(&store, out).await,
            None => self.all(&store, out).await,
        }
    }

    async fn all(&self, store: &Store, out: &mut Out) -> anyhow::Result<Exit> {
        let mut page = self.page(store, None).await?;
        if page.is_empty() {
            out.line(match &self.outcome {
                Some(_) => "no room has this outcome",
                None => "no rooms yet",
            })?;
        }
        while let Some(last) = page.last() {
            for row in &page {
                out.row(&format!(
                    "{:<8} {:<36} {}",
                    escape_control(row.room.as_str()),
                    escape_control(&row.title),
                    escape_control(&what(row))
                ))?;
            }
            page = self.page(store, Some(last)).await?;
        }
        Ok(Exit::Fine)
    }

    async fn all_as_json(&self, store: &Store, out: &mut Out) -> anyhow::Result<Exit> {
        let adoptions = store.adoptions().await?;
        let members = json!({ "version": 1, "adoptions": adoptions });
        let mut list = out.json_list(&members, "rooms")?;
        let mut page = self.page(store, None).await?;
        while let Some(last) = page.last() {
            for row in &page {
                if !list.push(row)? {
                    return Ok(Exit::Fine);
                }
            }
            page = self.page(store, Some(last)).await?;
        }
        list.end()?;
        Ok(Exit::Fine)
    }

    /// The next page: there may be a hundred thousand rooms.
    async fn page(&self, store: &Store, last: Option<&RoomRow>) -> anyhow::Result<Vec<RoomRow>> {
        let outcome = self.outcome.as_deref();
        Ok(store.rooms_after(outcome, last, PAGE).await?)
    }

    async fn one(&self, store: &Store, room: &RoomId, out: &mut Out) -> anyhow::Result<Exit> {
        let Some(row) = store.room(room).await? else {
            bail!(
                "the store has no room `{room}`: no event of it arrived, and no sweep processed it. `roomwright rooms` lists those it has, `roomwright plan {room}` shows what policies ask for; if the room is older than the store, the service leaves it alone until `roomwright apply {room}`{}",
                nearest(store, room).await?
            );
        };
        let report = dto::Report::read(&row.report);
        let history = store.history(Some(room), LINES).await?;
        if self.json {
            out.json(&json!({ "version": 1, "room": row, "report": report, "history": history }))?;
            return Ok(Exit::Fine);
        }
        match report {
            Some(report) => {
                out.text(&report.to_string())?;
                if let Some(how) = how_to_explain(&report) {
                    out.line(&escape_control(&how))?;
                }
            }
            None => out.line(&escape_control(&format!("room {room}: {}", what(&row))))?,
        }
        if row.outcome == "would-change" {
            out.line(&format!(
                "  next: `roomwright apply {room}` changes it, unless `mode` is `observe`; the service itself waits for the next event of the room"
            ))?;
        }
        if let Some(at) = row.at {
            out.line(&format!("  last run {at:.0}"))?;
        }
        if let Some(job) = row.job {
            match job.given_up {
                Some(reason) => out.line(&escape_control(&format!("  given up: {reason}")))?,
                None => out.line(&format!("  {}, {} attempts used", when(&job), job.attempts))?,
            }
        }
        lines::history(&history, out)?;
        Ok(Exit::Fine)
    }
}

/// If no policy matches, `explain` says why, also if the room was renamed since.
fn how_to_explain(report: &dto::Report) -> Option<String> {
    let is_unmatched = report.skipped.as_deref() == Some("no-policy");
    let room = &report.room;
    is_unmatched.then(|| {
        format!(
            "  why: `roomwright explain --room {room}` shows for each policy why it does not match the room as it is now"
        )
    })
}

/// A hint at the room that the user may have meant, by title or id.
async fn nearest(store: &Store, room: &RoomId) -> anyhow::Result<String> {
    let mut rows = store.rooms_after(None, None, PAGE).await?;
    let mut words = Vec::new();
    while let Some(last) = rows.last() {
        for row in &rows {
            if row.title == room.as_str() {
                return Ok(format!("; room `{}` has this title", row.room));
            }
        }
        words.extend(rows.iter().map(|row| row.room.to_string()));
        let next = store.rooms_after(None, Some(last), PAGE).await?;
        rows = next;
    }
    Ok(hint(room.as_str(), words.iter().map(String::as_str)))
}

/// When the room is processed next.
fn when(job: &JobRow) -> String {
    let now = now();
    match job.leased_until {
        Some(until) if until > now => "in progress now".to_owned(),
        _ if job.due <= now => format!(
            "due since {:.0}; `roomwright status` shows what the service waits for",
            job.due
        ),
        _ => format!("next run {:.0}", job.due),
    }
}

fn what(row: &RoomRow) -> String {
    let due = match &row.job {
        Some(job) => match &job.given_up {
            Some(_) => " [given up]".to_owned(),
            None => format!(" [{}]", when(job)),
        },
        None => String::new(),
    };
    let summary = if row.summary.is_empty() {
        "not processed yet"
    } else {
        row.summary.as_str()
    };
    format!("{summary}{due}")
}
