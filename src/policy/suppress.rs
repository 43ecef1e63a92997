//! What is not reported: the consequences of another problem, and problems beyond a maximum in a file.

use std::collections::{BTreeMap, BTreeSet};

use crate::yaml::{Problem, Severity, SourceId, Span};

/// The maximum number of problems of each severity that are reported for a file.
const MAX_PROBLEMS: usize = 50;
/// The maximum number of names in a list.
const NAMES: usize = 10;

/// Problems whose cause may be in another file.
const ACROSS_FILES: [&str; 4] = [
    "unknown-template",
    "unknown-role",
    "unknown-table",
    "undefined-variable",
];
/// Problems that follow from a part that could not be read.
const FROM_INSIDE: [&str; 5] = [
    "no-subject",
    "empty-match",
    "empty-list",
    "empty-watermark",
    "incomplete-lifetime",
];

/// Whether a file already has more errors than are reported.
pub(super) fn at_limit(problems: &[Problem], at: Span) -> bool {
    let in_file = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error && problem.span.source == at.source);
    in_file.take(MAX_PROBLEMS + 1).count() > MAX_PROBLEMS
}

/// Some names, and the number of further ones.
pub(super) fn abbreviate<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    let count = names.clone().count();
    let shown: Vec<&str> = names.take(NAMES).collect();
    let more = match count.saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// Removes problems that only follow from others. `broken` are the files whose roles or templates are not all known.
pub(super) fn suppress_cascades(problems: &mut Vec<Problem>, broken: &BTreeSet<SourceId>) {
    let spans: BTreeSet<Span> = problems
        .iter()
        .filter(|problem| {
            problem.severity == Severity::Error && !FROM_INSIDE.contains(&problem.code)
        })
        .map(|problem| problem.span)
        .collect();
    problems.retain(|problem| {
        let span = problem.span;
        let elsewhere = ACROSS_FILES.contains(&problem.code)
            && broken.iter().any(|source| *source != span.source);
        let inside = FROM_INSIDE.contains(&problem.code)
            && spans
                .range(span.first_line()..)
                .take_while(|other| other.source == span.source && other.start <= span.end)
                .any(|other| other.end <= span.end);
        !elsewhere && !inside
    });
}

/// Keeps the first problems of each file, in the order of their places, and adds a note where there were more.
pub(super) fn shorten(problems: Vec<Problem>) -> Vec<Problem> {
    let mut counts: BTreeMap<(SourceId, Severity), usize> = BTreeMap::new();
    let mut short = Vec::with_capacity(problems.len().min(2 * MAX_PROBLEMS));
    for problem in problems {
        let count = counts
            .entry((problem.span.source, problem.severity))
            .or_default();
        *count += 1;
        if *count == MAX_PROBLEMS + 1 {
            short.push(Problem {
                severity: problem.severity,
                ..Problem::more(problem.span.first_line())
            });
        } else if *count <= MAX_PROBLEMS {
            short.push(problem);
        }
    }
    short
}
