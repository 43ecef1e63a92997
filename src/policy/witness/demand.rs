//! The requirements on a room, as one way to accept some matchers and to refuse others.

use std::collections::BTreeSet;

use super::Search;
use super::text::text;
use crate::policy::glob::{FoldMode, Glob};
use crate::policy::matcher::{Account, Matcher, Word};
use crate::room::{Creator, Facts, RoomType, Unresolved};

/// The requirements on a room.
#[derive(Debug, Clone, Default)]
pub(super) struct Demand<'m> {
    kinds: Vec<RoomType>,
    title: Parts<'m, Glob>,
    creator: Parts<'m, Account>,
    name: Parts<'m, Glob>,
    groups: Parts<'m, Word>,
    tags: Parts<'m, Word>,
}

/// Lists of which one entry each must hold, and entries that must not hold.
#[derive(Debug, Clone)]
struct Parts<'m, T> {
    any: Vec<&'m [T]>,
    none: Vec<&'m T>,
}

impl<T> Default for Parts<'_, T> {
    fn default() -> Self {
        Self {
            any: Vec::new(),
            none: Vec::new(),
        }
    }
}

/// The ways to accept a matcher in addition to a demand.
pub(super) fn accepting<'m>(matcher: &'m Matcher, way: &Demand<'m>) -> Vec<Demand<'m>> {
    let mut way = way.clone();
    way.kinds.retain(|kind| matcher.fits_kind(*kind));
    way.title.any.extend(matcher.title.as_deref());
    way.creator.any.extend(matcher.creator.as_deref());
    way.name.any.extend(matcher.creator_name.as_deref());
    way.groups.any.extend(matcher.creator_group.as_deref());
    way.tags.any.extend(matcher.tagged.as_deref());
    if way.kinds.is_empty() {
        return Vec::new();
    }
    match &matcher.except {
        Some(except) => refusing(except, &way),
        None => vec![way],
    }
}

/// The ways to refuse it: one of its conditions does not hold, or its exception does.
pub(super) fn refusing<'m>(matcher: &'m Matcher, way: &Demand<'m>) -> Vec<Demand<'m>> {
    let mut ways = Vec::new();
    let mut add = |change: &dyn Fn(&mut Demand<'m>)| {
        let mut way = way.clone();
        change(&mut way);
        ways.push(way);
    };
    if matcher.kind.is_some() {
        add(&|way| way.kinds.retain(|kind| !matcher.fits_kind(*kind)));
    }
    if let Some(globs) = &matcher.title {
        add(&|way| way.title.none.extend(globs));
    }
    if let Some(accounts) = &matcher.creator {
        add(&|way| way.creator.none.extend(accounts));
    }
    if let Some(globs) = &matcher.creator_name {
        add(&|way| way.name.none.extend(globs));
    }
    if let Some(words) = &matcher.creator_group {
        add(&|way| way.groups.none.extend(words));
    }
    if let Some(words) = &matcher.tagged {
        add(&|way| way.tags.none.extend(words));
    }
    if let Some(except) = &matcher.except {
        ways.extend(accepting(except, way));
    }
    ways.retain(|way| !way.kinds.is_empty());
    ways
}

/// A glob that matches every address.
pub(super) const ADDRESS: &str = "?*@?*";
/// The address of someone whose address can be any.
pub(in crate::policy) const ANY_ADDRESS: &str = "somebody@example.org";
/// The name of someone whose name can be any.
pub(in crate::policy) const ANY_NAME: &str = "Somebody";

