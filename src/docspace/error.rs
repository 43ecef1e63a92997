//! What can go wrong with a call, by what the caller does about it. No other module looks at status codes.

use tokio::time::Instant;

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A write was sent, and it is unknown whether it happened or still will: DocSpace itself did not respond. Wait
    /// until it can no longer be in progress, read again, and only then repeat what is missing.
    #[error("the response to {call} was lost: {reason}")]
    LostAnswer {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
        /// When it was sent.
        left: Instant,
    },
    /// The portal failed (5xx with an error body). It no longer works on the call, but may have done a part: read again
    /// at once, and repeat what is missing.
    #[error("the portal failed at {call} ({status}): {message}")]
    Failed {
        /// Method and path.
        call: String,
        /// 500 or above.
        status: u16,
        /// The portal's message, in the portal's language.
        message: String,
    },
    /// The portal refuses this (403 with an error body): the call is not repeated.
    #[error("{call} was refused ({kind}): {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// Because of a rule or a missing right.
        kind: Refused,
        /// The portal's message, in the portal's language.
        message: String,
    },
    /// The portal does not have this (404): it does not exist, or the service account cannot see it.
    #[error("{call}: the portal did not find it")]
    NotFound {
        /// Method and path.
        call: String,
    },
    /// The portal rejected the request as invalid (400): it is not sent again.
    #[error("{call} was rejected as invalid: {message}")]
    Invalid {
        /// Method and path.
        call: String,
        /// The portal's message.
        message: String,
    },
    /// The key was not accepted (401, or 403 without an error body), which says nothing about the room. Check the key,
    /// and send nothing else until it works.
    #[error("`{host}` does not accept the API key for {call} ({status})")]
    Unauthorised {
        /// Method and path.
        call: String,
        /// The address of the portal.
        host: String,
        /// 401 or 403.
        status: u16,
    },
    /// There was no response, or not one of DocSpace, and nothing was changed. Check the key, and retry later.
    #[error("{call}: {reason}")]
    Unreachable {
        /// Method and path.
        call: String,
        /// What happened.
        reason: String,
    },
    /// The portal could not be reached: nothing was sent. Retry later.
    #[error("`{host}` cannot be reached for {call}: {reason}")]
    Unsent {
        /// Method and path.
        call: String,
        /// The address of the portal.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The portal answers 429 and nothing was done: a read for too long, or a change of owner once. Retry later, and
    /// read the owner of a room again before changing it.
    #[error("the portal is busy: {call} was rate limited")]
    Throttled {
        /// Method and path.
        call: String,
    },
    /// A write waited too long for its turn, or the portal answered 429, and nothing was done. Read again what it
    /// depends on before repeating it.
    #[error("{call} was not sent in time: what it depends on may have changed")]
    Stale {
        /// Method and path.
        call: String,
    },
    /// Someone else uses the service account, so the calls to give a room back cannot be reserved: no room is adopted
    /// before this time. Nothing was sent.
    #[error("someone else uses the service account, so no room is adopted for now")]
    AccountInUse {
        /// When rooms may be adopted again.
        until: Instant,
    },
    /// The writes of the day are used up: retry tomorrow.
    #[error("the limit of {limit} writes per day is reached")]
    DayBudget {
        /// The limit.
        limit: u64,
    },
    /// The lease of the room may have expired: nothing was sent.
    #[error("{call} was not sent: the lease of the room could not be renewed")]
    LeaseLost {
        /// Method and path.
        call: String,
    },
    /// The run took too long: nothing was sent.
    #[error("the run took too long: {call} was not sent; the next attempt continues")]
    Deadline {
        /// Method and path.
        call: String,
    },
    /// An operator stopped all writing: nothing was sent.
    #[error("{call} was not sent: `mode` is `observe`")]
    Stopped {
        /// Method and path.
        call: String,
    },
    /// The portal requires payment (402).
    #[error("the portal answers 402 to {call}: its plan is not paid, or a quota is reached")]
    Unpaid {
        /// Method and path.
        call: String,
    },
    /// A list that stays inconsistent however often it is read, or that does not end: nothing is decided on it.
    #[error("{call}: {reason}")]
    Inconsistent {
        /// Method and path.
        call: String,
        /// What is inconsistent.
        reason: String,
    },
    /// The client cannot be created from the configuration.
    #[error("{0}")]
    Configuration(String),
}

/// The two kinds of 403 that refer to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A rule of DocSpace (`System.InvalidOperationException`).
    Rule,
    /// A right that the service account lacks.
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
    /// Concerns only this item: other calls may succeed.
    pub fn is_about_item(&self) -> bool {
        matches!(
            self,
            Error::Refused { .. } | Error::NotFound { .. } | Error::Invalid { .. }
        )
    }

    /// Whether the same read may succeed a moment later.
    pub(super) fn may_pass_at_once(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Failed { .. })
    }

    /// Concerns the portal or the key: check the key before deciding anything about the room.
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

    /// The portal responds, and does not accept the API key.
    pub fn is_about_key(&self) -> bool {
        matches!(self, Error::Unauthorised { .. })
    }

    /// DocSpace itself responded, and no longer works on the call: a read shows at once what was done.
    pub fn is_final(&self) -> bool {
        self.is_about_item() || matches!(self, Error::Failed { .. })
    }

    /// The portal cannot have done anything: the call was not sent, or was rate limited.
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
