//! What the portal does in the background for an account: operations, and how long they are shown (rooms-api.md D).
//!
//! An operation is told as running when it was just started and as finished when it is next looked at; then it is gone.

use super::ids::EntryId;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Move,
    Copy,
    Delete,
    Download,
    MarkAsRead,
    Duplicate,
}

impl OperationKind {
    /// The number DocSpace counts this kind by.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Move => 0,
            Self::Copy => 1,
            Self::Delete => 2,
            Self::Download => 3,
            Self::MarkAsRead => 4,
            Self::Duplicate => 7,
        }
    }

    /// Where operations of this kind wait: those of one queue are looked at together.
    pub(crate) fn queue(self) -> Queue {
        match self {
            Self::Move | Self::Copy => Queue::MoveOrCopy,
            Self::Delete => Queue::Delete,
            Self::Download => Queue::Download,
            Self::MarkAsRead => Queue::MarkAsRead,
            Self::Duplicate => Queue::Duplicate,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    Duplicate,
    MoveOrCopy,
    Delete,
    Download,
    MarkAsRead,
}

impl Queue {
    /// In the order in which a list of all operations tells them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Duplicate,
        Self::MoveOrCopy,
        Self::Delete,
        Self::Download,
        Self::MarkAsRead,
    ];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// The account it is done for.
    pub(crate) owner: String,
    pub(crate) kind: OperationKind,
    /// Whether its end is told once. Without it (`deleteAfter`) the end is never seen.
    pub(crate) is_held: bool,
    pub(crate) is_finished: bool,
    pub(crate) error: String,
    pub(crate) processed: usize,
    /// The folders that the end tells of.
    pub(crate) folders: Vec<EntryId>,
}

/// What an operation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) is_held: bool,
    /// Empty if all went well.
    pub(crate) error: String,
    pub(crate) processed: usize,
    pub(crate) folders: Vec<EntryId>,
}
