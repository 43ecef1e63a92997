//! From files to a [`PolicySet`]: names, templates, globs, variables. Every problem is reported, in all files at once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::file::{self, File, Match, Mode, OneOrMany, Parts};
use super::glob::{Glob, Over};
use super::matcher::Matcher;
use super::role::Roles;
use super::template::{Expander, Written, no_template};
use super::text::{ROOM_VARIABLES, Text};
use super::{Ensure, Policy, PolicySet, lint, schema};
use crate::room::RoomType;
use crate::yaml::{self, Node, Problem, Severity, Sources, Span, Spanned};

type Checked = (Option<PolicySet>, Vec<Problem>);

pub(super) fn check(sources: &Sources) -> Checked {
    let (policies, _, problems) = checked(sources);
    finished(policies, problems)
}

/// The reader and the checks speak first, since their words are better; the schema adds what only it finds.
pub(super) fn validate(sources: &Sources) -> Checked {
    let (policies, nodes, mut problems) = checked(sources);
    let wrong: BTreeSet<yaml::SourceId> = problems
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
    problems.sort_by(|a, b| (a.span, a.code).cmp(&(b.span, b.code)));
    let wrong = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    ((!wrong).then(|| PolicySet::new(policies)), problems)
}

fn checked(sources: &Sources) -> (Vec<Policy>, Vec<Node>, Vec<Problem>) {
    let mut problems = Vec::new();
    let (nodes, files): (Vec<Node>, Vec<Option<File>>) = sources
        .ids()
        .filter_map(|id| read(sources, id, &mut problems))
        .unzip();
    let files: Vec<File> = files.into_iter().flatten().collect();
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
        if let Some(first) = seen.insert(name.value.trim(), name.span) {
            problems.push(
                Problem::error(
                    name.span,
                    "duplicate-policy",
                    format!("the policy `{}` is there twice", name.value),
                )
                .with_related(first, "here first"),
            );
            continue;
        }
        if let Some(checked) = known.policy(policy, &mut problems) {
            policies.push((checked, policy));
        }
    }
    policies.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    lint::lint(&policies, &written, &mut problems);
    let policies = policies.into_iter().map(|(policy, _)| policy).collect();
    (policies, nodes, problems)
}

fn read(
    sources: &Sources,
    id: yaml::SourceId,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Option<File>)> {
    let node = yaml::parse(sources, id, problems)?;
    let before = problems.len();
    let file = yaml::read::<File>(&node, problems);
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
    } else if problems.len() == before {
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

struct Known<'k> {
    sources: &'k Sources,
    written: &'k Written<'k>,
    templates: &'k BTreeMap<String, Ensure>,
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
        if !self.written.contains_key(template.value.trim()) {
            problems.push(no_template(template, self.written.keys().copied()));
        }
        let vars: BTreeMap<String, String> = vars
            .iter()
            .map(|(name, value)| (name.value.clone(), value.value.clone()))
            .collect();
        let matcher = matcher?;
        let ensure = self.templates.get(template.value.trim())?.clone();
        for capture in matcher.captures() {
            if vars.contains_key(capture) {
                let message =
                    format!("`{capture}` is both a capture and a variable of this policy");
                problems.push(Problem::error(name.span, "variable-twice", message));
            }
        }
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
            mode: mode.unwrap_or(Mode::Enforce),
            vars,
        })
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
    let uses: Vec<(&Text, &yaml::Place)> = folders.chain(grants).chain(tags).collect();
    let mut said = BTreeSet::new();
    for (text, place) in uses {
        for name in text.variables().filter(|name| !defined.contains(name)) {
            if said.insert((name.to_owned(), place.to_string())) {
                let message = format!(
                    "the policy `{}` gives no value to `{{{name}}}`, which its template uses at {place}{}",
                    policy.value,
                    yaml::hint(name, defined.iter().copied())
                );
                problems.push(
                    Problem::error(policy.span, "undefined-variable", message).with_help(format!(
                        "capture it in the title, or add it under `vars`; defined here: {}",
                        defined.iter().copied().collect::<Vec<_>>().join(", ")
                    )),
                );
            }
        }
    }
}

