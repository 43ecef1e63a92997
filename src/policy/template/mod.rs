//! Expanding templates: `extends` first, then the template's own words.

mod entries;
mod folders;
mod lines;
mod merge;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::{Template, VarValue};
use super::glob::is_name;
use super::role::Roles;
use super::text::{ROOM_VARIABLES, Tables, Value};
use super::{Entry, SubjectRef, TemplateSpec};
use crate::parallel;
use crate::room::fold;
use crate::yaml::{Problem, Sources, Span, Spanned};
use entries::Reading;
use lines::Line;

/// So many folders, grants or tags may come of one entry.
pub(super) const MAX_OF_ENTRY: usize = 1_000;

/// The templates of all files, and those that policies hold themselves.
#[derive(Default)]
pub(super) struct Written<'f> {
    pub(super) all: BTreeMap<&'f str, (Span, &'f Spanned<Template>)>,
    /// Those of policies, which have no name that could be written.
    pub(super) inline: BTreeSet<&'f str>,
}

impl<'f> Written<'f> {
    /// The template that a written name means.
    pub(super) fn find(&self, name: &str) -> Option<&'f str> {
        let (found, _) = self.all.get_key_value(name.trim())?;
        (!self.inline.contains(found)).then_some(*found)
    }

    /// The names that can be written.
    pub(super) fn names(&self) -> impl Iterator<Item = &'f str> + Clone {
        let all = self.all.keys().copied();
        all.filter(|name| !self.inline.contains(name))
    }
}

/// What a template says itself.
struct Own {
    /// All but the variables.
    spec: TemplateSpec,
    vars: BTreeMap<String, Entry<Value>>,
}

/// What the templates of all files ask for, each with all that it builds upon.
pub(super) struct Templates<'f> {
    written: &'f Written<'f>,
    lines: BTreeMap<&'f str, Line<'f>>,
    own: BTreeMap<&'f str, Own>,
    expanded: BTreeMap<&'f str, Arc<TemplateSpec>>,
}

impl<'f> Templates<'f> {
    pub(super) fn read(
        sources: &Sources,
        roles: &Roles,
        tables: &Tables,
        written: &'f Written<'f>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let lines = lines::lines(written, problems);
        let own_roles = written
            .all
            .iter()
            .map(|(name, (_, template))| (*name, Roles::read(&template.value.roles, problems)))
            .collect();
        let reading = Reading {
            sources,
            roles,
            tables,
            own_roles,
            lines: &lines,
        };
        let mut by_file: Vec<_> = written.all.iter().collect();
        by_file.sort_by_key(|(_, (span, _))| span.source);
        let by_file = by_file.chunk_by(|(_, (a, _)), (_, (b, _))| a.source == b.source);
        let all = parallel::each(&by_file.collect::<Vec<_>>(), |of_file| {
            let mut told = Vec::new();
            let own = of_file.iter().map(|(name, (_, template))| {
                let own = reading.own(name, template, &mut told);
                (**name, own)
            });
            (own.collect::<Vec<_>>(), told)
        });
        let mut own_words = BTreeMap::new();
        for (own, told) in all {
            own_words.extend(own);
            problems.extend(told);
        }
        let mut templates = Self {
            written,
            lines,
            own: own_words,
            expanded: BTreeMap::new(),
        };
        templates.expand(problems);
        templates
    }

    fn expand(&mut self, problems: &mut Vec<Problem>) {
        let lines: Vec<_> = self.lines.iter().collect();
        let all = parallel::each(&lines, |(name, line)| {
            let mut told = Vec::new();
            let (spec, found) = merge::merge(line, &self.own, &self.lines);
            if let Some((at, template)) = self.written.all.get(*name) {
                let above: Vec<&Line<'_>> = self.lines_of(template.value.extends());
                let at = template.value.extends_span().unwrap_or(*at);
                merge::tell(&found, &above, at, &mut told);
            }
            (**name, Arc::new(spec), told)
        });
        for (name, spec, told) in all {
            self.expanded.insert(name, spec);
            problems.extend(told);
        }
    }

    fn lines_of(&self, names: &[Spanned<String>]) -> Vec<&Line<'f>> {
        names
            .iter()
            .filter_map(|name| self.lines.get(self.written.find(&name.value)?))
            .collect()
    }

    /// The template that a policy holds itself.
    pub(super) fn inline(&self, label: &str) -> Option<Arc<TemplateSpec>> {
        self.expanded.get(label).cloned()
    }

    /// What some templates ask for together; what they say differently of one thing is a problem.
    pub(super) fn together(
        &self,
        names: &[Spanned<String>],
        at: Span,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<TemplateSpec>> {
        let found = lines::parents(self.written, names, problems)?;
        if let [one] = found.as_slice() {
            return self.expanded.get(one).cloned();
        }
        let lines: Option<Vec<&Line<'_>>> = found.iter().map(|name| self.lines.get(name)).collect();
        let lines = lines?;
        let line = Line::above(lines.iter().copied(), 0);
        let (spec, found) = merge::merge(&line, &self.own, &self.lines);
        merge::tell(&found, &lines, at, problems);
        Some(Arc::new(spec))
    }
}

/// The variables that are written under `vars`.
pub(super) fn variables(
    written: &BTreeMap<Spanned<String>, VarValue>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Value> {
    for (name, value) in written {
        variable_name(name, problems);
        for text in value.as_slice() {
            unexpanded(text, problems);
        }
        if let VarValue::Many(list) = value
            && list.value.is_empty()
        {
            problems.push(
                Problem::error(
                    list.span,
                    "empty-list",
                    "the list is empty and makes nothing",
                )
                .with_help("take the variable out, or write a value"),
            );
        }
    }
    written
        .iter()
        .map(|(name, value)| (name.value.clone(), value.value()))
        .collect()
}

fn variable_name(name: &Spanned<String>, problems: &mut Vec<Problem>) {
    if is_name(&name.value) {
        return;
    }
    let (message, help) = if ROOM_VARIABLES.contains(&name.value.as_str()) {
        (
            format!("`{}` is a variable of every room", name.value),
            "take it out: the room itself gives its value",
        )
    } else {
        (
            format!("`{}` is no name for a variable", name.value),
            "a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`",
        )
    };
    problems.push(Problem::error(name.span, "variable-name", message).with_help(help));
}

/// A variable in the value of a variable or a table is never expanded.
pub(super) fn unexpanded(value: &Spanned<String>, problems: &mut Vec<Problem>) {
    let inside = value.value.split('{').skip(1);
    let names = inside.filter_map(|rest| rest.split_once('}'));
    for (name, _) in names {
        let name = name.split([':', '[']).next().unwrap_or_default();
        if name.split('.').all(is_name) {
            let message =
                format!("`{{{name}}}` stays as it is: a value is put in, and not expanded again");
            problems.push(
                Problem::warning(value.span, "unexpanded-variable", message)
                    .with_help("write the variable where the text is used"),
            );
        }
    }
}

/// What two spellings of one written name have in common.
pub(super) fn key(name: &SubjectRef) -> (bool, String) {
    let is_group = matches!(name, SubjectRef::Group(_));
    (is_group, fold(name.text().to_string().trim()))
}
