//! Policies × facts → one desired state by written names, with who asked for what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::policy::{Candidate, Membership, Mode, OnMissing, Policy, PolicySet, Value, Variables};
use crate::room::{Access, Facts, Setting, SettingKey, SubjectKind, fold, fold_title};
pub use crate::yaml::Place;

mod applying;
mod combine;
mod settle;

pub use applying::{Stopped, Undecided};
use applying::{finals, stop, undecided};
use combine::merge_policies;
use settle::nearest;
pub use settle::{Rank, Said, Settled, SettledWord, settle, settle_words};

/// Who asked for something, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The policy.
    pub policy: String,
    /// The template in which it is written.
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

/// A value and everybody who asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted<T> {
    /// What is wanted.
    pub value: T,
    /// By whom; never empty.
    pub by: Vec<Origin>,
}

/// A folder's titles from the room down, as DocSpace stores them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FolderPath(pub Vec<String>);

impl FolderPath {
    /// The form in which paths compare.
    pub fn folded(&self) -> Vec<String> {
        self.0.iter().map(|title| fold_title(title)).collect()
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// A group or person by the name that a policy writes, variables expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectName {
    /// A group's name or id.
    Group(String),
    /// A person's e-mail address or id.
    User(String),
}

impl SubjectName {
    /// Which of the two.
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

    /// The form in which names compare.
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

/// What a policy says of a subject's role in this type of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleWord {
    /// It is to have this role.
    Role(Access),
    /// `role: none`: a grant that a lower policy asks for is not made.
    None,
    /// The role's name means none in this type of room.
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

/// One policy's word on one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// To whom.
    pub to: SubjectName,
    /// The role it wants.
    pub role: RoleWord,
    /// What becomes of it when nobody has that name.
    pub on_missing: OnMissing,
    /// Whether a person without an account is invited.
    pub invites: bool,
    /// Who asks, and how much that weighs.
    pub rank: Rank,
}

/// Policies of the highest priority that want different things of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What they disagree about.
    pub about: String,
    /// What each wants.
    pub claims: Vec<(String, Origin)>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in dispute:", self.about)?;
        for (number, (word, by)) in self.claims.iter().enumerate() {
            let comma = if number == 0 { "" } else { ";" };
            write!(f, "{comma} {word} by {by}")?;
        }
        Ok(())
    }
}

/// Something wanted that cannot be had; everything else is done all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    /// What is missing, and why.
    pub reason: String,
    /// Who wanted it.
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

/// A policy that speaks about the room.
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
    /// What its captures stand for.
    pub captures: BTreeMap<String, String>,
    /// Where it is written.
    pub place: Place,
}

/// What a dispute about the owner is about.
pub const OWNER: &str = "the owner";

/// What a room shall have, by written names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Folders in the order of the screen; a level that is only implied is not listed.
    pub folders: Vec<Wanted<FolderPath>>,
    /// Tags.
    pub tags: Vec<Wanted<String>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, SettledWord<Setting>>,
    /// How grants relate to those that the room has, where a policy says so.
    pub membership: Option<Wanted<Membership>>,
    /// Whom `membership: exact` leaves alone.
    pub protected: Vec<Wanted<SubjectName>>,
    /// Every word on the owner, not yet combined: two names may turn out to be one account.
    pub owners: Vec<Said<SubjectName>>,
    /// The policies that restore what is gone.
    pub repairing: BTreeSet<String>,
    /// The policies whose grants people are told of.
    pub notifying: BTreeSet<String>,
    /// Every word on every subject, not yet combined: two names may turn out to be one subject.
    pub claims: Vec<Claim>,
    /// Disputes that need no ids to be seen.
    pub conflicts: Vec<Conflict>,
    /// What cannot be had whatever the room looks like.
    pub shortfalls: Vec<Shortfall>,
}

impl Desired {
    /// Every subject's role by written name, and the disputes.
    pub fn grants(&self) -> (Vec<(SubjectName, Settled)>, Vec<Conflict>) {
        let (mut grants, mut conflicts) = (Vec::new(), Vec::new());
        for claims in self.by_name() {
            // The spelling of those who want a role.
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

    /// The subjects that get nothing here, and who speaks of them.
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

/// What all policies together say of one room.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The policies that speak about it, by name.
    pub matched: Vec<Matched>,
    /// What the enforcing policies want; nothing else is ever written.
    pub desired: Desired,
    /// What all of them would want together, if any only observes.
    pub would_be: Option<Desired>,
    /// Policies that match and do not apply.
    pub stopped: Vec<Stopped>,
    /// Policies of which it cannot be known whether they match; any of them stops the room.
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
        found.push((policy, variables(policies, policy, captures, facts)));
    }
    // The highest priority first: its folders come first on the screen, its spelling stands.
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

fn variables(
    policies: &PolicySet,
    policy: &Policy,
    captures: BTreeMap<String, String>,
    facts: &Facts,
) -> Variables {
    let mut variables = policies.variables();
    for (name, value) in policy.spec.vars.iter().chain(&policy.vars) {
        variables.set(name, value.clone());
    }
    for (name, value) in captures {
        variables.set(name, Value::One(value));
    }
    let created = facts.created;
    let room = [
        ("room.title", facts.title.clone()),
        ("room.type", facts.kind.as_str().to_owned()),
        ("creator.name", facts.creator.name.clone()),
        ("creator.email", facts.creator.email.clone()),
        ("date.year", format!("{:04}", created.year())),
        ("date.month", format!("{:02}", created.month())),
        ("date.day", format!("{:02}", created.day())),
        ("date.quarter", quarter(created).to_string()),
        (
            "date.fiscal_year",
            format!("{:04}", fiscal_year(created, policies.fiscal_year_starts())),
        ),
    ];
    for (name, value) in room {
        variables.set(name, Value::One(value));
    }
    variables
}

/// The quarter of the calendar year, from 1.
fn quarter(date: Date) -> i8 {
    (date.month() - 1) / 3 + 1
}

/// A fiscal year is called by the calendar year in which it ends.
fn fiscal_year(date: Date, starts: (i8, i8)) -> i16 {
    let begins_with_the_year = starts == (1, 1);
    let has_begun = (date.month(), date.day()) >= starts;
    date.year() + i16::from(has_begun && !begins_with_the_year)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_fiscal_year_is_called_by_the_year_in_which_it_ends() {
        for (day, starts, year) in [
            (date(2026, 1, 1), (1, 1), 2026),
            (date(2026, 12, 31), (1, 1), 2026),
            (date(2026, 3, 31), (4, 1), 2026),
            (date(2026, 4, 1), (4, 1), 2027),
            (date(2026, 4, 5), (4, 6), 2026),
            (date(2026, 4, 6), (4, 6), 2027),
        ] {
            assert_eq!(fiscal_year(day, starts), year, "{day} {starts:?}");
        }
        assert_eq!(quarter(date(2026, 3, 31)), 1);
        assert_eq!(quarter(date(2026, 10, 1)), 4);
    }
}
