//! Whether a policy matches a room, and if not, why.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::glob::{Captures, FoldMode, Folded, Glob};
use crate::room::{Facts, RoomType, tag_key};

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

/// The first condition of a matcher that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The title matches none of these globs.
    Title(Vec<String>),
    /// The type matches none of these globs.
    Type(Vec<String>),
    /// Neither the creator's address nor id matches any of these.
    Creator(Vec<String>),
    /// The creator's display name matches none of these globs.
    CreatorName(Vec<String>),
    /// The creator is in none of these groups.
    CreatorGroup(Vec<String>),
    /// The room has none of these tags.
    Tagged(Vec<String>),
    /// The matcher under `except` holds.
    Except,
    /// All other conditions hold, and this one is unknown.
    Undecided(String),
}

/// The texts of a room, folded once for all policies, and only those on which some policy matches.
#[derive(Debug)]
pub struct Candidate<'f> {
    facts: &'f Facts,
    title: Folded<'f>,
    creator: OnceCell<[Folded<'f>; 2]>,
    creator_name: OnceCell<Folded<'f>>,
    tags: OnceCell<BTreeSet<String>>,
}

impl<'f> Candidate<'f> {
    /// Prepares a room for matching.
    pub fn new(facts: &'f Facts) -> Self {
        Self {
            title: Folded::new(&facts.title, FoldMode::Titles),
            creator: OnceCell::new(),
            creator_name: OnceCell::new(),
            tags: OnceCell::new(),
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

    fn is(&self, account: &Account) -> bool {
        let [email, id] = self.creator();
        match account {
            Account::Address(glob) => glob.captured_in(email).is_some(),
            Account::Id(word) => id.text() == word.key,
        }
    }
}

/// Whether one of some words is known to hold; otherwise the reason why that is unknown.
fn any_of(
    words: &[Word],
    (held, unresolved): (&BTreeSet<String>, &BTreeMap<String, String>),
) -> Result<bool, String> {
    if words.iter().any(|word| held.contains(&word.key)) {
        return Ok(true);
    }
    match words.iter().find_map(|word| unresolved.get(&word.key)) {
        Some(reason) => Err(reason.clone()),
        None => Ok(false),
    }
}

impl Matcher {
    /// The captures, if the matcher matches the room.
    ///
    /// # Errors
    /// The first condition that does not hold; an unknown one only if all others hold.
    pub fn test(&self, room: &Candidate<'_>) -> Result<Captures, Mismatch> {
        let first = |globs: &[Glob], text: &Folded<'_>| {
            globs.iter().find_map(|glob| glob.captured_in(text))
        };
        let mut captures = Captures::new();
        if let Some(asked) = self
            .kind
            .as_ref()
            .filter(|_| !self.fits_kind(room.facts.kind))
        {
            return Err(Mismatch::Type(asked.written.clone()));
        }
        if let Some(globs) = &self.title {
            captures = first(globs, &room.title).ok_or_else(|| Mismatch::Title(written(globs)))?;
        }
        if let Some(accounts) = &self.creator
            && !accounts.iter().any(|account| room.is(account))
        {
            let written = accounts.iter().map(|account| account.as_str().to_owned());
            return Err(Mismatch::Creator(written.collect()));
        }
        if let Some(globs) = &self.creator_name {
            first(globs, room.creator_name())
                .ok_or_else(|| Mismatch::CreatorName(written(globs)))?;
        }
        let mut undecided = None;
        if let Some(words) = &self.creator_group {
            match any_of(words, room.groups()) {
                Ok(true) => {}
                Ok(false) => return Err(Mismatch::CreatorGroup(words_written(words))),
                Err(reason) => undecided = Some(reason),
            }
        }
        if let Some(words) = &self.tagged {
            match any_of(words, room.tags()) {
                Ok(true) => {}
                Ok(false) => return Err(Mismatch::Tagged(words_written(words))),
                Err(reason) => undecided = Some(reason),
            }
        }
        match self.except.as_ref().map(|except| except.test(room)) {
            Some(Ok(_)) => return Err(Mismatch::Except),
            Some(Err(Mismatch::Undecided(reason))) => undecided = Some(reason),
            Some(Err(_)) | None => {}
        }
        undecided.map_or(Ok(captures), |reason| Err(Mismatch::Undecided(reason)))
    }

    /// Whether it can match a room of this title and type, with any creator and any tags.
    pub(super) fn may_match(&self, room: &Candidate<'_>) -> bool {
        let fits = |globs: &Vec<Glob>| {
            let mut globs = globs.iter();
            globs.any(|glob| glob.captured_in(&room.title).is_some())
        };
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

    /// Whether it matches on nothing but the creator's account.
    pub(super) fn asks_creator_alone(&self) -> bool {
        let Matcher {
            title: None,
            kind: None,
            creator: Some(_),
            creator_name: None,
            creator_group: None,
            tagged: None,
            except: None,
        } = self
        else {
            return false;
        };
        true
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
}

fn written(globs: &[Glob]) -> Vec<String> {
    globs.iter().map(|glob| glob.as_str().to_owned()).collect()
}

fn words_written(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.written.clone()).collect()
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |globs: &[String]| {
            globs
                .iter()
                .map(|glob| format!("`{glob}`"))
                .collect::<Vec<_>>()
                .join(" or ")
        };
        match self {
            Mismatch::Title(globs) => write!(f, "the title does not match {}", list(globs)),
            Mismatch::Type(globs) => write!(f, "the type does not match {}", list(globs)),
            Mismatch::Creator(globs) => write!(f, "the creator does not match {}", list(globs)),
            Mismatch::CreatorName(globs) => {
                write!(f, "the creator's name does not match {}", list(globs))
            }
            Mismatch::CreatorGroup(groups) => {
                write!(f, "the creator is not in {}", list(groups))
            }
            Mismatch::Tagged(tags) => write!(f, "the room does not have the tag {}", list(tags)),
            Mismatch::Except => f.write_str("its `except` holds"),
            Mismatch::Undecided(reason) => write!(f, "it is unknown whether it matches: {reason}"),
        }
    }
}
