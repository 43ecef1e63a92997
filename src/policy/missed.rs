//! Why a policy does not speak about a room: every part that does not hold, and how near the title was.

use std::fmt;

use super::Policy;
use super::glob::Near;
use super::matcher::{Candidate, Matcher, Mismatch};

/// A policy that does not speak about a room.
#[derive(Debug, Clone)]
pub struct Missed<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The parts that do not hold; never empty.
    pub parts: Vec<Mismatch>,
    near: Option<(String, Near)>,
}

impl<'p> Missed<'p> {
    /// Nothing where the policy speaks about the room.
    pub(super) fn new(policy: &'p Policy, room: &Candidate<'_>) -> Option<Self> {
        policy.matcher.test(room).err()?;
        let parts = each_part(&policy.matcher);
        let globs = policy.matcher.title.iter().flatten();
        let near =
            globs.filter_map(|glob| Some((glob.as_str().to_owned(), glob.near(room.title())?)));
        Some(Self {
            policy,
            parts: parts
                .iter()
                .filter_map(|part| part.test(room).err())
                .collect(),
            near: near.min_by_key(|(_, near)| near.edits),
        })
    }

    /// What is further away is larger.
    pub(super) fn distance(&self) -> (usize, usize) {
        let title = match (&self.near, self.title_fits()) {
            (_, true) => 0,
            (Some((_, near)), false) => near.edits,
            (None, false) => usize::MAX,
        };
        (self.parts.len(), title)
    }

    fn title_fits(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.all(|part| !matches!(part, Mismatch::Title(_)))
    }

    /// Why one of the parts does not hold.
    pub fn why(&self, part: &Mismatch) -> String {
        match (part, &self.near) {
            (Mismatch::Title(_), Some((glob, near))) => {
                format!("the title fits `{glob}` but for {}", near.but_for)
            }
            _ => part.to_string(),
        }
    }
}

/// All parts that do not hold.
impl fmt::Display for Missed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(|part| self.why(part)).collect();
        f.write_str(&parts.join("; "))
    }
}

/// A matcher for each part, which asks for nothing else.
fn each_part(matcher: &Matcher) -> [Matcher; 7] {
    // No `..`: a further part must be thought about here.
    let Matcher {
        title,
        kind,
        creator,
        creator_name,
        creator_group,
        tagged,
        except,
    } = matcher.clone();
    let nothing = Matcher::default;
    [
        Matcher { title, ..nothing() },
        Matcher { kind, ..nothing() },
        Matcher {
            creator,
            ..nothing()
        },
        Matcher {
            creator_name,
            ..nothing()
        },
        Matcher {
            creator_group,
            ..nothing()
        },
        Matcher {
            tagged,
            ..nothing()
        },
        Matcher {
            except,
            ..nothing()
        },
    ]
}
