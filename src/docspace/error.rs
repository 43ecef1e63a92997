//! What can go wrong with a call, by what the caller does about it. Nobody else looks at statuses.

use tokio::time::Instant;

/// Why a call has no good answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A write left, and whether it was done, or still will be, is not known: the portal gave no answer of its own.
    /// Wait until it cannot be under way any more, look again, and only then repeat what is missing.
    #[error("the answer to {call} was lost: {reason}")]
    LostAnswer {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
        /// When it left.
        left: Instant,
    },
    /// The portal broke off (5xx with an error body). It works on it no longer, but may have done a part: look again at
    /// once, and repeat what is missing.
    #[error("the portal failed at {call} ({status}): {message}")]
    Failed {
        /// Method and path.
        call: String,
        /// 500 or above.
        status: u16,
        /// The portal's words, in the portal's language.
        message: String,
    },
    /// The portal will not do this (403 with an error body): it is not asked again for the same.
    #[error("{call} was refused ({kind}): {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// By a rule or for lack of a right.
        kind: Refused,
        /// The portal's words, in the portal's language.
        message: String,
    },
    /// The portal does not have this (404): it is gone, or not ours to see.
    #[error("{call}: the portal has no such thing")]
    NotFound {
        /// Method and path.
        call: String,
    },
    /// The portal could not read what we sent (400): it is not sent again.
    #[error("{call} was not understood: {message}")]
    Invalid {
        /// Method and path.
        call: String,
        /// The portal's words.
        message: String,
    },
    /// The key was not accepted (401, or 403 without an error body): says nothing about the room. Ask for the key, and
    /// leave the portal alone until it works.
    #[error("the portal does not accept our key for {call} ({status})")]
    Unauthorised {
        /// Method and path.
        call: String,
        /// 401 or 403.
        status: u16,
    },
    /// The portal did not answer, or not like DocSpace, and nothing was changed. Ask for the key, and try again later.
    #[error("{call}: {reason}")]
    Unreachable {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
    },
    /// The portal could not be reached: nothing was sent. Try again later.
    #[error("{call}: {reason}")]
    Unsent {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
    },
    /// The portal says 429 and nothing was done: a read was put off for too long, or a change of owner once. Come back
    /// later; who owns the room is read anew before its owner is changed.
    #[error("the portal is busy: {call} was put off")]
    Throttled {
        /// Method and path.
        call: String,
    },
    /// A write had to wait for its turn, or was put off by the portal (429), and nothing was done. What it depends on
    /// is read again before it is repeated.
    #[error("{call} came too late: what it depends on may have changed meanwhile")]
    Stale {
        /// Method and path.
        call: String,
    },
    /// Somebody else uses our account, so that what a room needs to be given back could not be kept for us: no room is
    /// taken before this time. Nothing was sent.
    #[error("somebody else uses our account, so no room is taken for the moment")]
    AccountInUse {
        /// When rooms may be taken again.
        until: Instant,
    },
    /// The day's number of writes is used up: tomorrow.
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
    /// What this call belongs to has taken too long: nothing was sent.
    #[error("the run took too long: {call} was not sent; what is left is done at the next attempt")]
    Deadline {
        /// Method and path.
        call: String,
    },
    /// A person stopped all writing: nothing was sent.
    #[error("{call} was not sent: `mode` is `observe`")]
    Stopped {
        /// Method and path.
        call: String,
    },
    /// The portal wants to be paid (402).
    #[error("the portal answers 402 to {call}: its plan is not paid or a quota is reached")]
    Unpaid {
        /// Method and path.
        call: String,
    },
    /// Lists that do not add up, however often they are read, or that do not end: no verdict rests on them.
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

    /// Whether the same read may be answered well a moment later.
    pub(super) fn may_pass_at_once(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Failed { .. })
    }

    /// About the portal or the key: no verdict on the room before a key check.
    pub fn is_about_portal(&self) -> bool {
        matches!(
            self,
            Error::Failed { .. }
                | Error::Unauthorised { .. }
                | Error::Unreachable { .. }
                | Error::Unsent { .. }
                | Error::Unpaid { .. }
        )
    }

    /// DocSpace itself answered, and works on it no longer: what was done can be seen at once.
    pub fn is_final(&self) -> bool {
        self.is_about_item() || matches!(self, Error::Failed { .. })
    }

    /// The portal cannot have done anything: it was not asked, or put us off.
    pub fn was_not_sent(&self) -> bool {
        matches!(
            self,
            Error::Unsent { .. }
                | Error::Throttled { .. }
                | Error::Stale { .. }
                | Error::AccountInUse { .. }
                | Error::DayBudget { .. }
                | Error::LeaseLost { .. }
                | Error::Deadline { .. }
                | Error::Stopped { .. }
        )
    }
}
