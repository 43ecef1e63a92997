//! Updates failing tests with what rooms get today. Only values that differ are rewritten.

use std::collections::BTreeMap;

use super::Ran;
use crate::policy::expectation::{Extent, Part, PartOf, Test};
use crate::testing::{Difference, Found, Tested};
use crate::yaml::{SourceId, Sources, Span, scalar};

/// The replacement for each changed part of each file.
pub(super) type Changes = BTreeMap<SourceId, BTreeMap<Span, String>>;

/// The changes, and why other failing tests keep failing, one line for each.
pub(super) fn changes(sources: &Sources, ran: &[Ran<'_>]) -> (Changes, Vec<String>) {
    let (mut changes, mut left) = (Changes::new(), Vec::new());
    for (test, tested) in ran.iter().filter(|(_, tested)| !tested.passed()) {
        let mut keep = |why: &str| {
            left.push(format!(
                "not updated: {} ({}): {why}",
                test.name, test.place
            ));
        };
        if let Some(why) = by_hand(test, tested) {
            keep(why);
            continue;
        }
        if let Some(stated) = &test.refused
            && stated.value != tested.refused
        {
            let edits = changes.entry(stated.span.source).or_default();
            edits.insert(stated.span, tested.refused.to_string());
        }
        for part in test.parts.iter().filter(|part| differs(part, tested)) {
            let Some(text) = written(sources, part, test, tested) else {
                keep(&format!(
                    "the room gets nothing of what it states as `{}`",
                    part.of.key()
                ));
                continue;
            };
            let edits = changes.entry(part.span.source).or_default();
            edits.insert(part.span, text);
        }
    }
    (changes, left)
}

/// The files with the changes applied.
pub(super) fn applied(sources: &Sources, changes: &Changes) -> Sources {
    let mut new = Sources::default();
    for id in sources.ids() {
        let Some(source) = sources.source(id) else {
            continue;
        };
        let mut text = source.text.clone();
        // From the end, so that earlier positions stay valid.
        for (span, replacement) in changes.get(&id).into_iter().flatten().rev() {
            text.replace_range(span.range(), replacement);
        }
        new.add(source.path.clone(), text);
    }
    new
}

/// Why a test must be changed by hand: it needs another key, not only other values.
fn by_hand(test: &Test, tested: &Tested) -> Option<&'static str> {
    tested
        .differences
        .iter()
        .find_map(|difference| match difference {
            Difference::NeedsDay => Some("it needs a `date`"),
            Difference::NothingApplies => Some("no policy applies to its room"),
            Difference::Refused(_) | Difference::NotRefused if test.refused.is_some() => None,
            Difference::Refused(_) => {
                Some("the room is refused, which a test states as `refused: true`")
            }
            Difference::NotRefused
            | Difference::NeedsCreator(_)
            | Difference::Missing { .. }
            | Difference::Surplus { .. }
            | Difference::Other { .. } => None,
        })
}

fn differs(part: &Part, tested: &Tested) -> bool {
    let mut differences = tested.differences.iter();
    differences.any(|difference| match difference {
        Difference::Missing { of, .. }
        | Difference::Surplus { of, .. }
        | Difference::Other { of, .. } => *of == part.of,
        Difference::Refused(_)
        | Difference::NotRefused
        | Difference::NothingApplies
        | Difference::NeedsDay
        | Difference::NeedsCreator(_) => false,
    })
}

/// The new value of a part, in the style of the old one; `None` if it would be empty.
fn written(sources: &Sources, part: &Part, test: &Test, tested: &Tested) -> Option<String> {
    let at_this_place = test.parts.iter().filter(|other| other.span == part.span);
    let mut entries = Vec::new();
    let mut is_table = false;
    for part in at_this_place {
        let (_, found) = tested.found.iter().find(|(of, _)| *of == part.of)?;
        if part.of.is_single() {
            return found.first()?.written.as_deref().map(scalar);
        }
        let left: Vec<&Found> = found.iter().filter(|found| stays(part, found)).collect();
        if part.extent == Extent::Some && left.is_empty() {
            return None;
        }
        is_table |= matches!(part.of, PartOf::Settings | PartOf::Grants) || part.in_settings;
        if part.in_settings && part.of == PartOf::Tags {
            let tags: Vec<String> = left.iter().map(|found| scalar(&found.name)).collect();
            entries.push(format!("tags: [{}]", tags.join(", ")));
        } else {
            entries.extend(left.iter().map(|found| entry(found)));
        }
    }
    let old = sources.slice(part.span);
    let [open, close] = if is_table { ['{', '}'] } else { ['[', ']'] };
    let is_block = !entries.is_empty()
        && match is_table {
            true => !old.starts_with(open),
            false => old.starts_with("- "),
        };
    if is_block {
        let column = sources.place(part.span).column;
        let dash = if is_table { "" } else { "- " };
        let lines: Vec<String> = entries
            .iter()
            .map(|entry| format!("{dash}{entry}"))
            .collect();
        return Some(lines.join(&format!("\n{}", " ".repeat(column - 1))));
    }
    let blank = if is_table && !entries.is_empty() {
        " "
    } else {
        ""
    };
    Some(format!("{open}{blank}{}{blank}{close}", entries.join(", ")))
}

/// Whether the test keeps this entry: all under `expect`, only the stated ones under `at_least`.
fn stays(part: &Part, found: &Found) -> bool {
    part.extent == Extent::All || part.stated.iter().any(|stated| stated.key == found.key)
}

fn entry(found: &Found) -> String {
    let name = scalar(&found.name);
    match &found.written {
        Some(value) => format!("{name}: {value}"),
        None => name,
    }
}
