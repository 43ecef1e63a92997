//! Problems as people and programs read them. The only file that knows the renderer.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::problem::{Problem, Severity};
use super::source::{Place, Sources, Span};

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
            .elements(snippets(sources, problem));
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    text
}

fn sorted(problems: &[Problem]) -> Vec<&Problem> {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort_by_key(|problem| (problem.span, problem.severity, problem.code));
    sorted
}

fn snippets<'s>(
    sources: &'s Sources,
    problem: &'s Problem,
) -> Vec<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let main = AnnotationKind::Primary.span(range(sources, problem.span));
    let mut here = Vec::new();
    let mut elsewhere = Vec::new();
    for (span, label) in &problem.related {
        let annotation = AnnotationKind::Context
            .span(range(sources, *span))
            .label(label.as_str());
        if span.source == problem.span.source {
            here.push(annotation);
        } else if let Some(source) = sources.source(span.source) {
            elsewhere.push(
                Snippet::source(source.text.as_str())
                    .path(source.path.as_ref())
                    .annotation(annotation),
            );
        }
    }
    let Some(source) = sources.source(problem.span.source) else {
        return elsewhere;
    };
    let first = Snippet::source(source.text.as_str())
        .path(source.path.as_ref())
        .annotation(main)
        .annotations(here);
    std::iter::once(first).chain(elsewhere).collect()
}

/// The bytes to underline: at most to the end of the line, and on character borders.
fn range(sources: &Sources, span: Span) -> std::ops::Range<usize> {
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
    /// A stable word.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where it begins.
    #[serde(flatten)]
    pub place: Place,
    /// The line in which it ends.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// Further places.
    pub related: Vec<RelatedRecord>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A further place of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedRecord {
    /// Why it matters.
    pub message: String,
    /// Where.
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
