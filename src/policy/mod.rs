//! The policy language, parsed and checked. Nothing outside [`mod@file`] sees an unchecked policy.

mod analysis;
mod check;
pub mod expectation;
pub mod file;
pub mod glob;
mod guests;
mod index;
mod lint;
mod matcher;
mod matching;
mod mismatch;
mod missed;
mod owner;
mod placeholder;
pub mod reference;
mod role;
pub mod schema;
mod settings;
mod spec;
mod suppress;
mod tables;
mod template;
pub mod text;
mod unstated;
mod unused;
mod uses;
mod variables;
mod witness;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use check::Validated;
pub use file::{DriftMode, Membership, Mode, OnMissing};
pub use guests::{Domains, GuestLimits, Highest};
pub use matcher::{Account, Candidate, Kinds, Matcher, Word};
pub use mismatch::Mismatch;
pub use missed::Missed;
pub use role::RoleByType;
pub use settings::{SettingSpec, written};
pub use spec::{Entry, Grant, SubjectRef, TemplateSpec};
pub use text::{Tables, Text, Value, Variables};

use crate::parallel;
use crate::room::{Facts, RoomType};
use crate::yaml::{Place, Problem, Sources, Span};

/// All policies of a directory.
///
/// ```
/// use roomwright::policy::PolicySet;
/// use roomwright::yaml::{Sources, render};
///
/// let mut sources = Sources::default();
/// sources.add("rooms.yaml", "version: 1\npolicies:\n  - { name: teams, match: all, template: { foldres: [Tasks] } }\n");
/// let (policies, problems) = PolicySet::check(&sources);
/// assert!(policies.is_none());
/// assert_eq!(problems[0].code, "unknown-key");
/// assert!(render(&sources, &problems, false).contains("did you mean `folders`"));
/// ```
// INVARIANT: names are unique, templates and roles exist and are resolved, globs are compiled, every variable is
// defined, and policies are sorted by name.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    policies: Vec<Policy>,
    tables: Arc<Tables>,
    portal: Portal,
    index: index::Index,
    tests: Vec<expectation::Test>,
}

impl PolicySet {
    /// Reads and checks all files at once: the set if there are no errors, and every problem in any case.
    pub fn check(sources: &Sources) -> (Option<PolicySet>, Vec<Problem>) {
        check::check(sources, &Portal::default())
    }

    /// Like [`PolicySet::check`], with the configuration of a portal.
    pub fn check_for(sources: &Sources, portal: &Portal) -> (Option<PolicySet>, Vec<Problem>) {
        check::check(sources, portal)
    }

    /// Like [`PolicySet::check`], and also checks the JSON Schema.
    pub fn validate(sources: &Sources) -> (Option<PolicySet>, Vec<Problem>) {
        let Validated { set, problems, .. } = check::validate(sources, &Portal::default());
        (set, problems)
    }

    /// Like [`PolicySet::validate`], with the configuration of a portal.
    pub fn validate_for(sources: &Sources, portal: &Portal) -> Validated {
        check::validate(sources, portal)
    }

    fn new(checked: check::Found, portal: &Portal) -> Self {
        let check::Found {
            policies,
            tables,
            tests,
        } = checked;
        Self {
            index: index::Index::new(&policies),
            policies,
            tables,
            portal: portal.clone(),
            tests,
        }
    }

    /// The variables of the portal, with the tables of the policy files.
    pub fn variables(&self) -> Variables {
        let mut variables = Variables::new(self.tables.clone());
        for (name, value) in &self.portal.vars {
            variables.set(name, value.clone());
        }
        variables
    }

    /// The month and day on which a fiscal year begins.
    pub fn fiscal_year_starts(&self) -> (i8, i8) {
        self.portal.fiscal_year_starts
    }

    /// The policies, by name.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The tests of all files, in written order.
    pub fn tests(&self) -> &[expectation::Test] {
        &self.tests
    }

