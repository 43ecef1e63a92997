//! How near a text is to a glob that it does not fit: what would have to be there, or not to be there.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::graph::{Graph, State};
use super::set::Set;
use crate::room::Folded;

/// So many characters may differ; a text beyond is not near.
const MAX_EDITS: usize = 3;

/// How a text that does not fit differs from one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Near {
    /// How many characters differ.
    pub(in crate::policy) edits: usize,
    /// Which, as people read it.
    pub(in crate::policy) but_for: String,
}

/// A place in the glob and in the text.
type Node = (usize, usize);

/// The cheapest way to each place: what it costs, whence it comes, and what differs on it.
type Ways = HashMap<Node, (usize, Option<(Node, Option<Edit>)>)>;

/// One character that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    /// It stands in the text and not in the glob.
    Surplus(usize),
    /// It stands in the glob and not in the text; nothing where any character may.
    Missing(Option<char>),
    /// It stands in the text instead of one of the glob.
    Other(usize, Option<char>),
}

/// The nearest text that fits, if it is near. Captures may be empty.
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
    // What is mostly wrong is something else.
    if edits == 0 || edits * 2 > text.letters().len() {
        return None;
    }
    let extra = if edits == 1 { "" } else { "an extra " };
    let told: Vec<String> = way.iter().map(|edit| told(text, edit, extra)).collect();
    Some(Near {
        edits,
        but_for: told.join(" and "),
    })
}

fn told(text: &Folded<'_>, edit: &Edit, extra: &str) -> String {
    let there = |at: usize| match text.original(at, at + 1) {
        "" => " ".to_owned(),
        c => c.to_owned(),
    };
    let wanted = |c: &Option<char>| c.map_or("another character".to_owned(), |c| format!("`{c}`"));
    match edit {
        Edit::Surplus(at) => format!("{extra}`{}`", there(*at)),
        Edit::Missing(Some(c)) => format!("a missing `{c}`"),
        Edit::Missing(None) => "a missing character".to_owned(),
        Edit::Other(at, c) => format!("`{}` in place of {}", there(*at), wanted(c)),
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
    fn what_is_nearly_right_is_told_by_what_is_wrong() {
        for (glob, text, told) in [
            ("Children's ward", "Childrens ward", Some("a missing `'`")),
            ("Childrens ward", "Children’s ward", Some("`’`")),
            (
                "Client - {client} - 20[0-9]{2}",
                "Client - ACME - 202x",
                Some("`x` in place of another character"),
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
            assert_eq!(but_for(glob, text).as_deref(), told, "{glob} {text}");
        }
    }
}
