//! Whether a policy matches a room, and if not, why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Mismatch;
use super::glob::{Captures, FoldMode, Folded, Glob};
use crate::room::{CreatorFact, Facts, RoomType, tag_key};

/// The compiled `match` of a policy. All conditions must hold; a list holds if any of its entries does.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// For the title.
    pub title: Option<Vec<Glob>>,
    /// For the type.
    pub kind: Option<Kinds>,
    /// For the creator's e-mail address or id.
    pub creator: Option<Vec<Account>>,
    /// For the creator's display name.
    pub creator_name: Option<Vec<Glob>>,
    /// Groups, of which the creator must be a member of one.
    pub creator_group: Option<Vec<Word>>,
    /// Tags, of which the room must have one.
    pub tagged: Option<Vec<Word>>,
    /// Must not hold.
    pub except: Option<Box<Matcher>>,
}

/// Room types to match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    /// The globs as written.
    pub written: Vec<String>,
    /// The types whose word matches one of the globs.
    pub kinds: BTreeSet<RoomType>,
}

/// An account to match.
#[derive(Debug, Clone)]
pub enum Account {
    /// One of the matching addresses.
    Address(Glob),
    /// The account with this id.
    Id(Word),
}

impl Account {
    /// As written.
    pub fn as_str(&self) -> &str {
        match self {
            Account::Address(glob) => glob.as_str(),
            Account::Id(word) => &word.written,
        }
    }

    /// Texts that are part of every matching address or id.
    pub(super) fn literals(&self) -> &[String] {
        match self {
            Account::Address(glob) => glob.literals(),
            Account::Id(word) => std::slice::from_ref(&word.key),
        }
    }
}

/// A name that is not a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As written.
    pub written: String,
    /// The comparable form.
    pub key: String,
}

/// The texts of a room, folded once for all policies, and only those on which some policy matches.
#[derive(Debug)]
pub struct Candidate<'f> {
    facts: &'f Facts,
    title: Folded<'f>,
    creator: OnceLock<[Folded<'f>; 2]>,
    creator_name: OnceLock<Folded<'f>>,
    tags: OnceLock<BTreeSet<String>>,
}

impl<'f> Candidate<'f> {
    /// Prepares a room for matching.
    pub fn new(facts: &'f Facts) -> Self {
        Self {
            title: Folded::new(&facts.title, FoldMode::Titles),
            creator: OnceLock::new(),
            creator_name: OnceLock::new(),
            tags: OnceLock::new(),
            facts,
        }
    }

    /// The title in the form in which literals are searched.
    pub(super) fn title(&self) -> &Folded<'f> {
        &self.title
    }

    /// The creator's address and id in the form in which literals are searched.
    pub(super) fn creator(&self) -> &[Folded<'f>; 2] {
        self.creator.get_or_init(|| {
            let creator = &self.facts.creator;
            [&creator.email, &creator.id].map(|name| Folded::new(name, FoldMode::Words))
        })
    }

    pub(super) fn creator_name(&self) -> &Folded<'f> {
        self.creator_name
            .get_or_init(|| Folded::new(&self.facts.creator.name, FoldMode::Words))
    }

    /// The creator's groups, and the groups for which that is unknown.
    pub(super) fn groups(&self) -> (&BTreeSet<String>, &BTreeMap<String, String>) {
        (&self.facts.creator.groups, &self.facts.unresolved.groups)
    }

    /// The room's tags, and the tags for which that is unknown.
    pub fn tags(&self) -> (&BTreeSet<String>, &BTreeMap<String, String>) {
        let tags = self
            .tags
            .get_or_init(|| self.facts.tags.iter().map(|tag| tag_key(tag)).collect());
        (tags, &self.facts.unresolved.tags)
    }

    /// What the description of the room leaves out.
    pub(super) fn unstated(&self) -> &BTreeSet<CreatorFact> {
        &self.facts.unresolved.creator
    }

    pub(super) fn is(&self, account: &Account) -> bool {
        let [email, id] = self.creator();
        match account {
            Account::Address(glob) => glob.captured_in(email).is_some(),
            Account::Id(word) => id.text() == word.key,
        }
    }
}

