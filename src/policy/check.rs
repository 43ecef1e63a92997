//! From files to a [`PolicySet`]: names, templates, globs, variables. Every problem is reported, in all files at once.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expectation::{self, Test};
use super::file::{self, File, Mode, TemplateChoice};
use super::matcher::Matcher;
use super::matching::matcher_of;
use super::role::Roles;
use super::suppress::{shorten, suppress_cascades};
use super::template::{Templates, Written, variables};
use super::text::{Tables, Value};
use super::uses::{self, Brought};
use super::{
    Policy, PolicySet, Portal, TemplateSpec, analysis, lint, owner, schema, tables, unused,
};
use crate::parallel;
use crate::room::with_unseen;
use crate::yaml::{Node, Problem, Severity, SourceId, Sources, Span, Spanned};

mod empty;
mod intact;
mod misplaced;
mod reading;

use intact::{Intact, Outline};
use reading::{hides_names, read};

type Checked = (Option<PolicySet>, Vec<Problem>);

/// What `validate` finds.
#[derive(Debug)]
pub struct Validated {
    /// The policies, if there are no errors.
    pub set: Option<PolicySet>,
    /// All problems.
    pub problems: Vec<Problem>,
    /// Which policies errors kept from being compared with others, for people.
    pub left_out: Option<String>,
}

pub(super) fn check(sources: &Sources, portal: &Portal) -> Checked {
    let (found, problems, ..) = checked(sources, portal, |_| Vec::new());
    let set = (!has_error(&problems)).then(|| PolicySet::new(found, portal));
    (set, displayed(problems))
}

/// The reader and the checks report first, because their messages are better; the schema adds what only it finds. Then
/// the policies that errors leave intact are analysed together.
pub(super) fn validate(sources: &Sources, portal: &Portal) -> Validated {
    let (mut found, mut problems, of_schema, mut intact) =
        checked(sources, portal, schema::problems);
    let wrong: BTreeSet<SourceId> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.span.source)
        .collect();
    let is_new = |problem: &Problem| !wrong.contains(&problem.span.source);
    let before = problems.len();
    problems.extend(of_schema.into_iter().filter(is_new));
    intact.is_nothing |= problems.len() > before;
    intact.retain(&mut found.policies);
    let set = PolicySet::new(found, portal);
    analysis::analyse(&set, intact.highest_out, &mut problems);
    Validated {
        set: (!has_error(&problems)).then_some(set),
        problems: displayed(problems),
        left_out: intact.left_out(),
    }
}

/// The checked content of the files.
pub(super) struct Found {
    pub(super) policies: Vec<Policy>,
    /// The tables for lookups.
    pub(super) tables: Arc<Tables>,
    pub(super) tests: Vec<Test>,
}

/// Problems for display.
fn displayed(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.iter_mut().for_each(show_unseen);
    problems.sort_by(|a, b| (a.span, a.code).cmp(&(b.span, b.code)));
    shorten(problems)
}

/// Invisible characters are often the cause of a problem.
fn show_unseen(problem: &mut Problem) {
    if let Cow::Owned(shown) = with_unseen(&problem.message) {
        problem.message = shown;
    }
}

