//! Policies × facts → one desired state by written names, with the policy lines that ask for each item.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::policy::{Candidate, Membership, Mode, OnMissing, PolicySet};
use crate::room::{Access, Facts, Setting, SettingKey, SubjectKind, fold, fold_title};
pub use crate::yaml::Place;

mod applying;
mod combine;
mod guests;
mod settle;

pub use applying::{Stopped, Undecided, Unstated, unstated};
use applying::{finals, stop, undecided};
use combine::merge_policies;
use settle::nearest;
pub use settle::{Rank, Said, Settled, SettledWord, settle, settle_words};

/// The policy line that asks for something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The policy.
    pub policy: String,
    /// The template that contains the line.
    pub template: String,
    /// File, line and column.
    pub place: Place,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "policy `{}`, template `{}`, {}",
            self.policy, self.template, self.place
        )
    }
}

/// A value, and the policy lines that ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted<T> {
    /// The desired value.
    pub value: T,
    /// The policy lines that ask for it; never empty.
    pub by: Vec<Origin>,
}

/// The titles of a folder's path below the room, as DocSpace stores them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FolderPath(pub Vec<String>);

impl FolderPath {
    /// The comparable form of the path.
    pub fn folded(&self) -> Vec<String> {
        self.0.iter().map(|title| fold_title(title)).collect()
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// A group or person by the name in the policy, with variables expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectName {
    /// A group's name or id.
    Group(String),
    /// A person's e-mail address or id.
    User(String),
}

impl SubjectName {
    /// Whether it is a group or a person.
    pub fn kind(&self) -> SubjectKind {
        match self {
            SubjectName::Group(_) => SubjectKind::Group,
            SubjectName::User(_) => SubjectKind::User,
        }
    }

    /// The written name.
    pub fn text(&self) -> &str {
        match self {
            SubjectName::Group(name) | SubjectName::User(name) => name,
        }
    }

    /// The comparable form of the name.
    pub fn folded(&self) -> SubjectName {
        match self {
            SubjectName::Group(name) => SubjectName::Group(fold(name)),
            SubjectName::User(name) => SubjectName::User(fold(name)),
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The role that a policy gives a subject in this type of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleWord {
    /// The subject gets this role.
    Role(Access),
    /// `role: none`: cancels a grant of a policy of lower priority.
    None,
    /// The named role means no grant in this type of room.
    NotHere,
}

impl RoleWord {
    /// The role, if it is one.
    pub fn access(self) -> Option<Access> {
        match self {
            RoleWord::Role(access) => Some(access),
            RoleWord::None | RoleWord::NotHere => None,
        }
    }
}

/// What one policy says about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The subject.
    pub to: SubjectName,
    /// The desired role.
    pub role: RoleWord,
    /// What to do if nobody has that name.
    pub on_missing: OnMissing,
    /// Whether to invite a person without an account.
    pub invites: bool,
    /// The policy line, and its precedence.
    pub rank: Rank,
}

/// A conflict: policies of equal priority ask for different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The subject of the conflict.
    pub about: String,
    /// The values, each with its policy line.
    pub claims: Vec<(String, Origin)>,
}

impl Conflict {
    /// The policy that asks for different values itself; no priority decides that.
    pub fn within(&self) -> Option<&str> {
        let mut claims = self.claims.iter().enumerate();
        let (_, (_, by)) = claims.find(|(at, (word, by))| {
            let mut before = self.claims.iter().take(*at);
            before.any(|(other, of)| of.policy == by.policy && other != word)
        })?;
        Some(&by.policy)
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.within() {
            Some(policy) => write!(f, "the policy `{policy}` disagrees with itself")?,
            None => f.write_str("policies disagree")?,
        }
        write!(f, " about {}:", self.about)?;
        for (number, (word, by)) in self.claims.iter().enumerate() {
            let comma = if number == 0 { "" } else { ";" };
            write!(f, "{comma} {word} by {by}")?;
        }
        Ok(())
    }
}

/// Something desired that cannot be provided; everything else is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    /// What is missing, and why.
    pub reason: String,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        if let Some(first) = self.by.first() {
            write!(f, " ({first})")?;
        }
        Ok(())
    }
}

/// A policy that applies to the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// The place of the policy.
    pub place: Place,
}

/// The subject of a conflict about the owner.
pub const OWNER: &str = "the owner";

