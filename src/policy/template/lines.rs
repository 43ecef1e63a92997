//! Which templates a template extends, directly and through others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::suppress::{abbreviate, at_limit};
use super::Written;
use crate::yaml::{Problem, Spanned};

/// The maximum length of a chain of `extends`.
const MAX_DEPTH: usize = 32;

/// A template and all templates that it extends.
#[derive(Debug, Clone, Default)]
pub(super) struct Line<'f> {
    /// Extended templates come first, then in written order.
    pub(super) order: Vec<&'f str>,
    /// The number of `extends` in between, along the longest chain.
    pub(super) distance: BTreeMap<&'f str, usize>,
}

impl<'f> Line<'f> {
    /// The combined chains of the parents.
    pub(super) fn above<'l>(parents: impl IntoIterator<Item = &'l Line<'f>>, by: usize) -> Self
    where
        'f: 'l,
    {
        let mut line = Line::default();
        for parent in parents {
            for name in &parent.order {
                if !line.distance.contains_key(name) {
                    line.order.push(name);
                }
                let own = parent.distance.get(name).copied().unwrap_or_default() + by;
                let known = line.distance.entry(name).or_insert(own);
                *known = own.max(*known);
            }
        }
        line
    }

    /// Whether the chain contains both.
    pub(super) fn has_both(&self, one: &str, other: &str) -> bool {
        self.distance.contains_key(one) && self.distance.contains_key(other)
    }
}

/// The chains of all templates, except those that lead to a missing template or a cycle.
pub(super) fn lines<'f>(
    written: &Written<'f>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'f str, Line<'f>> {
    let mut open: BTreeMap<&'f str, Vec<&'f str>> = BTreeMap::new();
    let mut children: BTreeMap<&'f str, Vec<&'f str>> = BTreeMap::new();
    let mut ready = VecDeque::new();
    for (name, (_, template)) in &written.all {
        if let Some(parents) = parents(written, template.value.extends(), problems) {
            for parent in &parents {
                children.entry(parent).or_default().push(name);
            }
            if parents.is_empty() {
                ready.push_back(*name);
            }
            open.insert(name, parents);
        }
    }
    let mut waits: BTreeMap<&str, usize> = open
        .iter()
        .map(|(name, parents)| (*name, parents.len()))
        .collect();
    let mut lines: BTreeMap<&'f str, Line<'f>> = BTreeMap::new();
    while let Some(name) = ready.pop_front() {
        let parents = open.remove(name).unwrap_or_default();
        let mut line = Line::above(parents.iter().filter_map(|parent| lines.get(parent)), 1);
        line.order.push(name);
        line.distance.insert(name, 0);
        if line
            .distance
            .values()
            .any(|distance| *distance >= MAX_DEPTH)
        {
            too_deep(written, name, problems);
            continue;
        }
        lines.insert(name, line);
        for child in children.get(name).into_iter().flatten() {
            let left = waits.entry(child).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                ready.push_back(child);
            }
        }
    }
    circles(written, &on_circles(open), problems);
    lines
}

/// What remains after repeatedly removing the templates that no remaining one extends.
fn on_circles<'f>(mut open: BTreeMap<&'f str, Vec<&'f str>>) -> BTreeMap<&'f str, Vec<&'f str>> {
    let mut extended: BTreeMap<&str, usize> = BTreeMap::new();
    for parent in open.values().flatten() {
        *extended.entry(parent).or_default() += 1;
    }
    let is_end = |name: &&&'f str| extended.get(**name).is_none_or(|count| *count == 0);
    let mut ends: Vec<&'f str> = open.keys().filter(is_end).copied().collect();
    while let Some(end) = ends.pop() {
        for parent in open.remove(end).unwrap_or_default() {
            if let Some(count) = extended.get_mut(parent) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ends.push(parent);
                }
            }
        }
    }
    open
}

/// The named templates, each once; `None` if one of them does not exist, which is reported.
pub(super) fn parents<'f>(
    written: &Written<'f>,
    names: &[Spanned<String>],
    problems: &mut Vec<Problem>,
) -> Option<Vec<&'f str>> {
    let mut parents = Vec::new();
    let mut all = true;
    for name in names {
        match written.find(&name.value) {
            Some(found) if parents.contains(&found) => problems.push(Problem::error(
                name.span,
                "duplicate-template",
                format!("the template `{found}` is listed twice"),
            )),
            Some(found) => parents.push(found),
            None => {
                all = false;
                if !at_limit(problems, name.span) {
                    problems.push(no_template(name, written.names()));
                }
            }
        }
    }
    all.then_some(parents)
}

/// The problem of a template name that does not exist.
fn no_template<'n>(
    written: &Spanned<String>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Problem {
    let message = format!(
        "there is no template `{}`{}",
        written.value,
        crate::yaml::hint(written.value.trim(), known.clone())
    );
    let help = if known.clone().next().is_none() {
        "define it under `templates`".to_owned()
    } else {
        format!("available: {}", abbreviate(known))
    };
    Problem::error(written.span, "unknown-template", message).with_help(help)
}

fn too_deep(written: &Written<'_>, name: &str, problems: &mut Vec<Problem>) {
    let message =
        format!("the template `{name}` extends a chain of more than {MAX_DEPTH} templates");
    let extends = written
        .all
        .get(name)
        .and_then(|(_, template)| template.value.extends().first());
    if let Some(extends) = extends
        && !at_limit(problems, extends.span)
    {
        problems.push(
            Problem::error(extends.span, "extends-depth", message)
                .with_help("extend a template that is closer to the start of the chain"),
        );
    }
}

/// Reports every template that extends itself through others.
fn circles<'f>(
    written: &Written<'f>,
    open: &BTreeMap<&'f str, Vec<&'f str>>,
    problems: &mut Vec<Problem>,
) {
    for name in open.keys() {
        let Some((_, template)) = written.all.get(name) else {
            continue;
        };
        let Some(extends) = template.value.extends().first() else {
            continue;
        };
        if at_limit(problems, extends.span) {
            continue;
        }
        if let Some(circle) = way_back(name, open) {
            let circle: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "the template `{name}` extends itself: {}",
                circle.join(" → ")
            );
            problems.push(
                Problem::error(extends.span, "extends-cycle", message)
                    .with_help("remove one `extends` from the cycle"),
            );
        }
    }
}

/// The shortest cycle from a template back to itself.
fn way_back<'f>(name: &'f str, open: &BTreeMap<&'f str, Vec<&'f str>>) -> Option<Vec<&'f str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([name]);
    let mut seen = BTreeSet::new();
    while let Some(here) = next.pop_front() {
        for parent in open.get(here).into_iter().flatten() {
            if *parent == name {
                let mut way = vec![name, here];
                let mut at = here;
                while at != name
                    && let Some(before) = came_from.get(at)
                {
                    at = before;
                    way.push(at);
                }
                way.reverse();
                return Some(way);
            }
            if seen.insert(*parent) {
                came_from.insert(parent, here);
                next.push_back(parent);
            }
        }
    }
    None
}