/// The content of the files, their problems, what the schema reports about their trees, which are then dropped, and what
/// errors leave intact.
fn checked(
    sources: &Sources,
    portal: &Portal,
    of_tree: impl Fn(&Node) -> Vec<Problem> + Sync,
) -> (Found, Vec<Problem>, Vec<Problem>, Intact) {
    let (mut problems, mut of_trees, mut outlines) = (Vec::new(), Vec::new(), Vec::new());
    let (mut files, mut broken) = (Vec::new(), BTreeSet::new());
    let is_policies = |id: &SourceId| !sources.source(*id).is_some_and(tables::is_csv);
    let ids: Vec<SourceId> = sources.ids().filter(is_policies).collect();
    let all = parallel::each(&ids, |id| {
        let mut own = Vec::new();
        let read = read(sources, *id, &mut own);
        let says_nothing = own.iter().any(|problem| problem.code == "comments-only");
        let is_broken = !says_nothing && hides_names(read.as_ref(), &own);
        if let Some((node, _)) = &read {
            empty::check(node, &mut own);
        }
        let read = read.map(|(node, file)| (of_tree(&node), Outline::of(&node), file));
        (own, is_broken, read)
    });
    for (id, (own, is_broken, read)) in ids.into_iter().zip(all) {
        if is_broken {
            broken.insert(id);
        }
        problems.extend(own);
        if let Some((of_tree, outline, file)) = read {
            of_trees.extend(of_tree);
            outlines.push(outline);
            files.extend(file);
        }
    }
    let all_read = !has_error(&problems);
    let mut roles = Roles::default();
    for file in &files {
        let own = Roles::read(&file.roles, &mut problems);
        roles.join(own, &mut problems);
    }
    let tables = Arc::new(tables::read(sources, &files, &mut problems));
    let labels = labels(&files);
    let written = written(&files, &labels, &mut problems);
    let templates = Templates::read(sources, &roles, &tables, &written, &mut problems);
    let known = Known {
        sources,
        templates: &templates,
        tables: &tables,
        portal,
    };
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut once = Vec::new();
    for (policy, label) in all_policies(&files).zip(&labels) {
        let name = &policy.name;
        match seen.entry(name.value.trim()) {
            Entry::Vacant(free) => {
                free.insert(name.span);
            }
            Entry::Occupied(first) => {
                let message = format!("the policy `{}` is defined twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-policy", message)
                        .with_related(*first.get(), "first here"),
                );
                continue;
            }
        }
        once.push((policy, label));
    }
    // One file at a time, because the number of reported problems per file is limited.
    let by_file = once.chunk_by(|(a, _), (b, _)| a.span.source == b.span.source);
    let all = parallel::each(&by_file.collect::<Vec<_>>(), |of_file| {
        let mut own = Vec::new();
        let checked = of_file.iter().filter_map(|(policy, label)| {
            let checked = known.policy(policy, label, &mut own)?;
            Some((checked, *policy))
        });
        (checked.collect::<Vec<_>>(), own)
    });
    let mut policies = Vec::new();
    for (checked, own) in all {
        problems.extend(own);
        policies.extend(checked);
    }
    policies.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let names = seen.into_keys().collect();
    let written_tests = files.iter().flat_map(|file| &file.tests);
    let tests = expectation::read(sources, written_tests, &names, &mut problems);
    if !all_read {
        problems.retain(|problem| problem.code != "unknown-policy");
    }
    suppress_cascades(&mut problems, &broken);
    // Parts that cannot be read may use them.
    if has_error(&problems) {
        problems.retain(|problem| problem.code != "unused-capture");
    }
    lint::lint(&policies, &tables, portal, &mut problems);
    owner::check(&policies, &tables, portal, &mut problems);
    // If there are errors, things may only seem unused.
    if !has_error(&problems) {
        unused::check(&policies, &files, &written, &mut problems);
    }
    let policies = policies.into_iter().map(|(policy, _)| policy).collect();
    let intact = Intact::of(&outlines, all_policies(&files), &templates, &problems);
    let found = Found {
        policies,
        tables,
        tests,
    };
    (found, problems, of_trees, intact)
}

fn has_error(problems: &[Problem]) -> bool {
    let mut severities = problems.iter().map(|problem| problem.severity);
    severities.any(|severity| severity == Severity::Error)
}

fn all_policies(files: &[File]) -> impl Iterator<Item = &Spanned<file::Policy>> {
    files.iter().flat_map(|file| &file.policies)
}

/// The internal name of a policy's inline template; no named template has such a name.
fn labels(files: &[File]) -> Vec<String> {
    let templates = files.iter().flat_map(|file| file.templates.keys());
    let names: BTreeSet<&str> = templates.map(|name| name.value.as_str()).collect();
    let label = |policy: &Spanned<file::Policy>| {
        let mut label = format!("of {}", policy.name.value.trim());
        while names.contains(label.as_str()) {
            label.insert_str(0, "template ");
        }
        label
    };
    all_policies(files).map(label).collect()
}

