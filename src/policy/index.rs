//! Which policies might match a room: one pass over its texts finds those whose literal characters occur, and its groups
//! and tags find those that match on them.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::AhoCorasick;

use super::Policy;
use super::glob::Glob;
use super::matcher::{Account, Candidate, Matcher, Word};

/// Finds the policies that may match, without testing each of them. Never omits one that matches, or for which that is
/// unknown.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Policies that cannot be found by a text.
    always: Vec<usize>,
    title: Needles,
    creator: Needles,
    name: Needles,
    group: HashMap<String, Vec<usize>>,
    tag: HashMap<String, Vec<usize>>,
}

/// Literal texts, and the policies that need one of them.
#[derive(Debug, Clone, Default)]
struct Needles {
    automaton: Option<AhoCorasick>,
    policies: Vec<Vec<usize>>,
}

/// The conditions of a matcher by which policies are found.
const PARTS: usize = 5;

/// The texts of which one is in every room that matches an entry.
type Literals<'p> = Vec<&'p str>;

/// For each entry of each condition, the texts that must occur; `None` for a condition that is absent.
fn literals(matcher: &Matcher) -> [Option<Vec<Literals<'_>>>; PARTS] {
    fn of_globs(globs: &Option<Vec<Glob>>) -> Option<Vec<Literals<'_>>> {
        let each = globs.as_ref()?.iter();
        Some(each.map(|glob| texts(glob.literals())).collect())
    }
    fn of_words(words: &Option<Vec<Word>>) -> Option<Vec<Literals<'_>>> {
        let each = words.as_ref()?.iter();
        Some(each.map(|word| vec![word.key.as_str()]).collect())
    }
    fn of_accounts(accounts: &Option<Vec<Account>>) -> Option<Vec<Literals<'_>>> {
        let each = accounts.as_ref()?.iter();
        Some(each.map(|account| texts(account.literals())).collect())
    }
    [
        of_globs(&matcher.title),
        of_accounts(&matcher.creator),
        of_globs(&matcher.creator_name),
        of_words(&matcher.creator_group),
        of_words(&matcher.tagged),
    ]
}

fn texts(literals: &[String]) -> Literals<'_> {
    literals.iter().map(String::as_str).collect()
}

/// How often each text is written in a condition: the rarest is the most selective.
type Counts<'p> = [HashMap<&'p str, usize>; PARTS];

impl Index {
    pub(super) fn new(policies: &[Policy]) -> Self {
        let written: Vec<_> = policies
            .iter()
            .map(|policy| literals(&policy.matcher))
            .collect();
        let mut counts = Counts::default();
        for (part, entries) in written.iter().flat_map(|parts| parts.iter().enumerate()) {
            if let Some(counts) = counts.get_mut(part) {
                for text in entries.iter().flatten().flatten() {
                    *counts.entry(*text).or_default() += 1;
                }
            }
        }
        let mut always = Vec::new();
        let mut found: [BTreeMap<&str, Vec<usize>>; PARTS] = Default::default();
        for (number, parts) in written.iter().enumerate() {
            let best = parts
                .iter()
                .zip(&counts)
                .enumerate()
                .filter_map(|(part, (entries, counts))| {
                    let (cost, needles) = needles(entries.as_ref()?, counts)?;
                    Some((cost, part, needles))
                })
                .min_by_key(|(cost, part, _)| (*cost, *part));
            let Some((_, part, needles)) = best else {
                always.push(number);
                continue;
            };
            for needle in needles {
                if let Some(found) = found.get_mut(part) {
                    found.entry(needle).or_default().push(number);
                }
            }
        }
        let [title, creator, name, group, tag] = found;
        let owned = |by_text: BTreeMap<&str, Vec<usize>>| {
            let each = by_text.into_iter();
            each.map(|(text, policies)| (text.to_owned(), policies))
                .collect()
        };
        // Policies that cannot be put into an automaton are tested each time.
        let mut index = Self {
            title: Needles::new(title, &mut always),
            creator: Needles::new(creator, &mut always),
            name: Needles::new(name, &mut always),
            group: owned(group),
            tag: owned(tag),
            always,
        };
        index.always.sort_unstable();
        index.always.dedup();
        index
    }

    /// The numbers of the policies that may match when only the title and type are known.
    pub(super) fn candidates_by_title(&self, room: &Candidate<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        self.title.find(room.title().text(), &mut found);
        found.extend(self.creator.policies.iter().flatten());
        found.extend(self.name.policies.iter().flatten());
        found.extend(self.group.values().flatten());
        found.extend(self.tag.values().flatten());
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
        if self.name.automaton.is_some() {
            self.name.find(room.creator_name().text(), &mut found);
        }
        let mut add = |policies: &HashMap<String, Vec<usize>>, key: &String| {
            found.extend(policies.get(key).into_iter().flatten());
        };
        if !self.group.is_empty() {
            let (groups, unresolved) = room.groups();
            let keys = groups.iter().chain(unresolved.keys());
            keys.for_each(|key| add(&self.group, key));
        }
        if !self.tag.is_empty() {
            let (tags, unresolved) = room.tags();
            let keys = tags.iter().chain(unresolved.keys());
            keys.for_each(|key| add(&self.tag, key));
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

/// For each entry of a condition the most selective text, and how many policies they find together. `None` if an entry
/// has none.
fn needles<'p>(
    entries: &[Literals<'p>],
    counts: &HashMap<&str, usize>,
) -> Option<(usize, Vec<&'p str>)> {
    let mut cost = 0;
    let mut needles = Vec::with_capacity(entries.len());
    for literals in entries {
        let rarest = literals.iter().min_by_key(|text| {
            let count = counts.get(*text).copied().unwrap_or_default();
            (count, std::cmp::Reverse(text.len()))
        })?;
        cost += counts.get(rarest).copied().unwrap_or_default();
        needles.push(*rarest);
    }
    Some((cost, needles))
}
