//! Background operations of an account, and how long they are shown (rooms-api.md D).
//!
//! An operation is shown as running in the response that starts it, and as finished the next time it is read; then it
//! is removed.

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
    /// DocSpace's number of this kind.
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

    /// The queue of this kind. Operations of one queue are read together.
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
    /// The order in which a list of all operations shows them.
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
    /// The account that it runs for.
    pub(crate) owner: String,
    pub(crate) kind: OperationKind,
    /// Whether its end is reported once. Otherwise (`deleteAfter`) the end is never seen.
    pub(crate) is_held: bool,
    pub(crate) is_finished: bool,
    pub(crate) error: String,
    pub(crate) processed: usize,
    /// The folders that the end reports.
    pub(crate) folders: Vec<EntryId>,
}

/// The result of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) is_held: bool,
    /// Empty on success.
    pub(crate) error: String,
    pub(crate) processed: usize,
    pub(crate) folders: Vec<EntryId>,
}
