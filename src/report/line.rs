//! The result of a run in one line, for the log and the history. Text from outside is escaped.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{Outcome, Report, join};
use crate::plan::Action;
use crate::room::{Item, RoomId, Skip, escape_control};

/// The maximum number of policies in the line.
const MAX_POLICIES: usize = 3;

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing beyond what the outcome says.
    Rest,
    /// Another attempt.
    Again {
        /// The time until then.
        after: Duration,
        /// The number of this attempt.
        attempt: u32,
        /// The maximum number of attempts.
        attempts: u32,
    },
    /// No more attempts.
    GivenUp {
        /// The number of attempts.
        attempts: u32,
    },
}

impl Report {
    /// The line.
    pub fn line(&self, took: Duration, then: Then) -> String {
        let (room, took) = (self.named(), Took(took));
        let id = &self.room;
        let line = match &self.outcome {
            Outcome::Changed => format!("configured {room} in {took}: {}", self.done()),
            Outcome::InSync => format!("found {room} in sync in {took}{}", self.only_observed()),
            Outcome::WouldChange => format!(
                "would configure {room}, planned in {took}: {}; nothing is written (`mode: observe`)",
                self.done()
            ),
            Outcome::Drifted(drift) => format!(
                "left {room} unchanged after {took}: {drift} ({}); `roomwright apply {id}` restores it",
                self.done()
            ),
            Outcome::Skipped(Skip::NoPolicy) => format!(
                "skipped {room} in {took}: {}; `roomwright rooms {id}` shows the `explain` command for it",
                Skip::NoPolicy
            ),
            Outcome::Skipped(skip) => format!("skipped {room} in {took}: {skip}"),
            Outcome::Refused(reasons) => format!("refused {room} in {took}: {}", join(reasons)),
            Outcome::Partial(missing) => format!(
                "configured {room} partly in {took}: {}; missing: {}{}; retried once a day, when policies change, and with `roomwright apply {id}`",
                self.done(),
                join(missing),
                self.left_to_people()
            ),
            Outcome::Waiting(wait) => format!("postponed {room} after {took}: {wait}"),
            Outcome::Failed(reason) => match then {
                Then::GivenUp { attempts } => format!(
                    "gave up on {room} after {attempts} attempts, the last in {took}: {reason}; fix the cause, then run `roomwright apply {id}`"
                ),
                Then::Again {
                    after,
                    attempt,
                    attempts,
                } => format!(
                    "failed on {room} after {took}: {reason}; retrying in {} (attempt {attempt} of {attempts})",
                    Took(after)
                ),
                Then::Rest => format!("failed on {room} after {took}: {reason}"),
            },
        };
        let open = if self.adoption_open {
            "; THE ADOPTION OF THIS ROOM IS NOT FINISHED, and continues automatically"
        } else {
            ""
        };
        escape_control(&format!("{line}{open}")).into_owned()
    }

    /// What observing policies would do, as the end of a sentence.
    fn only_observed(&self) -> String {
        let would_be = self.would_be.iter().filter(|plan| !plan.is_empty());
        let would_be = would_be.map(|plan| count(plan.actions.iter().flat_map(Action::items)));
        would_be
            .map(|counts| {
                format!("; if its policies with `mode: observe` applied, it would get {counts}")
            })
            .collect()
    }

    /// What people changed since an earlier run, as a part of a sentence.
    fn left_to_people(&self) -> String {
        if self.left.is_empty() {
            return String::new();
        }
        let count = count(self.left.iter().cloned());
        format!("; people changed {count} since an earlier run, which are left")
    }

    /// The result, where the room and its title are shown separately.
    pub fn summary(&self) -> String {
        match &self.outcome {
            Outcome::Changed => format!("changed: {}", self.done()),
            Outcome::WouldChange => format!("would change: {}; nothing was written", self.done()),
            Outcome::InSync => format!("in sync{}", self.only_observed()),
            other => other.to_string(),
        }
    }

    /// The room: `room 596 "Project C9" (projects)`.
    fn named(&self) -> String {
        named(
            &self.room,
            &self.title,
            self.matched.iter().map(|matched| matched.policy.as_str()),
        )
    }

