//! The policy language, parsed and checked. Nothing outside [`mod@file`] sees an unchecked policy.

mod analysis;
mod check;
pub mod expectation;
pub mod file;
pub mod glob;
mod glob_advice;
mod glob_line;
mod glob_near;
mod glob_normal;
mod glob_parse;
mod glob_search;
mod glob_set;
mod index;
mod lint;
mod matcher;
mod matching;
mod missed;
mod reading;
pub mod reference;
mod role;
pub mod schema;
mod settings;
mod suppress;
mod tables;
mod template;
pub mod text;
mod unused;
mod uses;
mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::{Mode, OnMissing};
pub use matcher::{Account, Candidate, Matcher, Mismatch, Word};
pub use missed::Missed;
pub use role::RoleByType;
pub use settings::{SettingSpec, written};
pub use text::{Tables, Text, Value, Variables};

use crate::room::{Access, Creator, Facts, RoomType, SettingKey, SubjectKind, Unresolved};

use crate::yaml::{Place, Problem, Sources, Span};

/// All policies of a directory.
// INVARIANT: names are unique, templates and roles exist and are resolved, globs are compiled, every variable is
// defined, and policies stand in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    policies: Vec<Policy>,
    tables: Arc<Tables>,
    portal: Portal,
    index: index::Index,
    tests: Vec<expectation::Test>,
}

impl PolicySet {
    /// Reads and checks all files at once: the set if there is no error, and every problem either way.
    pub fn check(sources: &Sources) -> (Option<PolicySet>, Vec<Problem>) {
        check::check(sources, &Portal::default())
    }

    /// As [`PolicySet::check`], for a portal with words of its own.
    pub fn check_for(sources: &Sources, portal: &Portal) -> (Option<PolicySet>, Vec<Problem>) {
        check::check(sources, portal)
    }

    /// As [`PolicySet::check`], and the JSON Schema is asked as well.
    pub fn validate(sources: &Sources) -> (Option<PolicySet>, Vec<Problem>) {
        check::validate(sources, &Portal::default())
    }

    /// As [`PolicySet::validate`], for a portal with words of its own.
    pub fn validate_for(sources: &Sources, portal: &Portal) -> (Option<PolicySet>, Vec<Problem>) {
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
            tables: Arc::new(tables),
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

    /// The month and day with which a fiscal year begins.
    pub fn fiscal_year_starts(&self) -> (i8, i8) {
        self.portal.fiscal_year_starts
    }

    /// The policies, by name.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The tests of all files, in the order in which they are written.
    pub fn tests(&self) -> &[expectation::Test] {
        &self.tests
    }

    /// The policies that speak about a room, by name, and what their captures stand for.
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

    /// Whether any policy can speak about a room of this title and type, whoever made it.
    pub fn may_match(&self, title: &str, kind: RoomType) -> bool {
        let facts = Facts {
            title: title.to_owned(),
            kind,
            creator: Creator::default(),
            created: jiff::civil::Date::default(),
            tags: Vec::new(),
            unresolved: Unresolved::default(),
        };
        !self.by_title(&facts).is_empty()
    }

    /// The groups and the tags that the policies which may speak about a room match on.
    pub fn asked(&self, facts: &Facts) -> Asked<'_> {
        let policies = self.by_title(facts);
        let matchers = || policies.iter().map(|policy| &policy.matcher);
        Asked {
            groups: matchers().flat_map(Matcher::groups).collect(),
            tags: matchers().flat_map(Matcher::tags).collect(),
        }
    }

    fn by_title(&self, facts: &Facts) -> Vec<&Policy> {
        let room = Candidate::new(facts);
        let found = self.index.candidates_by_title(&room).into_iter();
        found
            .filter_map(|number| self.policies.get(number))
            .filter(|policy| policy.matcher.may_match(&room))
            .collect()
    }

    /// The policies of which it cannot be known whether they speak about a room, by name, and why not.
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

