//! Writes a live room as a policy, and verifies it: the policy file is parsed, resolved and planned against the same
//! room, and the plan must be empty.

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

/// A live room and its members.
#[derive(Debug, Clone)]
pub struct Live {
    /// What policies match on.
    pub facts: Facts,
    /// The observed room, with all folders.
    pub seen: Observed,
    /// How a policy names each member.
    pub names: BTreeMap<Subject, Named>,
    /// What the directory contains under these names.
    pub directory: Snapshot,
    /// What else the room has that policies cannot ask for.
    pub remarks: Vec<String>,
}

/// How a policy names a group or person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// A group's name or a person's e-mail address, or the id if that is not unique.
    pub written: String,
    /// Whether the person is a guest.
    pub is_guest: bool,
}

/// A room as a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of the file.
    pub text: String,
    /// Whether the policy asks for anything.
    pub has_something: bool,
    /// What the room has that is not in the policy.
    pub left_out: Vec<String>,
}

/// Writes a room as a policy.
///
/// # Errors
/// The room's title does not contain a capture, or the policy cannot be verified.
pub fn import(live: &Live, captures: &[Capture]) -> Result<Imported, String> {
    let captured = Captured::new(&live.facts.title, captures)?;
    let proof = Proof::new(live, &captured);
    proof.of_title()?;
    let (mut pieces, mut left_out) = pieces(live, &captured);
    if proof.of(&pieces).is_err() {
        pieces.retain_mut(|piece| match proof.of_one(piece) {
            Ok(verified) => {
                *piece = verified;
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
        format!("the policy for this room cannot be verified: {reason}")
    })?;
    Ok(Imported {
        text: print(live, &captured, &pieces, &left_out),
        has_something: true,
        left_out,
    })
}

#[cfg(test)]
mod tests;
