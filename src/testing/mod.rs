//! The tests of policy files, run: what a room gets beside what it is expected to get. Nothing here reads or prints.

mod compare;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use crate::bind::possible;
use crate::policy::expectation::{NO_ROLE, PartOf, Stated, Test, folder_key};
use crate::policy::{Candidate, Membership, PolicySet, written};
use crate::resolve::{Conflict, Origin, Resolution, resolve};
use crate::room::{Facts, fold, tag_key};
use crate::yaml::Place;
use compare::compare;

/// What became of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// What is not as expected; nothing in a test that passes.
    pub differences: Vec<Difference>,
    /// What the room cannot get though policies ask for it.
    pub missing: Vec<String>,
    /// The parts that the test states, as they are.
    pub found: Vec<(PartOf, Vec<Found>)>,
    /// Whether policies disagree, so that the room is refused.
    pub refused: bool,
    /// The policies that apply.
    pub policies: BTreeSet<String>,
}

impl Tested {
    /// Whether all is as expected.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One thing that a room gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// As it compares.
    pub key: Vec<String>,
    /// As people read it.
    pub name: String,
    /// The role or the setting's value.
    pub value: Option<String>,
    /// That, as a policy file writes it.
    pub written: Option<String>,
    /// Who asks for it.
    pub by: Vec<Origin>,
}

/// Something that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The test states it, and the room does not get it.
    Missing {
        /// A part of the room.
        of: PartOf,
        /// What is stated.
        stated: Stated,
        /// Why not, where that is known.
        why: Option<String>,
    },
    /// The room gets it, and the test does not state it.
    Surplus {
        /// A part of the room.
        of: PartOf,
        /// What the room gets.
        found: Found,
    },
    /// The room gets another role, or the setting another value.
    Other {
        /// A part of the room.
        of: PartOf,
        /// What is stated.
        stated: Stated,
        /// What the room gets.
        found: Found,
    },
    /// The room is refused, and the test does not say so.
    Refused(Vec<Conflict>),
    /// The test says here that the room is refused, and it is not.
    NotRefused,
    /// The test says no day, and what it states depends on it.
    NeedsDay,
}

/// Two days that have nothing in common, whenever a fiscal year begins.
const DAYS: [Date; 2] = [date(1999, 2, 3), date(2026, 11, 28)];

/// Runs one test.
pub fn run(policies: &PolicySet, test: &Test) -> Tested {
    let [day, other] = match test.date {
        Some(date) => [date, date],
        None => DAYS,
    };
    let mut tested = run_on(policies, test, day);
    if other != day && run_on(policies, test, other).differences != tested.differences {
        tested.differences = vec![Difference::NeedsDay];
    }
    tested
}

fn run_on(policies: &PolicySet, test: &Test, day: Date) -> Tested {
    let facts = Facts {
        created: day,
        ..test.room.clone()
    };
    let resolution = resolve(policies, &facts);
    let (_, missing, conflicts) = possible(&resolution.desired, facts.kind);
    let refused = !conflicts.is_empty();
    let mut differences = Vec::new();
    let expects_refusal = test.refused.as_ref().is_some_and(|stated| stated.value);
    match (refused, expects_refusal) {
        (true, false) => differences.push(Difference::Refused(conflicts)),
        (false, true) => differences.push(Difference::NotRefused),
        _ => {}
    }
    let mut found = Vec::new();
    for part in &test.parts {
        let gets = gets(part.of, &resolution, &facts);
        let why = |stated: &Stated| why_not(policies, &resolution, &facts, part.of, stated);
        differences.extend(compare(part, &gets, why));
        found.push((part.of, gets));
    }
    Tested {
        differences,
        missing: missing.iter().map(ToString::to_string).collect(),
        found,
        refused,
        policies: resolution
            .matched
            .into_iter()
            .map(|matched| matched.policy)
            .collect(),
    }
}

