//! Policies × facts → one desired state by written names, with who asked for what.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::{Candidate, Mode, Named, OnMissing, Policy, PolicySet, Text, Variables};
use crate::room::{
    Access, Facts, MAX_TITLE_UNITS, Setting, SettingKey, SubjectKind, fold, no_tag, stored_title,
    tag_key, title_units,
};
use crate::yaml::Place;

mod settle;

use settle::nearest;
pub use settle::{Settled, settle};

/// Who asked for something, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted<T> {
    /// What is wanted.
    pub value: T,
    /// By whom; never empty.
    pub by: Vec<Origin>,
}

/// A folder's titles from the room down, as DocSpace stores them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderPath(pub Vec<String>);

impl FolderPath {
    /// The form in which paths compare: without case.
    pub fn folded(&self) -> Vec<String> {
        self.0.iter().map(|title| fold(title)).collect()
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// A group or person by the name that a policy writes, variables expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// The form in which names compare: without case.
    pub fn folded(&self) -> SubjectName {
        match self {
            SubjectName::Group(name) => SubjectName::Group(fold(name.trim())),
            SubjectName::User(name) => SubjectName::User(fold(name.trim())),
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One policy's word on one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// To whom.
    pub to: SubjectName,
    /// The role it wants in this type of room; `None` is the word `none`.
    pub access: Option<Access>,
    /// What becomes of it when nobody has that name.
    pub on_missing: OnMissing,
    /// The policy's priority.
    pub priority: i32,
    /// How far away in the line of `extends` it is written.
    pub distance: usize,
    /// Who asks.
    pub by: Origin,
}

/// Policies of the highest priority that want different things of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// What they disagree about.
    pub about: String,
    /// What each wants.
    pub claims: Vec<(Access, Origin)>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role of {} is in dispute:", self.about)?;
        for (number, (access, by)) in self.claims.iter().enumerate() {
            write!(
                f,
                "{} {} by {by}",
                if number == 0 { "" } else { ";" },
                access.name()
            )?;
        }
        Ok(())
    }
}

/// Something wanted that cannot be had; everything else is done all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What its captures stand for.
    pub captures: BTreeMap<String, String>,
    /// Where it is written.
    pub place: Place,
}

/// What a room shall have, by written names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Folders in the order of the screen; a level that is only implied is not listed.
    pub folders: Vec<Wanted<FolderPath>>,
    /// Tags.
    pub tags: Vec<Wanted<String>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, Wanted<Setting>>,
    /// Every word on every subject, not yet combined: two names may turn out to be one subject.
    pub claims: Vec<Claim>,
    /// What cannot be had whatever the room looks like.
    pub shortfalls: Vec<Shortfall>,
}

