//! Policies that apply the same template to the same room, and capture different texts there under one name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::conflicts::MAX_AGREED;
use super::pairs::pairs;
use super::tried::{like, with_different_captures};
use super::{Analysis, Mask, Way, shown};
use crate::policy::matcher::{Candidate, Matcher};
use crate::policy::{Policy, TemplateSpec};
use crate::room::Facts;
use crate::yaml::Problem;

/// The maximum number of problems that are reported.
const MAX_REPORTED: usize = 60;

pub(super) fn check(analysis: &mut Analysis<'_>) {
    let enough = analysis.problems.len() + MAX_REPORTED;
    let mut by_template: BTreeMap<*const TemplateSpec, Vec<&Policy>> = BTreeMap::new();
    for policy in analysis.set.policies() {
        let used: BTreeSet<&str> = policy
            .spec
            .texts()
            .flat_map(|text| text.variables())
            .collect();
        if policy.matcher.captures().any(|name| used.contains(name)) {
            let sharing = by_template.entry(Arc::as_ptr(&policy.spec)).or_default();
            sharing.push(policy);
        }
    }
    let mut sharing: Vec<Vec<&Policy>> = by_template.into_values().collect();
    // The order of addresses has no meaning.
    sharing.sort_by(|a, b| names(a).cmp(&names(b)));
    for policies in sharing.iter().filter(|policies| policies.len() > 1) {
        let mut seen = BTreeSet::new();
        pairs(policies, |first, second| {
            if let (Some(a), Some(b)) = (policies.get(first), policies.get(second))
                && seen.insert((first, second))
            {
                pair(analysis, a, b);
            }
            analysis.steps > 0 && analysis.problems.len() < enough
        });
    }
}

fn names<'p>(policies: &[&'p Policy]) -> Vec<&'p str> {
    policies.iter().map(|policy| policy.name.as_str()).collect()
}

fn pair(analysis: &mut Analysis<'_>, a: &Policy, b: &Policy) {
    let used: BTreeSet<&str> = a.spec.texts().flat_map(|text| text.variables()).collect();
    let kinds = a.matcher.kinds();
    let mut beyond: Vec<Matcher> = Vec::new();
    let in_a_room =
        |analysis: &mut Analysis<'_>, matchers: [&Matcher; 2], beyond: &[Matcher]| match analysis
            .unmasked_beyond(&matchers, beyond, &kinds, |_, _| Mask::None)
        {
            Way::Room(facts) => Some(facts),
            _ => None,
        };
    // Rooms with other captures than those that are equal.
    for round in 0..=MAX_AGREED {
        let facts = match in_a_room(analysis, [&a.matcher, &b.matcher], &beyond) {
            Some(facts) => facts,
            None if round == 0 => return,
            None => break,
        };
        if let Some(problem) = differing(a, b, &used, &facts) {
            analysis.problems.push(problem);
            return;
        }
        match like(a, &facts) {
            Some(like) => beyond.push(like),
            None => break,
        }
    }
    let tried = with_different_captures(a, b, &used, &mut analysis.steps);
    let problem = tried.iter().find_map(|[mine, theirs]| {
        let facts = in_a_room(analysis, [mine, theirs], &[])?;
        differing(a, b, &used, &facts)
    });
    analysis.problems.extend(problem);
}

/// The problem that a capture differs in a room.
fn differing(a: &Policy, b: &Policy, used: &BTreeSet<&str>, facts: &Facts) -> Option<Problem> {
    let room = Candidate::new(facts);
    let (mine, theirs) = (a.matcher.test(&room).ok()?, b.matcher.test(&room).ok()?);
    let (name, text, other) = mine.iter().find_map(|(name, text)| {
        let other = theirs.get(name).filter(|other| *other != text)?;
        used.contains(name.as_str()).then_some((name, text, other))
    })?;
    let message = format!(
        "the policies `{}` and `{}` both match {}, where `{{{name}}}` is `{text}` for one and `{other}` for the other; their template `{}` creates entries for both",
        a.name,
        b.name,
        shown(facts),
        a.template
    );
    let problem = Problem::warning(b.span, "captures-may-differ", message)
        .with_related(a.span, "the other policy")
        .with_help("make the titles mutually exclusive, with `except` or a longer glob");
    Some(problem)
}
