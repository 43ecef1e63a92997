//! A list of globs of which a text must match any, character by character.

use std::collections::BTreeSet;

use super::alphabet::Unit;
use crate::policy::glob::{Glob, State};

/// A position in one glob of a list; in a capture, whether it contains a non-blank yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Position {
    glob: usize,
    state: usize,
    ink: bool,
}

/// Globs of which any may match.
#[derive(Debug, Clone)]
pub(super) struct AnyOf<'g>(pub(super) Vec<&'g Glob>);

impl AnyOf<'_> {
    /// The positions before the first character.
    pub(super) fn start(&self) -> BTreeSet<Position> {
        let mut start = BTreeSet::new();
        for (number, glob) in self.0.iter().enumerate() {
            let begin = Position {
                glob: number,
                state: glob.states().0,
                ink: false,
            };
            self.rest(begin, true, &mut start);
        }
        start
    }

    fn state(&self, at: Position) -> Option<&State> {
        self.0.get(at.glob)?.states().1.get(at.state)
    }

    /// Adds the positions that wait for a character. A capture begins and ends only between characters.
    fn rest(&self, at: Position, is_border: bool, into: &mut BTreeSet<Position>) {
        let mut open = vec![at];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let to = |state: usize, ink: bool| Position { state, ink, ..at };
            match self.state(at) {
                Some(State::One(..) | State::End) => {
                    into.insert(at);
                }
                Some(State::Any(next)) => {
                    into.insert(at);
                    open.push(to(*next, at.ink));
                }
                Some(State::Split(ways)) => open.extend(ways.iter().map(|way| to(*way, at.ink))),
                Some(State::Open(_, next)) if is_border => open.push(to(*next, false)),
                Some(State::Close(_, next)) if is_border && at.ink => open.push(to(*next, false)),
                // Within a character it waits for the end of the character.
                Some(State::Open(..) | State::Close(..)) | None => {}
            }
        }
    }

    /// The positions after one more character.
    pub(super) fn step(&self, from: Position, unit: &Unit) -> BTreeSet<Position> {
        let length = unit.folded.len();
        let mut layers = vec![BTreeSet::new(); length + 1];
        if let Some(first) = layers.first_mut() {
            first.insert(from);
        }
        for (offset, c) in unit.folded.iter().enumerate() {
            let here = layers.get(offset).cloned().unwrap_or_default();
            for at in here {
                let ink = at.ink || !c.is_whitespace();
                let (next, end) = match self.state(at) {
                    Some(State::One(set, next)) if set.is_whole() => {
                        if offset > 0 || !set.has(unit.kin) {
                            continue;
                        }
                        (*next, length)
                    }
                    Some(State::One(set, next)) if set.has(*c) => (*next, offset + 1),
                    Some(State::Any(_)) => (at.state, offset + 1),
                    _ => continue,
                };
                if let Some(layer) = layers.get_mut(end) {
                    let next = Position {
                        state: next,
                        ink,
                        ..at
                    };
                    self.rest(next, end == length, layer);
                }
            }
        }
        layers.pop().unwrap_or_default()
    }

    /// The positions of all of them after one more character.
    pub(super) fn step_all(&self, from: &BTreeSet<Position>, unit: &Unit) -> BTreeSet<Position> {
        from.iter().flat_map(|at| self.step(*at, unit)).collect()
    }

    /// Whether a text may end at this position.
    pub(super) fn is_end(&self, at: Position) -> bool {
        matches!(self.state(at), Some(State::End))
    }
}
