//! The policy language, parsed and checked. Nothing outside [`mod@file`] sees an unchecked policy.

mod analysis;
mod check;
pub mod expectation;
pub mod file;
pub mod glob;
mod index;
mod lint;
mod matcher;
mod matching;
mod missed;
mod owner;
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
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::{DriftMode, Membership, Mode, OnMissing};
pub use matcher::{Account, Candidate, Matcher, Mismatch, Word};
pub use missed::Missed;
pub use role::RoleByType;
pub use settings::{SettingSpec, written};
pub use text::{Tables, Text, Value, Variables};

use crate::room::{Access, Facts, RoomType, SettingKey, SubjectKind};

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
        !self.by_title(&Facts::of_list(title, kind)).is_empty()
    }

    /// Whether a policy that restores what is gone can speak about a room of this title and type.
    pub fn may_repair(&self, title: &str, kind: RoomType) -> bool {
        let facts = Facts::of_list(title, kind);
        let policies = self.by_title(&facts);
        policies
            .iter()
            .any(|policy| policy.drift == DriftMode::Repair && policy.mode == Mode::Enforce)
    }

    /// Whether any policy asks for more of who made a room than the list of rooms shows.
    pub fn asks_who_made_it(&self) -> bool {
        self.policies
            .iter()
            .any(|policy| policy.matcher.asks_who_made_it())
    }

    /// Whether every policy that may speak about a room asks for more of who made it than the room shows.
    pub fn depends_on_who_made_it(&self, facts: &Facts) -> bool {
        self.by_title(facts)
            .iter()
            .all(|policy| policy.matcher.asks_who_made_it())
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
    /// What becomes of a configured room that differs.
    pub drift: DriftMode,
    /// Whether people are told of the roles that they get.
    pub notify: bool,
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
    /// How the grants relate to those that the room has.
    pub membership: Option<Entry<Membership>>,
    /// Whom `membership: exact` leaves alone.
    pub protect: Vec<Entry<SubjectRef>>,
    /// The account that the room is to belong to.
    pub owner: Option<Entry<Text>>,
    /// What invitations may not exceed.
    pub guests: GuestLimits,
    /// Values for variables.
    pub vars: BTreeMap<String, Value>,
}

impl TemplateSpec {
    /// All texts in which variables are expanded.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let folders = self.folders.iter().flat_map(|entry| &entry.value);
        let grants = self.grants.iter().map(|entry| entry.value.to.text());
        let protect = self.protect.iter().map(|entry| entry.value.text());
        let tags = self.tags.iter().map(|entry| &entry.value);
        let settings = self.settings.values();
        let settings = settings.filter_map(|entry| entry.value.text());
        let owner = self.owner.iter().map(|entry| &entry.value);
        folders
            .chain(grants)
            .chain(protect)
            .chain(tags)
            .chain(settings)
            .chain(owner)
    }

    /// Where each thing that it asks of a room is written.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let folders = self.folders.iter().map(|entry| &entry.place);
        let grants = self.grants.iter().map(|entry| &entry.place);
        let tags = self.tags.iter().map(|entry| &entry.place);
        let settings = self.settings.values().map(|entry| &entry.place);
        let owner = self.owner.iter().map(|entry| &entry.place);
        let membership = self.membership.iter().map(|entry| &entry.place);
        folders
            .chain(grants)
            .chain(tags)
            .chain(settings)
            .chain(owner)
            .chain(membership)
    }
}

/// What invitations may not exceed.
#[derive(Debug, Clone, Default)]
pub struct GuestLimits {
    /// The domains of their addresses, in small letters; nothing for any.
    pub domains: Option<Entry<Vec<String>>>,
    /// The highest role; nothing for Viewer.
    pub highest: Option<Entry<RoleByType>>,
}

impl GuestLimits {
    /// Why an address cannot be invited, if so.
    pub fn refuses_address(&self, address: &str) -> Option<String> {
        let domains = &self.domains.as_ref()?.value;
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        let is_allowed = domains.contains(&domain.trim().to_lowercase());
        (!is_allowed).then(|| {
            format!(
                "`{address}` is not invited: `allowed_domains` is {}",
                domains.join(", ")
            )
        })
    }

    /// Why an invitation cannot have a role in rooms of this type, if so.
    pub fn refuses_role(&self, address: &str, access: Access, kind: RoomType) -> Option<String> {
        let highest = match &self.highest {
            Some(entry) => entry.value.in_room(kind),
            None => Some(Access::Viewer),
        };
        (Some(access) > highest).then(|| {
            format!(
                "`{address}` is not invited as {}: the highest role of guests is {}",
                access.name(),
                highest.map_or("none", Access::name)
            )
        })
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
    /// Whether somebody who has no account is invited.
    pub invites: bool,
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
