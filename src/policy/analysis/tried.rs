//! Rooms worth trying: those in which captures have chosen texts, so that names become equal or values differ.

use std::collections::BTreeSet;

use super::words::Said;
use crate::policy::glob::{Captures, FoldMode, Glob};
use crate::policy::matcher::{Candidate, Matcher};
use crate::policy::{Policy, PolicySet, Text, witness};
use crate::room::Facts;

/// Two policies with captures fixed to chosen texts.
pub(super) type Pair = [Matcher; 2];

/// The policy, but only where its captures are as in a room that it matches.
pub(super) fn like(policy: &Policy, facts: &Facts) -> Option<Matcher> {
    let captures = policy.matcher.test(&Candidate::new(facts)).ok()?;
    (!captures.is_empty()).then(|| policy.matcher.filled(&captures))
}

/// Texts for captures with which two names are equal.
pub(super) fn with_equal_names(
    set: &PolicySet,
    [a, b]: [&Policy; 2],
    [mine, theirs]: [&Said<'_>; 2],
    facts: &Facts,
) -> Vec<Pair> {
    let room = Candidate::new(facts);
    let [mine, theirs] = [mine, theirs].map(name);
    let known = |policy: &Policy, name: &Text| {
        let captures = policy.matcher.test(&room).ok()?;
        let variables = set.variables_in(policy, captures.clone(), facts);
        Some((captures, name.expand(&variables).ok()?))
    };
    // One keeps the name that it has in this room, and the other takes it over.
    let taken_over = |one: (&Policy, &Text), other: (&Policy, &Text)| {
        let (captures, name) = known(one.0, one.1)?;
        let is_fixed = one.1.literal().is_some();
        let kept = if is_fixed { Captures::new() } else { captures };
        Some((kept, solved(other.0, other.1, &name)?))
    };
    let first = taken_over((a, &mine), (b, &theirs));
    let second = taken_over((b, &theirs), (a, &mine)).map(|(theirs, mine)| (mine, theirs));
    let words = words(a, &mine).chain(words(b, &theirs));
    let words =
        words.filter_map(|word| Some((solved(a, &mine, &word)?, solved(b, &theirs, &word)?)));
    let all = first.into_iter().chain(second).chain(words.take(MAX_WORDS));
    all.map(|(mine, theirs)| [a.matcher.filled(&mine), b.matcher.filled(&theirs)])
        .collect()
}

/// The maximum number of words for which a pair is tried.
const MAX_WORDS: usize = 20;

/// The words that a name can be, if it is a capture that is limited to some.
fn words(policy: &Policy, name: &Text) -> impl Iterator<Item = String> {
    let titles = policy.matcher.title.iter().flatten();
    let words = name.only_variable().into_iter().flat_map(move |capture| {
        titles
            .clone()
            .flat_map(move |title| title.words_of_capture(capture))
    });
    words.collect::<Vec<_>>().into_iter()
}

/// The name as far as it is known.
fn name(said: &Said<'_>) -> Text {
    match (&said.name, said.grantee()) {
        (Some(name), _) => name.clone(),
        (None, Some(to)) => to.text().clone(),
        (None, None) => Text::plain(""),
    }
}

/// The captures with which a name becomes this text.
fn solved(policy: &Policy, name: &Text, text: &str) -> Option<Captures> {
    let captures: BTreeSet<&str> = policy.matcher.captures().collect();
    let glob = name.to_glob(|variable| captures.contains(variable));
    Glob::new(&glob, FoldMode::Words).ok()?.captured(text)
}

/// Different texts for the captures that two policies use.
pub(super) fn with_different_captures(
    a: &Policy,
    b: &Policy,
    used: &BTreeSet<&str>,
    steps: &mut usize,
) -> Vec<Pair> {
    let mut samples = |policy: &Policy| -> [Captures; 2] {
        let mut both = [Captures::new(), Captures::new()];
        for name in policy.matcher.captures().filter(|name| used.contains(name)) {
            let glob = policy
                .matcher
                .title
                .iter()
                .flatten()
                .find_map(|glob| glob.of_capture(name));
            let Some(texts) = glob.and_then(|glob| witness::two_texts(&glob, steps)) else {
                continue;
            };
            for (values, text) in both.iter_mut().zip(texts) {
                values.insert(name.to_owned(), text);
            }
        }
        both
    };
    let ([a_1, a_2], [b_1, b_2]) = (samples(a), samples(b));
    [(a_1, b_2), (a_2, b_1)]
        .into_iter()
        .map(|(mine, theirs)| [a.matcher.filled(&mine), b.matcher.filled(&theirs)])
        .collect()
}
