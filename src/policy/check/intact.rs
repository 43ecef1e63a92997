//! Which policies errors leave intact, so that they can be analysed together.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::suppress::abbreviate;
use crate::policy::template::Templates;
use crate::policy::{Policy, file};
use crate::yaml::{Node, Problem, Severity, SourceId, Span, Spanned};

/// Errors that do not change what a policy says.
const HARMLESS: [&str; 9] = [
    "comments-only",
    "empty-file",
    "guest-refused",
    "impossible-role",
    "never-matches",
    "no-version",
    "own-tag",
    "owner-not-matched",
    "unknown-version",
];

/// The parts of a file, also of those that cannot be read.
pub(super) struct Outline(Vec<(Span, Part)>);

enum Part {
    /// Its name and priority, the highest possible one if it is not valid.
    Policy(String, i32),
    Template(String),
    Tests,
}

impl Outline {
    pub(super) fn of(file: &Node) -> Self {
        let text = |node: &Node, key: &str| node.entry(key).and_then(Node::text).map(str::to_owned);
        let policies = file.entry("policies").into_iter().flat_map(Node::items);
        let policies = policies.map(|policy| {
            let name = text(policy, "name").unwrap_or_default().trim().to_owned();
            let priority = text(policy, "priority");
            let priority = priority.map_or(0, |written| written.parse().unwrap_or(i32::MAX));
            (policy.span(), Part::Policy(name, priority))
        });
        let templates = file.entry("templates").into_iter().flat_map(Node::entries);
        let templates =
            templates.map(|(name, template)| (template.span(), Part::Template(name.to_owned())));
        let tests = file.entry("tests").map(|tests| (tests.span(), Part::Tests));
        Self(policies.chain(templates).chain(tests).collect())
    }
}

/// What errors leave for the analysis.
#[derive(Default)]
pub(super) struct Intact {
    /// The policies whose own errors, or those of their templates, leave them out.
    out: BTreeSet<String>,
    /// The highest priority of these.
    pub(super) highest_out: Option<i32>,
    /// Whether an error is in no policy, template or test, so that any policy may be incomplete.
    pub(super) is_nothing: bool,
}

impl Intact {
    pub(super) fn of<'f>(
        outlines: &[Outline],
        policies: impl Iterator<Item = &'f Spanned<file::Policy>>,
        templates: &Templates<'_>,
        problems: &[Problem],
    ) -> Self {
        let is_harmful = |problem: &&Problem| {
            problem.severity == Severity::Error && !HARMLESS.contains(&problem.code)
        };
        let errors: Vec<&Problem> = problems.iter().filter(is_harmful).collect();
        if errors.is_empty() {
            return Self::default();
        }
        let parts = outlines.iter().flat_map(|outline| &outline.0);
        let parts: BTreeMap<(SourceId, u32), (u32, &Part)> = parts
            .map(|(span, part)| ((span.source, span.start), (span.end, part)))
            .collect();
        let mut intact = Self::default();
        let mut broken = BTreeSet::new();
        for Problem { span, .. } in errors {
            let before = parts.range(..=(span.source, span.start)).next_back();
            let around =
                before.filter(|((source, _), (end, _))| *source == span.source && span.end <= *end);
            match around.map(|(_, (_, part))| *part) {
                Some(Part::Policy(name, priority)) => intact.leave_out(name, *priority),
                Some(Part::Template(name)) => drop(broken.insert(name.trim())),
                Some(Part::Tests) => {}
                None => intact.is_nothing = true,
            }
        }
        for policy in policies.filter(|_| !broken.is_empty()) {
            if templates.are_any_of(policy.template.names(), &broken) {
                intact.leave_out(policy.name.value.trim(), policy.priority);
            }
        }
        intact
    }

    fn leave_out(&mut self, policy: &str, priority: i32) {
        self.out.insert(policy.to_owned());
        self.highest_out = self.highest_out.max(Some(priority));
    }

    /// Keeps the policies that can be analysed.
    pub(super) fn retain(&self, policies: &mut Vec<Policy>) {
        policies.retain(|policy| !self.is_nothing && !self.out.contains(&policy.name));
    }

    /// What is not analysed, for people.
    pub(super) fn left_out(&self) -> Option<String> {
        if self.is_nothing {
            let text = "because of these errors, the policies were not compared with each other";
            return Some(text.to_owned());
        }
        let names: Vec<String> = self.out.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| {
            format!(
                "because of their errors, these policies were not compared with the others: {}",
                abbreviate(names.iter().map(String::as_str))
            )
        })
    }
}
