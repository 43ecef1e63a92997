//! What the values of variables and tables make of a policy's folders.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::Brought;
use crate::policy::suppress::at_limit;
use crate::policy::template::MAX_OF_ENTRY;
use crate::policy::text::{ROOM_VARIABLES, Table, Text, Value, Variables};
use crate::policy::{Entry as Written, TemplateSpec};
use crate::room::{MAX_TITLE_UNITS, fold_title, stored_title, title_units};
use crate::yaml::{Place, Problem};

pub(super) fn check(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let mut reported = BTreeSet::new();
    for entry in &spec.folders {
        for text in entry.value.iter().filter(|text| text.literal().is_none()) {
            if at_limit(problems, brought.span()) {
                return;
            }
            let problem = too_long(text, &entry.place, brought)
                .or_else(|| altered(text, &entry.place, brought));
            if let Some(problem) = problem
                && reported.insert((text, &entry.place))
            {
                problems.push(problem);
            }
        }
    }
    same(spec, brought, problems);
}

/// A title that becomes too long with one of the values.
fn too_long(text: &Text, place: &Place, brought: &Brought<'_>) -> Option<Problem> {
    let of_variables = text.shown_variables().map(|name| {
        let values = brought.values_of(name).into_iter();
        values.map(|value| title_units(value.trim())).max()
    });
    let tables = text.tables().map(|name| brought.tables.get(name));
    let of_tables = tables.map(|table| table.map(Table::longest));
    let inserted: usize = of_variables.chain(of_tables).flatten().sum();
    let units = inserted + text.literals().map(title_units).sum::<usize>();
    if inserted == 0 || units <= MAX_TITLE_UNITS {
        return None;
    }
    let message = format!(
        "in the policy `{}`, the folder `{text}` at {place} becomes {units} characters long; the maximum is {MAX_TITLE_UNITS}",
        brought.policy.value
    );
    Some(
        Problem::error(brought.span(), "long-title", message)
            .with_help("shorten the value of its variable"),
    )
}

/// A value that DocSpace stores differently.
fn altered(text: &Text, place: &Place, brought: &Brought<'_>) -> Option<Problem> {
    let is_altered = |value: &&str| stored_title(value) != value.trim();
    let mut values = text
        .shown_variables()
        .flat_map(|name| brought.values_of(name));
    let mut tables = text.tables().filter_map(|name| brought.tables.get(name));
    let value = values
        .find(is_altered)
        .or_else(|| tables.find_map(Table::altered))?;
    let message = format!(
        "in the policy `{}`, the folder `{text}` at {place} gets the value `{value}`, which DocSpace stores as `{}`",
        brought.policy.value,
        stored_title(value)
    );
    let help = if value.contains('/') {
        "a `/` in a value makes no level: write the levels in the folder's path, and the value as it is stored"
    } else {
        "write the value that way: no title can contain a tab, an emoji or one of `* + : \" < > ? | \\ /`"
    };
    Some(Problem::warning(brought.span(), "altered-title", message).with_help(help))
}

/// The first entry of a folder, with the path that it becomes.
type First<'e> = (String, &'e Written<Vec<Text>>);

/// Entries of one template that become the same folder with the values of their variables.
fn same(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let has_values = |entry: &Written<Vec<Text>>| {
        let mut names = entry.value.iter().flat_map(Text::shown_variables);
        names.any(|name| !brought.values_of(name).is_empty())
    };
    if !spec.folders.iter().any(has_values) {
        return;
    }
    let variables = variables(brought);
    let mut seen: BTreeMap<(&str, Vec<String>), First<'_>> = BTreeMap::new();
    for entry in &spec.folders {
        if brought.times(entry.value.iter()) > MAX_OF_ENTRY {
            continue;
        }
        for one in variables.each(entry.value.iter()) {
            // The value of a lookup depends on the room.
            let titles: Result<Vec<String>, String> =
                entry.value.iter().map(|text| text.expand(&one)).collect();
            let Ok(titles) = titles else { continue };
            let key = titles.iter().map(|title| fold_title(&stored_title(title)));
            let shown = titles.join("/");
            match seen.entry((entry.template.as_str(), key.collect())) {
                Entry::Vacant(free) => {
                    free.insert((shown, entry));
                }
                Entry::Occupied(first) => {
                    let (other, of) = first.get();
                    let is_inserted = has_values(entry) || has_values(of);
                    if is_inserted && *other != shown && !at_limit(problems, brought.span()) {
                        let (first, second) =
                            ((other.as_str(), &of.place), (shown.as_str(), &entry.place));
                        problems.push(become_same(brought, first, second));
                    }
                }
            }
        }
    }
}

/// The values of the policy's variables; captures and the room's own stay as they are written.
pub(super) fn variables(brought: &Brought<'_>) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in &brought.values {
        variables.set(*name, Value::clone(value));
    }
    for name in brought.captures.iter().copied().chain(ROOM_VARIABLES) {
        variables.set(name, Value::One(format!("{{{name}}}")));
    }
    variables
}

fn become_same(
    brought: &Brought<'_>,
    (first, at): (&str, &Place),
    (second, here): (&str, &Place),
) -> Problem {
    let message = format!(
        "in the policy `{}`, `{first}` at {at} and `{second}` at {here} are the same folder",
        brought.policy.value
    );
    Problem::warning(brought.span(), "same-folder", message)
        .with_help("case, the kind of dashes, quotes and blanks, and characters that DocSpace stores as `_` make no difference; keep one of them")
}
