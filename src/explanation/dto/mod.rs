//! An explanation as JSON. The format has a version and does not depend on internal names.

mod gets;
mod live;

use serde::Serialize;

pub use gets::{
    Conflict, Folder, Gets, Grant, Membership, Missing, NotMade, OverruledRole, OverruledValue,
    Owner, Protected, Setting, Tag,
};
pub use live::{Absent, Live, Member, Outweighed};

use super::Mismatched;
use crate::report::dto::{Asker, Matched};
use crate::resolve::{self, Origin};
use crate::room::{self, Facts, SubjectKind};

/// The version of this format. A new member does not change it; renaming or removing a member increases it.
pub const VERSION: u32 = 1;

/// Why a room gets what it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// [`VERSION`].
    pub version: u32,
    /// The title, as DocSpace stores it.
    pub title: String,
    /// The word of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The owner: DocSpace stores no other creator.
    pub creator: Creator,
    /// The day on which it was created.
    pub created: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The policies that apply.
    pub matched: Vec<Matched>,
    /// The policies that match and do not apply.
    pub stopped: Vec<Stopped>,
    /// The policies for which it is unknown whether they match.
    pub undecided: Vec<Other>,
    /// The policies that do not match, the nearest first.
    pub mismatched: Vec<Other>,
    /// The policies for which it depends on facts about the creator that are not given.
    pub unstated: Vec<Unstated>,
    /// What the room gets.
    pub room: Gets,
    /// What it would get if the policies that only observe applied, if there are any.
    pub would_be: Option<Gets>,
    /// The live room, with `--room`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
}

/// The names by which the owner is matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Creator {
    /// The e-mail address, if known.
    pub email: Option<String>,
    /// The id, if known.
    pub id: Option<String>,
    /// The display name, if known.
    pub name: Option<String>,
    /// The groups in policies to which the owner belongs, in comparable form.
    pub groups: Vec<String>,
}

/// A policy that matches and does not apply, because a final one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Its name.
    pub policy: String,
    /// `file:line:column`.
    pub place: String,
    /// The final policy.
    pub by: String,
}

/// A policy for which it depends on facts about the creator that are not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unstated {
    /// Its name.
    pub policy: String,
    /// `e-mail address`, `id`, `display name` or `groups`.
    pub facts: Vec<String>,
}

impl From<&resolve::Unstated> for Unstated {
    fn from(unstated: &resolve::Unstated) -> Self {
        let resolve::Unstated { policy, facts } = unstated;
        Self {
            policy: policy.clone(),
            facts: facts.iter().map(|fact| fact.as_str().to_owned()).collect(),
        }
    }
}

/// A policy that does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// Its name.
    pub policy: String,
    /// `file:line:column`.
    pub place: String,
    /// The reasons.
    pub reasons: Vec<String>,
}

impl From<&super::Explanation> for Explanation {
    fn from(explanation: &super::Explanation) -> Self {
        // No `..`, here and below: a new member must be handled.
        let super::Explanation {
            facts,
            resolution,
            mismatched,
            unstated,
            live,
        } = explanation;
        let resolve::Resolution {
            matched,
            desired,
            would_be,
            stopped,
            undecided,
        } = resolution;
        let Facts {
            title,
            kind,
            creator,
            created,
            tags,
            unresolved: _,
        } = facts;
        Self {
            version: VERSION,
            title: title.clone(),
            kind: kind.as_str().to_owned(),
            creator: creator.into(),
            created: created.to_string(),
            tags: tags.clone(),
            matched: matched.iter().map(Matched::from).collect(),
            stopped: stopped.iter().map(Stopped::from).collect(),
            undecided: undecided.iter().map(Other::from).collect(),
            mismatched: mismatched.iter().map(Other::from).collect(),
            unstated: unstated.iter().map(Unstated::from).collect(),
            room: Gets::of(desired, *kind),
            would_be: would_be.as_ref().map(|desired| Gets::of(desired, *kind)),
            live: live.as_ref().map(Live::from),
        }
    }
}

impl From<&room::Creator> for Creator {
    fn from(creator: &room::Creator) -> Self {
        let room::Creator {
            id,
            name,
            email,
            groups,
        } = creator;
        let known = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            email: known(email),
            id: known(id),
            name: known(name),
            groups: groups.iter().cloned().collect(),
        }
    }
}

impl From<&resolve::Stopped> for Stopped {
    fn from(stopped: &resolve::Stopped) -> Self {
        Self {
            policy: stopped.policy.clone(),
            place: stopped.place.to_string(),
            by: stopped.by.clone(),
        }
    }
}

impl From<&resolve::Undecided> for Other {
    fn from(undecided: &resolve::Undecided) -> Self {
        Self {
            policy: undecided.policy.clone(),
            place: undecided.place.to_string(),
            reasons: vec![undecided.reason.clone()],
        }
    }
}

impl From<&Mismatched> for Other {
    fn from(mismatched: &Mismatched) -> Self {
        Self {
            policy: mismatched.policy.clone(),
            place: mismatched.place.to_string(),
            reasons: mismatched.reasons.clone(),
        }
    }
}

fn kind_word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Group => "group",
        SubjectKind::User => "user",
    }
}

fn askers(by: &[Origin]) -> Vec<Asker> {
    by.iter().map(Asker::from).collect()
}
