//! What many rooms come to.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::plan::Action;
use crate::report::{Outcome, Report};

/// Rooms by outcome, and what would be done to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Totals {
    /// How many rooms were looked at.
    rooms: usize,
    /// How many of them per outcome.
    outcomes: BTreeMap<&'static str, usize>,
    changes: Changes,
    /// POST and PUT in all, changes of owner included.
    writes: usize,
    /// Of these: changes of owner. A room that is taken and given back has two.
    owner_changes: usize,
    /// How many days that takes within the daily limit.
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
}

impl Totals {
    pub(super) fn of(reports: &[Report], writes_per_day: u64) -> Self {
        let mut totals = Self {
            rooms: reports.len(),
            ..Self::default()
        };
        for report in reports {
            *totals.outcomes.entry(report.outcome.word()).or_default() += 1;
            totals.add(report);
        }
        let a_day = u32::try_from(writes_per_day).unwrap_or(u32::MAX).max(1);
        let writes = u32::try_from(totals.writes).unwrap_or(u32::MAX);
        totals.days = f64::from(writes) / f64::from(a_day);
        totals
    }

    /// Only of rooms to which something would be done.
    fn add(&mut self, report: &Report) {
        let (Outcome::Pending | Outcome::Partial(_), Some(plan)) = (&report.outcome, &report.plan)
        else {
            return;
        };
        self.writes += plan.writes();
        for action in &plan.actions {
            match action {
                Action::TakeRoom { .. } | Action::GiveBack { .. } => self.owner_changes += 1,
                Action::CreateFolder { .. } => self.changes.folders += 1,
                Action::AddTags(tags) => self.changes.tags += tags.len(),
                Action::Grant { role, .. } if role.from.is_some() => self.changes.raised += 1,
                Action::Grant { .. } => self.changes.grants += 1,
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No `..`: a further member must be shown here.
        let Totals {
            rooms,
            outcomes,
            changes,
            writes,
            owner_changes,
            days,
        } = self;
        let Changes {
            folders,
            tags,
            grants,
            raised,
        } = changes;
        let line = |f: &mut fmt::Formatter<'_>, what: &str, count: &usize| {
            writeln!(f, "  {what:<26} {count:>8}")
        };
        writeln!(f, "rooms {rooms:>29}")?;
        for (outcome, count) in outcomes {
            line(f, outcome, count)?;
        }
        writeln!(f, "changes")?;
        for (what, count) in [
            ("folders to make", folders),
            ("tags to add", tags),
            ("grants to make", grants),
            ("roles to raise", raised),
        ] {
            line(f, what, count)?;
        }
        writeln!(f, "writes {writes:>28}")?;
        line(f, "of these changes of owner", owner_changes)?;
        writeln!(f, "  {:<26} {days:>8.1}", "days within the limit")
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
            by: Vec::new(),
        };
        let room = RoomId::new("7");
        let plan = Plan {
            room: room.clone(),
            actions: vec![
                Action::TakeRoom {
                    from: anna.clone(),
                    name: "Anna".to_owned(),
                },
                Action::CreateFolder {
                    path: FolderPath(vec!["A".to_owned()]),
                    by: Vec::new(),
                },
                grant(None),
                grant(Some(Access::Viewer)),
                Action::GiveBack {
                    to: anna.clone(),
                    name: "Anna".to_owned(),
                },
            ],
            notes: Vec::new(),
        };
        Report {
            plan: Some(plan),
            ..Report::new(room, outcome)
        }
    }

    #[test]
    fn totals_count_what_would_be_done_and_nothing_of_rooms_that_are_left_alone() {
        let reports = [
            report(Outcome::Pending),
            report(Outcome::Partial(Vec::new())),
            report(Outcome::Refused(Vec::new())),
            report(Outcome::Skipped(Skip::NoPolicy)),
        ];
        let totals = Totals::of(&reports, 16);
        assert_eq!((totals.writes, totals.owner_changes), (8, 4));
        insta::assert_snapshot!(totals, @r"
        rooms                             4
          partial                           1
          pending                           1
          refused                           1
          skipped                           1
        changes
          folders to make                   2
          tags to add                       0
          grants to make                    2
          roles to raise                    2
        writes                            8
          of these changes of owner         4
          days within the limit           0.5
        ");
    }
}