impl<'m> Demand<'m> {
    /// Only requires a room of one of these types.
    pub(super) fn of(kinds: &[RoomType]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            ..Self::default()
        }
    }

    /// A room that meets the requirements.
    pub(super) fn solve(&self, steps: &mut usize) -> Search<Facts> {
        let Some(kind) = self.kinds.first() else {
            return Search::Absent;
        };
        let (Some(groups), Some(tags)) = (self.groups.words(), self.tags.words()) else {
            return Search::Absent;
        };
        let title = self.title.text(FoldMode::Titles, "Any title", steps);
        let title = match title {
            Search::Found(title) => title,
            Search::Absent => return Search::Absent,
            Search::Undecided => return Search::Undecided,
        };
        let name = match self.name.text(FoldMode::Words, ANY_NAME, steps) {
            Search::Found(name) => name,
            Search::Absent => return Search::Absent,
            Search::Undecided => return Search::Undecided,
        };
        let (id, email) = match self.account(steps) {
            Search::Found(account) => account,
            Search::Absent => return Search::Absent,
            Search::Undecided => return Search::Undecided,
        };
        Search::Found(Facts {
            title,
            kind: *kind,
            creator: Creator {
                id,
                name,
                email,
                groups: groups.iter().map(|word| word.key.clone()).collect(),
            },
            created: jiff::civil::Date::default(),
            tags: tags.iter().map(|word| word.written.clone()).collect(),
            unresolved: Unresolved::default(),
        })
    }

    /// An id and an address: they are independent, because the policies do not say which address belongs to an id.
    fn account(&self, steps: &mut usize) -> Search<(String, String)> {
        let id_of = |account: &'m Account| match account {
            Account::Id(word) => Some(word.key.as_str()),
            Account::Address(_) => None,
        };
        let glob_of = |account: &'m Account| match account {
            Account::Address(glob) => Some(glob),
            Account::Id(_) => None,
        };
        let refused: BTreeSet<&str> = self
            .creator
            .none
            .iter()
            .copied()
            .filter_map(id_of)
            .collect();
        let ids: BTreeSet<&str> = self
            .creator
            .any
            .iter()
            .copied()
            .flatten()
            .filter_map(id_of)
            .collect();
        let not: Vec<&Glob> = self
            .creator
            .none
            .iter()
            .copied()
            .filter_map(glob_of)
            .collect();
        let mut is_decided = true;
        // Someone whose id can be any, or one of those whose ids are required.
        for id in std::iter::once("")
            .chain(ids)
            .filter(|id| !refused.contains(id))
        {
            let open = self.creator.any.iter().filter(|list| {
                let mut ids = list.iter().filter_map(id_of);
                !ids.any(|own| own == id)
            });
            let lists: Vec<Vec<&Glob>> = open
                .map(|list| list.iter().filter_map(glob_of).collect())
                .collect();
            match address(lists, &not, steps) {
                Search::Found(email) => return Search::Found((id.to_owned(), email)),
                Search::Undecided => is_decided = false,
                Search::Absent => {}
            }
        }
        if is_decided {
            Search::Absent
        } else {
            Search::Undecided
        }
    }
}

fn address(lists: Vec<Vec<&Glob>>, not: &[&Glob], steps: &mut usize) -> Search<String> {
    if lists.iter().any(Vec::is_empty) {
        return Search::Absent;
    }
    if lists.is_empty() && not.is_empty() {
        return Search::Found(ANY_ADDRESS.to_owned());
    }
    let Ok(any) = Glob::new(ADDRESS, FoldMode::Words) else {
        return Search::Undecided;
    };
    let mut all: Vec<Vec<&Glob>> = lists;
    all.push(vec![&any]);
    text(&all, not, FoldMode::Words, steps)
}

impl Parts<'_, Glob> {
    /// A text that meets the requirements; `any` if there are none.
    fn text(&self, over: FoldMode, any: &str, steps: &mut usize) -> Search<String> {
        if self.any.is_empty() && self.none.is_empty() {
            return Search::Found(any.to_owned());
        }
        let lists: Vec<Vec<&Glob>> = self.any.iter().map(|list| list.iter().collect()).collect();
        text(&lists, &self.none, over, steps)
    }
}

impl<'m> Parts<'m, Word> {
    /// One entry of each list, and none that must not hold.
    fn words(&self) -> Option<Vec<&'m Word>> {
        let is_free = |word: &&Word| self.none.iter().all(|none| none.key != word.key);
        self.any
            .iter()
            .map(|list| list.iter().find(is_free))
            .collect()
    }
}