/// What a room gets of one part.
fn gets(part: PartOf, resolution: &Resolution, facts: &Facts) -> Vec<Found> {
    let desired = &resolution.desired;
    match part {
        PartOf::Policies => resolution.matched.iter().map(policy).collect(),
        PartOf::Folders => {
            let folders = desired.folders.iter().map(|folder| Found {
                key: folder_key(folder.value.0.iter().map(String::as_str)),
                name: folder.value.to_string(),
                value: None,
                written: None,
                by: folder.by.clone(),
            });
            folders.collect()
        }
        PartOf::Tags => {
            let tags = desired.tags.iter().map(|tag| Found {
                key: vec![tag_key(&tag.value)],
                name: tag.value.clone(),
                value: None,
                written: None,
                by: tag.by.clone(),
            });
            tags.collect()
        }
        PartOf::Settings => {
            let settings = desired.settings.iter().map(|(key, setting)| Found {
                key: vec![key.as_str().to_owned()],
                name: key.as_str().to_owned(),
                value: Some(setting.wanted.value.to_string()),
                written: Some(written(&setting.wanted.value)),
                by: setting.wanted.by.clone(),
            });
            settings.collect()
        }
        PartOf::Grants => {
            let (grants, _, _) = possible(desired, facts.kind);
            let grants = grants.into_iter().map(|(name, settled)| Found {
                key: vec![fold(name.text())],
                name: name.text().to_owned(),
                value: Some(settled.access.name().to_owned()),
                written: Some(settled.access.to_string()),
                by: settled.by,
            });
            grants.collect()
        }
        PartOf::Owner => {
            // Policies that disagree refuse the room, which is said by itself.
            let owner = desired.owner().ok().flatten().map(|owner| owner.wanted);
            let by = owner.as_ref().map(|owner| owner.by.clone());
            let name = owner.map_or(NO_ROLE.to_owned(), |owner| fold(owner.value.text()));
            vec![single(part, name, by)]
        }
        PartOf::Membership => {
            let membership = desired.membership.as_ref();
            let word = membership.map_or(Membership::Additive, |wanted| wanted.value);
            let by = membership.map(|wanted| wanted.by.clone());
            vec![single(part, word.as_str().to_owned(), by)]
        }
    }
}

/// The one value of a part.
fn single(part: PartOf, value: String, by: Option<Vec<Origin>>) -> Found {
    Found {
        key: vec![part.key().to_owned()],
        name: part.key().to_owned(),
        written: Some(value.clone()),
        value: Some(value),
        by: by.unwrap_or_default(),
    }
}

fn policy(matched: &crate::resolve::Matched) -> Found {
    Found {
        key: vec![matched.policy.clone()],
        name: matched.policy.clone(),
        value: None,
        written: None,
        by: vec![Origin {
            policy: matched.policy.clone(),
            template: matched.template.clone(),
            place: matched.place.clone(),
        }],
    }
}

/// Why a room does not get what a test states.
fn why_not(
    policies: &PolicySet,
    resolution: &Resolution,
    facts: &Facts,
    part: PartOf,
    stated: &Stated,
) -> Option<String> {
    match part {
        PartOf::Policies => {
            let stopped = resolution.stopped.iter();
            let mut stopped = stopped.filter(|stopped| stopped.policy == stated.name);
            if let Some(stopped) = stopped.next() {
                let by = &stopped.by;
                return Some(format!(
                    "it matches, but `{by}` is final and of higher priority"
                ));
            }
            let candidate = Candidate::new(facts);
            let missed = policies.mismatched(&candidate);
            let mut missed = missed.iter();
            let missed = missed.find(|missed| missed.policy.name == stated.name)?;
            Some(missed.to_string())
        }
        PartOf::Grants => {
            let not_made = resolution.desired.not_made();
            let mut not_made = not_made.into_iter();
            let (_, by) = not_made.find(|(name, _)| vec![fold(name.text())] == stated.key)?;
            let by: Vec<String> = by.iter().map(ToString::to_string).collect();
            Some(format!("it is not made here: {}", by.join("; ")))
        }
        PartOf::Folders | PartOf::Tags | PartOf::Settings | PartOf::Owner | PartOf::Membership => {
            None
        }
    }
}

/// What no test of a directory looks at.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// How many policies there are.
    pub policies: usize,
    /// Those that apply to the room of no test, and where they are written.
    pub unmatched: Vec<(String, Place)>,
    /// How many folders, grants, tags and settings policies ask for.
    pub entries: usize,
    /// Where those stand that no test states.
    pub unstated: Vec<Place>,
}

/// What of some policies the tests look at, of which all have run.
pub fn coverage(policies: &PolicySet, tested: &[Tested]) -> Coverage {
    let applied: BTreeSet<&String> = tested.iter().flat_map(|test| &test.policies).collect();
    let stated: BTreeSet<&Place> = tested
        .iter()
        .flat_map(|test| &test.found)
        .filter(|(of, _)| *of != PartOf::Policies)
        .flat_map(|(_, found)| found)
        .flat_map(|found| found.by.iter().map(|by| &by.place))
        .collect();
    let mut entries: BTreeSet<&Place> = BTreeSet::new();
    let mut unmatched = Vec::new();
    for policy in policies.policies() {
        entries.extend(policy.spec.places());
        if !applied.contains(&policy.name) {
            unmatched.push((policy.name.clone(), policy.place.clone()));
        }
    }
    Coverage {
        policies: policies.policies().len(),
        unmatched,
        entries: entries.len(),
        unstated: entries
            .into_iter()
            .filter(|place| !stated.contains(place))
            .cloned()
            .collect(),
    }
}

/// Whether a stated grant says that there is none.
fn is_no_role(stated: &Stated) -> bool {
    stated.value.as_deref() == Some(NO_ROLE)
}