    /// What was changed, or would be: `7 folders, 2 tags, 3 grants`.
    fn done(&self) -> String {
        let present = match (&self.outcome, &self.present) {
            (Outcome::Partial(_), present) => present.as_ref(),
            _ => None,
        };
        let actions = self.plan.iter().flat_map(|plan| &plan.actions);
        let (removals, others): (Vec<_>, Vec<_>) =
            actions.partition(|action| matches!(action, Action::Revoke { .. }));
        let items = others.into_iter().flat_map(Action::items);
        let mut counts: BTreeMap<(u8, &str, &str), usize> = BTreeMap::new();
        for item in items.filter(|item| present.is_none_or(|present| present.contains(item))) {
            *counts.entry(kind(&item)).or_default() += 1;
        }
        let removals = match self.outcome {
            Outcome::Partial(_) => self.removed,
            _ => removals.len(),
        };
        if removals > 0 {
            counts.insert((6, "removal", "removals"), removals);
        }
        if counts.is_empty() {
            return "nothing to do".to_owned();
        }
        list(counts)
    }
}

/// Items by kind: `7 folders, 2 tags`.
pub(super) fn count(items: impl Iterator<Item = Item>) -> String {
    let mut counts: BTreeMap<(u8, &str, &str), usize> = BTreeMap::new();
    for item in items {
        *counts.entry(kind(&item)).or_default() += 1;
    }
    list(counts)
}

fn list(counts: BTreeMap<(u8, &str, &str), usize>) -> String {
    let counts = counts
        .into_iter()
        .map(|((_, one, many), count)| format!("{count} {}", if count == 1 { one } else { many }));
    counts.collect::<Vec<_>>().join(", ")
}

/// The position of an item in the list, and its singular and plural.
fn kind(item: &Item) -> (u8, &'static str, &'static str) {
    match item {
        Item::Folder(_) => (0, "folder", "folders"),
        Item::Tag(_) => (1, "tag", "tags"),
        Item::Grant(_) => (2, "grant", "grants"),
        Item::Setting(_) => (3, "setting", "settings"),
        Item::Owner => (4, "owner", "owners"),
        Item::Guest(_) => (5, "invitation", "invitations"),
        Item::Membership => (7, "list of members", "lists of members"),
    }
}

/// A room with its title, and the policies that apply to it.
fn named<'p>(room: &RoomId, title: &str, policies: impl Iterator<Item = &'p str>) -> String {
    let mut text = format!("room {room}");
    if !title.is_empty() {
        text.push_str(&format!(" \"{title}\""));
    }
    let policies: Vec<&str> = policies.collect();
    let mut shown = policies
        .iter()
        .take(MAX_POLICIES)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if policies.len() > MAX_POLICIES {
        shown.push_str(&format!(" and {} more", policies.len() - MAX_POLICIES));
    }
    if !shown.is_empty() {
        text.push_str(&format!(" ({shown})"));
    }
    text
}

