//! The search for a match of a glob in a text: depth first, each position visited once.

use super::graph::{Graph, State};
use super::set::Set;
use crate::room::Folded;

pub(super) struct Search<'g, 't> {
    graph: &'g Graph,
    text: &'g Folded<'t>,
    /// The bit for (state, position, whether the capture contains a non-blank yet).
    visited: Vec<u64>,
    bounds: Vec<(usize, usize)>,
    /// What to restore in `bounds` when a path fails.
    undo: Vec<(usize, (usize, usize))>,
}

struct Way {
    state: usize,
    at: usize,
    ink: bool,
    undo: usize,
}

impl<'g, 't> Search<'g, 't> {
    pub(super) fn new(graph: &'g Graph, text: &'g Folded<'t>) -> Self {
        let bits = graph.states.len() * (text.letters().len() + 1) * 2;
        Self {
            graph,
            text,
            visited: vec![0; bits.div_ceil(64)],
            bounds: vec![(0, 0); graph.captures.len()],
            undo: Vec::new(),
        }
    }

    fn first_visit(&mut self, way: &Way) -> bool {
        let bit = (way.state * (self.text.letters().len() + 1) + way.at) * 2 + usize::from(way.ink);
        match self.visited.get_mut(bit / 64) {
            Some(word) if *word & (1 << (bit % 64)) == 0 => {
                *word |= 1 << (bit % 64);
                true
            }
            _ => false,
        }
    }

    fn bind(&mut self, number: usize, change: impl FnOnce((usize, usize)) -> (usize, usize)) {
        if let Some(bound) = self.bounds.get_mut(number) {
            self.undo.push((number, *bound));
            *bound = change(*bound);
        }
    }

    // The first path to the end has the shortest captures from left to right, because each choice tries the
    // shorter path first; a position that was visited before cannot lead to the end.
    pub(super) fn run(mut self) -> Option<Vec<(usize, usize)>> {
        let mut ways = vec![Way {
            state: self.graph.start,
            at: 0,
            ink: false,
            undo: 0,
        }];
        while let Some(way) = ways.pop() {
            while self.undo.len() > way.undo {
                if let Some((number, bound)) = self.undo.pop()
                    && let Some(slot) = self.bounds.get_mut(number)
                {
                    *slot = bound;
                }
            }
            if !self.first_visit(&way) {
                continue;
            }
            let Way { at, ink, .. } = way;
            let here = self.text.letters().get(at);
            match self.graph.states.get(way.state)? {
                State::End => {
                    if here.is_none() {
                        return Some(self.bounds);
                    }
                }
                State::One(set, next) => {
                    if let Some(to) = self.end_of(set, at) {
                        let inked = here.is_some_and(|c| !c.folded.is_whitespace());
                        ways.push(self.way(*next, to, ink || inked));
                    }
                }
                State::Any(next) => {
                    if let Some(c) = here {
                        let inked = !c.folded.is_whitespace();
                        ways.push(self.way(way.state, at + 1, ink || inked));
                    }
                    ways.push(self.way(*next, at, ink));
                }
                State::Split(branches) => {
                    for branch in branches.iter().rev() {
                        ways.push(self.way(*branch, at, ink));
                    }
                }
                State::Open(..) | State::Close(..) if !self.text.is_border(at) => {}
                State::Open(number, next) => {
                    self.bind(*number, |_| (at, at));
                    ways.push(self.way(*next, at, false));
                }
                State::Close(number, next) => {
                    if ink {
                        self.bind(*number, |(from, _)| (from, at));
                        ways.push(self.way(*next, at, false));
                    }
                }
            }
        }
        None
    }

    /// The position after what a set matches here.
    fn end_of(&self, set: &Set, at: usize) -> Option<usize> {
        let letters = self.text.letters();
        let here = letters.get(at).filter(|letter| set.takes(letter))?;
        if !set.is_whole() {
            return Some(at + 1);
        }
        let rest = letters.get(at + 1..).unwrap_or_default();
        let more = rest.iter().take_while(|letter| !letter.begins).count();
        here.begins.then_some(at + 1 + more)
    }

    fn way(&self, state: usize, at: usize, ink: bool) -> Way {
        Way {
            state,
            at,
            ink,
            undo: self.undo.len(),
        }
    }
}
