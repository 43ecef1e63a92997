//! Expands templates: `extends` first, then the template's own entries.

mod entries;
mod folders;
mod lines;
mod merge;
mod names;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::{Template, VarValue};
use super::role::Roles;
use super::text::{ROOM_VARIABLES, Tables, Text, Value};
use super::{Entry, SubjectRef, TemplateSpec};
use crate::parallel;
use crate::room::{fold, tag_key};
use crate::yaml::{Problem, Sources, Span, Spanned, is_name};
use lines::Line;
pub(super) use names::{no_account, not_a_glob, several};

/// What reading a template needs.
struct Reading<'c> {
    sources: &'c Sources,
    roles: &'c Roles,
    tables: &'c Tables,
    /// The roles that each template defines itself.
    own_roles: BTreeMap<&'c str, Roles>,
    lines: &'c BTreeMap<&'c str, Line<'c>>,
}

/// The maximum number of folders, grants or tags from one entry.
pub(super) const MAX_OF_ENTRY: usize = 1_000;

/// The templates of all files, and the inline templates of policies.
#[derive(Default)]
pub(super) struct Written<'f> {
    pub(super) all: BTreeMap<&'f str, (Span, &'f Spanned<Template>)>,
    /// Inline templates, whose names cannot be written.
    pub(super) inline: BTreeSet<&'f str>,
}

impl<'f> Written<'f> {
    /// The template with a written name.
    pub(super) fn find(&self, name: &str) -> Option<&'f str> {
        let (found, _) = self.all.get_key_value(name.trim())?;
        (!self.inline.contains(found)).then_some(*found)
    }

    /// The names of all templates that can be written.
    pub(super) fn names(&self) -> impl Iterator<Item = &'f str> + Clone {
        let all = self.all.keys().copied();
        all.filter(|name| !self.inline.contains(name))
    }
}

/// What a template itself says.
struct Own {
    /// Everything except the variables.
    spec: TemplateSpec,
    vars: BTreeMap<String, Entry<Value>>,
}

/// The templates of all files, each with everything that it extends.
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
            let mut reported = Vec::new();
            let own = of_file.iter().map(|(name, (_, template))| {
                let own = reading.own(name, template, &mut reported);
                (**name, own)
            });
            (own.collect::<Vec<_>>(), reported)
        });
        let mut own_words = BTreeMap::new();
        for (own, reported) in all {
            own_words.extend(own);
            problems.extend(reported);
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
            let mut reported = Vec::new();
            let (spec, found) = merge::merge(line, &self.own, &self.lines);
            if let Some((at, template)) = self.written.all.get(*name) {
                let above: Vec<&Line<'_>> = self.lines_of(template.value.extends());
                let at = template.value.extends_span().unwrap_or(*at);
                merge::report(&found, &above, at, &mut reported);
            }
            (**name, Arc::new(spec), reported)
        });
        for (name, spec, reported) in all {
            self.expanded.insert(name, spec);
            problems.extend(reported);
        }
    }

    fn lines_of(&self, names: &[Spanned<String>]) -> Vec<&Line<'f>> {
        names
            .iter()
            .filter_map(|name| self.lines.get(self.written.find(&name.value)?))
            .collect()
    }

    /// Whether some templates, or what they extend, include one of these or are missing.
    pub(super) fn are_any_of(&self, names: &[Spanned<String>], broken: &BTreeSet<&str>) -> bool {
        let lines = self.lines_of(names);
        let mut all = lines.iter().flat_map(|line| &line.order);
        lines.len() < names.len() || all.any(|name| broken.contains(name))
    }

    /// The inline template of a policy.
    pub(super) fn inline(&self, label: &str) -> Option<Arc<TemplateSpec>> {
        self.expanded.get(label).cloned()
    }

    /// The templates in a list, merged; contradictions are reported.
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
        merge::report(&found, &lines, at, problems);
        Some(Arc::new(spec))
    }
}

/// The variables under `vars`.
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
                    "the list is empty and creates nothing",
                )
                .with_help("remove the variable, or write a value"),
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
            format!("`{}` is a built-in variable", name.value),
            "remove it: its value comes from the room",
        )
    } else {
        (
            format!("`{}` is not a valid variable name", name.value),
            "a name starts with a letter, followed by letters, digits, `_` or `-`",
        )
    };
    problems.push(Problem::error(name.span, "variable-name", message).with_help(help));
}

/// Reports a variable in the value of a variable or table, which is never expanded.
pub(super) fn unexpanded(value: &Spanned<String>, problems: &mut Vec<Problem>) {
    let inside = value.value.split('{').skip(1);
    let names = inside.filter_map(|rest| rest.split_once('}'));
    for (name, _) in names {
        let name = name.split([':', '[']).next().unwrap_or_default();
        if name.split('.').all(is_name) {
            let message =
                format!("`{{{name}}}` stays as it is: a value is inserted, and not expanded again");
            problems.push(
                Problem::warning(value.span, "unexpanded-variable", message)
                    .with_help("write the variable where the text is used"),
            );
        }
    }
}

/// The comparable form of a written name.
pub(super) fn key(name: &SubjectRef) -> (bool, String) {
    let is_group = matches!(name, SubjectRef::Group(_));
    (is_group, fold(name.text().to_string().trim()))
}

/// The comparable form of a tag with variables, whose names are compared exactly.
pub(super) fn same_tag(tag: &Text) -> Text {
    // The end of a part is not that of the tag.
    tag.with_literals(|part| tag_key(&format!("{part}.")))
}
