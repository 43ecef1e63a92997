//! The allowed differences from the recorded answers, and the reasons.

/// Members that are never compared.
pub(super) const IGNORED: &[Ignored] = &[
    Ignored {
        member: "shareSettings",
        reason: "the number of links of each kind that a dialog offers; no client reads it",
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
        reason: "a person's settings of the portal's pages; no client reads it",
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

/// An allowed difference, which must occur: a scenario fails if its exception was not needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exception {
    pub(super) scenario: &'static str,
    pub(super) call: usize,
    /// `status`, a header, or the path of a member; everything below it is included.
    pub(super) member: &'static str,
    pub(super) reason: &'static str,
}
