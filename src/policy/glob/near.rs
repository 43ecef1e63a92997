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

/// The closest text that matches, if it is close. Captures may be empty.
pub(super) fn near(graph: &Graph, text: &Folded<'_>) -> Option<Near> {
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
            return explained(text, cost, &best, node);
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

/// The edits on the way to a node, in the order of the text.
fn explained(text: &Folded<'_>, edits: usize, best: &Ways, mut node: Node) -> Option<Near> {
    let mut way = Vec::new();
    while let Some((_, Some((before, edit)))) = best.get(&node) {
        way.extend(edit.clone());
        node = *before;
    }
    way.reverse();
    // If most characters differ, it is a different title.
    if edits == 0 || edits * 2 > text.letters().len() {
        return None;
    }
    let extra = if edits == 1 { "" } else { "an extra " };
    let all: Vec<String> = way.iter().map(|edit| name(text, edit, extra)).collect();
    Some(Near {
        edits,
        but_for: all.join(" and "),
    })
}

fn name(text: &Folded<'_>, edit: &Edit, extra: &str) -> String {
    let there = |at: usize| match text.original(at, at + 1) {
        "" => " ".to_owned(),
        c => c.to_owned(),
    };
    let wanted = |c: &Option<char>| c.map_or("another character".to_owned(), |c| format!("`{c}`"));
    match edit {
        Edit::Surplus(at) => format!("{extra}`{}`", there(*at)),
        Edit::Missing(Some(c)) => format!("a missing `{c}`"),
        Edit::Missing(None) => "a missing character".to_owned(),
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
        ] {
            assert_eq!(but_for(glob, text).as_deref(), explained, "{glob} {text}");
        }
    }
}
