//! `plan`: shows what would change in live rooms.

use super::survey::{Filters, survey};
use super::totals::{Totals, needs_attention};
use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::decide::Refusal;
use crate::docspace::{Priority, Reader};
use crate::report::{Outcome, Report, Wait, dto};
use crate::room::RoomId;
use crate::service::Portal;
use crate::store::Store;

/// Show what would change in live rooms; writes nothing
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "roomwright plan [OPTIONS] <ROOMS>...\n       roomwright plan [OPTIONS] --all"
)]
pub(super) struct Plan {
    /// Ids of rooms, as in the room's address
    #[arg(required_unless_present = "all")]
    rooms: Vec<String>,
    /// Every room of the portal that the service account can see, with totals at the end
    #[arg(long, conflicts_with = "rooms")]
    all: bool,
    #[command(flatten)]
    filters: Filters,
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
        self.filters.check(&policies)?;
        let store = connect::store_if_there(&config).await;
        let portal = Portal::reading(&config, store.as_ref(), now)?;
        connect::account(&portal).await?;
        if self.all {
            // New rooms come first.
            let client = portal.client().with_priority(Priority::Sweep);
            let rooms = Reader::new(&client).rooms().await?;
            let planner = portal.planner(&client);
            let reports = survey(&self.filters, &policies, &planner, rooms).await?;
            let totals = Totals::of(&reports, config.limits.writes_per_day);
            show_many(&reports, &totals, self.json, out)?;
            return Ok(Exit::of(&reports));
        }
        let planner = portal.planner(portal.client());
        let mut reports = Vec::new();
        for room in &self.rooms {
            let mut report = planner.plan(&policies, &RoomId::new(room.as_str())).await;
            if let Some(store) = &store {
                wait_for_adoption(&mut report, store).await?;
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

/// A room that the service account owns may only be in between: the portal does not say so, the store does.
async fn wait_for_adoption(report: &mut Report, store: &Store) -> anyhow::Result<()> {
    let Outcome::Refused(reasons) = &report.outcome else {
        return Ok(());
    };
    if !reasons.iter().any(Refusal::is_ours) {
        return Ok(());
    }
    if let Some(entry) = store.adoption_of(&report.room).await? {
        report.outcome = Outcome::Waiting(Wait::for_adoption(entry.blocked));
        report.adoption_open = true;
    }
    Ok(())
}

/// Prints the reports that need attention, and the totals.
pub(super) fn show_many(
    reports: &[Report],
    totals: &Totals,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let shown = reports.iter().filter(|report| needs_attention(report));
    if json {
        out.json(&self::json(shown, Some(totals)))?;
        return Ok(());
    }
    for report in shown {
        out.text(&report.to_string())?;
    }
    out.text(&totals.to_string())?;
    Ok(())
}

pub(super) fn show(report: &Report, json: bool, out: &mut Out) -> std::io::Result<()> {
    if json {
        Ok(())
    } else {
        out.text(&report.to_string())
    }
}

/// The reports as one object: of the selected rooms with their totals, of named ones without.
pub(super) fn json<'r>(
    reports: impl IntoIterator<Item = &'r Report>,
    totals: Option<&Totals>,
) -> serde_json::Value {
    let rooms: Vec<_> = reports.into_iter().map(dto::Report::from).collect();
    match totals {
        Some(totals) => serde_json::json!({ "version": 1, "rooms": rooms, "totals": totals }),
        None => serde_json::json!({ "version": 1, "rooms": rooms }),
    }
}
