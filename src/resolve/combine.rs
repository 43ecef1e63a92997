//! Merging the templates of all matching policies.

use std::collections::BTreeMap;

use super::guests::Limits;
use super::{
    Claim, Desired, FolderPath, Origin, Rank, RoleWord, Said, Shortfall, SubjectName, Wanted,
    settle_words,
};
use crate::policy::{
    DriftMode, Entry, Grant, Highest, Membership, Policy, SubjectRef, Text, Variables,
};
use crate::room::{
    Facts, MAX_TITLE_UNITS, Setting, SettingKey, fold, is_account, is_guid, is_system_group,
    no_tag, stored_title, tag_key, title_units,
};

/// The merged entries so far, with their positions.
#[derive(Default)]
struct Layers {
    desired: Desired,
    paths: BTreeMap<Vec<String>, usize>,
    spellings: BTreeMap<Vec<String>, String>,
    tags: BTreeMap<String, usize>,
    settings: BTreeMap<SettingKey, Vec<Said<Setting>>>,
    membership: Vec<Said<Membership>>,
    limits: Limits,
}

/// Merges all entries; the policies come with the highest priority first.
pub(super) fn merge_policies<'p>(
    found: impl Iterator<Item = &'p (&'p Policy, Variables)>,
    facts: &Facts,
) -> Desired {
    let mut layers = Layers::default();
    for (policy, variables) in found {
        Layer { policy, facts }.add_to(&mut layers, variables);
    }
    layers.finished()
}

/// One matching policy.
struct Layer<'p> {
    policy: &'p Policy,
    facts: &'p Facts,
}

impl Layer<'_> {
    fn add_to(&self, layers: &mut Layers, variables: &Variables) {
        let spec = &self.policy.spec;
        for entry in &spec.folders {
            for variables in variables.each(&entry.value) {
                let done = folder(&entry.value, &variables);
                let done = done.map(|path| layers.add_folder(path, self.origin(entry)));
                layers.note(done, self.origin(entry));
            }
        }
        for entry in &spec.tags {
            for variables in variables.each([&entry.value]) {
                let done = tag(&entry.value, &variables);
                let done = done.map(|tag| layers.add_tag(tag, self.origin(entry)));
                layers.note(done, self.origin(entry));
            }
        }
        for entry in spec.settings.values() {
            let done = entry.value.expand(variables).map(|value| {
                let rank = self.rank(entry);
                let said = layers.settings.entry(value.key()).or_default();
                said.push(Said { value, rank });
            });
            layers.note(done, self.origin(entry));
        }
        self.add_people_to(layers, variables);
        let name = || self.policy.name.clone();
        if self.policy.drift == DriftMode::Repair {
            layers.desired.repairing.insert(name());
        }
        if self.policy.notify {
            layers.desired.notifying.insert(name());
        }
    }

    fn add_people_to(&self, layers: &mut Layers, variables: &Variables) {
        let spec = &self.policy.spec;
        for entry in &spec.grants {
            for variables in variables.each([entry.value.to.text()]) {
                let done = self.claim(entry, &variables);
                let done = done.map(|claim| layers.desired.claims.push(claim));
                layers.note(done, self.origin(entry));
            }
        }
        for entry in &spec.protect {
            for variables in variables.each([entry.value.text()]) {
                let done = subject(&entry.value, &variables).map(|value| {
                    let by = vec![self.origin(entry)];
                    layers.desired.protected.push(Wanted { value, by });
                });
                layers.note(done, self.origin(entry));
            }
        }
        if let Some(entry) = &spec.membership {
            layers.membership.push(Said {
                value: entry.value,
                rank: self.rank(entry),
            });
        }
        if let Some(entry) = &spec.guests.domains {
            layers.limits.domains.push(Said {
                value: entry.value.clone(),
                rank: self.rank(entry),
            });
        }
        if let Some(entry) = &spec.guests.highest {
            layers.limits.highest.push(Said {
                value: Highest(entry.value.in_room(self.facts.kind)),
                rank: self.rank(entry),
            });
        }
        if let Some(entry) = &spec.owner {
            let done = entry.value.expand(variables);
            let done = done.and_then(|name| account(&entry.value, name.trim().to_owned()));
            let done = done.map(|value| {
                let rank = self.rank(entry);
                layers.desired.owners.push(Said { value, rank });
            });
            layers.note(done, self.origin(entry));
        }
    }

    fn origin<T>(&self, entry: &Entry<T>) -> Origin {
        Origin {
            policy: self.policy.name.clone(),
            template: entry.template.clone(),
            place: entry.place.clone(),
        }
    }

    fn rank<T>(&self, entry: &Entry<T>) -> Rank {
        Rank {
            priority: self.policy.priority,
            distance: entry.distance,
            by: self.origin(entry),
        }
    }

    fn claim(&self, entry: &Entry<Grant>, variables: &Variables) -> Result<Claim, String> {
        let grant = &entry.value;
        let to = subject(&grant.to, variables)?;
        let role = match grant.says(self.facts.kind) {
            Some(Some(access)) => RoleWord::Role(access),
            Some(None) => RoleWord::None,
            None => RoleWord::NotHere,
        };
        if grant.invites && !to.text().contains('@') {
            return Err(format!(
                "`{to}` is not an e-mail address, so nobody is invited"
            ));
        }
        Ok(Claim {
            to,
            role,
            on_missing: grant.on_missing,
            invites: grant.invites,
            rank: self.rank(entry),
        })
    }
}

