//! A glob as a graph of states, from start to end.

use super::parse::Piece;
use super::set::Set;

/// The states of a glob.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) states: Vec<State>,
    pub(super) start: usize,
    /// The names of the captures, from left to right; states number them from the right.
    pub(super) captures: Vec<String>,
}

/// What a glob expects next, and the state that follows.
#[derive(Debug, Clone)]
pub(in crate::policy) enum State {
    One(Set, usize),
    /// Zero or more of any character, as few as possible.
    Any(usize),
    Split(Vec<usize>),
    Open(usize, usize),
    Close(usize, usize),
    End,
}

impl Graph {
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let mut graph = Self {
            states: Vec::with_capacity(pieces.len() + 4),
            start: 0,
            captures: Vec::new(),
        };
        let end = graph.push(State::End);
        graph.start = graph.compile(pieces, end);
        graph.captures.reverse();
        graph
    }

    // Built from the end, so that every state knows its successor; captures come out last first.
    fn compile(&mut self, pieces: &[Piece], end: usize) -> usize {
        let mut next = end;
        for piece in pieces.iter().rev() {
            next = match piece {
                Piece::Literal(_) | Piece::One | Piece::Class { .. } => match Set::of(piece) {
                    Some(set) => self.push(State::One(set, next)),
                    None => next,
                },
                Piece::Count(one, least, more) => match Set::of(one) {
                    Some(set) => self.count(&set, *least, *more, next),
                    None => next,
                },
                Piece::Any => self.push(State::Any(next)),
                Piece::Either(branches) => {
                    let starts = branches
                        .iter()
                        .map(|branch| self.compile(branch, next))
                        .collect();
                    self.push(State::Split(starts))
                }
                Piece::Capture(name, inner) => {
                    // Numbered from the end, as `captures` is until it is reversed.
                    let number = self.captures.len();
                    self.captures.push(name.clone());
                    let close = self.push(State::Close(number, next));
                    let inside = match inner {
                        Some(inner) => self.compile(inner, close),
                        None => self.push(State::Any(close)),
                    };
                    self.push(State::Open(number, inside))
                }
            };
        }
        next
    }

    /// As few as possible, because a capture is the shortest.
    fn count(&mut self, set: &Set, least: usize, more: usize, end: usize) -> usize {
        let mut start = end;
        for _ in 0..more {
            let one = self.push(State::One(set.clone(), start));
            start = self.push(State::Split(vec![end, one]));
        }
        for _ in 0..least {
            start = self.push(State::One(set.clone(), start));
        }
        start
    }

    fn push(&mut self, state: State) -> usize {
        self.states.push(state);
        self.states.len() - 1
    }
}
