//! Merges templates with those that they extend: the extending template wins, and siblings must not disagree.

use std::collections::BTreeMap;

use super::lines::Line;
use super::{Own, key};
use crate::policy::text::{Text, Value};
use crate::policy::{Domains, Entry, Grant, Membership, RoleByType, SettingSpec, TemplateSpec};
use crate::room::{RoomType, SettingKey};
use crate::yaml::{Problem, Span};

/// Two templates contradict each other, and neither extends the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Disagreement {
    about: String,
    templates: [String; 2],
    places: [String; 2],
}

impl Disagreement {
    fn new<T, U>(about: String, one: &Entry<T>, other: &Entry<U>) -> Self {
        Self {
            about,
            templates: [one.template.clone(), other.template.clone()],
            places: [one.place.to_string(), other.place.to_string()],
        }
    }

    /// Whether it is visible in this chain too, so that it was reported there.
    pub(super) fn is_in(&self, line: &Line<'_>) -> bool {
        let [one, other] = &self.templates;
        line.has_both(one, other)
    }

    pub(super) fn problem(&self, at: Span) -> Problem {
        let ([one, other], [here, there]) = (&self.templates, &self.places);
        let message = format!(
            "the templates `{one}` and `{other}` disagree about {}: see {here} and {there}",
            self.about
        );
        Problem::error(at, "templates-disagree", message).with_help(
            "set the value in the template or policy that lists both, or in only one of them",
        )
    }
}

/// The entries that no extending template overrides.
pub(super) fn standing<'w, T>(
    words: &[&'w Entry<T>],
    lines: &BTreeMap<&str, Line<'_>>,
) -> Vec<&'w Entry<T>> {
    let is_replaced = |far: &Entry<T>| {
        words.iter().any(|near| {
            near.template != far.template
                && lines
                    .get(near.template.as_str())
                    .is_some_and(|line| line.distance.contains_key(far.template.as_str()))
        })
    };
    words
        .iter()
        .copied()
        .filter(|word| !is_replaced(word))
        .collect()
}

/// Merges the templates of a chain.
pub(super) fn merge(
    line: &Line<'_>,
    own: &BTreeMap<&str, Own>,
    lines: &BTreeMap<&str, Line<'_>>,
) -> (TemplateSpec, Vec<Disagreement>) {
    let (mut all, words) = Words::of(line, own);
    let mut found = Vec::new();
    let Words {
        grants,
        settings,
        vars,
        membership,
        owner,
        domains,
        highest,
    } = words;
    for words in in_order(grants) {
        let words: Vec<&Entry<Grant>> = words.iter().collect();
        let left = standing(&words, lines);
        if let Some((one, other)) = differing(&left, grants_differ) {
            let about = format!("the role of `{}`", one.value.to.text());
            found.push(Disagreement::new(about, one, other));
        }
        all.grants.extend(left.into_iter().cloned());
    }
    let mut one = One {
        lines,
        found: &mut found,
    };
    for (key, words) in settings {
        let about = format!("the setting `{}`", key.as_str());
        let left = one.of(&words, about);
        all.settings.extend(left.map(|entry| (key, entry)));
    }
    for (name, words) in vars {
        let left = one.of(&words, format!("the variable `{name}`"));
        all.vars.extend(left.map(|entry| (name, entry.value)));
    }
    all.membership = one.of(&membership, "`membership`".to_owned());
    all.owner = one.of(&owner, "the owner".to_owned());
    all.guests.domains = one.of(&domains, "the domains of guests".to_owned());
    all.guests.highest = one.of(&highest, "the highest role of guests".to_owned());
    (all, found)
}

/// Finds the single value.
struct One<'m, 'f> {
    lines: &'m BTreeMap<&'f str, Line<'f>>,
    found: &'m mut Vec<Disagreement>,
}

impl One<'_, '_> {
    fn of<T: Clone + PartialEq>(&mut self, words: &[Entry<T>], about: String) -> Option<Entry<T>> {
        let words: Vec<&Entry<T>> = words.iter().collect();
        let left = standing(&words, self.lines);
        if let Some((one, other)) = differing(&left, |a, b| a != b) {
            self.found.push(Disagreement::new(about, one, other));
        }
        left.first().map(|entry| (*entry).clone())
    }
}

