//! A report as it is stored and printed as JSON: a form of its own with a version, so that what was stored stays
//! readable whatever is renamed inside. What it shows to a person is the same for a live and for a stored report.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::PARTIAL;
use crate::decide;
use crate::plan;
use crate::resolve::{self, Origin};
use crate::room::{Access, Item, escape_control};

/// The version of this form. A member that is added keeps it; one that is renamed or goes raises it.
pub const VERSION: u32 = 1;

/// What became of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// The room's id.
    pub room: String,
    /// Its title; empty when it could not be read.
    pub title: String,
    /// The word of its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whose it is, by display name.
    pub owner: String,
    /// The outcome's word, as in lists and metrics.
    pub outcome: String,
    /// The outcome in one line.
    pub summary: String,
    /// The word for why it is not ours to govern, where that is the outcome.
    #[serde(default)]
    pub skipped: Option<String>,
    /// The reasons one by one: of a refusal, or of what is missing.
    pub reasons: Vec<String>,
    /// The policies that speak about it.
    pub matched: Vec<Matched>,
    /// What was to be done after the first look; for a drifted or observed room, what would be.
    pub plan: Option<Plan>,
    /// What all policies together would do, when some only observe.
    pub would_be: Option<Plan>,
    /// What was left out since nobody is there to have it, and the policy allows that.
    pub left_out: Vec<String>,
    /// The owner's name, where the plan takes an adoption.
    pub adopts_from: Option<String>,
    /// Whether the room was adopted in this run.
    pub adopted: bool,
    /// Whether an adoption of the room is not finished.
    pub adoption_open: bool,
    /// What people changed while the room was adopted, as far as it left a trace.
    pub overruled: Vec<String>,
    /// How many calls it took.
    pub calls: Calls,
}

/// A policy that speaks about the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// Its name.
    pub policy: String,
    /// Its template.
    pub template: String,
    /// Its priority.
    pub priority: i32,
    /// Whether it only observes.
    pub observes: bool,
    /// What its captures stand for.
    pub captures: BTreeMap<String, String>,
    /// Where it is written: `file:line:column`.
    pub place: String,
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What changes, one entry for each thing.
    pub changes: Vec<Change>,
    /// How many writes (POST, PUT) it takes.
    pub writes: usize,
    /// The plan and what is worth knowing beside it, line by line as a person reads it.
    pub text: Vec<String>,
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `folder`, `tag`, `grant`, `invitation`, `removal`, `owner` or the key of a setting.
    pub what: String,
    /// The folder's path, the tag, or the name of the group or person; nothing for a setting.
    pub name: Option<String>,
    /// The role or value that is there, if any.
    pub from: Option<String>,
    /// The role or value that will be there; nothing for folders and tags.
    pub to: Option<String>,
    /// In a drifted room, why it is missing.
    pub drift: Option<Drift>,
    /// Who asked for it.
    pub by: Vec<Asker>,
}

/// Why something is missing in a room that was configured before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// It was there once: people changed it.
    PeopleChanged,
    /// It was never there: the policy is newer.
    PolicyIsNewer,
}

/// Who asked for something, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The policy.
    pub policy: String,
    /// The template.
    pub template: String,
    /// `file:line:column`.
    pub place: String,
}

/// How many calls a run made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calls {
    /// GET.
    pub reads: u64,
    /// POST, PUT and DELETE.
    pub writes: u64,
}

impl Report {
    /// A stored report; `None` for one of another version.
    pub fn read(stored: &str) -> Option<Self> {
        let report: Self = serde_json::from_str(stored).ok()?;
        (report.version == VERSION).then_some(report)
    }
}

fn texts<T: fmt::Display>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

impl From<&super::Report> for Report {
    fn from(report: &super::Report) -> Self {
        // No `..`: a further member must find its place here.
        let super::Report {
            room,
            title,
            kind,
            owner,
            matched,
            plan,
            would_be,
            left_out,
            outcome,
            adopts_from,
            adopted,
            overruled,
            calls,
            present: _,
            made: _,
            removed: _,
            braked: _,
            adoption_open,
            not_before: _,
        } = report;
        let drift = match outcome {
            super::Outcome::Drifted(drift) => Some(drift),
            _ => None,
        };
        Self {
            version: VERSION,
            room: room.to_string(),
            title: title.clone(),
            kind: kind.map(|kind| kind.as_str().to_owned()),
            owner: owner.clone(),
            outcome: outcome.as_str().to_owned(),
            summary: outcome.to_string(),
            skipped: match outcome {
                super::Outcome::Skipped(skip) => Some(skip.as_str().to_owned()),
                _ => None,
            },
            reasons: match outcome {
                super::Outcome::Refused(reasons) => texts(reasons),
                super::Outcome::Partial(missing) => texts(missing),
                super::Outcome::InSync
                | super::Outcome::Changed
                | super::Outcome::Drifted(_)
                | super::Outcome::Skipped(_)
                | super::Outcome::WouldChange
                | super::Outcome::Waiting(_)
                | super::Outcome::Failed(_) => Vec::new(),
            },
            matched: matched.iter().map(Matched::from).collect(),
            plan: plan.as_ref().map(|plan| Plan::of(plan, drift)),
            would_be: would_be.as_ref().map(|plan| Plan::of(plan, None)),
            left_out: texts(left_out),
            adopts_from: adopts_from.clone(),
            adopted: *adopted,
            adoption_open: *adoption_open,
            overruled: overruled.clone(),
            calls: *calls,
        }
    }
}

