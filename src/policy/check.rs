//! From files to a [`PolicySet`]: names, templates, globs, variables. Every problem is reported, in all files at once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::{self, File, Mode};
use super::matcher::Matcher;
use super::matching::matcher_of;
use super::quiet::{crowded, hold_back, shorten, some};
use super::role::Roles;
use super::template::{Expander, Written, no_template, variables};
use super::text::{ROOM_VARIABLES, Text};
use super::{Ensure, Policy, PolicySet, lint, schema};
use crate::room::is_ignorable;
use crate::yaml::{self, Node, Problem, Severity, SourceId, Sources, Span, Spanned};

type Checked = (Option<PolicySet>, Vec<Problem>);

pub(super) fn check(sources: &Sources) -> Checked {
    let (policies, problems) = checked(sources, drop);
    finished(policies, problems)
}

/// The reader and the checks speak first, since their words are better; the schema adds what only it finds.
pub(super) fn validate(sources: &Sources) -> Checked {
    let mut nodes = Vec::new();
    let (policies, mut problems) = checked(sources, |node| nodes.push(node));
    let wrong: BTreeSet<SourceId> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.span.source)
        .collect();
    for node in &nodes {
        if !wrong.contains(&node.span().source) {
            schema::check(node, &mut problems);
        }
    }
    finished(policies, problems)
}

fn finished(policies: Vec<Policy>, mut problems: Vec<Problem>) -> Checked {
    problems.iter_mut().for_each(show_unseen);
    problems.sort_by(|a, b| (a.span, a.code).cmp(&(b.span, b.code)));
    let wrong = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    (
        (!wrong).then(|| PolicySet::new(policies)),
        shorten(problems),
    )
}

/// Characters that cannot be seen are often what is wrong with a text.
fn show_unseen(problem: &mut Problem) {
    let shown = |text: &str| {
        let each = text.chars().map(|c| {
            if is_ignorable(c) {
                c.escape_unicode().to_string()
            } else {
                c.to_string()
            }
        });
        each.collect::<String>()
    };
    if problem.message.contains(is_ignorable) {
        problem.message = shown(&problem.message);
    }
}

/// Each file's tree is handed on as soon as it was read.
fn checked(sources: &Sources, mut tree: impl FnMut(Node)) -> (Vec<Policy>, Vec<Problem>) {
    let mut problems = Vec::new();
    let (mut files, mut broken) = (Vec::new(), BTreeSet::new());
    for id in sources.ids() {
        let mut own = Vec::new();
        let read = read(sources, id, &mut own);
        if hides_names(read.as_ref(), &own) {
            broken.insert(id);
        }
        problems.append(&mut own);
        if let Some((node, file)) = read {
            tree(node);
            files.extend(file);
        }
    }
    let mut roles = Roles::default();
    for file in &files {
        let own = Roles::read(&file.roles, &mut problems);
        roles.join(own, &mut problems);
    }
    let mut written = Written::new();
    for (name, template) in files.iter().flat_map(|file| &file.templates) {
        match written.entry(name.value.as_str()) {
            Entry::Vacant(free) => {
                free.insert((name, template));
            }
            Entry::Occupied(first) => {
                let message = format!("the template `{}` is there twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-template", message)
                        .with_related(first.get().0.span, "here first"),
                );
            }
        }
    }
    let templates =
        Expander::new(sources, &roles, &written, &mut problems).expand_all(&mut problems);
    let known = Known {
        sources,
        written: &written,
        templates: &templates,
    };
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut policies = Vec::new();
    for policy in files.iter().flat_map(|file| &file.policies) {
        let name = &policy.name;
        match seen.entry(name.value.trim()) {
            Entry::Vacant(free) => {
                free.insert(name.span);
            }
            Entry::Occupied(first) => {
                let message = format!("the policy `{}` is there twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-policy", message)
                        .with_related(*first.get(), "here first"),
                );
                continue;
            }
        }
        if let Some(checked) = known.policy(policy, &mut problems) {
            policies.push((checked, policy));
        }
    }
    policies.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    hold_back(&mut problems, &broken);
    lint::lint(&policies, &written, &mut problems);
    let policies = policies.into_iter().map(|(policy, _)| policy).collect();
    (policies, problems)
}

fn read(
    sources: &Sources,
    id: yaml::SourceId,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Option<File>)> {
    let node = yaml::parse(sources, id, problems);
    problems.iter_mut().for_each(for_policies);
    let node = node?;
    let file = yaml::read::<File>(&node, problems);
    problems.iter_mut().for_each(for_policies);
    if let Some(version) = file.as_ref().and_then(|file| file.version.as_ref()) {
        if version.value != 1 {
            let message = format!(
                "version {} of the policy language is not known here",
                version.value
            );
            problems.push(
                Problem::error(version.span, "unknown-version", message)
                    .with_help("write `version: 1`, or update roomwright"),
            );
        }
    } else if node.is_table() && node.entry("version").is_none_or(Node::is_null) {
        problems.push(
            Problem::error(
                node.span().first_line(),
                "no-version",
                "the file does not say its version",
            )
            .with_help("begin it with `version: 1`"),
        );
    }
    Some((node, file))
}

