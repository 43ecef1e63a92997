//! Notices to people, as far as a test or the demo needs them (rooms-api.md B.4).

use super::ids::EntryId;

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A folder was created in a room that the person can read.
    FolderCreated,
    /// The person was given access, with a notice.
    Invited,
    /// A mail to a person whose account is not active yet.
    InvitationMail,
}

/// A notice to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The person's id, or the subject's as it was given.
    pub person: String,
    /// Its kind.
    pub kind: NoticeKind,
    /// The room or folder it is about.
    pub entry: EntryId,
}
