//! A list of rooms, described as in a test.

use jiff::civil::Date;
use serde::Deserialize;

use super::reading::day;
use super::room::facts;
use super::shape::TestRoom;
use crate::policy::file::OneOrMany;
use crate::room::Facts;
use crate::yaml::{self, Problem, Severity, SourceId, Sources, Spanned};

/// A room of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id, if the list has one.
    pub id: Option<String>,
    /// The facts for matching. A room without a date was created on the day that is given for all.
    pub facts: Facts,
}

/// The written form: the keys of `room` in a test, and those that are next to it there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    room: Option<Spanned<String>>,
    title: Spanned<String>,
    r#type: Spanned<String>,
    creator: Option<OneOrMany>,
    creator_name: Option<Spanned<String>>,
    creator_groups: Option<OneOrMany>,
    tags: Option<OneOrMany>,
    date: Option<Spanned<String>>,
}

/// Reads a list of rooms, as YAML or JSON.
///
/// # Errors
/// All problems in the list.
pub fn rooms(
    sources: &Sources,
    id: SourceId,
    otherwise: Date,
) -> Result<Vec<Listed>, Vec<Problem>> {
    let mut problems = Vec::new();
    let written = yaml::parse(sources, id, &mut problems)
        .and_then(|node| yaml::read::<Vec<Written>>(&node, &mut problems));
    let mut rooms = Vec::new();
    for written in written.unwrap_or_default() {
        let created = written.date.as_ref();
        let created = created.map_or(Some(otherwise), |date| day(date, &mut problems));
        let room = TestRoom {
            title: written.title,
            r#type: written.r#type,
            creator: written.creator,
            creator_name: written.creator_name,
            creator_groups: written.creator_groups,
            tags: written.tags,
        };
        if let (Some(facts), Some(created)) = (facts(&room, &mut problems), created) {
            rooms.push(Listed {
                id: written.room.map(|room| room.value),
                facts: Facts { created, ..facts },
            });
        }
    }
    problems.retain(|problem| problem.severity == Severity::Error);
    if problems.is_empty() {
        Ok(rooms)
    } else {
        Err(problems)
    }
}