    /// The policies that do not speak about a room, the nearest first, and why not.
    pub fn mismatched(&self, room: &Candidate<'_>) -> Vec<Missed<'_>> {
        let missed = self.policies.iter();
        let mut missed: Vec<Missed<'_>> = missed
            .filter_map(|policy| Missed::new(policy, room))
            .collect();
        missed.sort_by_key(Missed::distance);
        missed
    }
}

/// What has to be known of a room beside what it shows itself.
#[derive(Debug, Clone, Default)]
pub struct Asked<'s> {
    /// Groups that somebody may be a member of.
    pub groups: Vec<&'s Word>,
    /// Tags.
    pub tags: Vec<&'s Word>,
}

/// What the configuration of a portal says to all policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Values for variables that neither a policy nor its templates define.
    pub vars: BTreeMap<String, Value>,
    /// The month and day with which a fiscal year begins.
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
    /// What it is for, in its author's words.
    pub description: Option<String>,
    /// Where it is written.
    pub place: Place,
    /// Its name, as it stands in its file.
    pub span: Span,
    /// Which rooms it speaks about.
    pub matcher: Matcher,
    /// The template's name, or the names of several.
    pub template: String,
    /// What those rooms shall have.
    pub spec: Arc<TemplateSpec>,
    /// The higher one wins.
    pub priority: i32,
    /// Whether those of lower priority do not apply where it does.
    pub is_final: bool,
    /// Whether it writes.
    pub mode: Mode,
    /// Its own variables.
    pub vars: BTreeMap<String, Value>,
}

/// What a template asks for, with everything that it extends. What is not here is not managed.
#[derive(Debug, Clone, Default)]
pub struct TemplateSpec {
    /// Folders, the extended template's first, then as written.
    pub folders: Vec<Entry<Vec<Text>>>,
    /// Grants.
    pub grants: Vec<Entry<Grant>>,
    /// Tags.
    pub tags: Vec<Entry<Text>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, Entry<SettingSpec>>,
    /// Values for variables.
    pub vars: BTreeMap<String, Value>,
}

impl TemplateSpec {
    /// All texts in which variables are expanded.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let folders = self.folders.iter().flat_map(|entry| &entry.value);
        let grants = self.grants.iter().map(|entry| entry.value.to.text());
        let tags = self.tags.iter().map(|entry| &entry.value);
        let settings = self.settings.values();
        let settings = settings.filter_map(|entry| entry.value.text());
        folders.chain(grants).chain(tags).chain(settings)
    }

    /// Where each of its folders, grants, tags and settings is written.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let folders = self.folders.iter().map(|entry| &entry.place);
        let grants = self.grants.iter().map(|entry| &entry.place);
        let tags = self.tags.iter().map(|entry| &entry.place);
        let settings = self.settings.values().map(|entry| &entry.place);
        folders.chain(grants).chain(tags).chain(settings)
    }
}

/// One entry of a template, and where it stands.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// What is asked for.
    pub value: T,
    /// The template in which it is written.
    pub template: String,
    /// How many `extends` lie between the policy's template and that one; the nearer word stands.
    pub distance: usize,
    /// Where it is written.
    pub place: Place,
}

/// A grant as a template asks for it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// To whom.
    pub to: SubjectRef,
    /// The role's name, as written.
    pub role: String,
    /// What that name means where it is written.
    pub meaning: RoleByType,
    /// Whether it is `role: none`, which takes back what a lower policy grants.
    pub takes_back: bool,
    /// What becomes of it when nobody has that name.
    pub on_missing: OnMissing,
}

impl Grant {
    /// What it says of its subject in rooms of this type: a role, or `None` for the word `none`; nothing where its
    /// role's name means none.
    pub fn says(&self, kind: RoomType) -> Option<Option<Access>> {
        let access = self.meaning.in_room(kind);
        (access.is_some() || self.takes_back).then_some(access)
    }
}

/// A group or a person by a written name, which may have variables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectRef {
    /// A group by name or id.
    Group(Text),
    /// A person by e-mail address or id.
    User(Text),
}

impl SubjectRef {
    /// Which of the two.
    pub fn kind(&self) -> SubjectKind {
        match self {
            SubjectRef::Group(_) => SubjectKind::Group,
            SubjectRef::User(_) => SubjectKind::User,
        }
    }

    /// The written name.
    pub fn text(&self) -> &Text {
        match self {
            SubjectRef::Group(text) | SubjectRef::User(text) => text,
        }
    }
}
