//! What the share and the link endpoints are asked for: who is to have which access where (rooms-api.md E, G).

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{LinkOptions, SubjectType};
use crate::simulator::state::rooms::RoomType;
use crate::simulator::wire::refusal::Refusal;

/// Says what the server's own fault says.
pub(super) const NULL_REFERENCE: Refusal =
    Refusal::Unforeseen("Object reference not set to an instance of an object.");

/// One subject and the access it shall have; 0 takes away.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    /// Whoever has this address, in the place of `id`.
    pub(crate) email: Option<String>,
    pub(crate) access: i32,
    pub(crate) kind: SubjectType,
    /// Only the link endpoints have them.
    pub(crate) options: Option<LinkOptions>,
}

/// What becomes of an access.
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