/// The templates of all files and policies by name.
fn written<'f>(
    files: &'f [File],
    labels: &'f [String],
    problems: &mut Vec<Problem>,
) -> Written<'f> {
    let mut written = Written::default();
    for (name, template) in files.iter().flat_map(|file| &file.templates) {
        match written.all.entry(name.value.as_str()) {
            Entry::Vacant(free) => {
                free.insert((name.span, template));
            }
            Entry::Occupied(first) => {
                let message = format!("the template `{}` is defined twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-template", message)
                        .with_related(first.get().0, "first here"),
                );
            }
        }
    }
    for (policy, label) in all_policies(files).zip(labels) {
        if let TemplateChoice::Body(body) = &policy.template {
            written.all.insert(label, (policy.name.span, body));
            written.inline.insert(label);
        }
    }
    written
}

struct Known<'k> {
    sources: &'k Sources,
    templates: &'k Templates<'k>,
    tables: &'k Tables,
    portal: &'k Portal,
}

impl Known<'_> {
    fn policy(
        &self,
        written: &Spanned<file::Policy>,
        label: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Policy> {
        // No `..`, so that a new key cannot be forgotten here.
        let file::Policy {
            name,
            description,
            matches,
            template,
            priority,
            is_final,
            mode,
            drift,
            notify,
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
        let spec = self.spec(template, label, problems);
        let vars = variables(vars, problems);
        let (matcher, spec) = (matcher?, spec?);
        twice(name, &matcher, &vars, problems);
        let values = self.portal.vars.iter().chain(&spec.vars).chain(&vars);
        let brought = Brought {
            policy: name,
            captures: matcher.captures().collect(),
            titles: matcher.title.as_deref().unwrap_or_default(),
            plain: plain_captures(&matcher),
            values: values.map(|(name, value)| (name.as_str(), value)).collect(),
            tables: self.tables,
        };
        uses::check(&spec, &brought, problems);
        let names: Vec<&str> = template
            .names()
            .iter()
            .map(|name| name.value.trim())
            .collect();
        let template_span = template.span();
        let template = match template {
            TemplateChoice::Body(_) => label.to_owned(),
            TemplateChoice::One(_) | TemplateChoice::Many(_) => names.join(", "),
        };
        Some(Policy {
            name: name.value.trim().to_owned(),
            description: description.clone(),
            place: self.sources.place(name.span),
            span: name.span,
            matcher,
            template,
            template_span,
            spec,
            priority: *priority,
            is_final: *is_final,
            mode: mode.unwrap_or(Mode::Enforce),
            drift: drift.unwrap_or_default(),
            notify: *notify,
            vars,
        })
    }

    fn spec(
        &self,
        template: &TemplateChoice,
        label: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<TemplateSpec>> {
        match template {
            TemplateChoice::Body(_) => self.templates.inline(label),
            TemplateChoice::Many(names) if names.value.is_empty() => {
                problems.push(
                    Problem::error(names.span, "empty-list", "the list names no template")
                        .with_help("write a template's name"),
                );
                None
            }
            named @ (TemplateChoice::One(_) | TemplateChoice::Many(_)) => {
                let names = named.names();
                self.templates.together(names, named.span(), problems)
            }
        }
    }
}

/// The captures that are written as `{name}`, without a glob.
fn plain_captures(matcher: &Matcher) -> BTreeSet<&str> {
    let globs = || matcher.title.iter().flatten();
    let is_plain = |name: &&str| {
        let written = format!("{{{name}}}");
        globs().any(|glob| glob.as_str().contains(&written))
    };
    matcher.captures().filter(is_plain).collect()
}

fn twice(
    policy: &Spanned<String>,
    matcher: &Matcher,
    vars: &BTreeMap<String, Value>,
    problems: &mut Vec<Problem>,
) {
    for capture in matcher.captures().filter(|name| vars.contains_key(*name)) {
        let message = format!("`{capture}` is both a capture and a variable of this policy");
        problems.push(Problem::error(policy.span, "variable-twice", message));
    }
}
