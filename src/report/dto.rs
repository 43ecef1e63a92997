//! A report in its stored and printed JSON form, which has its own version, so that stored reports stay readable
//! when internal types change. A stored report and a live one display the same text.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::line::count;
use crate::decide;
use crate::plan;
use crate::resolve::{self, Origin};
use crate::room::{Access, Item};

mod show;

/// The version of this form. It stays when a member is added; it increases when one is renamed or removed.
pub const VERSION: u32 = 1;

/// The report of one run over one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// The room's id.
    pub room: String,
    /// The title; empty if it could not be read.
    pub title: String,
    /// The word for its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The owner's display name.
    pub owner: String,
    /// The outcome's word, as in lists and metrics.
    pub outcome: String,
    /// The outcome in one line.
    pub summary: String,
    /// The word for the reason, if the room was skipped.
    #[serde(default)]
    pub skipped: Option<String>,
    /// The reasons one by one: of a refusal, or of what is missing.
    pub reasons: Vec<String>,
    /// The policies that apply to it.
    pub matched: Vec<Matched>,
    /// What was to do after the first read; for a drifted or observed room, what would be.
    pub plan: Option<Plan>,
    /// What all policies together would do, if some only observe.
    pub would_be: Option<Plan>,
    /// What was omitted because the subject does not exist, and the policy allows that.
    pub left_out: Vec<String>,
    /// The owner's name, if the plan needs an adoption.
    pub adopts_from: Option<String>,
    /// Whether the room was adopted in this run.
    pub adopted: bool,
    /// Whether an adoption of the room is not finished.
    pub adoption_open: bool,
    /// What people changed while the room was adopted, as far as it was visible.
    pub overruled: Vec<String>,
    /// How much of it people changed earlier, so that it is left: `1 folder, 2 tags`.
    #[serde(default)]
    pub left: Option<String>,
    /// The number of calls.
    pub calls: Calls,
}

/// A policy that applies to the room.
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
    /// The captured texts by name.
    pub captures: BTreeMap<String, String>,
    /// The place of the policy: `file:line:column`.
    pub place: String,
}

/// What to do, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The changes, one entry for each item.
    pub changes: Vec<Change>,
    /// The number of writes (POST, PUT).
    pub writes: usize,
    /// The plan and its notes as lines of text.
    pub text: Vec<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `folder`, `tag`, `grant`, `invitation`, `removal`, `owner` or the key of a setting.
    pub what: String,
    /// The folder's path, the tag, or the name of the group or person; null for a setting.
    pub name: Option<String>,
    /// The present role or value, if any.
    pub from: Option<String>,
    /// The new role or value; null for folders and tags.
    pub to: Option<String>,
    /// Why it is missing, in a drifted room.
    pub drift: Option<Drift>,
    /// The policy lines that ask for it.
    pub by: Vec<Asker>,
}

/// Why an item is missing in a room that was configured before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// It was present before: people changed it.
    PeopleChanged,
    /// It was never present: the policy is newer.
    PolicyIsNewer,
}

/// A policy line that asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The policy.
    pub policy: String,
    /// The template.
    pub template: String,
    /// `file:line:column`.
    pub place: String,
}

/// The number of calls in a run.
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
        // No `..`, so that a new member cannot be forgotten here.
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
            left,
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
            left: (!left.is_empty()).then(|| count(left.iter().cloned())),
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
