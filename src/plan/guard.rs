//! What no policy may order. Anything here stops the whole room before the first write.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::resolve::Conflict;
use crate::room::{Person, PersonStatus};

/// Whether rooms may be taken for as long as a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// Our account becomes the owner, works, and gives the room back.
    #[default]
    HandBack,
    /// A room that would have to be taken is refused.
    Never,
}

/// Why a room was not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Policies of equal priority disagree.
    Conflict(Conflict),
    /// The room would have to be taken, and the configuration says never.
    WouldTakeRoom {
        /// The owner's name.
        owner: String,
    },
    /// The room could not be given back.
    CannotGiveBack {
        /// The owner's name.
        owner: String,
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Conflict(conflict) => {
                write!(f, "{conflict}; give one policy a higher `priority`")
            }
            Refusal::WouldTakeRoom { owner } => write!(
                f,
                "our account lacks the rights in this room of `{owner}` and may not take it (`ownership: never`); make it Room manager there"
            ),
            Refusal::CannotGiveBack { owner, reason } => {
                write!(f, "the room could not be given back to `{owner}`: {reason}")
            }
        }
    }
}

/// Why this plan must not be carried out; empty when it may.
pub fn refusals(
    conflicts: &[Conflict],
    plan: &Plan,
    owner: &Person,
    ownership: Ownership,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = conflicts.iter().cloned().map(Refusal::Conflict).collect();
    if plan.takes_room() {
        if ownership == Ownership::Never {
            refusals.push(Refusal::WouldTakeRoom {
                owner: owner.name.clone(),
            });
        } else if let Some(reason) = cannot_own(owner) {
            refusals.push(Refusal::CannotGiveBack {
                owner: owner.name.clone(),
                reason,
            });
        }
    }
    refusals
}

/// Why an account cannot be given a room (docs/docspace.md, owner).
pub fn cannot_own(person: &Person) -> Option<String> {
    if person.status != PersonStatus::Active {
        Some("the account is not active".to_owned())
    } else if !person.kind.can_own_rooms() {
        Some(format!(
            "the account is a {}, and rooms belong to Room admins and DocSpace admins",
            person.kind.name()
        ))
    } else {
        None
    }
}
