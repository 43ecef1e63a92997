//! Runs the tests of policy files: compares what a room gets with what the test expects. Does no I/O.

mod compare;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use crate::bind::possible;
use crate::policy::expectation::{NO_ROLE, PartOf, Stated, Test, folder_key};
use crate::policy::{Candidate, Membership, Mode, PolicySet, written};
use crate::resolve::{Conflict, Origin, Resolution, resolve, unstated};
use crate::room::{CreatorFact, Facts, fold, tag_key};
use crate::yaml::Place;
use compare::compare;

/// The result of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The differences; empty if the test passes.
    pub differences: Vec<Difference>,
    /// What the room cannot get although policies ask for it.
    pub missing: Vec<String>,
    /// The parts that the test states, with the room's actual values.
    pub found: Vec<(PartOf, Vec<Found>)>,
    /// Whether the room is refused because policies disagree.
    pub refused: bool,
    /// The policies that apply.
    pub policies: BTreeSet<String>,
}

impl Tested {
    /// Whether there are no differences.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One item that a room gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its comparable form.
    pub key: Vec<String>,
    /// Its displayed form.
    pub name: String,
    /// The role or the setting's value.
    pub value: Option<String>,
    /// The same value, as a policy file writes it.
    pub written: Option<String>,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

/// A difference from what the test expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The test states it, and the room does not get it.
    Missing {
        /// A part of the room.
        of: PartOf,
        /// What the test states.
        stated: Stated,
        /// The reason, if it is known.
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
        /// What the test states.
        stated: Stated,
        /// What the room gets.
        found: Found,
    },
    /// The room is refused, and the test does not expect it.
    Refused(Vec<Conflict>),
    /// The test expects here that the room is refused, and it is not.
    NotRefused,
    /// The test only expects that the room is not refused, and no policy applies to it.
    NothingApplies,
    /// The test has no date, and its result depends on it.
    NeedsDay,
    /// The test fails, and its room leaves out facts about the creator on which the result depends.
    NeedsCreator(BTreeSet<CreatorFact>),
}

/// Two days whose date variables all differ, whenever a fiscal year begins.
const DAYS: [Date; 2] = [date(1999, 2, 3), date(2026, 11, 28)];

/// Runs one test.
pub fn run(policies: &PolicySet, test: &Test) -> Tested {
    let [day, other] = match test.date {
        Some(date) => [date, date],
        None => DAYS,
    };
    let on = |day| Facts {
        created: day,
        ..test.room.clone()
    };
    let mut tested = run_on(policies, test, &on(day));
    if other != day && run_on(policies, test, &on(other)).differences != tested.differences {
        tested.differences = vec![Difference::NeedsDay];
    } else if !tested.passed() {
        // A creator that is not stated is someone whom no policy names: the author may have meant someone else.
        let needed = needed_of_creator(policies, test, &on(day), &tested);
        if !needed.is_empty() {
            tested.differences.push(Difference::NeedsCreator(needed));
        }
    }
    tested
}

/// The facts about the creator that decide which policies match, or else what the room gets.
fn needed_of_creator(
    policies: &PolicySet,
    test: &Test,
    facts: &Facts,
    tested: &Tested,
) -> BTreeSet<CreatorFact> {
    let unstated = unstated(policies, facts).into_iter();
    let mut needed: BTreeSet<CreatorFact> = unstated.flat_map(|unstated| unstated.facts).collect();
    if !needed.is_empty() {
        return needed;
    }
    // No policy matches on what is left out, so any text can stand for it.
    let texts = [CreatorFact::Email, CreatorFact::Name].into_iter();
    for fact in texts.filter(|fact| facts.unresolved.creator.contains(fact)) {
        let mut facts = facts.clone();
        match fact {
            CreatorFact::Name => facts.creator.name = "x".to_owned(),
            _ => facts.creator.email = "x@example.org".to_owned(),
        }
        if run_on(policies, test, &facts).differences != tested.differences {
            needed.insert(fact);
        }
    }
    needed
}

fn run_on(policies: &PolicySet, test: &Test, facts: &Facts) -> Tested {
    let resolution = resolve(policies, facts);
    let (_, missing, conflicts) = possible(&resolution.desired, facts.kind);
    let refused = !conflicts.is_empty();
    let mut differences = Vec::new();
    let expects_refusal = test.refused.as_ref().is_some_and(|stated| stated.value);
    match (refused, expects_refusal) {
        (true, false) => differences.push(Difference::Refused(conflicts)),
        (false, true) => differences.push(Difference::NotRefused),
        (false, false) if test.parts.is_empty() && resolution.matched.is_empty() => {
            differences.push(Difference::NothingApplies);
        }
        _ => {}
    }
    let mut found = Vec::new();
    for part in &test.parts {
        let gets = gets(part.of, &resolution, facts);
        let why = |stated: &Stated| why_not(policies, &resolution, facts, part.of, stated);
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
            // A refused room is reported separately.
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

/// A part with a single value.
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
            Some(format!("it is cancelled here: {}", by.join("; ")))
        }
        PartOf::Folders | PartOf::Tags | PartOf::Settings | PartOf::Owner | PartOf::Membership => {
            None
        }
    }
}

/// What the tests of a directory do not check.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// The number of policies.
    pub policies: usize,
    /// Policies that apply to the room of no test, and their places.
    pub unmatched: Vec<(String, Place)>,
    /// The number of folders, grants, tags and settings that enforcing policies ask for.
    pub entries: usize,
    /// The places of those that no test states.
    pub unstated: Vec<Place>,
}

/// The coverage of the tests, all of which have run.
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
        // No test can expect what is only observed.
        if policy.mode == Mode::Enforce {
            entries.extend(policy.spec.places());
        }
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
