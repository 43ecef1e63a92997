//! One decision: `plan` and an observing service report the same, and `apply` and the service do it.
//!
//! `PROPTEST_CASES=2000 cargo test --test it decisions` runs more cases; `PROPTEST_RNG_SEED` draws others.

mod case;
mod stage;

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use roomwright::decide::Trigger;
use roomwright::plan::{Action, Plan};
use roomwright::report::{Calls, Outcome, Report, dto};
use roomwright::simulator::{EntryId, Recorded, RoomView};
use roomwright::store::Store;
use serde_json::{Value, json};

use case::{Case, Wishes, case};
use stage::{Stage, id};

use crate::drawn::play_all;

impl Stage<'_> {
    /// A run that can write does exactly what was reported before.
    async fn does(
        &self,
        said: &Report,
        all: &[Wishes],
        store: &Store,
        trigger: Trigger,
        room: &EntryId,
    ) -> Result<(), TestCaseError> {
        let before = self.portal.room(room).unwrap();
        let (done, writes) = self.run(self.setup(all), store, trigger, room).await;
        let after = self.portal.room(room).unwrap();
        let outcome = match &said.outcome {
            Outcome::WouldChange => Outcome::Changed,
            other => other.clone(),
        };
        prop_assert_eq!(&done.outcome, &outcome, "{}\n{}", said, done);
        prop_assert_eq!(what_is_asked(said), what_is_asked(&done));
        let plan = match &said.plan {
            Some(plan) if writes_follow(said) => plan.clone(),
            _ => nothing(room),
        };
        let adopts = said.adopts_from.is_some() && !plan.is_empty();
        prop_assert_eq!(done.adopted, adopts, "{}", done);
        prop_assert_eq!(
            sent(&writes),
            self.calls_of(&plan, adopts, room),
            "{}",
            said
        );
        prop_assert_eq!(state(&after), self.state_after(&before, &plan, adopts));
        Ok(())
    }

    /// The calls of a plan, without the ids of folders.
    fn calls_of(&self, plan: &Plan, adopts: bool, room: &EntryId) -> Vec<Value> {
        let mut calls = Vec::new();
        if adopts {
            for owner in [&self.cast.me, &self.cast.boss] {
                calls.push(json!({ "owner": owner, "of": [room.to_json()] }));
            }
        }
        let (mut grants, mut tags) = (BTreeSet::new(), Vec::new());
        // Folders in folders come after those directly in the room.
        let mut nested = Vec::new();
        for action in &plan.actions {
            match action {
                Action::CreateFolder { path, .. } => {
                    let level = if path.0.len() == 1 {
                        &mut calls
                    } else {
                        &mut nested
                    };
                    level.push(json!({ "folder": path.0.last() }));
                }
                Action::Grant { subject, role, .. } => {
                    let code = role.to.unwrap().code();
                    grants.insert((subject.guid().to_lowercase(), code));
                }
                Action::AddTags(wanted) => {
                    let names: Vec<&String> = wanted.iter().map(|tag| &tag.value).collect();
                    tags.push(json!({ "tags": names }));
                }
                Action::UpdateSettings(_)
                | Action::Invite { .. }
                | Action::Revoke { .. }
                | Action::ChangeOwner { .. } => panic!("no policy here has such an action"),
            }
        }
        calls.extend(nested);
        if !grants.is_empty() {
            calls.push(json!({ "grants": grants }));
        }
        calls.extend(tags);
        calls
    }

    fn state_after(&self, before: &RoomView, plan: &Plan, adopts: bool) -> Value {
        let mut after = before.clone();
        if adopts {
            after.access.insert(self.cast.me.clone(), 9);
        }
        let (mut paths, mut tags) = (folded(before.paths()), before.tags.clone());
        for action in &plan.actions {
            match action {
                Action::CreateFolder { path, .. } => paths.push(path.0.join("/").to_lowercase()),
                Action::Grant { subject, role, .. } => {
                    let code = i32::try_from(role.to.unwrap().code()).unwrap();
                    after.access.insert(subject.guid().to_owned(), code);
                }
                Action::AddTags(wanted) => {
                    tags.extend(wanted.iter().map(|tag| tag.value.clone()));
                }
                Action::UpdateSettings(_)
                | Action::Invite { .. }
                | Action::Revoke { .. }
                | Action::ChangeOwner { .. } => panic!("no policy here has such an action"),
            }
        }
        paths.sort();
        with_folders_and_tags(&after, &paths, &folded(tags.iter().map(String::as_str)))
    }
}

fn nothing(room: &EntryId) -> Plan {
    Plan {
        room: id(room),
        actions: Vec::new(),
        notes: Vec::new(),
    }
}

/// Whether a run with this report writes.
fn writes_follow(said: &Report) -> bool {
    matches!(said.outcome, Outcome::WouldChange | Outcome::Partial(_))
}

fn folded<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut folded: Vec<String> = texts.into_iter().map(str::to_lowercase).collect();
    folded.sort();
    folded
}

fn state(view: &RoomView) -> Value {
    let tags = view.tags.iter().map(String::as_str);
    with_folders_and_tags(view, &folded(view.paths()), &folded(tags))
}

