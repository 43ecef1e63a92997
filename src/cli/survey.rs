//! Selects rooms, and plans what would be done to each.

use std::num::NonZeroUsize;

use anyhow::bail;
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use super::WrongArgument;
use super::explain::{day, room_type};
use super::totals::needs_changes;
use crate::docspace::ListedRoom;
use crate::policy::PolicySet;
use crate::policy::glob::{FoldMode, Glob};
use crate::reconcile::Planner;
use crate::report::{Outcome, Report, Wait};
use crate::room::{RoomId, RoomType, Skip};

/// How many rooms are planned at once; the budget limits the calls.
const ROOMS_AT_ONCE: usize = 16;

/// Filters for the portal's rooms.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Filters {
    /// Only rooms that this policy matches
    #[arg(long, value_name = "NAME", conflicts_with = "rooms")]
    policy: Option<String>,
    /// Only rooms whose title matches this glob
    #[arg(long, value_name = "GLOB", conflicts_with = "rooms", value_parser = title_glob)]
    title: Option<Glob>,
    /// Only rooms of this type
    #[arg(long = "type", value_name = "TYPE", conflicts_with = "rooms", value_parser = room_type)]
    kind: Option<RoomType>,
    /// Only rooms created on this day or later, such as 2026-07-01
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "rooms", value_parser = day)]
    created_since: Option<Date>,
    /// At most this many rooms that need changes, the oldest first
    #[arg(long, value_name = "NUMBER", conflicts_with = "rooms")]
    limit: Option<NonZeroUsize>,
}

fn title_glob(text: &str) -> Result<Glob, String> {
    Glob::new(text, FoldMode::Titles).map_err(|error| error.0)
}

impl Filters {
    /// Checks that the policy exists.
    ///
    /// # Errors
    /// It does not. The error suggests the nearest name.
    pub(super) fn check(&self, policies: &PolicySet) -> anyhow::Result<()> {
        let names = || {
            policies
                .policies()
                .iter()
                .map(|policy| policy.name.as_str())
        };
        match &self.policy {
            Some(name) if !names().any(|known| known == name) => {
                let hint = crate::yaml::hint(name, names());
                let text = format!("there is no policy `{name}`{hint}");
                Err(WrongArgument(text).into())
            }
            _ => Ok(()),
        }
    }

    fn may_select(&self, room: &ListedRoom) -> bool {
        let Self {
            policy: _,
            title,
            kind,
            created_since,
            limit: _,
        } = self;
        title.as_ref().is_none_or(|glob| glob.is_match(&room.title))
            && kind.is_none_or(|kind| room.kind == Some(kind))
            && created_since.is_none_or(|date| room.created >= date)
    }

    fn selects(&self, report: &Report) -> bool {
        let matched = |name: &String| report.matched.iter().any(|by| by.policy == *name);
        self.policy.as_ref().is_none_or(matched)
    }
}

/// Plans every selected room, the oldest first. Rooms that no policy can match are not read.
///
/// # Errors
/// The portal became unavailable.
pub(super) async fn survey(
    filters: &Filters,
    policies: &PolicySet,
    planner: &Planner,
    mut rooms: Vec<ListedRoom>,
) -> anyhow::Result<Vec<Report>> {
    rooms.retain(|room| filters.may_select(room));
    rooms.sort_by(|a, b| room_order(&a.id).cmp(&room_order(&b.id)));
    let total = rooms.len();
    let bar = progress(total, "{pos} of {len} rooms {wide_bar} {elapsed}");
    let mut plans = futures::stream::iter(rooms)
        .map(|room| plan(policies, planner, room))
        .buffered(ROOMS_AT_ONCE);
    let mut reports = Vec::with_capacity(total);
    let mut needing = 0;
    while let Some(report) = plans.next().await {
        bar.inc(1);
        if let Outcome::Waiting(Wait::Portal(reason) | Wait::Key(reason)) = &report.outcome {
            bar.finish_and_clear();
            bail!(
                "{} of {total} rooms were checked, then the portal became unavailable: {reason}; run `roomwright doctor`",
                bar.position() - 1
            );
        }
        if !filters.selects(&report) {
            continue;
        }
        needing += usize::from(needs_changes(&report));
        reports.push(report);
        if filters.limit.is_some_and(|limit| needing >= limit.get()) {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(reports)
}

async fn plan(policies: &PolicySet, planner: &Planner, room: ListedRoom) -> Report {
    if room
        .kind
        .is_none_or(|kind| policies.may_match(&room.title, kind))
    {
        return planner.plan(policies, &room.id).await;
    }
    Report {
        title: room.title,
        kind: room.kind,
        ..Report::new(room.id, Outcome::Skipped(Skip::NoPolicy))
    }
}

/// A progress bar on standard error, if that is a terminal.
pub(super) fn progress(total: usize, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)).with_style(style)
}

/// The order in which the portal assigned the ids; third-party rooms last.
fn room_order(room: &RoomId) -> (u64, &str) {
    (room.as_str().parse().unwrap_or(u64::MAX), room.as_str())
}
