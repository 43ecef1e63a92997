//! Updates failing tests with what rooms get today. Only values that differ are rewritten.

use std::collections::BTreeMap;

use super::Ran;
use crate::policy::expectation::{Extent, Part, PartOf, Test};
use crate::testing::{Difference, Found, Tested};
use crate::yaml::{SourceId, Sources, Span, scalar};

/// The replacement for each changed part of each file.
pub(super) type Changes = BTreeMap<SourceId, BTreeMap<Span, String>>;

pub(super) fn changes(sources: &Sources, ran: &[Ran<'_>]) -> Changes {
    let mut changes = Changes::new();
    for (test, tested) in ran.iter().filter(|(_, tested)| !tested.passed()) {
        if !can_be_written(test, tested) {
            continue;
        }
        if let Some(stated) = &test.refused
            && stated.value != tested.refused
        {
            let edits = changes.entry(stated.span.source).or_default();
            edits.insert(stated.span, tested.refused.to_string());
        }
        for part in test.parts.iter().filter(|part| differs(part, tested)) {
            if let Some(text) = written(sources, part, test, tested) {
                let edits = changes.entry(part.span.source).or_default();
                edits.insert(part.span, text);
            }
        }
    }
    changes
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

/// Whether the test only needs other values. A test that needs another key must be changed by hand.
fn can_be_written(test: &Test, tested: &Tested) -> bool {
    tested
        .differences
        .iter()
        .all(|difference| match difference {
            Difference::NeedsDay | Difference::NothingApplies => false,
            Difference::Refused(_) | Difference::NotRefused => test.refused.is_some(),
            Difference::Missing { .. } | Difference::Surplus { .. } | Difference::Other { .. } => {
                true
            }
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
        | Difference::NeedsDay => false,
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