/// The desired state of a room, by written names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Folders in the order on the screen; a level that is only implied is not listed.
    pub folders: Vec<Wanted<FolderPath>>,
    /// Tags.
    pub tags: Vec<Wanted<String>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, SettledWord<Setting>>,
    /// Whether grants are additive or exact, if a policy says so.
    pub membership: Option<Wanted<Membership>>,
    /// The subjects that `membership: exact` leaves unchanged.
    pub protected: Vec<Wanted<SubjectName>>,
    /// Every value for the owner, not yet combined: two names may mean the same account.
    pub owners: Vec<Said<SubjectName>>,
    /// The policies that restore what people removed.
    pub repairing: BTreeSet<String>,
    /// The policies whose grants DocSpace announces to people.
    pub notifying: BTreeSet<String>,
    /// Every claim about every subject, not yet combined: two names may mean the same subject.
    pub claims: Vec<Claim>,
    /// Conflicts that are visible without ids.
    pub conflicts: Vec<Conflict>,
    /// What cannot be provided in any room state.
    pub shortfalls: Vec<Shortfall>,
}

impl Desired {
    /// Every subject's role by written name, and the conflicts.
    pub fn grants(&self) -> (Vec<(SubjectName, Settled)>, Vec<Conflict>) {
        let (mut grants, mut conflicts) = (Vec::new(), Vec::new());
        for claims in self.by_name() {
            // Use the spelling of those who ask for a role.
            let wanting = claims.iter().filter(|claim| claim.role.access().is_some());
            let Some(name) = wanting.map(|claim| claim.to.clone()).min() else {
                continue;
            };
            match settle(name.text(), &claims) {
                Ok(Some(settled)) => grants.push((name, settled)),
                Ok(None) => {}
                Err(conflict) => conflicts.push(conflict),
            }
        }
        grants.sort_by(|(a, _), (b, _)| a.cmp(b));
        (grants, conflicts)
    }

    /// The owner by written name.
    ///
    /// # Errors
    /// Policies disagree.
    pub fn owner(&self) -> Result<Option<SettledWord<SubjectName>>, Conflict> {
        settle_words(OWNER, &self.owners, SubjectName::folded)
    }

    /// The subjects that get no grant here, with the policy lines that say so.
    pub fn not_made(&self) -> Vec<(SubjectName, Vec<Origin>)> {
        let mut names: Vec<_> = self
            .by_name()
            .into_iter()
            .filter(|claims| settle("", claims) == Ok(None))
            .filter_map(|claims| {
                let name = claims.iter().map(|claim| claim.to.clone()).min()?;
                let by = nearest(&claims, |claim| &claim.rank).into_iter();
                Some((name, by.map(|claim| claim.rank.by.clone()).collect()))
            })
            .collect();
        names.sort();
        names
    }

    fn by_name(&self) -> Vec<Vec<&Claim>> {
        let mut by_name: BTreeMap<SubjectName, Vec<&Claim>> = BTreeMap::new();
        for claim in &self.claims {
            by_name.entry(claim.to.folded()).or_default().push(claim);
        }
        by_name.into_values().collect()
    }
}

/// What all policies together say about one room.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The policies that apply to it, by name.
    pub matched: Vec<Matched>,
    /// What the enforcing policies ask for; nothing else is ever written.
    pub desired: Desired,
    /// What all policies together would ask for, if any of them only observes.
    pub would_be: Option<Desired>,
    /// Policies that match but do not apply.
    pub stopped: Vec<Stopped>,
    /// Policies for which it is unknown whether they match; any of them refuses the room.
    pub undecided: Vec<Undecided>,
}

/// Resolves all policies against one room.
pub fn resolve(policies: &PolicySet, facts: &Facts) -> Resolution {
    let candidate = Candidate::new(facts);
    let (mut matched, mut stopped, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let matching = policies.matching(&candidate);
    let finals = finals(&matching);
    let undecided = undecided(policies, &candidate, &finals);
    for (policy, captures) in matching {
        if let Some(by) = stop(policy, &finals) {
            stopped.push(Stopped {
                policy: policy.name.clone(),
                place: policy.place.clone(),
                by: by.name.clone(),
            });
            continue;
        }
        matched.push(Matched {
            policy: policy.name.clone(),
            template: policy.template.clone(),
            priority: policy.priority,
            observes: policy.mode == Mode::Observe,
            captures: captures.clone(),
            place: policy.place.clone(),
        });
        found.push((policy, policies.variables_in(policy, captures, facts)));
    }
    // The highest priority first: its folders come first on the screen, and its spelling wins.
    found.sort_by(|(a, _), (b, _)| {
        b.priority
            .cmp(&a.priority)
            .then_with(|| a.name.cmp(&b.name))
    });
    let enforcing = found
        .iter()
        .filter(|(policy, _)| policy.mode == Mode::Enforce);
    Resolution {
        desired: merge_policies(enforcing, facts),
        would_be: found
            .iter()
            .any(|(policy, _)| policy.mode == Mode::Observe)
            .then(|| {
                let lowest = finals.iter().map(|policy| policy.priority).max();
                let applying = found
                    .iter()
                    .filter(|(policy, _)| Some(policy.priority) >= lowest);
                merge_policies(applying, facts)
            }),
        matched,
        stopped,
        undecided,
    }
}
