//! Keys that exist elsewhere, or under another name.

use crate::yaml::{Node, Problem, Sources, Span};

/// Says where a key belongs that is unknown in its place.
pub(super) fn explain(sources: &Sources, file: &Node, problem: &mut Problem) {
    if problem.code != "unknown-key" {
        return;
    }
    let in_match = problem.message.contains("creator_group,");
    let in_template = problem.message.contains("extends,");
    let in_policy = problem.message.contains("match,");
    let key = sources.slice(problem.span);
    let help = match key {
        "all" if in_match && has_others(file, problem.span) => {
            "remove it: the other conditions say which rooms match".to_owned()
        }
        "not" | "unless" | "exclude" if in_match => {
            "`except` takes the conditions that must not hold".to_owned()
        }
        "all" => "write `match: all` to match every room".to_owned(),
        "tag" | "tags" if in_match => "`tagged` matches on the tags of the room".to_owned(),
        "creator_email" | "creator_mail" | "creator_id" | "email" | "owner" if in_match => {
            "`creator` takes the e-mail address or the id".to_owned()
        }
        "membership" | "protect" | "owner" | "guests" | "settings" | "folders" | "grants"
        | "extends"
            if !in_template =>
        {
            format!("`{key}` belongs in a template: under `templates`, or under `template` of a policy")
        }
        "mode" | "drift" | "final" | "notify" | "priority" | "match" | "template"
            if !in_policy =>
        {
            format!("`{key}` belongs in a policy, next to `name`")
        }
        "vars" if !in_policy && !in_template => {
            "`vars` belongs in a policy or a template; values for all policies stand in roomwright.yaml".to_owned()
        }
        "tags" | "quota" | "deny_download" | "indexing" | "lifetime" | "watermark" | "color"
        | "cover"
            if in_template =>
        {
            format!("`{key}` belongs under `settings`")
        }
        _ => return,
    };
    problem.help = Some(help);
}

/// Whether the `match` with a key has further conditions.
fn has_others(file: &Node, key: Span) -> bool {
    let policies = file.entry("policies").into_iter().flat_map(Node::items);
    let mut matches = policies.filter_map(|policy| policy.entry("match"));
    matches.any(|matches| {
        let span = matches.span();
        span.start <= key.start && key.end <= span.end && matches.entries().count() > 1
    })
}
