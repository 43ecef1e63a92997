//! Whether some text fits two globs.

use super::glob::{Glob, State};
use super::glob_set::Set;
use crate::room::expansions;

/// So many pairs of states are looked at before two globs count as overlapping.
pub(super) const OVERLAP_STEPS: usize = 100_000;

impl Glob {
    /// Whether some text fits both globs. Captures count as `*`. Where that takes too long to find out, it counts
    /// as so.
    pub fn overlaps(&self, other: &Glob) -> bool {
        let mut steps = OVERLAP_STEPS;
        self.overlaps_within(other, &mut steps)
    }

    /// As [`Glob::overlaps`], with the steps that may be spent; what is left of them stays for others.
    pub(super) fn overlaps_within(&self, other: &Glob, steps: &mut usize) -> bool {
        let mut seen = vec![false; self.states.len() * other.states.len()];
        let mut open = vec![(self.start, other.start)];
        while let Some((a, b)) = open.pop() {
            match seen.get_mut(a * other.states.len() + b) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match steps.checked_sub(1) {
                Some(left) => *steps = left,
                None => return true,
            }
            let (Some(here), Some(there)) = (self.states.get(a), other.states.get(b)) else {
                continue;
            };
            match (here, there) {
                (State::End, State::End) => return true,
                (State::Split(ways), _) => open.extend(ways.iter().map(|&way| (way, b))),
                (_, State::Split(ways)) => open.extend(ways.iter().map(|&way| (a, way))),
                (State::Open(_, to) | State::Close(_, to), _) => open.push((*to, b)),
                (_, State::Open(_, to) | State::Close(_, to)) => open.push((a, *to)),
                (State::Any(to), State::Any(other_to)) => open.extend([(*to, b), (a, *other_to)]),
                (State::Any(to), State::One(_, after)) => open.extend([(*to, b), (a, *after)]),
                (State::One(_, after), State::Any(to)) => {
                    open.extend([(a, *to), (*after, b)]);
                }
                (State::Any(to), State::End) => open.push((*to, b)),
                (State::End, State::Any(to)) => open.push((a, *to)),
                (State::One(set, to), State::One(other_set, other_to)) => {
                    if set.intersects(other_set) {
                        open.push((*to, *other_to));
                    }
                    open.extend(other.spelled_out(b, set).into_iter().map(|end| (*to, end)));
                    let ends = self.spelled_out(a, other_set);
                    open.extend(ends.into_iter().map(|end| (end, *other_to)));
                }
                (State::One(..), State::End) | (State::End, State::One(..)) => {}
            }
        }
        false
    }

    /// Where this glob goes on when it spells out, from a literal character on, one that a set of the other takes as
    /// a whole: `ss` for `ß`.
    fn spelled_out(&self, from: usize, whole: &Set) -> Vec<usize> {
        let Some(State::One(Set::Char(first), _)) = self.states.get(from) else {
            return Vec::new();
        };
        if !whole.is_whole() {
            return Vec::new();
        }
        let mut ends = Vec::new();
        for (kin, folded) in expansions() {
            if folded.first() == Some(first) && whole.has(*kin) {
                ends.extend(
                    folded
                        .iter()
                        .fold(vec![from], |states, c| self.after(&states, *c)),
                );
            }
        }
        ends
    }

    /// Where it can be after one more folded character.
    fn after(&self, states: &[usize], c: char) -> Vec<usize> {
        let (mut open, mut reached) = (states.to_vec(), Vec::new());
        let mut seen = Vec::new();
        while let Some(state) = open.pop() {
            if seen.contains(&state) {
                continue;
            }
            seen.push(state);
            match self.states.get(state) {
                Some(State::One(set, next)) if set.has(c) => reached.push(*next),
                Some(State::Any(next)) => {
                    reached.push(state);
                    open.push(*next);
                }
                Some(State::Split(ways)) => open.extend(ways),
                Some(State::Open(_, next) | State::Close(_, next)) => open.push(*next),
                Some(State::One(..) | State::End) | None => {}
            }
        }
        reached
    }
}
