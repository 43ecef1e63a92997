//! Messages to people, as far as somebody asks for them (rooms-api.md B.4).

use super::ids::EntryId;

/// What a person was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A folder was made in a room she can read.
    FolderCreated,
    /// She was given access, with a notice.
    Invited,
    /// A mail to somebody whose account is not active yet.
    InvitationMail,
}

/// A message to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The person's id, or the subject's as it was given.
    pub person: String,
    /// What it says.
    pub kind: NoticeKind,
    /// The room or folder it is about.
    pub entry: EntryId,
}