/// The state of a room, with titles and tags in the form in which they are compared.
fn with_folders_and_tags(view: &RoomView, paths: &[String], tags: &[String]) -> Value {
    let mut state = serde_json::to_value(view).unwrap();
    state["folders"] = json!(paths);
    state["tags"] = json!(tags);
    state
}

/// The writes that a portal received, without the ids of folders.
fn sent(writes: &[Recorded]) -> Vec<Value> {
    writes
        .iter()
        .map(|call| {
            let body = call.body.clone().unwrap_or_default();
            match call.route {
                Some("files/owner") => {
                    json!({ "owner": body["userId"], "of": body["folderIds"] })
                }
                Some("files/folder/{id}") => json!({ "folder": body["title"] }),
                Some("files/rooms/{id}/share") => {
                    let all = body["invitations"].as_array().unwrap();
                    let grants: BTreeSet<(String, i64)> = all
                        .iter()
                        .map(|grant| {
                            let id = grant["id"].as_str().unwrap().to_lowercase();
                            (id, grant["access"].as_i64().unwrap())
                        })
                        .collect();
                    json!({ "grants": grants })
                }
                Some("files/rooms/{id}/tags") => json!({ "tags": body["names"] }),
                other => json!({ "unexpected": other }),
            }
        })
        .collect()
}

/// A report as JSON, without its calls.
fn comparable(report: &Report) -> Value {
    let mut report = report.clone();
    report.calls = Calls::default();
    serde_json::to_value(dto::Report::from(&report)).unwrap()
}

fn text(report: &Report) -> String {
    let mut report = report.clone();
    report.calls = Calls::default();
    report.to_string()
}

/// The wanted items and who wants them, without what was done.
fn what_is_asked(report: &Report) -> Value {
    let mut comparable = comparable(report);
    for result in ["outcome", "summary", "reasons", "adopted"] {
        comparable[result] = Value::Null;
    }
    comparable
}

/// The outcomes of all cases.
type Outcomes = Mutex<BTreeSet<&'static str>>;

async fn play(case: &Case, outcomes: &Outcomes) -> Result<(), TestCaseError> {
    let stage = Stage::new(case).await;
    let (room, twin) = (stage.room(), stage.room());
    stage.owner_is_what_the_case_says();
    stage.portal.clear_requests();
    let said = stage.plan(&case.policies, &room).await;
    let said_of_twin = stage.plan(&case.policies, &twin).await;
    prop_assert_eq!(said.outcome.as_str(), said_of_twin.outcome.as_str());
    let store = stage.store("observing").await;
    let observed = stage.observe(&case.policies, &store, &room).await;
    prop_assert_eq!(comparable(&observed), comparable(&said));
    prop_assert_eq!(text(&observed), text(&said));

    let all = &case.policies;
    let store = stage.store("applying").await;
    stage
        .does(&said, all, &store, Trigger::Apply, &room)
        .await?;
    let store = stage.store("serving").await;
    stage
        .does(&said_of_twin, all, &store, Trigger::Event, &twin)
        .await?;
    if writes_follow(&said) {
        let then = stage.plan(all, &room).await;
        let is_done = then.plan.as_ref().is_none_or(Plan::is_empty);
        prop_assert!(is_done, "{}\n{}", said, then);
    }
    let then = later(&stage, &store, &twin).await?;
    outcomes
        .lock()
        .unwrap()
        .extend([said.outcome.as_str(), then]);
    stage.portal.stop();
    Ok(())
}

/// People undo changes and the policies are edited: what an event reports, and what `apply` does then.
async fn later(
    stage: &Stage<'_>,
    store: &Store,
    room: &EntryId,
) -> Result<&'static str, TestCaseError> {
    let row = store.room(&id(room)).await.unwrap().unwrap();
    stage.undo(room);
    let mut all = stage.case.policies.clone();
    all.extend(stage.case.later.clone());
    let said = stage.plan(&all, room).await;
    let observed = stage.observe(&all, store, room).await;
    stage
        .does(&observed, &all, store, Trigger::Event, room)
        .await?;
    if let Outcome::Drifted(drift) = &observed.outcome {
        let plan = said.plan.as_ref().unwrap();
        prop_assert_eq!(observed.plan.as_ref(), Some(plan));
        let both: BTreeSet<_> = drift.undone.union(&drift.newer).cloned().collect();
        prop_assert_eq!(both, plan.items());
        prop_assert!(drift.undone.is_subset(&row.applied), "{:?}", drift);
        prop_assert!(drift.newer.is_disjoint(&row.applied), "{:?}", drift);
        prop_assert!(row.configured_at.is_some());
    }
    // An event may have written something before, which leaves less to the command.
    let said = stage.plan(&all, room).await;
    stage.does(&said, &all, store, Trigger::Apply, room).await?;
    Ok(observed.outcome.as_str())
}

#[test]
fn plan_reports_what_an_observing_service_reports_and_what_apply_and_the_service_do() {
    let outcomes = Outcomes::default();
    play_all((30, 200), &case(), async |case| {
        play(&case, &outcomes).await
    });
    let all = ["drifted", "in-sync", "partial", "refused", "would-change"];
    assert_eq!(
        outcomes.into_inner().unwrap(),
        all.into(),
        "every outcome occurs"
    );
}
