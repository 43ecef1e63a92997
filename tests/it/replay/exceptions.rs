//! What of the answers may differ from the recorded ones, and why.

/// Members that are compared in no call.
pub(super) const IGNORED: &[Ignored] = &[
    Ignored {
        member: "shareSettings",
        reason: "how many links of each kind a dialog may offer; no client reads it",
    },
    Ignored {
        member: "availableShareRights",
        reason: "what a dialog offers for each kind of subject; no client reads it",
    },
    Ignored {
        member: "shortWebUrl",
        reason: "an address of the portal's pages, made by a service that is not simulated",
    },
    Ignored {
        member: "sharedBy",
        reason: "who shared an entry, for a list of the portal's pages; no client reads it",
    },
    Ignored {
        member: "isFavorite",
        reason: "a mark of the portal's pages; no client reads it",
    },
    Ignored {
        member: "theme",
        reason: "how a person likes the portal's pages; no client reads it",
    },
];

/// Single differences.
pub(super) const EXCEPTIONS: &[Exception] = &[Exception {
    scenario: "share-get",
    call: 23,
    member: "/response",
    reason: "with a `filterType` that is not one kind, members of equal access come in the order of their random ids",
}];

#[derive(Debug, Clone, Copy)]
pub(super) struct Ignored {
    pub(super) member: &'static str,
    pub(super) reason: &'static str,
}

/// A difference that may be, and must be: a scenario fails if its exception was not needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exception {
    pub(super) scenario: &'static str,
    pub(super) call: usize,
    /// `status`, a header, or the path of a member; what lies below it is excepted too.
    pub(super) member: &'static str,
    pub(super) reason: &'static str,
}