impl Desired {
    /// Every subject's role by written name, and the disputes.
    pub fn grants(&self) -> (Vec<(SubjectName, Settled)>, Vec<Conflict>) {
        let (mut grants, mut conflicts) = (Vec::new(), Vec::new());
        for claims in self.by_name() {
            // The spelling of those who want a role.
            let wanting = claims.iter().filter(|claim| claim.access.is_some());
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

    /// The subjects for whom every word that stands is `none`, and who says so.
    pub fn not_made(&self) -> Vec<(SubjectName, Vec<Origin>)> {
        let mut names: Vec<_> = self
            .by_name()
            .into_iter()
            .filter(|claims| settle("", claims) == Ok(None))
            .filter_map(|claims| {
                let name = claims.iter().map(|claim| claim.to.clone()).min()?;
                let by = nearest(&claims).into_iter().map(|claim| claim.by.clone());
                Some((name, by.collect()))
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
}

/// Resolves all policies against one room.
pub fn resolve(policies: &PolicySet, facts: &Facts) -> Resolution {
    let candidate = Candidate::new(facts);
    let mut matched = Vec::new();
    let mut found = Vec::new();
    for (policy, captures) in policies.matching(&candidate) {
        matched.push(Matched {
            policy: policy.name.clone(),
            template: policy.template.clone(),
            priority: policy.priority,
            observes: policy.mode == Mode::Observe,
            captures: captures.clone(),
            place: policy.place.clone(),
        });
        found.push((policy, variables(policy, captures, facts)));
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
        desired: lay_over(enforcing, facts),
        would_be: found
            .iter()
            .any(|(policy, _)| policy.mode == Mode::Observe)
            .then(|| lay_over(found.iter(), facts)),
        matched,
    }
}

fn variables(policy: &Policy, captures: BTreeMap<String, String>, facts: &Facts) -> Variables {
    let mut variables = policy.ensure.vars.clone();
    variables.extend(policy.vars.clone());
    variables.extend(captures);
    let room = [
        ("room.title", facts.title.clone()),
        ("room.type", facts.kind.word().to_owned()),
        ("creator.name", facts.creator.name.clone()),
        ("creator.email", facts.creator.email.clone()),
        ("date.year", format!("{:04}", facts.created.year())),
        ("date.month", format!("{:02}", facts.created.month())),
        ("date.day", format!("{:02}", facts.created.day())),
    ];
    variables.extend(room.map(|(name, value)| (name.to_owned(), value)));
    variables
}

fn lay_over<'p>(
    found: impl Iterator<Item = &'p (&'p Policy, Variables)>,
    facts: &Facts,
) -> Desired {
    let mut desired = Desired::default();
    let mut paths: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut spellings: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut tags: BTreeMap<String, usize> = BTreeMap::new();
    for (policy, variables) in found {
        let origin = |template: &str, place: &Place| Origin {
            policy: policy.name.clone(),
            template: template.to_owned(),
            place: place.clone(),
        };
        for wish in &policy.ensure.folders {
            let by = origin(&wish.template, &wish.place);
            match folder(&wish.value, variables) {
                Ok(path) => {
                    let path = respelled(path, &mut spellings);
                    unite(&mut desired.folders, &mut paths, path.folded(), path, by);
                }
                Err(reason) => desired.shortfalls.push(Shortfall {
                    reason,
                    by: vec![by],
                }),
            }
        }
        for wish in &policy.ensure.tags {
            let by = origin(&wish.template, &wish.place);
            match expand(&wish.value, variables).map(|tag| tag.trim().to_owned()) {
                Ok(tag) if tag.is_empty() => desired.shortfalls.push(Shortfall {
                    reason: format!("the tag `{}` is empty here", wish.value),
                    by: vec![by],
                }),
                Ok(tag) => match no_tag(&tag) {
                    Some(reason) => desired.shortfalls.push(Shortfall {
                        reason,
                        by: vec![by],
                    }),
                    None => unite(&mut desired.tags, &mut tags, tag_key(&tag), tag, by),
                },
                Err(reason) => desired.shortfalls.push(Shortfall {
                    reason,
                    by: vec![by],
                }),
            }
        }
        for wish in &policy.ensure.grants {
            let access = wish.value.meaning.in_room(facts.kind);
            let by = origin(&wish.template, &wish.place);
            match expand(wish.value.to.text(), variables) {
                Ok(name) => desired.claims.push(Claim {
                    to: match wish.value.to {
                        Named::Group(_) => SubjectName::Group(name.trim().to_owned()),
                        Named::User(_) => SubjectName::User(name.trim().to_owned()),
                    },
                    access,
                    on_missing: wish.value.on_missing,
                    priority: policy.priority,
                    distance: wish.distance,
                    by,
                }),
                Err(reason) => desired.shortfalls.push(Shortfall {
                    reason,
                    by: vec![by],
                }),
            }
        }
    }
    desired
}

/// Titles compare without case, so the first spelling of every level is the spelling of all.
fn respelled(path: FolderPath, spellings: &mut BTreeMap<Vec<String>, String>) -> FolderPath {
    let folded = path.folded();
    let titles = path.0.into_iter().enumerate().map(|(depth, title)| {
        let level = folded.get(..=depth).unwrap_or_default().to_vec();
        spellings.entry(level).or_insert(title).clone()
    });
    FolderPath(titles.collect())
}

fn unite<K: Ord, T>(
    list: &mut Vec<Wanted<T>>,
    index: &mut BTreeMap<K, usize>,
    key: K,
    value: T,
    by: Origin,
) {
    let at = *index.entry(key).or_insert(list.len());
    match list.get_mut(at) {
        Some(there) => there.by.push(by),
        None => list.push(Wanted {
            value,
            by: vec![by],
        }),
    }
}

fn expand(text: &Text, variables: &Variables) -> Result<String, String> {
    text.expand(variables)
        .map_err(|name| format!("`{text}` needs `{{{name}}}`, which has no value here"))
}

fn folder(levels: &[Text], variables: &Variables) -> Result<FolderPath, String> {
    let mut path = Vec::with_capacity(levels.len());
    for level in levels {
        let title = stored_title(&expand(level, variables)?);
        let units = title_units(&title);
        if title.is_empty() {
            return Err(format!("the folder title `{level}` is empty here"));
        }
        if units > MAX_TITLE_UNITS {
            return Err(format!(
                "the folder title `{level}` becomes {units} characters long, and DocSpace takes {MAX_TITLE_UNITS}"
            ));
        }
        path.push(title);
    }
    Ok(FolderPath(path))
}
