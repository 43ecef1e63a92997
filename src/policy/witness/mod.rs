//! Whether a room exists that some matchers accept and others refuse, with an example. Exact, within a number of steps;
//! the matchers themselves confirm every room that is found.

mod alphabet;
mod automaton;
mod demand;
mod text;

#[cfg(test)]
mod tests;

use super::glob::{FoldMode, Glob, literal};
use super::matcher::{Candidate, Matcher};
use crate::room::{Facts, RoomType};
use demand::{ADDRESS, Demand, accepting, refusing};
pub(super) use demand::{ANY_ADDRESS, ANY_NAME};
use text::text;

/// The maximum number of states for one question.
const MAX_STATES: usize = 100_000;

/// The maximum number of ways to refuse some matchers.
const MAX_WAYS: usize = 500;

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Search<T> {
    /// It exists.
    Found(T),
    /// It does not exist.
    Absent,
    /// The search takes too long.
    Undecided,
}

/// A room of one of these types that all of some matchers accept and none of others. Names, groups and tags count as
/// independent of the address. Unused steps remain available for later searches.
pub(super) fn room(
    accept: &[&Matcher],
    refuse: &[&Matcher],
    kinds: &[RoomType],
    steps: &mut usize,
) -> Search<Facts> {
    let mut ways = vec![Demand::of(kinds)];
    for matcher in accept {
        ways = ways
            .iter()
            .flat_map(|way| accepting(matcher, way))
            .collect();
        if ways.len() > MAX_WAYS {
            return Search::Undecided;
        }
    }
    for matcher in refuse {
        ways = ways.iter().flat_map(|way| refusing(matcher, way)).collect();
        if ways.len() > MAX_WAYS {
            return Search::Undecided;
        }
    }
    let mut left = MAX_STATES.min(*steps);
    let before = left;
    let mut is_decided = true;
    let mut found = None;
    for way in &ways {
        match way.solve(&mut left) {
            Search::Found(facts) => {
                found = Some(facts);
                break;
            }
            Search::Undecided => is_decided = false,
            Search::Absent => {}
        }
    }
    *steps -= before - left;
    match found {
        Some(facts) if is_as_asked(accept, refuse, &facts) => Search::Found(facts),
        None if is_decided => Search::Absent,
        Some(_) | None => Search::Undecided,
    }
}

/// Two different texts that a glob matches, if it matches two.
pub(super) fn two_texts(glob: &Glob, steps: &mut usize) -> Option<[String; 2]> {
    let list = [vec![glob]];
    let Search::Found(first) = text(&list, &[], glob.over, steps) else {
        return None;
    };
    let same = Glob::new(&literal(&first), glob.over).ok()?;
    match text(&list, &[&same], glob.over, steps) {
        Search::Found(second) => Some([first, second]),
        Search::Absent | Search::Undecided => None,
    }
}

/// Whether a glob over words can match an e-mail address.
pub(super) fn fits_an_address(glob: &Glob) -> bool {
    Glob::new(ADDRESS, FoldMode::Words).is_ok_and(|address| glob.overlaps(&address))
}

impl Glob {
    /// Whether some text matches both globs. If the search takes too long, the answer is yes.
    pub fn overlaps(&self, other: &Glob) -> bool {
        let mut steps = MAX_STATES;
        let lists = [vec![self], vec![other]];
        text(&lists, &[], self.over, &mut steps) != Search::Absent
    }
}

fn is_as_asked(accept: &[&Matcher], refuse: &[&Matcher], facts: &Facts) -> bool {
    let room = Candidate::new(facts);
    accept.iter().all(|matcher| matcher.test(&room).is_ok())
        && refuse.iter().all(|matcher| matcher.test(&room).is_err())
}
