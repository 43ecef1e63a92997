//! How close a text is to a glob that it does not match: which characters differ.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::graph::{Graph, State};
use super::set::Set;
use crate::room::Folded;

/// The maximum number of characters that may differ; a text with more is not close.
const MAX_EDITS: usize = 3;

/// How a text that does not match differs from one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Near {
    /// The number of characters that differ.
    pub(in crate::policy) edits: usize,
    /// The differences, for display.
    pub(in crate::policy) but_for: String,
}

/// A position in the glob and in the text.
type Node = (usize, usize);

/// The cheapest way to each position: its cost, the previous position, and what differs.
type Ways = HashMap<Node, (usize, Option<(Node, Option<Edit>)>)>;

/// One character that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    /// It is in the text but not in the glob.
    Surplus(usize),
    /// It is in the glob but not in the text; `None` if any character may be there.
    Missing(Option<char>),
    /// It is in the text instead of a character of the glob.
    Other(usize, Option<char>),
}

/// The closest text that matches the graph of a glob, if it is close. Captures may be empty.
pub(super) fn near(graph: &Graph, glob: &str, text: &Folded<'_>) -> Option<Near> {
    let letters = text.letters();
    let mut best = Ways::new();
    let mut open = BinaryHeap::from([Reverse((0, (graph.start, 0)))]);
    best.insert((graph.start, 0), (0, None));
    while let Some(Reverse((cost, node))) = open.pop() {
        if best.get(&node).is_some_and(|(known, _)| *known < cost) {
            continue;
        }
        let (state, at) = node;
        if at == letters.len() && matches!(graph.states.get(state), Some(State::End)) {
            let way = way(&best, node);
            // If most of the glob's characters are not in the text, it is a different title.
            let is_close = cost > 0 && cost * 2 <= shared(graph, &way);
            return is_close.then(|| explained(glob, text, cost, &way));
        }
        let mut go = |to: Node, edit: Option<Edit>| {
            let cost = cost + usize::from(edit.is_some());
            let is_better = best.get(&to).is_none_or(|(known, _)| cost < *known);
            if cost <= MAX_EDITS && is_better {
                best.insert(to, (cost, Some((node, edit))));
                open.push(Reverse((cost, to)));
            }
        };
        let here = letters.get(at);
        match graph.states.get(state) {
            Some(State::One(set, next)) => {
                let wanted = match set {
                    Set::Char(c) => Some(*c),
                    Set::All | Set::Class { .. } => None,
                };
                match here {
                    Some(letter) if set.takes(letter) => go((*next, at + 1), None),
                    Some(_) => go((*next, at + 1), Some(Edit::Other(at, wanted))),
                    None => {}
                }
                go((*next, at), Some(Edit::Missing(wanted)));
            }
            Some(State::Any(next)) => {
                if here.is_some() {
                    go((state, at + 1), None);
                }
                go((*next, at), None);
            }
            Some(State::Split(ways)) => ways.iter().for_each(|way| go((*way, at), None)),
            Some(State::Open(_, next) | State::Close(_, next)) => go((*next, at), None),
            Some(State::End) | None => {}
        }
        if here.is_some() {
            go((state, at + 1), Some(Edit::Surplus(at)));
        }
    }
    None
}

/// The states on the way to a node, each with the edit that leaves it, in the order of the text.
fn way(best: &Ways, mut node: Node) -> Vec<(usize, Option<Edit>)> {
    let mut way = Vec::new();
    while let Some((_, Some((before, edit)))) = best.get(&node) {
        node = *before;
        way.push((node.0, edit.clone()));
    }
    way.reverse();
    way
}

/// How many characters of the glob, except for `?`, are in the text.
fn shared(graph: &Graph, way: &[(usize, Option<Edit>)]) -> usize {
    let is_fixed = |state: usize| {
        matches!(
            graph.states.get(state),
            Some(State::One(Set::Char(_) | Set::Class { .. }, _))
        )
    };
    let shared = way
        .iter()
        .filter(|(state, edit)| edit.is_none() && is_fixed(*state));
    shared.count()
}

fn explained(glob: &str, text: &Folded<'_>, edits: usize, way: &[(usize, Option<Edit>)]) -> Near {
    let extra = if edits == 1 { "" } else { "an extra " };
    let differing = way.iter().filter_map(|(_, edit)| edit.as_ref());
    let all: Vec<String> = differing
        .map(|edit| name(glob, text, edit, extra))
        .collect();
    Near {
        edits,
        but_for: all.join(" and "),
    }
}

/// The character in upper case if the glob has it, outside braces, only in upper case.
fn as_written(glob: &str, c: char) -> String {
    let mut depth = 0usize;
    let mut is_upper = false;
    for own in glob.chars() {
        match own {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            own if depth == 0 && own == c => return c.to_string(),
            own if depth == 0 && own.to_lowercase().eq([c]) => is_upper = true,
            _ => {}
        }
    }
    if is_upper {
        c.to_uppercase().collect()
    } else {
        c.to_string()
    }
}

fn name(glob: &str, text: &Folded<'_>, edit: &Edit, extra: &str) -> String {
    let there = |at: usize| match text.original(at, at + 1) {
        "" => " ".to_owned(),
        c => c.to_owned(),
    };
    let wanted = |c: &Option<char>| match c {
        None => "another character".to_owned(),
        // All of them are alike, so it is unknown which one the glob has here.
        Some('“') => "a quotation mark".to_owned(),
        Some(c) => format!("`{}`", as_written(glob, *c)),
    };
    match edit {
        Edit::Surplus(at) => format!("{extra}`{}`", there(*at)),
        Edit::Missing(None) => "a missing character".to_owned(),
        Edit::Missing(Some('“')) => "a missing quotation mark".to_owned(),
        Edit::Missing(c) => format!("a missing {}", wanted(c)),
        Edit::Other(at, c) => format!("`{}` instead of {}", there(*at), wanted(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::glob::Glob;
    use crate::room::FoldMode;

    fn but_for(glob: &str, text: &str) -> Option<String> {
        let glob = Glob::new(glob, FoldMode::Titles).unwrap();
        let near = glob.near(&Folded::new(text, FoldMode::Titles));
        near.map(|near| near.but_for)
    }

    #[test]
    fn a_text_that_almost_matches_is_explained_by_its_differences() {
        for (glob, text, explained) in [
            ("Children's ward", "Childrens ward", Some("a missing `'`")),
            ("Childrens ward", "Children’s ward", Some("`’`")),
            (
                "Client - {client} - 20[0-9]{2}",
                "Client - ACME - 202x",
                Some("`x` instead of another character"),
            ),
            (
                "Client - {client}",
                "Clinet - ACME",
                Some("a missing `e` and an extra `e`"),
            ),
            ("Team Blue", "Teams Blue", Some("`s`")),
            ("Client - {client}", "Lunch with the team", None),
            ("Client {client}", "Client ACME", None),
            ("AB", "XY", None),
            ("IT *", "Canteen", None),
            ("Club *", "Class 7b 2026", None),
            ("DD {project}", "D Apollo", Some("a missing `D`")),
            ("DD {project}", "Apollo", None),
            ("Client X*", "Client A", Some("`A` instead of `X`")),
            (
                "“Top” secret",
                "_Top_ secret",
                Some("`_` instead of a quotation mark and `_` instead of a quotation mark"),
            ),
        ] {
            assert_eq!(but_for(glob, text).as_deref(), explained, "{glob} {text}");
        }
    }
}