/// A duration in a readable unit.
#[derive(Debug, Clone, Copy)]
pub struct Took(pub Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match seconds {
            _ if seconds < 9.95 => write!(f, "{seconds:.1} s"),
            _ if seconds < 120.0 => write!(f, "{seconds:.0} s"),
            _ if seconds < 7_200.0 => write!(f, "{:.0} min", seconds / 60.0),
            _ if seconds < 172_800.0 => write!(f, "{:.0} h", seconds / 3_600.0),
            _ => write!(f, "{:.0} days", seconds / 86_400.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Drift, Refusal};
    use crate::plan::Plan;
    use crate::report::Wait;
    use crate::resolve::{FolderPath, Matched, Shortfall, Wanted};
    use crate::room::Skip;
    use crate::yaml::Place;

    fn report(outcome: Outcome) -> Report {
        let room = RoomId::new("596");
        let place = Place {
            file: "policies/rooms.yaml".into(),
            line: 1,
            column: 1,
        };
        let matched = Matched {
            policy: "projects".to_owned(),
            template: "project".to_owned(),
            priority: 0,
            observes: false,
            captures: BTreeMap::new(),
            place,
        };
        let folder = |title: &str| Action::CreateFolder {
            path: FolderPath(vec![title.to_owned()]),
            by: Vec::new(),
        };
        let tag = Wanted {
            value: "project".to_owned(),
            by: Vec::new(),
        };
        let actions = vec![
            folder("Documents"),
            folder("Tasks"),
            Action::AddTags(vec![tag]),
        ];
        Report {
            title: "Project C9".to_owned(),
            matched: vec![matched],
            plan: Some(Plan {
                room: room.clone(),
                actions,
                notes: Vec::new(),
            }),
            ..Report::new(room, outcome)
        }
    }

    #[test]
    fn each_outcome_names_the_room_the_reason_and_what_to_do() {
        let short = Shortfall {
            reason: "the portal has no group `HR`".to_owned(),
            by: Vec::new(),
        };
        let outcomes = [
            Outcome::InSync,
            Outcome::Changed,
            Outcome::Drifted(Drift {
                undone: [Item::Owner].into(),
                ..Drift::default()
            }),
            Outcome::Skipped(Skip::NoPolicy),
            Outcome::WouldChange,
            Outcome::Partial(vec![short]),
            Outcome::Waiting(Wait::TemplateCopy),
            Outcome::Refused(vec![Refusal::Ours {
                room: RoomId::new("596"),
                managers: Vec::new(),
            }]),
        ];
        let lines: Vec<String> = outcomes
            .into_iter()
            .map(|outcome| report(outcome).line(Duration::from_millis(512), Then::Rest))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        found room 596 "Project C9" (projects) in sync in 0.5 s
        configured room 596 "Project C9" (projects) in 0.5 s: 2 folders, 1 tag
        left room 596 "Project C9" (projects) unchanged after 0.5 s: people changed it since it was configured (2 folders, 1 tag); `roomwright apply 596` restores it
        skipped room 596 "Project C9" (projects) in 0.5 s: no policy matches it; `roomwright rooms 596` shows the `explain` command for it
        would configure room 596 "Project C9" (projects), planned in 0.5 s: 2 folders, 1 tag; nothing is written (`mode: observe`)
        configured room 596 "Project C9" (projects) partly in 0.5 s: 2 folders, 1 tag; missing: the portal has no group `HR`; retried once a day, when policies change, and with `roomwright apply 596`
        postponed room 596 "Project C9" (projects) after 0.5 s: a template is still being copied into the room
        refused room 596 "Project C9" (projects) in 0.5 s: the service account owns this room, and no adoption is open; give it to its owner with `roomwright release 596 --to E-MAIL`
        "#);
        let failed = report(Outcome::Failed("the portal answers 500".to_owned()));
        let again = Then::Again {
            after: Duration::from_secs(20),
            attempt: 3,
            attempts: 12,
        };
        let lines = [again, Then::GivenUp { attempts: 12 }]
            .map(|then| failed.line(Duration::from_secs(1), then));
        insta::assert_snapshot!(lines.join("\n"), @r#"
        failed on room 596 "Project C9" (projects) after 1.0 s: the portal answers 500; retrying in 20 s (attempt 3 of 12)
        gave up on room 596 "Project C9" (projects) after 12 attempts, the last in 1.0 s: the portal answers 500; fix the cause, then run `roomwright apply 596`
        "#);
    }

    #[test]
    fn a_title_cannot_add_a_line_to_the_log() {
        let mut report = report(Outcome::Changed);
        report.title = "Team\n2026-01-01 ERROR\u{1b}[8m".to_owned();
        let line = report.line(Duration::ZERO, Then::Rest);
        assert!(!line.contains(['\n', '\u{1b}']), "{line}");
    }

    #[test]
    fn durations_have_a_readable_unit() {
        let said = |seconds: f64| Took(Duration::from_secs_f64(seconds)).to_string();
        let all = [0.04, 0.5, 9.94, 12.4, 119.0, 300.0, 7_300.0, 200_000.0].map(said);
        assert_eq!(
            all,
            [
                "0.0 s", "0.5 s", "9.9 s", "12 s", "119 s", "5 min", "2 h", "2 days"
            ]
        );
    }
}