fn matcher_of(written: &Match, problems: &mut Vec<Problem>) -> Option<Matcher> {
    match written {
        Match::All(word) if word.value.trim() == "all" => Some(Matcher::default()),
        Match::All(word) => {
            let message = format!("`{}` is no matcher", word.value);
            problems.push(Problem::error(word.span, "bad-match", message).with_help(
                "write `all` for every room, or a table with `title`, `type` or `creator`",
            ));
            None
        }
        Match::Parts(parts) => matcher(parts, Captures::Allowed, problems),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Captures {
    Allowed,
    /// In the named part.
    Not(&'static str),
}

fn matcher(
    written: &Spanned<Parts>,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Matcher> {
    // No `..`: a further part must be thought about here.
    let Parts {
        title,
        r#type,
        creator,
        except,
    } = &written.value;
    if title.is_none() && r#type.is_none() && creator.is_none() && except.is_none() {
        problems.push(
            Problem::error(written.span, "empty-match", "the matcher has no part")
                .with_help("write `match: all` if every room is meant"),
        );
        return None;
    }
    let before = problems.len();
    let title = globs(title.as_ref(), Over::Titles, captures, problems);
    let kind = globs(
        r#type.as_ref(),
        Over::Words,
        Captures::Not("type"),
        problems,
    );
    for (glob, written) in kind
        .iter()
        .flatten()
        .zip(r#type.iter().flat_map(OneOrMany::as_slice))
    {
        if !RoomType::ALL.iter().any(|kind| glob.is_match(kind.word())) {
            let words = RoomType::ALL.map(RoomType::word);
            let message = format!(
                "`{}` fits no room type{}",
                written.value,
                yaml::hint(&written.value, words.into_iter())
            );
            problems.push(
                Problem::error(written.span, "unknown-type", message)
                    .with_help(format!("there are: {}", words.join(", "))),
            );
        }
    }
    let creator = globs(
        creator.as_ref(),
        Over::Words,
        Captures::Not("creator"),
        problems,
    );
    let except = except
        .as_ref()
        .and_then(|except| matcher(except, Captures::Not("except"), problems))
        .map(Box::new);
    (problems.len() == before).then_some(Matcher {
        title,
        kind,
        creator,
        except,
    })
}

fn globs(
    written: Option<&OneOrMany>,
    over: Over,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Glob>> {
    let written = written?;
    if written.as_slice().is_empty() {
        // An empty list has no place of its own; its part would match nothing.
        return Some(Vec::new());
    }
    let mut globs = Vec::new();
    for text in written.as_slice() {
        match Glob::new(&text.value, over) {
            Ok(glob) => {
                if let Some(name) = glob.captures().first() {
                    let why = match captures {
                        Captures::Not(part) => Some(format!(
                            "`{part}` takes no captures, but `{{{name}}}` is one"
                        )),
                        Captures::Allowed if matches!(written, OneOrMany::Many(_)) => {
                            Some(format!(
                                "a list takes no captures, but `{{{name}}}` is one; write one policy per glob"
                            ))
                        }
                        Captures::Allowed => None,
                    };
                    if let Some(message) = why {
                        problems.push(
                            Problem::error(text.span, "capture-here", message).with_help(format!(
                                "write `\\{{{name}\\}}` if the braces themselves are meant"
                            )),
                        );
                    }
                    if name.contains('.') || ROOM_VARIABLES.contains(&name.as_str()) {
                        problems.push(Problem::error(
                            text.span,
                            "capture-name",
                            format!("`{name}` is a variable of every room"),
                        ));
                    }
                }
                globs.push(glob);
            }
            Err(bad) => problems.push(Problem::error(text.span, "bad-glob", bad.0)),
        }
    }
    Some(globs)
}
