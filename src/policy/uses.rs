//! Whether a policy meets the needs of its templates: values for their variables, and not too many items.

mod empty;
mod inserted;
mod placeholders;
mod tags;

use std::collections::{BTreeMap, BTreeSet};

use super::glob::Glob;
use super::suppress::{abbreviate, at_limit};
use super::template::MAX_OF_ENTRY;
use super::text::{ROOM_VARIABLES, Tables, Text, Value};
use super::{SubjectRef, TemplateSpec};
use crate::room::{is_guid, is_system_group};
use crate::yaml::{Place, Problem, Span, Spanned, hint};

/// What a policy provides for its templates.
pub(super) struct Brought<'p> {
    pub(super) policy: &'p Spanned<String>,
    /// The captures of its titles.
    pub(super) captures: BTreeSet<&'p str>,
    /// Those of them that are written without a glob.
    pub(super) plain: BTreeSet<&'p str>,
    pub(super) titles: &'p [Glob],
    /// The values of `vars`: the policy's override the templates', which override the portal's.
    pub(super) values: BTreeMap<&'p str, &'p Value>,
    pub(super) tables: &'p Tables,
}

/// One text of a template, and its purpose.
struct Use<'e> {
    text: &'e Text,
    place: &'e Place,
    of: Of,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Item,
    Person,
    Setting,
    Owner,
    Group,
}

/// Reports what this policy's templates cannot do.
pub(super) fn check(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let uses = uses(spec);
    let mut reported = BTreeSet::new();
    for used in &uses {
        for name in used.text.variables() {
            if at_limit(problems, brought.policy.span) {
                return;
            }
            if let Some(problem) = brought.problem(used, name)
                && reported.insert((name.to_owned(), used.place.to_string(), problem.code))
            {
                problems.push(problem);
            }
        }
    }
    too_many(spec, brought, problems);
    inserted::check(spec, brought, problems);
    placeholders::check(&uses, brought, problems);
    tags::check(spec, brought, problems);
    empty::check(spec, brought, problems);
    unused(&uses, brought, problems);
}

impl Brought<'_> {
    fn span(&self) -> Span {
        self.policy.span
    }

    fn defines(&self, name: &str) -> bool {
        self.captures.contains(name)
            || self.values.contains_key(name)
            || ROOM_VARIABLES.contains(&name)
    }

    fn problem(&self, used: &Use<'_>, name: &str) -> Option<Problem> {
        let (policy, place) = (&self.policy.value, used.place);
        if !self.defines(name) {
            let defined = ROOM_VARIABLES
                .into_iter()
                .chain(self.values.keys().copied())
                .chain(self.captures.iter().copied());
            let defined: BTreeSet<&str> = defined.collect();
            let message = format!(
                "the policy `{policy}` has no value for `{{{name}}}`, which its template uses at {place}{}",
                hint(name, defined.iter().copied())
            );
            let help = format!(
                "capture it in the title, or add it under `vars`; defined here: {}",
                abbreviate(defined.iter().copied())
            );
            return Some(
                Problem::error(self.span(), "undefined-variable", message).with_help(help),
            );
        }
        let is_list =
            !self.captures.contains(name) && matches!(self.values.get(name), Some(Value::Many(_)));
        if matches!(used.of, Of::Setting | Of::Owner) && is_list {
            let of = if used.of == Of::Owner {
                "owner"
            } else {
                "setting"
            };
            let message = format!(
                "`{{{name}}}` is a list in the policy `{policy}`, and the {of} at {place} needs a single value"
            );
            return Some(
                Problem::error(self.span(), "list-in-setting", message)
                    .with_help("use a variable with a single value there"),
            );
        }
        if matches!(used.of, Of::Person | Of::Group)
            && let Some(id) = self.id_in(used.text)
        {
            let message = format!(
                "`{}` is `{id}` in the policy `{policy}`; a variable stands for a name only, and never for an id or a system group: see {place}",
                used.text
            );
            return Some(
                Problem::error(self.span(), "id-from-variable", message)
                    .with_help("write it in the grant itself"),
            );
        }
        let is_of_room = self.captures.contains(name) || ROOM_VARIABLES.contains(&name);
        if matches!(used.of, Of::Person | Of::Owner)
            && is_of_room
            && used.text.shown_variables().any(|shown| shown == name)
        {
            let of = if used.of == Of::Owner {
                "owner"
            } else {
                "user"
            };
            let message = format!(
                "`{{{name}}}` comes from the room, and must not choose a person: see the `{of}` at {place}"
            );
            return Some(
                Problem::error(self.span(), "person-from-room", message).with_help(format!(
                    "look up the address in a table, `{{people[{name}]}}`, or write it under `vars`"
                )),
            );
        }
        None
    }

    /// A value of a text that a room does not accept as the name of a group or person.
    fn id_in(&self, text: &Text) -> Option<String> {
        if let Some(table) = text.only_table() {
            return self.tables.get(table)?.id().map(str::to_owned);
        }
        let name = text.only_variable()?;
        let words = self
            .titles
            .iter()
            .flat_map(|title| title.words_of_capture(name));
        let values = self.values_of(name).into_iter();
        let mut all = words.chain(values.map(|value| value.trim().to_owned()));
        all.find(|value| is_guid(value) || is_system_group(value))
    }

    /// The values of a variable that the policy or its templates define.
    fn values_of(&self, name: &str) -> Vec<&str> {
        let value = self
            .values
            .get(name)
            .filter(|_| !self.captures.contains(name));
        let values = match value {
            Some(Value::One(value)) => std::slice::from_ref(value),
            Some(Value::Many(values)) => values.as_slice(),
            None => &[],
        };
        values.iter().map(String::as_str).collect()
    }

    /// The number of items that an entry with these texts makes.
    fn times<'t>(&self, texts: impl Iterator<Item = &'t Text>) -> usize {
        let names: BTreeSet<&str> = texts.flat_map(Text::variables).collect();
        names
            .into_iter()
            .filter(|name| !self.captures.contains(name))
            .filter_map(|name| self.values.get(name))
            .fold(1, |product, value| product.saturating_mul(value.count()))
    }
}

