//! What can go wrong with a call, by what the caller does about it. Nobody else looks at statuses.

use tokio::time::Instant;

/// Why a call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A write left, and whether it was done is not known. Look again before anything is repeated.
    #[error("the answer to {call} was lost: {reason}")]
    LostAnswer {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
        /// When it left.
        left: Instant,
    },
    /// The portal will not do this (403 with an error body).
    #[error("{call} was refused ({kind}): {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// By a rule or for lack of a right.
        kind: Refused,
        /// The portal's words, in the portal's language.
        message: String,
    },
    /// The portal does not have this (404).
    #[error("{call}: the portal has no such thing")]
    NotFound {
        /// Method and path.
        call: String,
    },
    /// The portal could not read what we sent (400).
    #[error("{call} was not understood: {message}")]
    Invalid {
        /// Method and path.
        call: String,
        /// The portal's words.
        message: String,
    },
    /// The key was not accepted (401, or 403 without an error body): says nothing about the room.
    #[error("the portal does not accept our key for {call} ({status})")]
    Unauthorised {
        /// Method and path.
        call: String,
        /// 401 or 403.
        status: u16,
    },
    /// The portal did not answer, or not like DocSpace, and nothing was changed.
    #[error("{call}: {reason}")]
    Unreachable {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
    },
    /// The portal could not be reached: nothing was sent.
    #[error("{call}: {reason}")]
    Unsent {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
    },
    /// The portal keeps saying 429.
    #[error("the portal is busy: {call} was put off for too long")]
    Throttled {
        /// Method and path.
        call: String,
    },
    /// The day's number of writes is used up.
    #[error("the day's {limit} writes are used up")]
    DayBudget {
        /// How many there are.
        limit: u64,
    },
    /// Our lease of the room may have ended: nothing was sent.
    #[error("{call} was not sent: our lease of the room could not be kept")]
    LeaseLost {
        /// Method and path.
        call: String,
    },
    /// The portal wants to be paid (402).
    #[error("the portal answers 402 to {call}: its plan is not paid or a quota is reached")]
    Unpaid {
        /// Method and path.
        call: String,
    },
    /// Lists that do not add up, however often they are read.
    #[error("{call}: {reason}")]
    Inconsistent {
        /// Method and path.
        call: String,
        /// What does not add up.
        reason: String,
    },
    /// The client cannot be made from what was configured.
    #[error("{0}")]
    Configuration(String),
}

/// The two kinds of 403 that are about what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A rule of DocSpace (`System.InvalidOperationException`).
    Rule,
    /// A right that our account lacks.
    Right,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refused::Rule => "a rule of the portal",
            Refused::Right => "a missing right",
        })
    }
}

impl Error {
    /// About this one thing: others may well succeed.
    pub fn is_about_item(&self) -> bool {
        matches!(
            self,
            Error::Refused { .. } | Error::NotFound { .. } | Error::Invalid { .. }
        )
    }

    /// About the portal or the key: no verdict on the room before a key check.
    pub fn is_about_portal(&self) -> bool {
        matches!(
            self,
            Error::Unauthorised { .. }
                | Error::Unreachable { .. }
                | Error::Unsent { .. }
                | Error::Unpaid { .. }
        )
    }

    /// The portal cannot have done anything: it was not asked, or put us off.
    pub fn was_not_sent(&self) -> bool {
        matches!(
            self,
            Error::Unsent { .. }
                | Error::Throttled { .. }
                | Error::DayBudget { .. }
                | Error::LeaseLost { .. }
        )
    }
}