    /// The policies that match a room, by name, with their captures.
    pub fn matching<'s>(&'s self, room: &Candidate<'_>) -> Vec<(&'s Policy, glob::Captures)> {
        self.index
            .candidates(room)
            .into_iter()
            .filter_map(|number| {
                let policy = self.policies.get(number)?;
                Some((policy, policy.matcher.test(room).ok()?))
            })
            .collect()
    }

    /// Whether any policy can match a room of this title and type, with any creator.
    pub fn may_match(&self, title: &str, kind: RoomType) -> bool {
        let facts = Facts::of_list(title, kind);
        !self.by_title(&Candidate::new(&facts)).is_empty()
    }

    /// Whether a policy with `drift: repair` can match a room of this title and type.
    pub fn may_repair(&self, title: &str, kind: RoomType) -> bool {
        let facts = Facts::of_list(title, kind);
        let policies = self.by_title(&Candidate::new(&facts));
        policies
            .iter()
            .any(|policy| policy.drift == DriftMode::Repair && policy.mode == Mode::Enforce)
    }

    /// Whether any policy needs more facts about the creator than the list of rooms contains.
    pub fn asks_who_made_it(&self) -> bool {
        self.policies
            .iter()
            .any(|policy| policy.matcher.asks_who_made_it())
    }

    /// Whether every policy that may match a room needs more facts about the creator than the room contains.
    pub fn depends_on_who_made_it(&self, facts: &Facts) -> bool {
        self.by_title(&Candidate::new(facts))
            .iter()
            .all(|policy| policy.matcher.asks_who_made_it())
    }

    /// The groups and tags on which the policies that may match a room match.
    pub fn asked(&self, facts: &Facts) -> Asked<'_> {
        let policies = self.by_title(&Candidate::new(facts));
        let matchers = || policies.iter().map(|policy| &policy.matcher);
        Asked {
            groups: matchers().flat_map(Matcher::groups).collect(),
            tags: matchers().flat_map(Matcher::tags).collect(),
        }
    }

    fn by_title(&self, room: &Candidate<'_>) -> Vec<&Policy> {
        let found = self.index.candidates_by_title(room).into_iter();
        found
            .filter_map(|number| self.policies.get(number))
            .filter(|policy| policy.matcher.may_match(room))
            .collect()
    }

    /// The policies for which it is unknown whether they match a room, by name, and why.
    pub fn undecided(&self, room: &Candidate<'_>) -> Vec<(&Policy, String)> {
        let found = self.index.candidates(room).into_iter();
        found
            .filter_map(|number| {
                let policy = self.policies.get(number)?;
                match policy.matcher.test(room) {
                    Err(Mismatch::Undecided(reason)) => Some((policy, reason)),
                    _ => None,
                }
            })
            .collect()
    }

    /// The policies that do not match a room, the closest first, and why not.
    pub fn mismatched(&self, room: &Candidate<'_>) -> Vec<Missed<'_>> {
        let missed = parallel::each(&self.policies, |policy| Missed::new(policy, room));
        let mut missed: Vec<Missed<'_>> = missed.into_iter().flatten().collect();
        missed.sort_by_key(Missed::distance);
        missed
    }
}

/// The facts that are needed beyond those that the room itself contains.
#[derive(Debug, Clone, Default)]
pub struct Asked<'s> {
    /// Groups of which the creator may be a member.
    pub groups: Vec<&'s Word>,
    /// Tags.
    pub tags: Vec<&'s Word>,
}

/// What the configuration of a portal defines for all policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Values for variables that neither a policy nor its templates define.
    pub vars: BTreeMap<String, Value>,
    /// The month and day on which a fiscal year begins.
    pub fiscal_year_starts: (i8, i8),
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            vars: BTreeMap::new(),
            fiscal_year_starts: (1, 1),
        }
    }
}

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The description, as its author wrote it.
    pub description: Option<String>,
    /// Its place.
    pub place: Place,
    /// The span of its name in the file.
    pub span: Span,
    /// The rooms that it matches.
    pub matcher: Matcher,
    /// The template's name, or several names.
    pub template: String,
    /// The span of the template in the policy.
    pub template_span: Span,
    /// What those rooms get.
    pub spec: Arc<TemplateSpec>,
    /// The higher priority wins.
    pub priority: i32,
    /// Whether policies of lower priority do not apply in rooms that it matches.
    pub is_final: bool,
    /// Whether it makes changes.
    pub mode: Mode,
    /// What happens if a configured room differs.
    pub drift: DriftMode,
    /// Whether DocSpace notifies people about the roles that they get.
    pub notify: bool,
    /// Its own variables.
    pub vars: BTreeMap<String, Value>,
}