impl From<&resolve::Matched> for Matched {
    fn from(matched: &resolve::Matched) -> Self {
        let resolve::Matched {
            policy,
            template,
            priority,
            observes,
            captures,
            place,
        } = matched.clone();
        Self {
            policy,
            template,
            priority,
            observes,
            captures,
            place: place.to_string(),
        }
    }
}

impl Plan {
    fn of(plan: &plan::Plan, drift: Option<&decide::Drift>) -> Self {
        let changes = plan.actions.iter().flat_map(|action| {
            let why = |item| drift.map(|drift| Drift::of(drift, item));
            let drifts: Vec<_> = action.items().iter().map(why).collect();
            let with_drift = |(change, drift)| Change { drift, ..change };
            changes(action).into_iter().zip(drifts).map(with_drift)
        });
        let text = plan.to_string();
        Self {
            changes: changes.collect(),
            writes: plan.writes(),
            text: text
                .lines()
                .map(|line| line.trim_start().to_owned())
                .collect(),
        }
    }
}

impl Drift {
    fn of(drift: &decide::Drift, item: &Item) -> Self {
        if drift.undone.contains(item) {
            Self::PeopleChanged
        } else {
            Self::PolicyIsNewer
        }
    }
}

impl From<&Origin> for Asker {
    fn from(origin: &Origin) -> Self {
        Self {
            policy: origin.policy.clone(),
            template: origin.template.clone(),
            place: origin.place.to_string(),
        }
    }
}

fn changes(action: &plan::Action) -> Vec<Change> {
    let added = |what: &str, name: String, by: &[Origin]| Change {
        what: what.to_owned(),
        name: Some(name),
        from: None,
        to: None,
        drift: None,
        by: by.iter().map(Asker::from).collect(),
    };
    match action {
        plan::Action::CreateFolder { path, by } => vec![added("folder", path.to_string(), by)],
        plan::Action::AddTags(tags) => tags
            .iter()
            .map(|tag| added("tag", tag.value.clone(), &tag.by))
            .collect(),
        plan::Action::Grant { name, role, by, .. } => {
            let word = |access: Option<Access>| access.map(|access| access.as_str().to_owned());
            vec![Change {
                from: word(role.from),
                to: word(role.to),
                ..added("grant", name.clone(), by)
            }]
        }
        plan::Action::Invite { email, access, by } => vec![Change {
            to: Some(access.as_str().to_owned()),
            ..added("invitation", email.clone(), by)
        }],
        plan::Action::Revoke { name, was, by, .. } => vec![Change {
            from: Some(was.as_str().to_owned()),
            ..added("removal", name.clone(), by)
        }],
        plan::Action::ChangeOwner { from, to, by } => vec![Change {
            name: None,
            from: Some(from.clone()),
            to: Some(to.name.clone()),
            ..added("owner", String::new(), by)
        }],
        plan::Action::UpdateSettings(settings) => settings
            .iter()
            .map(|change| Change {
                what: change.to.key().as_str().to_owned(),
                name: None,
                from: Some(change.from.to_string()),
                to: Some(change.to.to_string()),
                drift: None,
                by: change.by.iter().map(Asker::from).collect(),
            })
            .collect(),
    }
}

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
                "  > adopt the room: owned by us for an instant, then by {} again; our account stays Room manager",
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
            writeln!(f, "  with the observing policies it would be:")?;
            plan.fmt(f)?;
        }
        for left_out in &self.left_out {
            writeln!(f, "  - left out: {}", escape_control(left_out))?;
        }
        if self.outcome == PARTIAL {
            writeln!(f, "  partial, all else is done:")?;
            for reason in &self.reasons {
                writeln!(f, "  ! {}", escape_control(reason))?;
            }
        } else {
            writeln!(f, "  {}", escape_control(&self.summary))?;
        }
        for trace in &self.overruled {
            writeln!(f, "  ! {}", escape_control(trace))?;
        }
        if self.adoption_open {
            writeln!(
                f,
                "  ! THE ADOPTION OF THIS ROOM IS NOT FINISHED; `serve` goes on with it by itself, `roomwright release` does at once"
            )?;
        }
        let Calls { reads, writes } = self.calls;
        writeln!(
            f,
            "  {reads} {}, {writes} {}",
            plural(reads, "read"),
            plural(writes, "write")
        )
    }
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
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
