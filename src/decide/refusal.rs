//! Why a whole room is refused, in the words of reports.

use std::fmt;

use crate::resolve::{Conflict, Undecided};
use crate::room::RoomId;

/// Why roomwright does not change a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Policies of equal priority disagree.
    Conflict(Conflict),
    /// It is unknown whether a policy matches.
    Undecided(Undecided),
    /// The service account lacks a right, and the configuration forbids adoptions.
    WouldAdopt {
        /// The owner's display name.
        owner: String,
    },
    /// The room could not be returned to its owner.
    CannotGiveBack {
        /// The owner's display name.
        owner: String,
        /// The reason.
        reason: String,
    },
    /// The service account was Room manager, and someone removed it or lowered its role.
    TakenOut {
        /// The owner's display name.
        owner: String,
    },
    /// More groups and people would lose access than `limits.removals` allows.
    TooManyRemovals {
        /// How many would lose access.
        count: usize,
        /// How many are allowed.
        most: usize,
    },
    /// The service account owns the room and no adoption is open: an operator must say who the owner is.
    Ours {
        /// The room.
        room: RoomId,
        /// The names of its Room managers, who are likely owners.
        managers: Vec<String>,
    },
}

impl Refusal {
    /// Whether the reason is that the service account owns the room.
    pub fn is_ours(&self) -> bool {
        matches!(self, Refusal::Ours { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Conflict(conflict) => match conflict.within() {
                Some(_) => write!(f, "{conflict}; keep one of these lines"),
                None => write!(f, "{conflict}; give one policy a higher `priority`"),
            },
            Refusal::Undecided(undecided) => {
                write!(f, "{undecided}; correct the name in its `match`")
            }
            Refusal::WouldAdopt { owner } => write!(
                f,
                "the service account lacks the rights in this room of `{owner}` and must not adopt it (`ownership: never`); make it Room manager there"
            ),
            Refusal::CannotGiveBack { owner, reason } => {
                write!(
                    f,
                    "roomwright must own the room for a moment to configure it, and `{owner}` could not become the owner again: {reason}; fix the account, or give the room to someone else in DocSpace"
                )
            }
            Refusal::TakenOut { owner } => write!(
                f,
                "the service account was Room manager in this room of `{owner}`, and someone removed it or lowered its role; roomwright respects that, and `roomwright apply` adopts the room again"
            ),
            Refusal::TooManyRemovals { count, most } => write!(
                f,
                "`membership: exact` would remove or lower {count} groups and people, and `limits.removals` is {most}; list those who must stay under `protect`, or raise the limit"
            ),
            Refusal::Ours { room, managers } => {
                write!(
                    f,
                    "the service account owns this room, and no adoption is open; give it to its owner with `roomwright release {room} --to E-MAIL`"
                )?;
                if managers.is_empty() {
                    return Ok(());
                }
                write!(f, "; its Room managers are {}", managers.join(", "))
            }
        }
    }
}
