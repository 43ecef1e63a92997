//! A live room as a policy, proven: what is written is read by our own parser, resolved and planned against that very
//! room, and changes nothing there.

mod captures;
mod pieces;
mod print;
mod proof;

use std::collections::BTreeMap;

pub use captures::Capture;
use captures::Captured;
use pieces::pieces;
use print::print;
use proof::{Proof, Reason};

use crate::bind::Snapshot;
use crate::room::{Facts, Observed, Subject};

/// A live room, and what is known of those who are in it.
#[derive(Debug, Clone)]
pub struct Live {
    /// What policies match on.
    pub facts: Facts,
    /// What was seen, every folder included.
    pub seen: Observed,
    /// How a policy names each of those who have a grant.
    pub names: BTreeMap<Subject, Named>,
    /// What the directory knows of these names.
    pub directory: Snapshot,
    /// What else the room has, and no policy can say.
    pub remarks: Vec<String>,
}

/// How a policy names a group or person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// A group's name or a person's address; the id where that does not mean her alone.
    pub written: String,
    /// Whether she is a guest.
    pub is_guest: bool,
}

/// A room as a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The file.
    pub text: String,
    /// Whether there is anything in it that a room would get.
    pub has_something: bool,
    /// What the room has and the policy does not say.
    pub left_out: Vec<String>,
}

/// Writes a room as a policy.
///
/// # Errors
/// A capture that the room's title does not have; a text that cannot be proven.
pub fn import(live: &Live, captures: &[Capture]) -> Result<Imported, String> {
    let captured = Captured::new(&live.facts.title, captures)?;
    let proof = Proof::new(live, &captured);
    proof.of_title()?;
    let (mut pieces, mut left_out) = pieces(live, &captured);
    if proof.of(&pieces).is_err() {
        pieces.retain_mut(|piece| match proof.of_one(piece) {
            Ok(proven) => {
                *piece = proven;
                true
            }
            Err(reason) => {
                left_out.push(format!("{piece}: {reason}"));
                false
            }
        });
    }
    left_out.extend(live.remarks.iter().cloned());
    if pieces.is_empty() {
        return Ok(Imported {
            text: String::new(),
            has_something: false,
            left_out,
        });
    }
    proof.of(&pieces).map_err(|Reason(reason)| {
        format!("what was written of the room does not come to the same room: {reason}")
    })?;
    Ok(Imported {
        text: print(live, &captured, &pieces, &left_out),
        has_something: true,
        left_out,
    })
}

#[cfg(test)]
mod tests;
