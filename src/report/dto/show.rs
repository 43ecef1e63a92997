//! The text of a report.

use std::fmt;

use super::super::PARTIAL;
use super::{Calls, Plan, Report};
use crate::room::{counted, escape_control};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = escape_control(&self.room);
        match (escape_control(&self.title), &self.kind) {
            (title, _) if title.is_empty() => writeln!(f, "room {room}")?,
            (title, Some(kind)) => writeln!(
                f,
                "{title} (room {room}, {kind}, owned by {})",
                escape_control(&self.owner)
            )?,
            (title, None) => writeln!(f, "{title} (room {room})")?,
        }
        for matched in &self.matched {
            write!(f, "  matched `{}`", escape_control(&matched.policy))?;
            for (number, (name, value)) in matched.captures.iter().enumerate() {
                write!(
                    f,
                    "{} {name} = {}",
                    if number == 0 { ":" } else { "," },
                    escape_control(value)
                )?;
            }
            writeln!(
                f,
                " ({}){}",
                matched.place,
                if matched.observes {
                    ", observes only"
                } else {
                    ""
                }
            )?;
        }
        if let Some(owner) = &self.adopts_from {
            writeln!(
                f,
                "  > adopt the room: the service account owns it for a moment, then {} again; the service account stays Room manager",
                escape_control(owner)
            )?;
        }
        if let Some(plan) = &self.plan {
            plan.fmt(f)?;
        }
        if let Some(plan) = self
            .would_be
            .as_ref()
            .filter(|plan| !plan.changes.is_empty())
        {
            writeln!(f, "  if the observing policies applied, the plan would be:")?;
            plan.fmt(f)?;
        }
        for left_out in &self.left_out {
            writeln!(f, "  - omitted: {}", escape_control(left_out))?;
        }
        if self.outcome == PARTIAL {
            writeln!(f, "  partial; this cannot be provided:")?;
            for reason in &self.reasons {
                writeln!(f, "  ! {}", escape_control(reason))?;
            }
        } else {
            writeln!(f, "  {}", escape_control(&self.summary))?;
        }
        if let Some(left) = &self.left {
            let room = &self.room;
            writeln!(
                f,
                "  ! people changed {left} since an earlier run; `roomwright apply {room}` restores that"
            )?;
        }
        for trace in &self.overruled {
            writeln!(f, "  ! {}", escape_control(trace))?;
        }
        if self.adoption_open {
            writeln!(
                f,
                "  ! THE ADOPTION OF THIS ROOM IS NOT FINISHED; `serve` finishes it automatically, `roomwright release` immediately"
            )?;
        }
        let Calls { reads, writes } = self.calls;
        writeln!(
            f,
            "  {}, {}",
            counted(reads, "read"),
            counted(writes, "write")
        )
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.text {
            writeln!(f, "  {}", escape_control(line))?;
        }
        Ok(())
    }
}