impl Layers {
    /// Records why an entry cannot be provided in this room.
    fn note(&mut self, done: Result<(), String>, by: Origin) {
        if let Err(reason) = done {
            let by = vec![by];
            self.desired.shortfalls.push(Shortfall { reason, by });
        }
    }

    /// Titles compare without case, so the first spelling of a level is used for all.
    fn add_folder(&mut self, path: FolderPath, by: Origin) {
        let folded = path.folded();
        let titles = path.0.into_iter().enumerate().map(|(depth, title)| {
            let level = folded.get(..=depth).unwrap_or_default().to_vec();
            self.spellings.entry(level).or_insert(title).clone()
        });
        let path = FolderPath(titles.collect());
        merge(&mut self.desired.folders, &mut self.paths, folded, path, by);
    }

    fn add_tag(&mut self, tag: String, by: Origin) {
        merge(
            &mut self.desired.tags,
            &mut self.tags,
            tag_key(&tag),
            tag,
            by,
        );
    }

    fn finished(mut self) -> Desired {
        for (key, claims) in self.settings {
            let about = format!("the setting `{}`", key.as_str());
            match settle_words(&about, &claims, Setting::clone) {
                Ok(settled) => self
                    .desired
                    .settings
                    .extend(settled.map(|value| (key, value))),
                Err(conflict) => self.desired.conflicts.push(conflict),
            }
        }
        match settle_words("`membership`", &self.membership, |value| *value) {
            Ok(settled) => self.desired.membership = settled.map(|settled| settled.wanted),
            Err(conflict) => self.desired.conflicts.push(conflict),
        }
        self.limits.apply(&mut self.desired);
        self.desired
    }
}

fn merge<K: Ord, T>(
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

/// The group or person that a text names.
fn subject(written: &SubjectRef, variables: &Variables) -> Result<SubjectName, String> {
    let text = written.text();
    let name = text.expand(variables)?.trim().to_owned();
    // A title must not choose a system group or an id.
    if text.literal().is_none() && (is_guid(&name) || is_system_group(&name)) {
        return Err(format!(
            "`{text}` becomes `{name}` here; a variable stands for a name only, and never for an id or a system group"
        ));
    }
    match written {
        SubjectRef::Group(_) if fold(&name).is_empty() => {
            Err(format!("the group name `{text}` is empty here"))
        }
        SubjectRef::Group(_) => Ok(SubjectName::Group(name)),
        SubjectRef::User(_) => account(text, name),
    }
}

/// The account that a text names: the value of a variable is known only here.
fn account(written: &Text, name: String) -> Result<SubjectName, String> {
    if fold(&name).is_empty() {
        return Err(format!("the e-mail address `{written}` is empty here"));
    }
    if !is_account(&name) {
        return Err(format!(
            "`{written}` becomes `{name}` here, which is neither an e-mail address nor an id"
        ));
    }
    Ok(SubjectName::User(name))
}

fn tag(written: &Text, variables: &Variables) -> Result<String, String> {
    let tag = written.expand(variables)?.trim().to_owned();
    if tag.is_empty() {
        return Err(format!("the tag `{written}` is empty here"));
    }
    match no_tag(&tag) {
        Some(reason) => Err(reason),
        None => Ok(tag),
    }
}

fn folder(levels: &[Text], variables: &Variables) -> Result<FolderPath, String> {
    let mut path = Vec::with_capacity(levels.len());
    for level in levels {
        let title = stored_title(&level.expand(variables)?);
        let units = title_units(&title);
        if title.is_empty() {
            return Err(format!("the folder title `{level}` is empty here"));
        }
        if units > MAX_TITLE_UNITS {
            return Err(format!(
                "the folder title `{level}` becomes {units} characters long, but DocSpace accepts at most {MAX_TITLE_UNITS}"
            ));
        }
        path.push(title);
    }
    Ok(FolderPath(path))
}
