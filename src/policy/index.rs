//! Which policies are worth asking about a room: one pass over its texts finds those whose literal characters occur.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::AhoCorasick;

use super::Policy;
use super::glob::Glob;
use super::matcher::Candidate;

/// Finds the policies that may match, without asking each of them. Never leaves one out that does.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Policies of which nothing is certain.
    always: Vec<usize>,
    title: Needles,
    creator: Needles,
}

/// Literal texts, and the policies that need one of them.
#[derive(Debug, Clone, Default)]
struct Needles {
    automaton: Option<AhoCorasick>,
    policies: Vec<Vec<usize>>,
}

/// How often each literal text is written: the rarest tells most.
type Counts<'g> = HashMap<&'g str, usize>;

impl Index {
    pub(super) fn new(policies: &[Policy]) -> Self {
        let titles = counts(
            policies
                .iter()
                .filter_map(|policy| policy.matcher.title.as_ref()),
        );
        let creators = counts(
            policies
                .iter()
                .filter_map(|policy| policy.matcher.creator.as_ref()),
        );
        let mut always = Vec::new();
        let (mut title, mut creator) = (BTreeMap::new(), BTreeMap::new());
        for (number, policy) in policies.iter().enumerate() {
            let by_title = needles(policy.matcher.title.as_ref(), &titles);
            let by_creator = needles(policy.matcher.creator.as_ref(), &creators);
            let (needles, into) = match (by_title, by_creator) {
                (Some(by_title), _) => (by_title, &mut title),
                (None, Some(by_creator)) => (by_creator, &mut creator),
                (None, None) => {
                    always.push(number);
                    continue;
                }
            };
            for needle in needles {
                into.entry(needle).or_insert_with(Vec::new).push(number);
            }
        }
        // What cannot be put into an automaton is asked each time.
        let (title, creator) = (
            Needles::new(title, &mut always),
            Needles::new(creator, &mut always),
        );
        always.sort_unstable();
        always.dedup();
        Self {
            always,
            title,
            creator,
        }
    }

    /// The numbers of the policies that may match when the creator is not known yet.
    pub(super) fn candidates_by_title(&self, room: &Candidate<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        self.title.find(room.title().text(), &mut found);
        found.extend(self.creator.policies.iter().flatten());
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The numbers of the policies that may match, in order.
    pub(super) fn candidates(&self, room: &Candidate<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        self.title.find(room.title().text(), &mut found);
        if self.creator.automaton.is_some() {
            for name in room.creator() {
                self.creator.find(name.text(), &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Needles {
    fn new(by_text: BTreeMap<&str, Vec<usize>>, always: &mut Vec<usize>) -> Self {
        let (texts, policies): (Vec<&str>, Vec<Vec<usize>>) = by_text.into_iter().unzip();
        if texts.is_empty() {
            return Self::default();
        }
        match AhoCorasick::new(texts) {
            Ok(automaton) => Self {
                automaton: Some(automaton),
                policies,
            },
            Err(_) => {
                always.extend(policies.into_iter().flatten());
                Self::default()
            }
        }
    }

    fn find(&self, text: &str, found: &mut Vec<usize>) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        for hit in automaton.find_overlapping_iter(text) {
            if let Some(policies) = self.policies.get(hit.pattern().as_usize()) {
                found.extend_from_slice(policies);
            }
        }
    }
}

fn counts<'g>(parts: impl Iterator<Item = &'g Vec<Glob>>) -> Counts<'g> {
    let mut counts = Counts::new();
    for literal in parts.flatten().flat_map(Glob::literals) {
        *counts.entry(literal.as_str()).or_default() += 1;
    }
    counts
}

/// For each glob of a list the literal that tells most: one of them is in every text that fits. Nothing when a glob
/// has none, or there is no list.
fn needles<'g>(globs: Option<&'g Vec<Glob>>, counts: &Counts<'_>) -> Option<Vec<&'g str>> {
    globs?
        .iter()
        .map(|glob| {
            glob.literals()
                .iter()
                .map(String::as_str)
                .min_by_key(|literal| {
                    let count = counts.get(literal).copied().unwrap_or_default();
                    (count, std::cmp::Reverse(literal.len()))
                })
        })
        .collect()
}
