//! Finds the shortest text that matches some globs and not others, breadth first over all combined positions.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use super::Search;
use super::alphabet::{READABLE, Unit, alphabet};
use super::automaton::{AnyOf, Position};
use crate::policy::glob::{FoldMode, Glob, Set, State};

/// The kind of the preceding character: blanks at the ends do not count, and several in a title count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Before {
    Nothing,
    Blank,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    /// One position in each list.
    fits: Vec<Position>,
    /// All positions in the globs that must not match.
    fits_not: BTreeSet<Position>,
    before: Before,
}

/// The shortest text that matches, within a number of steps.
pub(super) fn text(
    lists: &[Vec<&Glob>],
    not: &[&Glob],
    over: FoldMode,
    steps: &mut usize,
) -> Search<String> {
    if lists.iter().enumerate().any(|(number, list)| {
        let others = lists.iter().skip(number + 1);
        others.into_iter().any(|other| are_apart(list, other))
    }) {
        return Search::Absent;
    }
    let mut samples = lists.iter().flatten().filter_map(|glob| sample(glob));
    let fits = |text: &String| {
        let mut lists = lists.iter();
        lists.all(|list| list.iter().any(|glob| glob.is_match(text)))
            && !not.iter().any(|glob| glob.is_match(text))
    };
    if let Some(text) = samples.find(fits) {
        return Search::Found(text);
    }
    let all = lists.iter().flatten().copied();
    let (mut units, odd) = alphabet(all, not, over);
    let found = search(lists, not, over, &units, steps);
    if found != Search::Absent || odd.is_empty() {
        return found;
    }
    units.extend(odd);
    search(lists, not, over, &units, steps)
}

/// A text that probably matches a glob. Most globs have one that does, which makes a search unnecessary.
fn sample(glob: &Glob) -> Option<String> {
    let mut text = String::new();
    let (mut state, states) = glob.states();
    loop {
        state = match states.get(state)? {
            State::One(set, next) => {
                text.push(match set {
                    Set::Char(c) => *c,
                    Set::All | Set::Class { .. } => READABLE.into_iter().find(|c| set.has(*c))?,
                });
                *next
            }
            State::Any(next) => {
                text.push('x');
                *next
            }
            State::Split(ways) => *ways.first()?,
            State::Open(_, next) | State::Close(_, next) => *next,
            State::End => return (!text.trim().is_empty()).then_some(text),
        };
    }
}

/// The shortest text of these characters that matches.
fn search(
    lists: &[Vec<&Glob>],
    not: &[&Glob],
    over: FoldMode,
    units: &[Unit],
    steps: &mut usize,
) -> Search<String> {
    let fits: Vec<AnyOf<'_>> = lists.iter().cloned().map(AnyOf).collect();
    let fits_not = AnyOf(not.to_vec());
    let mut found = Graph::default();
    for start in combinations(fits.iter().map(AnyOf::start)) {
        let place = Place {
            fits: start,
            fits_not: fits_not.start(),
            before: Before::Nothing,
        };
        found.add(place, None);
    }
    let mut next = 0;
    while let Some((place, _)) = found.places.get(next).cloned() {
        if is_end(&fits, &fits_not, &place) {
            return Search::Found(found.text(next, units));
        }
        match steps.checked_sub(1) {
            Some(left) => *steps = left,
            None => return Search::Undecided,
        }
        for (number, unit) in units.iter().enumerate() {
            let Some(before) = after(place.before, unit, over) else {
                continue;
            };
            let ways: Vec<BTreeSet<Position>> = fits
                .iter()
                .zip(&place.fits)
                .map(|(list, at)| list.step(*at, unit))
                .collect();
            if ways.iter().any(BTreeSet::is_empty) {
                continue;
            }
            let not_ways = fits_not.step_all(&place.fits_not, unit);
            for way in combinations(ways.into_iter()) {
                let place = Place {
                    fits: way,
                    fits_not: not_ways.clone(),
                    before,
                };
                found.add(place, Some((next, number)));
            }
        }
        next += 1;
    }
    Search::Absent
}

fn is_end(fits: &[AnyOf<'_>], fits_not: &AnyOf<'_>, place: &Place) -> bool {
    place.before == Before::Other
        && fits
            .iter()
            .zip(&place.fits)
            .all(|(list, at)| list.is_end(*at))
        && !place.fits_not.iter().any(|at| fits_not.is_end(*at))
}

fn after(before: Before, unit: &Unit, over: FoldMode) -> Option<Before> {
    match (unit.is_blank(), before) {
        (false, _) => Some(Before::Other),
        (true, Before::Nothing) => None,
        (true, Before::Blank) if over == FoldMode::Titles => None,
        (true, Before::Blank | Before::Other) => Some(Before::Blank),
    }
}

/// Whether no text matches one glob of each list, judged by their first and last characters.
fn are_apart(list: &[&Glob], other: &[&Glob]) -> bool {
    list.iter().all(|a| other.iter().all(|b| a.is_apart(b)))
}

/// One element of each set, in every combination.
fn combinations(sets: impl Iterator<Item = BTreeSet<Position>>) -> Vec<Vec<Position>> {
    let mut all = vec![Vec::new()];
    for set in sets {
        all = all
            .iter()
            .flat_map(|way: &Vec<Position>| {
                set.iter()
                    .map(|at| way.iter().copied().chain([*at]).collect())
            })
            .collect();
    }
    all
}

/// The visited positions in order, with the way to each.
#[derive(Default)]
struct Graph {
    places: Vec<(Place, Option<(usize, usize)>)>,
    known: HashMap<Place, usize>,
}

impl Graph {
    fn add(&mut self, place: Place, from: Option<(usize, usize)>) {
        if !self.known.contains_key(&place) {
            self.known.insert(place.clone(), self.places.len());
            self.places.push((place, from));
        }
    }

    /// The characters on the way to a position.
    fn text(&self, mut at: usize, units: &[Unit]) -> String {
        let mut text = Vec::new();
        while let Some((_, Some((before, unit)))) = self.places.get(at) {
            text.extend(units.get(*unit).map(|unit| unit.text));
            at = *before;
        }
        text.iter().rev().collect()
    }
}
