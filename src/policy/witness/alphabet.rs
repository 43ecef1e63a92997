//! The characters to try: one of each kind that the globs distinguish.

use std::collections::BTreeSet;

use crate::policy::glob::{FoldMode, Folded, Glob, Set, State};
use crate::room::{expansions, stored_title};

/// A character of a text, as globs see it.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) text: char,
    pub(super) kin: char,
    pub(super) folded: Vec<char>,
}

impl Unit {
    fn new(text: char, over: FoldMode) -> Option<Self> {
        let whole = text.to_string();
        let folded = Folded::with_ends(&whole, over);
        let kin = folded.letters().first()?.kin;
        Some(Self {
            text,
            kin,
            folded: folded
                .letters()
                .iter()
                .map(|letter| letter.folded)
                .collect(),
        })
    }

    pub(super) fn is_blank(&self) -> bool {
        self.folded.first().is_some_and(|c| c.is_whitespace())
    }
}

/// Readable characters, preferred if one of several will do.
pub(super) const READABLE: [char; 14] = [
    'x', 'a', 'b', 'c', 'm', 's', 't', 'z', '0', '1', '7', 'ω', 'я', '山',
];
/// The maximum number of characters that are tried in a range.
const MAX_TRIED: u32 = 4_096;

/// One character for each kind that the globs distinguish, then the unusual ones that are one character for a class but
/// several for literals. They matter for whole characters of `globs`, and for captures in `not`, which end only between
/// characters: so `{a}{b}` matches `ss` and not `ß`.
pub(super) fn alphabet<'g>(
    globs: impl Iterator<Item = &'g Glob>,
    not: &[&'g Glob],
    over: FoldMode,
) -> (Vec<Unit>, Vec<Unit>) {
    let mut cuts = BTreeSet::from([0, u32::from(char::MAX) + 1]);
    let mut literals = BTreeSet::new();
    let mut has_whole = not.iter().any(|glob| !glob.captures().is_empty());
    for state in globs
        .chain(not.iter().copied())
        .flat_map(|glob| glob.states().1)
    {
        let State::One(set, _) = state else { continue };
        has_whole |= set.is_whole();
        match set {
            Set::All => {}
            Set::Char(c) => {
                literals.insert(*c);
                cuts.extend([u32::from(*c), u32::from(*c) + 1]);
            }
            Set::Class { ranges, .. } => {
                for (from, to) in ranges {
                    cuts.extend([u32::from(*from), u32::from(*to) + 1]);
                }
            }
        }
    }
    let ends = cuts.iter().skip(1);
    let units = cuts.iter().zip(ends);
    let mut units: Vec<Unit> = units
        .filter_map(|(from, to)| representative(*from, *to, &literals, over))
        .collect();
    // The search returns the first of several shortest texts.
    units.sort_by_key(|unit| {
        let readable = READABLE.iter().position(|c| *c == unit.text);
        (
            !unit.text.is_alphanumeric(),
            readable.unwrap_or(READABLE.len()),
        )
    });
    let apart = expansions()
        .iter()
        .filter(|(_, folded)| has_whole && folded.iter().any(|c| literals.contains(c)));
    let apart = apart.filter_map(|(kin, _)| Unit::new(*kin, over));
    (units, apart.collect())
}

fn representative(from: u32, to: u32, literals: &BTreeSet<char>, over: FoldMode) -> Option<Unit> {
    let readable = READABLE
        .into_iter()
        .filter(|c| (from..to).contains(&u32::from(*c)));
    let scanned = (from..to.min(from.saturating_add(MAX_TRIED))).filter_map(char::from_u32);
    // A literal that combines with the preceding character has no alternative.
    let is_literal = |c: char| to - from == 1 && literals.contains(&c);
    readable
        .chain(scanned)
        .find(|c| is_literal(*c) || stands_for_itself(*c, over))
        .and_then(|c| Unit::new(c, over))
}

/// Whether DocSpace stores it unchanged, it folds to itself, and it combines with nothing.
fn stands_for_itself(c: char, over: FoldMode) -> bool {
    let is_stored = match over {
        FoldMode::Titles => c == ' ' || stored_title(c.encode_utf8(&mut [0; 4])) == c.to_string(),
        FoldMode::Words => true,
    };
    let beside: String = ['x', c, 'x'].iter().collect();
    let folded = Folded::with_ends(&beside, over);
    let letters: Vec<(char, char)> = folded
        .letters()
        .iter()
        .map(|letter| (letter.folded, letter.kin))
        .collect();
    is_stored && !c.is_control() && letters == [('x', 'x'), (c, c), ('x', 'x')]
}