/// What the YAML reader, which knows no policies, could not say.
fn for_policies(problem: &mut Problem) {
    let help = match problem.code {
        "empty-file" => "begin it with `version: 1`, or delete it",
        "unknown-key" if problem.message.starts_with("unknown key `all`") => {
            "write `match: all` if every room is meant"
        }
        "merge-key" => "let the template extend another one: `extends: name`",
        _ => return,
    };
    problem.help = Some(help.to_owned());
}

/// Whether the roles and templates of a file may not all be known. Problems of its version and its policies hide none.
fn hides_names(read: Option<&(Node, Option<File>)>, problems: &[Problem]) -> bool {
    let Some((node, Some(_))) = read else {
        return true;
    };
    let harmless: Vec<Span> = ["version", "policies"]
        .into_iter()
        .filter_map(|key| Some(node.entry(key)?.span()))
        .collect();
    problems.iter().any(|problem| {
        problem.code != "no-version"
            && !harmless
                .iter()
                .any(|part| part.start <= problem.span.start && problem.span.end <= part.end)
    })
}

struct Known<'k> {
    sources: &'k Sources,
    written: &'k Written<'k>,
    templates: &'k BTreeMap<String, Arc<Ensure>>,
}

impl Known<'_> {
    fn policy(
        &self,
        written: &Spanned<file::Policy>,
        problems: &mut Vec<Problem>,
    ) -> Option<Policy> {
        // No `..`: a further key must be thought about here.
        let file::Policy {
            name,
            description,
            matches,
            template,
            priority,
            is_final,
            mode,
            vars,
        } = &written.value;
        if name.value.trim().is_empty() {
            problems.push(Problem::error(
                name.span,
                "no-name",
                "the policy has no name",
            ));
        }
        let matcher = matcher_of(matches, problems);
        if !self.written.contains_key(template.value.trim()) && !crowded(problems, template.span) {
            problems.push(no_template(template, self.written.keys().copied()));
        }
        let vars = variables(vars, problems);
        let matcher = matcher?;
        let ensure = self.templates.get(template.value.trim())?.clone();
        twice(name, &matcher, &vars, problems);
        let defined: BTreeSet<&str> = ROOM_VARIABLES
            .into_iter()
            .chain(vars.keys().map(String::as_str))
            .chain(ensure.vars.keys().map(String::as_str))
            .chain(matcher.captures())
            .collect();
        undefined(name, &ensure, &defined, problems);
        Some(Policy {
            name: name.value.trim().to_owned(),
            description: description.clone(),
            place: self.sources.place(name.span),
            matcher,
            template: template.value.trim().to_owned(),
            ensure,
            priority: *priority,
            is_final: *is_final,
            mode: mode.unwrap_or(Mode::Enforce),
            vars,
        })
    }
}

fn twice(
    policy: &Spanned<String>,
    matcher: &Matcher,
    vars: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) {
    for capture in matcher.captures().filter(|name| vars.contains_key(*name)) {
        let message = format!("`{capture}` is both a capture and a variable of this policy");
        problems.push(Problem::error(policy.span, "variable-twice", message));
    }
}

/// Every variable must be defined by the policy that brings the template.
fn undefined(
    policy: &Spanned<String>,
    ensure: &Ensure,
    defined: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) {
    let folders = ensure
        .folders
        .iter()
        .flat_map(|wish| wish.value.iter().map(|text| (text, &wish.place)));
    let grants = ensure
        .grants
        .iter()
        .map(|wish| (wish.value.to.text(), &wish.place));
    let tags = ensure.tags.iter().map(|wish| (&wish.value, &wish.place));
    let settings = ensure
        .settings
        .values()
        .filter_map(|wish| Some((wish.value.text()?, &wish.place)));
    let uses: Vec<(&Text, &yaml::Place)> =
        folders.chain(grants).chain(tags).chain(settings).collect();
    let mut said = BTreeSet::new();
    for (text, place) in uses {
        for name in text.variables().filter(|name| !defined.contains(name)) {
            if crowded(problems, policy.span) {
                return;
            }
            if said.insert((name.to_owned(), place.to_string())) {
                let message = format!(
                    "the policy `{}` gives no value to `{{{name}}}`, which its template uses at {place}{}",
                    policy.value,
                    yaml::hint(name, defined.iter().copied())
                );
                problems.push(
                    Problem::error(policy.span, "undefined-variable", message).with_help(format!(
                        "capture it in the title, or add it under `vars`; defined here: {}",
                        some(defined.iter().copied())
                    )),
                );
            }
        }
    }
}