/// Tests whether one of some words is among those that hold; for others it is unknown, and why.
fn test_words(
    words: &[Word],
    (held, unresolved): (&BTreeSet<String>, &BTreeMap<String, String>),
    mismatch: fn(Vec<String>) -> Mismatch,
) -> Result<(), Mismatch> {
    if words.iter().any(|word| held.contains(&word.key)) {
        return Ok(());
    }
    Err(
        match words.iter().find_map(|word| unresolved.get(&word.key)) {
            Some(reason) => Mismatch::Undecided(reason.clone()),
            None => mismatch(words.iter().map(|word| word.written.clone()).collect()),
        },
    )
}

fn first(globs: &[Glob], text: &Folded<'_>) -> Option<Captures> {
    globs.iter().find_map(|glob| glob.captured_in(text))
}

impl Matcher {
    /// The matcher of the rooms where these captures have these texts.
    pub(super) fn filled(&self, values: &Captures) -> Self {
        let title = self.title.as_ref();
        let fill = |globs: &Vec<Glob>| globs.iter().map(|glob| glob.filled(values)).collect();
        Self {
            title: title.map(fill),
            ..self.clone()
        }
    }

    /// The captures, if the matcher matches the room.
    ///
    /// # Errors
    /// The first condition that does not hold; an unknown one only if all others hold.
    pub fn test(&self, room: &Candidate<'_>) -> Result<Captures, Mismatch> {
        self.test_kind(room)?;
        let captures = self.test_title(room)?;
        self.test_creator(room)?;
        self.test_creator_name(room)?;
        let mut undecided = None;
        for test in [
            Self::test_creator_group,
            Self::test_tagged,
            Self::test_except,
        ] {
            match test(self, room) {
                Err(Mismatch::Undecided(reason)) => undecided = Some(reason),
                tested => tested?,
            }
        }
        undecided.map_or(Ok(captures), |reason| Err(Mismatch::Undecided(reason)))
    }

    /// Every condition that does not hold or is unknown.
    pub(super) fn mismatches(&self, room: &Candidate<'_>) -> Vec<Mismatch> {
        let conditions = [
            Self::test_kind,
            Self::test_creator,
            Self::test_creator_name,
            Self::test_creator_group,
            Self::test_tagged,
            Self::test_except,
        ];
        let title = self.test_title(room).err().into_iter();
        title
            .chain(conditions.iter().filter_map(|test| test(self, room).err()))
            .collect()
    }

    fn test_kind(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        match &self.kind {
            Some(asked) if !self.fits_kind(room.facts.kind) => {
                Err(Mismatch::Type(asked.written.clone()))
            }
            _ => Ok(()),
        }
    }

    fn test_title(&self, room: &Candidate<'_>) -> Result<Captures, Mismatch> {
        match &self.title {
            Some(globs) => first(globs, &room.title).ok_or_else(|| Mismatch::Title(written(globs))),
            None => Ok(Captures::new()),
        }
    }

    fn test_creator(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        match &self.creator {
            Some(accounts) if !self.fits_creator(room) => {
                let written = accounts.iter().map(|account| account.as_str().to_owned());
                Err(Mismatch::Creator(written.collect()))
            }
            _ => Ok(()),
        }
    }

    fn test_creator_name(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        match &self.creator_name {
            Some(globs) if first(globs, room.creator_name()).is_none() => {
                Err(Mismatch::CreatorName(written(globs)))
            }
            _ => Ok(()),
        }
    }

    fn test_creator_group(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        match &self.creator_group {
            Some(words) => test_words(words, room.groups(), Mismatch::CreatorGroup),
            None => Ok(()),
        }
    }

    fn test_tagged(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        match &self.tagged {
            Some(words) => test_words(words, room.tags(), Mismatch::Tagged),
            None => Ok(()),
        }
    }

