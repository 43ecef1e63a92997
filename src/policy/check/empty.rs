//! Empty lists and tables in templates and policies, which say nothing.

use crate::yaml::{Node, Problem, scalar};

/// Reports those of one file. In tests an empty list means none.
pub(super) fn check(file: &Node, problems: &mut Vec<Problem>) {
    let templates = file.entry("templates").into_iter();
    for (_, body) in templates.flat_map(Node::entries) {
        template(body, problems);
    }
    let policies = file.entry("policies").into_iter();
    for policy in policies.flat_map(Node::items) {
        if let Some(body) = policy.entry("template").filter(|body| body.is_table()) {
            // A final policy may only keep others from applying.
            let is_final = policy.entry("final").and_then(Node::text) == Some("true");
            if is_empty(body) && !is_final {
                let message = "the template is empty: the policy gives rooms nothing";
                problems.push(
                    Problem::warning(body.span(), "empty-list", message)
                        .with_help("write what rooms get, or remove the policy"),
                );
            }
            template(body, problems);
        }
        keys(policy, &["vars"], problems);
    }
}

fn template(body: &Node, problems: &mut Vec<Problem>) {
    if let Some(parents) = body.entry("extends").filter(|parents| is_empty(parents)) {
        problems.push(
            Problem::error(parents.span(), "empty-list", "the list names no template")
                .with_help("remove the key, or write a template's name"),
        );
    }
    let own = [
        "roles", "vars", "folders", "grants", "protect", "guests", "settings",
    ];
    keys(body, &own, problems);
    for (key, inner) in [("guests", "invite"), ("settings", "tags")] {
        if let Some(part) = body.entry(key) {
            keys(part, &[inner], problems);
        }
    }
    if let Some(list) = body.entry("folders") {
        folders(list, problems);
    }
}

/// Folders with an empty list of children.
fn folders(list: &Node, problems: &mut Vec<Problem>) {
    for (title, children) in list.items().iter().flat_map(Node::entries) {
        if is_empty(children) {
            let message = format!("the list of children of the folder `{title}` is empty");
            problems.push(
                Problem::warning(children.span(), "empty-list", message)
                    .with_help(format!("write `- {}`, or its children", scalar(title))),
            );
        }
        folders(children, problems);
    }
}

/// Keys of a table whose value is empty.
fn keys(table: &Node, known: &[&str], problems: &mut Vec<Problem>) {
    for (key, value) in table.entries().filter(|(key, _)| known.contains(key)) {
        if is_empty(value) {
            let message = format!("`{key}` is empty and says nothing");
            problems.push(
                Problem::warning(value.span(), "empty-list", message)
                    .with_help("remove the key, or write an entry"),
            );
        }
    }
}

/// Whether it is a list or table without entries.
fn is_empty(node: &Node) -> bool {
    node.text().is_none() && node.items().is_empty() && node.entries().next().is_none()
}