/// Entries by subject, with the position of the last one in the overall order.
type BySubject = BTreeMap<(bool, String), (usize, Vec<Entry<Grant>>)>;

/// What the templates of a chain say about things with a single value.
#[derive(Default)]
struct Words {
    grants: BySubject,
    settings: BTreeMap<SettingKey, Vec<Entry<SettingSpec>>>,
    vars: BTreeMap<String, Vec<Entry<Value>>>,
    membership: Vec<Entry<Membership>>,
    owner: Vec<Entry<Text>>,
    domains: Vec<Entry<Domains>>,
    highest: Vec<Entry<RoleByType>>,
}

impl Words {
    /// Separates them from entries that add up.
    fn of(line: &Line<'_>, own: &BTreeMap<&str, Own>) -> (TemplateSpec, Self) {
        let (mut all, mut words) = (TemplateSpec::default(), Self::default());
        let mut count = 0;
        for name in &line.order {
            let Some(own) = own.get(name) else { continue };
            let distance = line.distance.get(name).copied().unwrap_or_default();
            let folders = own.spec.folders.iter();
            all.folders.extend(folders.map(|entry| entry.at(distance)));
            let tags = own.spec.tags.iter();
            all.tags.extend(tags.map(|entry| entry.at(distance)));
            for entry in &own.spec.grants {
                count += 1;
                let (last, entries) = words.grants.entry(key(&entry.value.to)).or_default();
                *last = count;
                entries.push(entry.at(distance));
            }
            for (key, entry) in &own.spec.settings {
                let entries = words.settings.entry(*key).or_default();
                entries.push(entry.at(distance));
            }
            let protect = own.spec.protect.iter();
            all.protect.extend(protect.map(|entry| entry.at(distance)));
            let guests = &own.spec.guests;
            words.membership.extend(at(&own.spec.membership, distance));
            words.owner.extend(at(&own.spec.owner, distance));
            words.domains.extend(at(&guests.domains, distance));
            words.highest.extend(at(&guests.highest, distance));
            for (name, entry) in &own.vars {
                let entries = words.vars.entry(name.clone()).or_default();
                entries.push(entry.at(distance));
            }
        }
        (all, words)
    }
}

fn at<T: Clone>(entry: &Option<Entry<T>>, distance: usize) -> Option<Entry<T>> {
    entry.as_ref().map(|entry| entry.at(distance))
}

/// The entries for each subject, ordered by the last one for each.
fn in_order(grants: BySubject) -> impl Iterator<Item = Vec<Entry<Grant>>> {
    let mut grants: Vec<_> = grants.into_values().collect();
    grants.sort_by_key(|(last, _)| *last);
    grants.into_iter().map(|(_, entries)| entries)
}

impl<T: Clone> Entry<T> {
    /// The same entry with a distance in `extends`.
    fn at(&self, distance: usize) -> Self {
        Self {
            distance,
            ..self.clone()
        }
    }
}

/// The first entry, and one that differs from it.
fn differing<'w, T>(
    words: &[&'w Entry<T>],
    differ: impl Fn(&T, &T) -> bool,
) -> Option<(&'w Entry<T>, &'w Entry<T>)> {
    let (first, others) = words.split_first()?;
    let other = others
        .iter()
        .find(|other| differ(&first.value, &other.value))?;
    Some((first, other))
}

/// Whether two grants mean different roles in some room type in which both have an effect.
pub(super) fn grants_differ(one: &Grant, other: &Grant) -> bool {
    RoomType::ALL
        .into_iter()
        .any(|kind| match (one.says(kind), other.says(kind)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        })
}

/// Reports each disagreement that is not visible in a parent's chain.
pub(super) fn report(
    found: &[Disagreement],
    above: &[&Line<'_>],
    at: Span,
    problems: &mut Vec<Problem>,
) {
    let new = found
        .iter()
        .filter(|found| !above.iter().any(|line| found.is_in(line)));
    problems.extend(new.map(|found| found.problem(at)));
}
