//! Does this policy speak about this room? If not, why not?

use std::cell::OnceCell;
use std::fmt;

use super::glob::{Captures, Folded, Glob, Over};
use crate::room::{Facts, RoomType};

/// The compiled `match` of a policy. All parts that are there must hold; a list holds when any of its globs fits.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// Over the title.
    pub title: Option<Vec<Glob>>,
    /// Over the word of the type.
    pub kind: Option<Vec<Glob>>,
    /// Over the creator's e-mail address, display name and id.
    pub creator: Option<Vec<Glob>>,
    /// Must not hold.
    pub except: Option<Box<Matcher>>,
}

/// The first part of a matcher that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The title fits none of these globs.
    Title(Vec<String>),
    /// The type fits none of these globs.
    Type(Vec<String>),
    /// None of the creator's names fits any of these globs.
    Creator(Vec<String>),
    /// The matcher under `except` holds.
    Except,
}

/// The texts of a room, folded once for all policies, and only those that some policy asks for.
#[derive(Debug)]
pub struct Candidate<'f> {
    facts: &'f Facts,
    title: Folded<'f>,
    kind: OnceCell<Folded<'static>>,
    creator: OnceCell<[Folded<'f>; 3]>,
}

impl<'f> Candidate<'f> {
    /// Prepares a room for matching.
    pub fn new(facts: &'f Facts) -> Self {
        Self {
            title: Folded::new(facts.title.trim(), Over::Titles),
            kind: OnceCell::new(),
            creator: OnceCell::new(),
            facts,
        }
    }

    /// The title in the form in which literals are looked for.
    pub(super) fn title(&self) -> &Folded<'f> {
        &self.title
    }

    fn kind(&self) -> &Folded<'static> {
        self.kind
            .get_or_init(|| Folded::new(self.facts.kind.word(), Over::Words))
    }

    /// The creator's names in the form in which literals are looked for.
    pub(super) fn creator(&self) -> &[Folded<'f>; 3] {
        self.creator.get_or_init(|| {
            let creator = &self.facts.creator;
            [&creator.email, &creator.name, &creator.id]
                .map(|name| Folded::new(name.trim(), Over::Words))
        })
    }
}

impl Matcher {
    /// What the captures stand for if the matcher speaks about the room.
    ///
    /// # Errors
    /// The first part that does not hold.
    pub fn test(&self, room: &Candidate<'_>) -> Result<Captures, Mismatch> {
        let first = |globs: &[Glob], text: &Folded<'_>| {
            globs.iter().find_map(|glob| glob.captured_in(text))
        };
        let mut captures = Captures::new();
        if let Some(globs) = &self.kind {
            first(globs, room.kind()).ok_or_else(|| Mismatch::Type(written(globs)))?;
        }
        if let Some(globs) = &self.title {
            captures = first(globs, &room.title).ok_or_else(|| Mismatch::Title(written(globs)))?;
        }
        if let Some(globs) = &self.creator
            && !room
                .creator()
                .iter()
                .any(|name| first(globs, name).is_some())
        {
            return Err(Mismatch::Creator(written(globs)));
        }
        match &self.except {
            Some(except) if except.test(room).is_ok() => Err(Mismatch::Except),
            _ => Ok(captures),
        }
    }

    /// Whether it can speak about a room of this title and type, whoever made it.
    pub(super) fn may_match(&self, room: &Candidate<'_>) -> bool {
        let any = |globs: &Option<Vec<Glob>>, text: &Folded<'_>| {
            globs
                .as_ref()
                .is_none_or(|globs| globs.iter().any(|glob| glob.captured_in(text).is_some()))
        };
        let is_excepted = self
            .except
            .as_ref()
            .is_some_and(|except| except.creator.is_none() && except.test(room).is_ok());
        any(&self.kind, room.kind()) && any(&self.title, &room.title) && !is_excepted
    }

    /// The room types that it can match.
    pub fn kinds(&self) -> Vec<RoomType> {
        let fits =
            |globs: &[Glob], kind: &RoomType| globs.iter().any(|glob| glob.is_match(kind.word()));
        let excluded = self
            .except
            .as_deref()
            .and_then(Matcher::only_kinds)
            .unwrap_or_default();
        RoomType::ALL
            .into_iter()
            .filter(|kind| {
                self.kind.as_ref().is_none_or(|globs| fits(globs, kind)) && !fits(excluded, kind)
            })
            .collect()
    }

    /// The globs over types if nothing else is asked.
    fn only_kinds(&self) -> Option<&[Glob]> {
        let Matcher {
            title: None,
            kind: Some(globs),
            creator: None,
            except: None,
        } = self
        else {
            return None;
        };
        Some(globs)
    }

    /// The names that it captures.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.title
            .iter()
            .flatten()
            .flat_map(|glob| glob.captures().iter().map(String::as_str))
    }

    /// Whether a title and a creator may exist that both match. `except` is not asked, and what takes more steps
    /// than there are counts as overlapping, so a `true` may be one too many.
    pub(super) fn may_overlap(&self, other: &Matcher, steps: &mut usize) -> bool {
        let mut meet = |mine: &Option<Vec<Glob>>, theirs: &Option<Vec<Glob>>| match (mine, theirs) {
            (Some(mine), Some(theirs)) => mine
                .iter()
                .any(|a| theirs.iter().any(|b| a.overlaps_within(b, steps))),
            _ => true,
        };
        meet(&self.title, &other.title)
            // A creator has three names, so different globs may fit the same person; one has only one address.
            && (!(addresses(&self.creator) && addresses(&other.creator))
                || meet(&self.creator, &other.creator))
    }
}

/// Whether these globs can only fit e-mail addresses.
fn addresses(globs: &Option<Vec<Glob>>) -> bool {
    globs.as_ref().is_some_and(|globs| {
        globs
            .iter()
            .all(|glob| glob.literals().iter().any(|text| text.contains('@')))
    })
}

fn written(globs: &[Glob]) -> Vec<String> {
    globs.iter().map(|glob| glob.as_str().to_owned()).collect()
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
            Mismatch::Title(globs) => write!(f, "the title does not fit {}", list(globs)),
            Mismatch::Type(globs) => write!(f, "the type does not fit {}", list(globs)),
            Mismatch::Creator(globs) => write!(f, "the creator does not fit {}", list(globs)),
            Mismatch::Except => f.write_str("its `except` holds"),
        }
    }
}
