//! Problems for display and for programs. The only file that uses the renderer.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::problem::{Problem, Severity};
use super::source::{Place, Sources, Span};

/// The maximum length of a line that is shown, in bytes; for a longer one only the place is shown.
const MAX_LINE: usize = 4 * 1024;
/// The maximum distance of two places in one excerpt, in bytes.
const MAX_EXCERPT: u32 = 64 * 1024;

/// All problems with their source lines, sorted by file and place.
pub fn render(sources: &Sources, problems: &[Problem], styled: bool) -> String {
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for problem in sorted(problems) {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group: Group<'_> = level
            .primary_title(problem.message.as_str())
            .id(problem.code)
            .elements(excerpts(sources, problem));
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    text
}

/// The first problems, at most this many, with what to do, in one line.
pub fn in_one_line(sources: &Sources, problems: &[Problem], most: usize) -> String {
    let shown = sorted(problems).into_iter().take(most).map(|problem| {
        let (place, message) = (sources.place(problem.span), &problem.message);
        let help = problem.help.iter().map(|help| format!(" ({help})"));
        let help: String = help.collect();
        format!("{place}: {message}{help}").replace('\n', " ")
    });
    let shown: Vec<String> = shown.collect();
    let more = match problems.len() - shown.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}", shown.join("; "))
}

fn sorted(problems: &[Problem]) -> Vec<&Problem> {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort_by_key(|problem| (problem.span, problem.severity, problem.code));
    sorted
}

/// A marked span, and its label.
type Mark<'s> = (Span, Option<&'s str>);

/// Excerpts of the files, with no more text than is shown: the renderer reads everything that it gets.
fn excerpts<'s>(sources: &'s Sources, problem: &'s Problem) -> Vec<Element<'s>> {
    let mut near: Vec<Mark<'_>> = vec![(problem.span, None)];
    let mut far = Vec::new();
    for (span, label) in &problem.related {
        let is_near = span.source == problem.span.source
            && span.start.abs_diff(problem.span.start) < MAX_EXCERPT;
        let into = if is_near { &mut near } else { &mut far };
        into.push((*span, Some(label.as_str())));
    }
    excerpt(sources, &near)
        .into_iter()
        .chain(far.into_iter().filter_map(|mark| excerpt(sources, &[mark])))
        .collect()
}

fn excerpt<'s>(sources: &'s Sources, marks: &[Mark<'s>]) -> Option<Element<'s>> {
    let (first, _) = marks.first()?;
    let source = sources.source(first.source)?;
    let lines = |range: &Range<usize>| {
        let before = source.text.get(..range.start).unwrap_or_default();
        let after = source.text.get(range.end..).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        start..range.end + after.find('\n').unwrap_or(after.len())
    };
    let ranges: Vec<Range<usize>> = marks
        .iter()
        .map(|(span, _)| range(sources, *span))
        .collect();
    if ranges.iter().any(|range| lines(range).len() > MAX_LINE) {
        let (line, column) = sources.line_column(first.source, first.start);
        let place = Origin::path(source.path.as_ref()).line(line);
        return Some(place.char_column(column).into());
    }
    let from = ranges.iter().map(|range| lines(range).start).min()?;
    let to = ranges.iter().map(|range| lines(range).end).max()?;
    let (line, _) = sources.line_column(first.source, u32::try_from(from).ok()?);
    let annotations = marks.iter().zip(ranges).map(|((_, label), range)| {
        let range = range.start - from..range.end - from;
        match label {
            None => AnnotationKind::Primary.span(range),
            Some(label) => AnnotationKind::Context.span(range).label(*label),
        }
    });
    let snippet = Snippet::source(source.text.get(from..to)?)
        .line_start(line)
        .path(source.path.as_ref())
        .annotations(annotations);
    Some(snippet.into())
}

/// The bytes to underline: at most to the end of the line, and on character borders.
fn range(sources: &Sources, span: Span) -> Range<usize> {
    let text = sources
        .source(span.source)
        .map_or("", |source| source.text.as_str());
    let bound = |at: u32| {
        let mut at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (bound(span.start), bound(span.end));
    let line = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |newline| start + newline);
    start..end.min(line).max(start)
}

/// A problem for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemRecord {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// A stable code.
    pub code: &'static str,
    /// The message.
    pub message: String,
    /// The place where it begins.
    #[serde(flatten)]
    pub place: Place,
    /// The line in which it ends.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// Related places.
    pub related: Vec<RelatedRecord>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A related place of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedRecord {
    /// The label.
    pub message: String,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
}

/// All problems for programs, sorted by file and place.
pub fn records(sources: &Sources, problems: &[Problem]) -> Vec<ProblemRecord> {
    sorted(problems)
        .into_iter()
        .map(|problem| {
            let (end_line, end_column) = sources.line_column(problem.span.source, problem.span.end);
            ProblemRecord {
                severity: match problem.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                code: problem.code,
                message: problem.message.clone(),
                place: sources.place(problem.span),
                end_line,
                end_column,
                related: problem
                    .related
                    .iter()
                    .map(|(span, message)| RelatedRecord {
                        message: message.clone(),
                        place: sources.place(*span),
                    })
                    .collect(),
                help: problem.help.clone(),
            }
        })
        .collect()
}
