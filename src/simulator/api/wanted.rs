//! The changes that the share and the link endpoints request: which access for whom, and where (rooms-api.md E, G).

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{LinkOptions, SubjectType};
use crate::simulator::state::rooms::RoomType;
use crate::simulator::wire::refusal::Refusal;

/// The server's own error when it finds null.
pub(super) const NULL_REFERENCE: Refusal =
    Refusal::Unforeseen("Object reference not set to an instance of an object.");

/// One subject and its new access; 0 removes access.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    /// The address of the subject, in place of `id`.
    pub(crate) email: Option<String>,
    pub(crate) access: i32,
    pub(crate) kind: SubjectType,
    /// Set by the link endpoints only.
    pub(crate) options: Option<LinkOptions>,
}

/// What happens to an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Create,
    Update,
    Remove,
}

/// The entry that access is given to.
pub(super) struct Place {
    pub(super) id: EntryId,
    pub(super) creator: String,
    pub(super) is_room: bool,
    /// The type of the room that the entry is or lies in.
    pub(super) kind: Option<RoomType>,
    pub(super) is_template: bool,
}
