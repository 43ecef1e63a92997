//! Totals over many rooms.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::plan::Action;
use crate::report::{Outcome, Report};

/// Rooms by outcome, and what would be done to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Totals {
    /// How many rooms were planned.
    rooms: usize,
    /// How many of them, by outcome.
    outcomes: BTreeMap<&'static str, usize>,
    changes: Changes,
    /// All POST and PUT calls, changes of owner included.
    writes: usize,
    /// Rooms that would be adopted: two changes of owner each.
    adoptions: usize,
    /// How many days the writes take within the daily limit.
    days: f64,
}

/// Changes by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Changes {
    folders: usize,
    tags: usize,
    grants: usize,
    /// Roles that are raised.
    raised: usize,
    lowered: usize,
    removals: usize,
    invitations: usize,
    owners: usize,
    settings: usize,
}

impl Totals {
    pub(super) fn of(reports: &[Report], writes_per_day: u64) -> Self {
        let mut totals = Self {
            rooms: reports.len(),
            ..Self::default()
        };
        for report in reports {
            *totals.outcomes.entry(report.outcome.as_str()).or_default() += 1;
            totals.add(report);
        }
        let a_day = u32::try_from(writes_per_day).unwrap_or(u32::MAX).max(1);
        let writes = u32::try_from(totals.writes).unwrap_or(u32::MAX);
        totals.days = f64::from(writes) / f64::from(a_day);
        totals
    }

    /// The outcomes of the rooms to which policies were applied.
    pub(super) fn done(&self, reports: &[Report]) -> String {
        let mut text = format!("rooms {:>33}\n", self.rooms);
        for (outcome, count) in &self.outcomes {
            text.push_str(&format!("  {outcome:<30} {count:>8}\n"));
        }
        let writes: u64 = reports.iter().map(|report| report.calls.writes).sum();
        text.push_str(&format!("writes {writes:>32}\n"));
        text
    }

    /// Counts only rooms that need changes.
    fn add(&mut self, report: &Report) {
        let Some(plan) = report.plan.as_ref().filter(|_| needs_changes(report)) else {
            return;
        };
        self.writes += plan.writes();
        if report.adopts_from.is_some() {
            self.adoptions += 1;
            self.writes += 2;
        }
        for action in &plan.actions {
            match action {
                Action::UpdateSettings(changes) => self.changes.settings += changes.len(),
                Action::CreateFolder { .. } => self.changes.folders += 1,
                Action::AddTags(tags) => self.changes.tags += tags.len(),
                Action::Grant { .. } if action.takes_away() => self.changes.lowered += 1,
                Action::Grant { role, .. } if role.from.is_some() => self.changes.raised += 1,
                Action::Grant { .. } => self.changes.grants += 1,
                Action::Invite { .. } => self.changes.invitations += 1,
                Action::Revoke { .. } => self.changes.removals += 1,
                Action::ChangeOwner { .. } => self.changes.owners += 1,
            }
        }
    }
}

/// Whether the room needs changes.
pub(super) fn needs_changes(report: &Report) -> bool {
    let is_planned = report.plan.as_ref().is_some_and(|plan| !plan.is_empty());
    is_planned && matches!(report.outcome, Outcome::WouldChange | Outcome::Partial(_))
}

/// Whether an operator should read the report.
pub(super) fn needs_attention(report: &Report) -> bool {
    !matches!(
        report.outcome,
        Outcome::InSync | Outcome::Changed | Outcome::Skipped(_)
    )
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No `..`: a new member must be shown here.
        let Totals {
            rooms,
            outcomes,
            changes,
            writes,
            adoptions,
            days,
        } = self;
        let Changes {
            folders,
            tags,
            grants,
            raised,
            lowered,
            removals,
            invitations,
            owners,
            settings,
        } = changes;
        let line = |f: &mut fmt::Formatter<'_>, what: &str, count: &usize| {
            writeln!(f, "  {what:<30} {count:>8}")
        };
        writeln!(f, "rooms {rooms:>33}")?;
        for (outcome, count) in outcomes {
            line(f, outcome, count)?;
        }
        writeln!(f, "changes")?;
        for (what, count) in [
            ("folders to create", folders),
            ("tags to add", tags),
            ("grants to add", grants),
            ("roles to raise", raised),
            ("settings to change", settings),
        ] {
            line(f, what, count)?;
        }
        // Rare, and important when they occur.
        for (what, count) in [
            ("people to invite", invitations),
            ("roles to lower", lowered),
            ("members to remove", removals),
            ("owners to change", owners),
        ] {
            if *count > 0 {
                line(f, what, count)?;
            }
        }
        writeln!(f, "writes {writes:>32}")?;
        line(f, "rooms to adopt (2 writes each)", adoptions)?;
        writeln!(f, "  {:<30} {days:>8.1}", "days at the daily write limit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Change, Plan};
    use crate::resolve::FolderPath;
    use crate::room::{Access, RoomId, Skip, Subject, UserId};

    fn report(outcome: Outcome) -> Report {
        let anna = UserId::new("00000000-0000-0000-0000-000000000001");
        let grant = |from| Action::Grant {
            subject: Subject::User(anna.clone()),
            name: "Anna".to_owned(),
            role: Change {
                from,
                to: Some(Access::Editor),
            },
            notify: false,
            by: Vec::new(),
        };
        let room = RoomId::new("7");
        let plan = Plan {
            room: room.clone(),
            actions: vec![
                Action::CreateFolder {
                    path: FolderPath(vec!["A".to_owned()]),
                    by: Vec::new(),
                },
                grant(None),
                grant(Some(Access::Viewer)),
            ],
            notes: Vec::new(),
        };
        Report {
            adopts_from: Some("Anna".to_owned()),
            plan: Some(plan),
            ..Report::new(room, outcome)
        }
    }

    #[test]
    fn totals_count_what_would_be_done_and_nothing_of_rooms_that_are_left_alone() {
        let reports = [
            report(Outcome::WouldChange),
            report(Outcome::Partial(Vec::new())),
            report(Outcome::Refused(Vec::new())),
            report(Outcome::Skipped(Skip::NoPolicy)),
        ];
        let totals = Totals::of(&reports, 16);
        assert_eq!((totals.writes, totals.adoptions), (8, 2));
        insta::assert_snapshot!(totals, @r"
        rooms                                 4
          partial                               1
          refused                               1
          skipped                               1
          would-change                          1
        changes
          folders to create                     2
          tags to add                           0
          grants to add                         2
          roles to raise                        2
          settings to change                    0
        writes                                8
          rooms to adopt (2 writes each)        2
          days at the daily write limit       0.5
        ");
    }
}