    fn test_except(&self, room: &Candidate<'_>) -> Result<(), Mismatch> {
        let Some(except) = &self.except else {
            return Ok(());
        };
        match except.test(room) {
            Ok(_) => Err(Mismatch::Except(except.conditions_of(room))),
            Err(Mismatch::Undecided(reason)) => Err(Mismatch::Undecided(reason)),
            Err(_) => Ok(()),
        }
    }

    /// Whether it can match a room of this title and type, with any creator and any tags.
    pub(super) fn may_match(&self, room: &Candidate<'_>) -> bool {
        let fits = |globs: &Vec<Glob>| first(globs, &room.title).is_some();
        let is_excepted = self
            .except
            .as_ref()
            .is_some_and(|except| except.asks_title_and_type() && except.test(room).is_ok());
        self.fits_kind(room.facts.kind) && self.title.as_ref().is_none_or(fits) && !is_excepted
    }

    /// Whether it can match rooms of this type, apart from `except`.
    pub(super) fn fits_kind(&self, kind: RoomType) -> bool {
        let asked = self.kind.as_ref();
        asked.is_none_or(|asked| asked.kinds.contains(&kind))
    }

    /// Whether it matches on the creator's address, name or groups, also in `except`.
    pub(super) fn asks_who_made_it(&self) -> bool {
        self.creator.is_some()
            || self.creator_name.is_some()
            || self.creator_group.is_some()
            || self
                .except
                .as_ref()
                .is_some_and(|except| except.asks_who_made_it())
    }

    fn asks_title_and_type(&self) -> bool {
        self.creator.is_none()
            && self.creator_name.is_none()
            && self.creator_group.is_none()
            && self.tagged.is_none()
            && self
                .except
                .as_ref()
                .is_none_or(|except| except.asks_title_and_type())
    }

    /// Whether the account matches `creator`, if that is a condition.
    pub(super) fn fits_creator(&self, room: &Candidate<'_>) -> bool {
        let asked = self.creator.as_ref();
        asked.is_none_or(|accounts| accounts.iter().any(|account| room.is(account)))
    }

    /// Whether it matches on nothing but the creator.
    pub(super) fn asks_only_who_made_it(&self) -> bool {
        self.title.is_none()
            && self.kind.is_none()
            && self.tagged.is_none()
            && self.except.is_none()
            && self.asks_who_made_it()
    }

    /// The groups on which it matches, also in `except`.
    pub fn groups(&self) -> Vec<&Word> {
        let own = self.creator_group.iter().flatten();
        own.chain(self.except.iter().flat_map(|except| except.groups()))
            .collect()
    }

    /// The tags on which it matches, also in `except`.
    pub fn tags(&self) -> Vec<&Word> {
        let own = self.tagged.iter().flatten();
        own.chain(self.except.iter().flat_map(|except| except.tags()))
            .collect()
    }

    /// The room types that it can match.
    pub fn kinds(&self) -> Vec<RoomType> {
        let excluded = self.except.as_deref().and_then(Matcher::only_kinds);
        let is_excluded =
            |kind: &RoomType| excluded.is_some_and(|excluded| excluded.contains(kind));
        let kinds = RoomType::ALL.into_iter();
        kinds
            .filter(|kind| self.fits_kind(*kind) && !is_excluded(kind))
            .collect()
    }

    /// The room types, if there is no other condition.
    fn only_kinds(&self) -> Option<&BTreeSet<RoomType>> {
        let Matcher {
            title: None,
            kind: Some(asked),
            creator: None,
            creator_name: None,
            creator_group: None,
            tagged: None,
            except: None,
        } = self
        else {
            return None;
        };
        Some(&asked.kinds)
    }

    /// The names of its captures: the same in each glob of a list.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        let first = self.title.iter().flatten().next();
        first
            .into_iter()
            .flat_map(|glob| glob.captures().iter().map(String::as_str))
    }

    /// Whether a title leaves a capture only some texts.
    pub(super) fn narrows(&self, capture: &str) -> bool {
        let mut titles = self.title.iter().flatten();
        titles.any(|glob| glob.narrows(capture))
    }
}

fn written(globs: &[Glob]) -> Vec<String> {
    globs.iter().map(|glob| glob.as_str().to_owned()).collect()
}