fn uses(spec: &TemplateSpec) -> Vec<Use<'_>> {
    let folders = spec.folders.iter().flat_map(|entry| {
        entry.value.iter().map(|text| Use {
            text,
            place: &entry.place,
            of: Of::Item,
        })
    });
    let grants = spec.grants.iter();
    let grants = grants.map(|entry| (&entry.value.to, &entry.place));
    let protect = spec.protect.iter();
    let protect = protect.map(|entry| (&entry.value, &entry.place));
    let subjects = grants.chain(protect).map(|(to, place)| Use {
        text: to.text(),
        place,
        of: match to {
            SubjectRef::User(_) => Of::Person,
            SubjectRef::Group(_) => Of::Group,
        },
    });
    let owner = spec.owner.iter().map(|entry| Use {
        text: &entry.value,
        place: &entry.place,
        of: Of::Owner,
    });
    let tags = spec.tags.iter().map(|entry| Use {
        text: &entry.value,
        place: &entry.place,
        of: Of::Item,
    });
    let settings = spec.settings.values().filter_map(|entry| {
        Some(Use {
            text: entry.value.text()?,
            place: &entry.place,
            of: Of::Setting,
        })
    });
    folders
        .chain(subjects)
        .chain(tags)
        .chain(settings)
        .chain(owner)
        .collect()
}

/// Reports entries whose lists make too many items.
fn too_many(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
    let mut count = |place, times| {
        let known = counts.entry(place).or_default();
        *known = known.saturating_add(times);
    };
    for entry in &spec.folders {
        count(&entry.place, brought.times(entry.value.iter()));
    }
    for entry in &spec.grants {
        count(
            &entry.place,
            brought.times(std::iter::once(entry.value.to.text())),
        );
    }
    for entry in &spec.protect {
        let text = std::iter::once(entry.value.text());
        count(&entry.place, brought.times(text));
    }
    for entry in &spec.tags {
        count(&entry.place, brought.times(std::iter::once(&entry.value)));
    }
    for (place, items) in counts
        .into_iter()
        .filter(|(_, items)| *items > MAX_OF_ENTRY)
    {
        let message = format!(
            "in the policy `{}`, the entry at {place} makes {items} items; the maximum is {MAX_OF_ENTRY}",
            brought.policy.value
        );
        problems.push(
            Problem::error(brought.span(), "too-many-items", message)
                .with_help("shorten the lists that it uses, or write several entries"),
        );
    }
}

/// Reports a capture that nothing uses: it is only `*` with a name, and often a spelling mistake elsewhere.
fn unused(uses: &[Use<'_>], brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let used: BTreeSet<&str> = uses.iter().flat_map(|used| used.text.variables()).collect();
    for capture in brought.plain.iter().filter(|name| !used.contains(*name)) {
        let message = format!(
            "nothing in the template of the policy `{}` uses the capture `{{{capture}}}`",
            brought.policy.value
        );
        let problem = Problem::warning(brought.span(), "unused-capture", message);
        let known: Vec<&str> = brought.values.keys().copied().collect();
        problems.push(if known.contains(capture) {
            problem.with_help(format!(
                "the variable `{capture}` of `vars` is not available in a title; write its text there"
            ))
        } else {
            problem.with_help(format!(
                "write `*` instead, or use `{{{capture}}}` in a folder, a tag or a group"
            ))
        });
    }
}
