//! From a file to its tree and its typed content, with advice about policies.

use super::misplaced;
use crate::policy::file::File;
use crate::yaml::{self, Node, Problem, SourceId, Sources, Span};

/// Reads one file: its tree, and its content if that has the right form.
pub(super) fn read(
    sources: &Sources,
    id: SourceId,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Option<File>)> {
    let node = yaml::parse(sources, id, problems);
    for problem in &mut *problems {
        for_policies(sources, problem);
    }
    let node = node?;
    let before = problems.len();
    let file = yaml::read::<File>(&node, problems);
    for problem in problems.iter_mut().skip(before) {
        misplaced::explain(sources, &node, problem);
    }
    if let Some(version) = file.as_ref().and_then(|file| file.version.as_ref()) {
        if version.value != 1 {
            let message = format!(
                "version {} of the policy language is not supported",
                version.value
            );
            problems.push(
                Problem::error(version.span, "unknown-version", message)
                    .with_help("write `version: 1`, or update roomwright"),
            );
        }
    } else if node.is_table() && node.entry("version").is_none_or(Node::is_null) {
        problems.push(
            Problem::error(
                node.span().first_line(),
                "no-version",
                "the file does not state its version",
            )
            .with_help("start it with `version: 1`"),
        );
    }
    Some((node, file))
}

/// Adds what the YAML reader, which knows nothing about policies, cannot say.
fn for_policies(sources: &Sources, problem: &mut Problem) {
    let line = || sources.line(problem.span).trim();
    let help = match problem.code {
        "comments-only" => "start it with `version: 1`, or delete it",
        "anchor" => {
            "quote the text if the `&` belongs to it; to write something once and use it in several places, let templates extend one another, or use `vars`"
        }
        "syntax" if line().starts_with("match: all:") => "write `match: all`",
        "empty-file" => "start it with `version: 1`, or delete it",
        "merge-key" => "let the template extend another one: `extends: name`",
        _ => return,
    };
    problem.help = Some(help.to_owned());
}

/// Whether some roles and templates of a file may be unknown. Problems of its version and its policies hide none.
pub(super) fn hides_names(read: Option<&(Node, Option<File>)>, problems: &[Problem]) -> bool {
    let Some((node, Some(_))) = read else {
        return true;
    };
    let harmless: Vec<Span> = ["version", "policies"]
        .into_iter()
        .filter_map(|key| Some(node.entry(key)?.span()))
        .collect();
    problems.iter().any(|problem| {
        problem.code != "no-version"
            && !harmless
                .iter()
                .any(|part| part.start <= problem.span.start && problem.span.end <= part.end)
    })
}
